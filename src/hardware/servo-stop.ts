import type { StopHow } from '../core/hardware.ts';
import type { StopReport } from '../core/lifecycle.ts';
import type { CallOptions } from './bus.ts';
import type { SideExchange } from './driver.ts';
import type { Counts, ServoBus } from './servo-bus.ts';
import type { ServoJoints } from './servo-joints.ts';
import { clearWatchdogs } from './servo-watchdog.ts';

/** At rest: no more ticks than this in so many s. */
const REST_TICKS = 2;
const REST_TIME = 0.05;
/** How long a stop is tried, s. */
const STOP_TIME = 1;
const URGENT: CallOptions = { urgent: true };

/** Whether motors that are told nothing are limp, or rest, as they are. */
export async function lookAtServos(link: ServoBus, joints: ServoJoints, how: StopHow): Promise<StopReport> {
  const { ids } = joints;
  const { state, guard } = link.family;
  const before = await link.look(state, ids, URGENT);
  await link.sleep(REST_TIME);
  const after = await link.look(state, ids, URGENT);
  const guarded = await link.look(guard, ids, URGENT);
  const others =
    how === 'release'
      ? ids.filter((id) => guarded.get(id)?.torque_enable !== 0)
      : ids.filter((id) => !rested(before, after, id));
  const what = how === 'release' ? 'without torque' : 'at rest';
  const named = others.map((id) => link.bus.motor(id)).join(', ');
  return others.length === 0
    ? { stopped: true, how: `dry run: ${what}, read from all ${ids.length} motors` }
    : { stopped: false, how: `dry run: nothing is written, and not ${what}: ${named}` };
}

/** Torque off, until every motor has said so. */
export async function releaseServos(link: ServoBus, joints: ServoJoints): Promise<StopReport> {
  const deadline = link.clock.now() + STOP_TIME;
  let left = joints.all(0);
  do {
    const on = await link.settle('torque_enable', left, URGENT);
    if (on.length === 0)
      return { stopped: true, how: `torque off, read back from all ${joints.ids.length} motors` };
    left = left.filter(([id]) => on.includes(id));
  } while (link.clock.now() < deadline);
  const motors = left.map(([id]) => link.bus.motor(id)).join(', ');
  return { stopped: false, how: `torque off was sent and not confirmed by ${motors}` };
}

/** Each motor gets where it is as its goal; then they are watched until they rest. */
export async function holdServos(
  link: ServoBus,
  joints: ServoJoints,
  tell: (exchange: SideExchange) => void = () => {},
): Promise<StopReport> {
  const { ids } = joints;
  const { state, guard, watchdog } = link.family;
  const deadline = link.clock.now() + STOP_TIME;
  const goals = new Map<number, number>();
  const stays = new Map<number, number>();
  let before = new Map<number, Counts>();
  let uncleared: Error | undefined;
  for (let first = true; ; first = false) {
    const began = link.clock.now();
    const now = await link.lookAround(state, ids, URGENT);
    const readAt = link.clock.now();
    joints.take(link, now);
    for (const { id, holding, stay } of joints) {
      if (!now.has(id) || goals.has(id)) continue;
      goals.set(id, holding);
      stays.set(id, stay);
    }
    for (const [register, mine] of joints.byGoal) {
      const told = mine.filter(({ id }) => goals.has(id));
      const values = told.map(({ id }) => [id, goals.get(id)!] as const);
      if (values.length > 0) await link.send(register, values, URGENT);
    }
    if (now.size > 0) tell(joints.exchange([began, readAt, link.clock.now()], stays));
    if (first && watchdog) {
      // Not before there is a goal: without their watchdogs wheels would turn on if this were the last they hear. One
      // motor that does not take it must not keep the others from being told.
      uncleared = await clearWatchdogs(link, joints, URGENT).then(
        () => undefined,
        (error: Error) => error,
      );
      continue;
    }
    const guarded = await link.lookAround(guard, ids, URGENT);
    const named = (some: readonly number[]) => some.map((id) => link.bus.motor(id)).join(', ');
    const deaf = ids.filter((id) => !now.has(id) || !guarded.has(id));
    const moving = ids.filter((id) => !deaf.includes(id) && !rested(before, now, id));
    if (deaf.length === 0 && moving.length === 0 && uncleared === undefined) {
      const limp = ids.filter((id) => guarded.get(id)!.torque_enable !== 1);
      const torque = limp.length === 0 ? 'torque on' : `torque is off on ${named(limp)}`;
      return { stopped: true, how: `at rest, ${torque}, read back from all ${ids.length} motors` };
    }
    if (link.clock.now() >= deadline) {
      const silent = deaf.length === ids.length ? `any of the ${ids.length} motors` : named(deaf);
      const faults = [
        ...(deaf.length > 0 ? [`no answer from ${silent}`] : []),
        ...(moving.length > 0 ? [`${named(moving)} still moving`] : []),
        ...(uncleared ? [uncleared.message] : []),
      ];
      return { stopped: false, how: `told to hold; ${faults.join('; ')}` };
    }
    before = now;
    await link.sleep(REST_TIME);
  }
}

/** False, too, for a motor that one of the two readings lacks. */
function rested(
  before: ReadonlyMap<number, Counts>,
  after: ReadonlyMap<number, Counts>,
  id: number,
): boolean {
  const ticks = (reading: ReadonlyMap<number, Counts>) => reading.get(id)?.present_position ?? Number.NaN;
  return Math.abs(ticks(after) - ticks(before)) <= REST_TICKS;
}

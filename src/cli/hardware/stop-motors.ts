import type { StopHow } from '../../core/hardware.ts';
import type { Bus } from '../../hardware/index.ts';
import { sharedId } from '../../hardware/motor-setup.ts';
import { decodeCounts, encodeCounts } from '../../hardware/register.ts';
import type { ServoFamily } from '../../hardware/servo-family.ts';
import { pause } from './interrupt.ts';
import type { Answering } from './scan.ts';

/** What became of one motor. */
export interface StoppedMotor {
  readonly id: number;
  readonly family: string;
  readonly baud: number;
  /** Only what was read back. */
  readonly stopped: boolean;
  readonly how: string;
}

/** At rest: no more ticks than this in so many ms. */
const REST_TICKS = 2;
const REST_TIME = 60;
/** How long it is tried, ms. */
const PATIENCE = 1500;
const URGENT = { urgent: true } as const;

/** What keeps a motor where it is, by operating mode: the register and its counts. Others are left to `release`. */
function holding(family: ServoFamily, mode: number, tick: number): Goal | undefined {
  const feetech: Readonly<Record<number, readonly [string, number]>> = {
    0: ['goal_position', tick],
    1: ['goal_velocity', 0],
    2: ['goal_time', 0],
    // In steps from where it is.
    3: ['goal_position', 0],
  };
  const dynamixel: Readonly<Record<number, readonly [string, number]>> = {
    0: ['goal_current', 0],
    1: ['goal_velocity', 0],
    3: ['goal_position', tick],
    4: ['goal_position', tick],
    5: ['goal_position', tick],
    16: ['goal_pwm', 0],
  };
  return (family.name === 'feetech' ? feetech : dynamixel)[mode];
}

/** A register and the counts that were written to it. */
type Goal = readonly [register: string, counts: number];

/**
 * Stops motors of which nothing is known but that they answered: `hold` gives each that has torque the place it is at
 * as its goal, and leaves the others alone, as some firmware turns torque on for a goal; `release` turns torque off.
 * Nothing is reported that was not read back.
 */
export async function stopMotors(
  { family, bus, baud, ids, shared }: Answering,
  how: StopHow,
): Promise<StoppedMotor[]> {
  const deadline = performance.now() + PATIENCE;
  const outcome = new Map<number, StoppedMotor>();
  const before = new Map<number, number>();
  const goals = new Map<number, Goal | undefined>();
  let left = [...ids];
  // Told first, all of them; then looked at.
  for (const id of ids) goals.set(id, await tell(bus, family, id, how).catch(() => undefined));
  for (;;) {
    for (const id of left) {
      const about = { id, family: family.name, baud };
      try {
        const { stopped, how: what, tick } = await look(bus, family, id, how, before.get(id), goals.get(id));
        before.set(id, tick);
        outcome.set(id, { ...about, stopped, how: what });
        if (!stopped) goals.set(id, await tell(bus, family, id, how, tick));
      } catch (error) {
        outcome.set(id, { ...about, stopped: false, how: (error as Error).message });
      }
    }
    left = left.filter((id) => !outcome.get(id)?.stopped);
    if (left.length === 0 || performance.now() >= deadline) break;
    await pause(REST_TIME);
  }
  // Nothing can be read of motors that garble one another; torque off needs no answer.
  for (const id of shared) {
    if (how === 'release') await send(bus, id, 'torque_enable', 0);
    outcome.set(id, { id, family: family.name, baud, stopped: false, how: sharedId(id) });
  }
  return [...ids, ...shared].map((id) => outcome.get(id)!);
}

/** @returns the goal that was written; undefined where none was. */
async function tell(
  bus: Bus,
  family: ServoFamily,
  id: number,
  how: StopHow,
  at?: number,
): Promise<Goal | undefined> {
  if (how === 'release') {
    await send(bus, id, 'torque_enable', 0);
    return undefined;
  }
  if ((await bus.get(id, 'torque_enable', URGENT)) !== 1) return undefined;
  const [mode, tick] = [
    await bus.get(id, 'mode', URGENT),
    at ?? (await bus.get(id, 'present_position', URGENT)),
  ];
  const goal = holding(family, mode, tick);
  if (goal) await send(bus, id, ...goal);
  return goal;
}

/** Nobody confirms it, whatever the motor is set to answer: what it did is read. */
async function send(bus: Bus, id: number, name: string, counts: number): Promise<void> {
  const { registers } = bus.protocol;
  const register = registers.get(name);
  await bus.syncWrite(register.address, [{ id, data: encodeCounts(register, counts) }], URGENT);
}

async function look(
  bus: Bus,
  family: ServoFamily,
  id: number,
  how: StopHow,
  before: number | undefined,
  goal: Goal | undefined,
) {
  const bytes = await bus.read(id, 0, family.tableSize, URGENT);
  const { registers } = family.protocol;
  const held = (name: string) => decodeCounts(registers.get(name), bytes, registers.get(name).address);
  const [torque, tick, mode] = [held('torque_enable') === 1, held('present_position'), held('mode')];
  if (how === 'release')
    return { tick, stopped: !torque, how: torque ? 'its torque is still on' : 'torque off, read back' };
  if (before === undefined || Math.abs(tick - before) > REST_TICKS)
    return { tick, stopped: false, how: torque ? 'still moving' : 'torque is off, and it still moves' };
  if (!torque) return { tick, stopped: true, how: 'limp: at rest, its torque was off already' };
  // It takes no goal then.
  if (family.watchdog && held(family.watchdog.register) < 0)
    return { tick, stopped: true, how: 'at rest with torque on, stopped by its own watchdog, read back' };
  if (holding(family, mode, tick) === undefined)
    return { tick, stopped: false, how: `in mode ${mode}, which has no place to hold` };
  if (goal === undefined || held(goal[0]) !== goal[1])
    return { tick, stopped: false, how: 'at rest, but where it was told to hold does not read back' };
  return { tick, stopped: true, how: 'at rest with torque on, read back' };
}

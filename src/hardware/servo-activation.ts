import { RobotFault } from '../core/errors.ts';
import type { CallOptions } from './bus.ts';
import type { SideExchange } from './driver.ts';
import { differences, type ServoBus } from './servo-bus.ts';
import type { ServoJoint } from './servo-joint.ts';
import type { ServoJoints } from './servo-joints.ts';
import { clearWatchdogs, setWatchdogs } from './servo-watchdog.ts';

/** A joint farther outside its calibrated range than this, rad, says that the calibration is wrong. */
const OUTSIDE = (2 * Math.PI) / 180;
/** A joint that moved so far between the reading that a bridge acts on and its activation, rad, is not at rest. */
const MOVED = 0.1;
/** How long a motor may take to boot, s. */
const BOOT_TIME = 1.5;
const URGENT: CallOptions = { urgent: true };

/**
 * Torque on, every joint holding where it is, all that is written read back.
 * @param command [J], where the bridge read the robot. @param watchdog of the motors themselves, s.
 * @param goOn throws once nothing more must be written. @throws RobotFault
 */
export async function activateServos(
  link: ServoBus,
  joints: ServoJoints,
  command: Float64Array,
  watchdog: number,
  goOn: () => void,
  tell: (exchange: SideExchange) => void = () => {},
): Promise<void> {
  for (const joint of joints) {
    await clearComplaint(link, joint);
    joint.held = await link.table(joint.id);
    goOn();
  }
  await clearWatchdogs(link, joints);
  goOn();
  const limp = [...joints].filter(({ held }) => held.torque_enable !== 1);
  const holding = [...joints].filter((joint) => !limp.includes(joint));
  // Little time between the look at a limp arm and its torque: a hand may move it.
  await setRam(link, limp, goOn);
  const began = link.clock.now();
  const readAt = await checkStart(link, joints, command);
  for (const [register, mine] of joints.byGoal) {
    const values = mine.map((joint) => [joint.id, joint.holding] as const);
    await link.ensure(register, values, { beforeEach: goOn });
  }
  const stays = new Map(Array.from(joints, ({ id, stay }) => [id, stay]));
  tell(joints.exchange([began, readAt, link.clock.now()], stays));
  // A motor with torque gets its speed back only when its goal is where it stands.
  await setRam(link, holding, goOn);
  goOn();
  await torqueOn(link, joints, goOn);
  await setWatchdogs(link, joints, watchdog, goOn);
}

async function setRam(link: ServoBus, joints: readonly ServoJoint[], goOn: () => void): Promise<void> {
  for (const joint of joints) {
    const { ram } = link.family.settings(joint.role, joint.held);
    for (const [register, counts] of Object.entries(differences(ram, await link.table(joint.id)))) {
      goOn();
      await link.put(joint.id, register, counts);
    }
  }
}

/** A motor that turned itself off keeps its complaint until it reboots; it is limp, so that moves nothing. */
async function clearComplaint(link: ServoBus, { id }: ServoJoint): Promise<void> {
  const { guard, latched, answersAll } = link.family;
  if (latched === undefined) return;
  const found = link.decode(guard, await link.bus.read(id, guard.address, guard.size));
  if (found[latched] === 0 || found.torque_enable === 1) return;
  await link.put(id, 'response_level', answersAll);
  await link.bus.reboot(id);
  const deadline = link.clock.now() + BOOT_TIME;
  do await link.sleep(BOOT_TIME / 10);
  while ((await link.bus.find([id])).length === 0 && link.clock.now() < deadline);
}

/** @throws RobotFault when a joint stands where it must not be activated, or does not say where */
async function checkStart(link: ServoBus, joints: ServoJoints, command: Float64Array): Promise<number> {
  const degrees = (angle: number) => `${((angle * 180) / Math.PI).toFixed(1)}°`;
  const state = await link.look(link.family.state, joints.ids);
  const readAt = link.clock.now();
  joints.take(link, state);
  for (const [j, joint] of [...joints].entries()) {
    const name = link.bus.motor(joint.id);
    if (!state.has(joint.id)) throw new RobotFault(`${name}: no answer; check its cable`, { passing: true });
    if (joint.outside > OUTSIDE) {
      throw new RobotFault(
        `${name} stands ${degrees(joint.outside)} outside its calibrated range; move it back by hand, or calibrate again`,
      );
    }
    const moved = Math.abs(joint.position - command[j]);
    if (joint.role.kind === 'position' && !(moved <= MOVED)) {
      throw new RobotFault(`${name} moved by ${degrees(moved)} while it was being activated`, {
        passing: true,
      });
    }
  }
  return readAt;
}

/** Torque on where it is off; where one does not take it, those are limp again. */
async function torqueOn(link: ServoBus, joints: ServoJoints, goOn: () => void): Promise<void> {
  const limp = [...joints].filter(({ held }) => held.torque_enable !== 1).map(({ id }) => id);
  const off = await link.settle('torque_enable', joints.all(1), { beforeEach: goOn });
  goOn();
  if (off.length === 0) return;
  const back = limp.map((id) => [id, 0] as const);
  await link.settle('torque_enable', back, URGENT);
  throw link.unsettled('torque_enable', off);
}

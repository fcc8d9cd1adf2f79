import { afterEach, beforeAll, expect, it } from 'vitest';
import { RobotFault } from '#src/core/errors';
import type { RobotModel } from '#src/core/robot';
import { createPlant } from '#src/hardware/create-plant';
import { loadRobot } from '#src/load/robot';
import { emulatedArm } from './emulated-arm.ts';

let robot: RobotModel;
beforeAll(async () => {
  const { hardware, ...rest } = await loadRobot('so101');
  // Nobody asks here how old a reading may be, and a busy machine makes them old.
  robot = { ...rest, hardware: { ...hardware!, trips: { ...hardware!.trips, age: 5 } } };
});
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** An arm of this program's own behind a bridge of its own, told to wave. */
async function waving() {
  const arm = await emulatedArm(robot);
  ends.push(arm.close);
  // Generous: the machine may be busy, and all arms and this program are one process.
  const data = { port: arm.address, calibration: arm.calibration, dryRun: false, watchdog: 5 };
  const plant = await createPlant({ robot, controlPeriod: 0.02, data });
  ends.push(() => Promise.resolve(plant.close()).catch(() => {}));
  await plant.activate!();
  const command = new Float32Array(robot.actuators.length);
  let tick = 0;
  const wave = async (ticks: number) => {
    for (const end = tick + ticks; tick < end; tick++) {
      for (let j = 0; j < command.length; j++) command[j] = robot.home[j] + 0.15 * Math.sin(0.1 * tick + j);
      plant.write(command);
      await plant.advance();
    }
  };
  return { arm, plant, wave };
}

it('the adapter of one arm is pulled: that one fails, the other goes on moving and can be stopped', async () => {
  const [one, other] = [await waving(), await waving()];
  await Promise.all([one.wave(20), other.wave(20)]);
  const failing = one.wave(100_000).catch((error: unknown) => error);
  let failed = false;
  void failing.then(() => {
    failed = true;
  });
  await other.wave(5);
  void one.arm.close();
  while (!failed) await other.wave(1);
  expect(await failing).toBeInstanceOf(RobotFault);
  expect(((await failing) as RobotFault).message).toContain(one.arm.address);
  const before = other.arm.goals();
  await other.wave(20);
  expect(other.plant.lifecycle).toBe('active');
  expect(other.arm.goals()).not.toEqual(before);
  expect(await other.plant.stop()).toMatchObject({ stopped: true });
  expect(other.arm.registers('torque_enable')).toEqual(robot.actuators.map(() => 1));
});

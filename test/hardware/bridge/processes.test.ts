import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RobotModel } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';
import { emulatedArm, startController } from './emulated-arm.ts';

let robot: RobotModel;
beforeAll(async () => {
  robot = await loadRobot('so101');
});

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** Generous: the machine may be busy. */
const watchdog = 0.6;

/** A waving emulated arm, its controlling program and its bridge in processes of their own. */
async function waving(data: object = {}) {
  const arm = await emulatedArm(robot);
  ends.push(arm.close);
  const { address: port, calibration } = arm;
  const controller = startController('so101', { port, calibration, dryRun: false, watchdog, ...data });
  ends.push(controller.end);
  await controller.until('running');
  await moving(arm);
  return { arm, controller };
}
type Arm = Awaited<ReturnType<typeof emulatedArm>>;

async function moving(arm: Arm): Promise<void> {
  const before = arm.goals().join();
  for (let i = 0; arm.goals().join() === before; i++) {
    if (i > 500) throw new Error('the arm does not move');
    await sleep(10);
  }
}

/** Waits until no goal has changed for a while; the arm then holds where its goals are. */
async function rested(arm: Arm): Promise<void> {
  let last = arm.goals().join();
  for (let quiet = 0, i = 0; quiet < 60; quiet++, i++) {
    if (i > 1000) throw new Error('the arm does not come to rest');
    await sleep(10);
    const now = arm.goals().join();
    if (now !== last) quiet = 0;
    last = now;
  }
  arm.bus.refresh();
  const [goals, positions] = [arm.goals(), arm.registers('present_position')];
  for (const [j, goal] of goals.entries()) expect(Math.abs(goal - positions[j])).toBeLessThanOrEqual(2);
  expect(arm.registers('torque_enable')).toEqual(goals.map(() => 1));
}

describe('an arm holds, and does not drop,', () => {
  it('when its program is killed', async () => {
    const { arm, controller } = await waving();
    controller.child.kill('SIGKILL');
    await rested(arm);
  });

  it('when the main thread of its program hangs; afterwards it can be led on without a restart', async () => {
    const { arm, controller } = await waving();
    controller.send({ hang: 3000 });
    await rested(arm);
    expect((await controller.until('fault')).message).toMatch(/^the controlling program has stood still for/);
    await controller.until('running', 2);
    await moving(arm);
  });

  it('when its commands fall silent', async () => {
    const { arm, controller } = await waving({ once: true });
    controller.send({ silent: true });
    await rested(arm);
    expect((await controller.until('fault')).message).toMatch(/^no command for/);
  });

  it('on Ctrl-C to the whole group of its program, as the program says', async () => {
    const { arm, controller } = await waving();
    process.kill(-controller.child.pid!, 'SIGINT');
    const { message } = await controller.until('stopped');
    expect(JSON.parse(message!)).toMatchObject({ stopped: true, how: expect.stringContaining('torque on') });
    await rested(arm);
  });

  it('when its program is closed; the bridge ends and lets the port go', async () => {
    const { arm, controller } = await waving();
    controller.send({ close: true });
    await controller.until('closed');
    await rested(arm);
    const next = startController('so101', { port: arm.address, calibration: arm.calibration, dryRun: true });
    ends.push(next.end);
    await next.until('running');
    expect(arm.registers('torque_enable')).toEqual(robot.actuators.map(() => 1));
  });
});

import { afterEach, expect, it } from 'vitest';
import { RobotFault } from '#src/core/errors';
import type { Exchange, HardwareReport } from '#src/core/hardware';
import type { Plant } from '#src/core/plant';
import { createPlant } from '#src/hardware/create-plant';
import { closeAll, home, type Rig, rig } from './fixture.ts';

const plants: Plant[] = [];
afterEach(async () => {
  for (const plant of plants.splice(0)) await Promise.resolve(plant.close()).catch(() => {});
  await closeAll();
});

async function connected({ robot, server }: Rig, dryRun = false) {
  const port = `${server.address}/?token=sesame`;
  const plant = await createPlant({ robot, controlPeriod: 0.02, data: { port, dryRun, watchdog: 5 } });
  plants.push(plant);
  const exchanges: Exchange[] = [];
  const reports: HardwareReport[] = [];
  plant.observeHardware!({ exchange: (e) => exchanges.push(e), report: (r) => reports.push(r) });
  return { plant, exchanges, reports };
}

it('a plant behind its bridge acts through ROS, loses its connection, and begins anew', async () => {
  const world = await rig({ stateTimeout: 3 }, { token: 'sesame' });
  const { robot, motors, server } = world;
  const { plant, exchanges, reports } = await connected(world);
  const start = { position: robot.home, velocity: robot.home.map(() => 0) };
  const target = Float32Array.from(home(robot), (q, j) => (j === 0 ? q + 0.2 : q));
  const act = async (ticks: number) => {
    for (let i = 0; i < ticks; i++) {
      plant.write(target);
      await plant.advance();
    }
  };
  await plant.reset(start);
  await act(60);
  expect(motors.position(0)).toBeCloseTo(target[0], 2);
  const { step } = robot.hardware!.limits.shoulder_pan;
  for (const { sent, position } of exchanges)
    if (Number.isFinite(sent[0])) expect(Math.abs(sent[0] - position[0])).toBeLessThanOrEqual(step + 1e-6);
  expect(reports.at(-1)?.clock.robotOffset).not.toBeNull();
  expect(JSON.stringify(reports)).not.toContain('sesame');

  server.disconnect();
  const fault = await act(100).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(RobotFault);
  expect((fault as RobotFault).passing).toBe(true);
  expect((fault as Error).message).toContain('the connection is gone');
  await plant.reset(start);
  await act(5);
  expect(await plant.stop()).toMatchObject({ stopped: true });
});

it('a dry run reads and sends nothing', async () => {
  const world = await rig();
  const { robot, motors } = world;
  const { plant } = await connected(world, true);
  await plant.reset({ position: robot.home, velocity: robot.home.map(() => 0) });
  for (let i = 0; i < 10; i++) {
    plant.write(Float32Array.from(home(robot), (q) => q + 0.1));
    await plant.advance();
  }
  await plant.stop();
  home(robot).forEach((q, j) => {
    expect(motors.position(j)).toBe(q);
  });
});

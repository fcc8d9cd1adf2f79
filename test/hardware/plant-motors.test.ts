import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createSimPlant } from '#sim/index';
import type { RobotModel } from '#src/core/robot';
import { PlantMotors } from '#src/hardware/emulator/plant-motors';
import { tickOfRadian } from '#src/hardware/register';
import { loadRobot } from '#src/load/robot';
import { baudCode, bench, counts, number } from './fixture.ts';

const period = 0.02;
const joints = ['shoulder_pan', 'shoulder_lift', 'elbow_flex', 'wrist_flex', 'wrist_roll', 'gripper'];
const ids = joints.map((_, i) => i + 1);
let robot: RobotModel;
beforeAll(async () => {
  robot = await loadRobot('so101');
});

/** The simulated SO-101 behind an emulated Feetech bus. */
async function arm(
  mounts = joints.map((joint) => ({ joint }) as { joint: string; sign?: 1 | -1; zero?: number }),
) {
  const plant = await createSimPlant({ robot, controlPeriod: period });
  plant.reset({ position: robot.home, velocity: robot.home.map(() => 0) });
  const motors = new PlantMotors({ plant, mounts, period });
  const servos = mounts.map((_, i) => ({
    id: i + 1,
    registers: { return_delay: 0, baud: baudCode.feetech },
  }));
  const { clock, bus, emulated } = bench('feetech', { motors, servos });
  emulated.start();
  const write = (address: number, value: (i: number) => number, size: number) =>
    clock.run(
      bus.syncWrite(
        address,
        ids.map((id, i) => ({ id, data: counts(value(i), size) })),
      ),
    );
  const positions = async () => {
    const found = await clock.run(bus.syncRead(56, 2, ids));
    return ids.map((id) => number(found.get(id))!);
  };
  return { plant, motors, clock, emulated, write, positions };
}

describe('the SO-101 behind an emulated bus', () => {
  it('begins where the plant stands, and holds there when its torque comes on', async () => {
    const { clock, write, positions } = await arm();
    const home = robot.home.map(tickOfRadian);
    expect(await positions()).toEqual(home);
    await write(40, () => 1, 1);
    await clock.pass(1);
    (await positions()).forEach((tick, i) => {
      expect(Math.abs(tick - home[i])).toBeLessThan(60);
    });
  });

  it('goes where its servos are told, to what the servo gives way under its weight', async () => {
    const { clock, write, positions } = await arm();
    const goals = [2200, 1950, 2150, 2900, 1900, 2300];
    await write(40, () => 1, 1);
    await write(42, (i) => goals[i], 2);
    await clock.pass(2);
    (await positions()).forEach((tick, i) => {
      expect(Math.abs(tick - goals[i])).toBeLessThan(60);
    });
  });

  it('falls when torque goes off', async () => {
    const { clock, write, positions, emulated } = await arm();
    await write(40, () => 1, 1);
    await clock.pass(0.5);
    const [, held] = await positions();
    await write(40, () => 0, 1);
    await clock.pass(1);
    const [, fallen] = await positions();
    expect(Math.abs(fallen - held)).toBeGreaterThan(200);
    expect(emulated.servo(2).get('present_load')).toBe(0);
  });

  it('turns no faster than the goal velocity that is set', async () => {
    const { clock, write, positions } = await arm();
    await write(46, () => 200, 2);
    await write(40, () => 1, 1);
    await write(42, (i) => (i === 0 ? 3000 : tickOfRadian(robot.home[i])), 2);
    await clock.pass(1);
    const [pan] = await positions();
    expect(pan - 2048).toBeGreaterThan(120);
    expect(pan - 2048).toBeLessThan(205);
  });

  it('sits on its joints as the mounts say: joint = sign · motor + zero', async () => {
    const mounts = joints.map((joint, i) => ({
      joint,
      sign: i === 0 ? (-1 as const) : undefined,
      zero: i === 3 ? 0.5 : 0,
    }));
    const { clock, write, positions, plant } = await arm(mounts);
    expect((await positions())[3]).toBe(tickOfRadian(robot.home[3] - 0.5));
    await write(40, () => 1, 1);
    await write(42, (i) => (i === 0 ? 2300 : tickOfRadian(robot.home[i] - mounts[i].zero)), 2);
    await clock.pass(2);
    const reading = new Float32Array(plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
    await positions();
    plant.read(reading);
    expect(reading[0]).toBeCloseTo(-((2300 - 2048) * 2 * Math.PI) / 4096, 1);
  });

  it('drops time that nobody looked at, rather than stand still to catch up', async () => {
    const { motors, clock, emulated, plant } = await arm();
    await clock.pass(0.1);
    expect(motors.dropped).toBe(0);
    const periods = vi.spyOn(plant, 'advance');
    motors.advance(clock.now() + 60);
    expect(motors.dropped).toBeCloseTo(59.5, 1);
    expect(periods.mock.calls.length).toBe(25);
    await emulated.close();
  });

  it('refuses a joint that no servo drives', async () => {
    await expect(arm([{ joint: 'tail' }])).rejects.toThrow(
      'robot so101: joint tail has no position actuator',
    );
  });
});

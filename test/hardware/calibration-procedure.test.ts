import { describe, expect, it } from 'vitest';
import { defaultCalibration } from '#src/hardware/calibration';
import { CalibrationProcedure, restoreCalibration } from '#src/hardware/calibration-procedure';
import { EmulatedBus } from '#src/hardware/emulator/emulated-bus';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { loopback } from '#src/hardware/port';
import { ServoDriver } from '#src/hardware/servo-driver';
import { servoFamilies } from '#src/hardware/servo-families';
import { chain } from './servo-robot.ts';
import { VirtualClock } from './virtual-clock.ts';

const plans = [
  { lower: -1.9, upper: 1.9 },
  { lower: -1.7, upper: 1.2, sign: -1 as const },
  { lower: -2.7, upper: 2.8 },
];

/** Motors as delivered on horns put on anyhow: joint = sign · motor + zero. */
function unfinished(
  family: 'feetech' | 'dynamixel',
  zeros: readonly number[],
  registers: Record<string, number> = {},
) {
  const clock = new VirtualClock();
  const robot = chain(family, plans);
  const hardware = robot.hardware!;
  const motors = new FirstOrderMotors([0, 0, 0]);
  const own: Record<string, number> =
    family === 'feetech' ? { model: 777, phase: 12 | 0x10 } : { model: 1200, baud: 3 };
  const servos = [1, 2, 3].map((id) => ({ id, registers: { ...own, ...registers } }));
  const emulated = new EmulatedBus({ family, motors, servos, clock });
  const open = async () => {
    const [near, far] = loopback();
    emulated.attach(far);
    return near;
  };
  const place = (positions: readonly number[]) =>
    positions.forEach((q, i) => {
      motors.place(i, (plans[i].sign ?? 1) * (q - zeros[i]));
    });
  const module = servoFamilies.find(({ name }) => name === family)!;
  return {
    clock,
    robot,
    hardware,
    emulated,
    place,
    module,
    open,
    at: { robot, hardware, port: 'test://bus' },
  };
}

const middles = plans.map(({ lower, upper }) => (lower + upper) / 2);

describe.each(['feetech', 'dynamixel'] as const)('calibrating %s motors', (family) => {
  it.each([
    { zeros: [0, 0, 0] },
    { zeros: [0.8, -0.4, 2.9] },
    // The encoder's turn ends in the joint's range.
    { zeros: [Math.PI - 0.05, -Math.PI + 0.2, 3.1] },
  ])('on horns at $zeros ends with joint angles that are true', async ({ zeros }) => {
    const { clock, place, module, open, at, robot, hardware } = unfinished(family, zeros, {
      return_delay: 50,
      homing_offset: 300,
    });
    place(middles);
    const procedure = await clock.run(CalibrationProcedure.begin(module, at, { open, clock }));
    await clock.run(procedure.centre());
    for (let i = 0; i <= 40; i++) {
      const swing = Math.sin((i / 40) * 2 * Math.PI);
      place(plans.map(({ lower, upper }, j) => middles[j] + (swing * (upper - lower)) / 2));
      await clock.run(procedure.sample());
    }
    place([0.3, -0.5, 2]);
    const calibration = await clock.run(procedure.finish());
    await clock.run(procedure.close());
    const driver = new ServoDriver(
      module,
      { robot, hardware, port: 'test://bus', calibration },
      { open, clock },
    );
    const identity = await clock.run(driver.configure());
    expect(identity.notes).toEqual([]);
    const { position } = await clock.run(driver.read());
    // Within two ticks: rounding of the range's ends.
    [0.3, -0.5, 2].forEach((q, j) => {
      expect(Math.abs(position[j] - q)).toBeLessThan((2 * 2 * Math.PI) / 4096);
    });
  });

  it('says which joints were not moved from end to end, and does not finish', async () => {
    const { clock, place, module, open, at, emulated } = unfinished(family, [0, 0, 0]);
    place(middles);
    const procedure = await clock.run(CalibrationProcedure.begin(module, at, { open, clock }));
    await clock.run(procedure.centre());
    for (const share of [-1, 1]) {
      place(
        plans.map(({ lower, upper }, j) => middles[j] + ((j === 1 ? 0.5 : 1) * share * (upper - lower)) / 2),
      );
      await clock.run(procedure.sample());
    }
    await expect(clock.run(procedure.finish())).rejects.toThrow(
      'a range of 83° for elbow, and the URDF says 166°: move it from end to end',
    );
    expect(emulated.servo(1).get('max_position')).toBe(4095);
  });

  it('notices a joint that was not centred and passes the end of its turn', async () => {
    const { clock, place, module, open, at } = unfinished(family, [0, 0, 0]);
    place([1.8, middles[1], middles[2]]);
    const procedure = await clock.run(CalibrationProcedure.begin(module, at, { open, clock }));
    await clock.run(procedure.centre());
    for (let q = 1.8; q > -1.9; q -= 0.1) {
      place([q, middles[1], middles[2]]);
      await clock.run(procedure.sample());
    }
    await expect(clock.run(procedure.finish())).rejects.toThrow(
      'shoulder passed the end of its encoder’s turn'.replace('’', "'"),
    );
  });

  it('turns torque off first, and takes no other model', async () => {
    const { clock, module, open, at, emulated } = unfinished(family, [0, 0, 0]);
    emulated.servo(2).set('torque_enable', 1);
    await clock.run(CalibrationProcedure.begin(module, at, { open, clock }));
    expect(emulated.servo(2).get('torque_enable')).toBe(0);
    emulated.servo(2).set('model', 5);
    await expect(clock.run(CalibrationProcedure.begin(module, at, { open, clock }))).rejects.toThrow(
      'motor 2 (elbow) is a model 5',
    );
  });

  it('restores what motors lost', async () => {
    const { clock, module, open, at, emulated, robot } = unfinished(family, [0, 0, 0]);
    const calibration = defaultCalibration(robot);
    const motor = { ...calibration.motors.elbow, homingOffset: -321 };
    const kept = { ...calibration, motors: { ...calibration.motors, elbow: motor } };
    await clock.run(restoreCalibration(module, at, kept, { open, clock }));
    expect(emulated.servo(2).get('homing_offset')).toBe(-321);
    expect(emulated.servo(2).get('min_position')).toBe(motor.rangeMin - 23);
    emulated.reboot(2);
    await clock.pass(0.2);
    expect(emulated.servo(2).get('homing_offset')).toBe(-321);
  });
});

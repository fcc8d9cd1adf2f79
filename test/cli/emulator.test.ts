import { beforeAll, describe, expect, it } from 'vitest';
import { type EmulatedState, emulateRobot } from '#src/cli/hardware/emulated-robot';
import { obeyLine } from '#src/cli/hardware/emulator-prompt';
import { parseFault } from '#src/cli/hardware/emulator-words';
import { loadServoRobot, type ServoRobot } from '#src/cli/hardware/real-robot';
import { type Calibration, defaultCalibration } from '#src/hardware/calibration';
import { JointScale } from '#src/hardware/joint-scale';
import { servoFamilies } from '#src/hardware/servo-families';
import { coordinateOf } from '#src/robot/index';
import { VirtualClock } from '../hardware/virtual-clock.ts';

let so101: ServoRobot;
beforeAll(async () => {
  so101 = await loadServoRobot('so101');
});

function withFamily(real: ServoRobot, name: 'feetech' | 'dynamixel', sign: 1 | -1): ServoRobot {
  const model = name === 'feetech' ? 'sts3215' : 'xl430-w250';
  const motors = real.hardware.motors.map((motor) => ({ ...motor, model, sign }));
  const hardware = { ...real.hardware, driver: name, motors };
  const family = servoFamilies.find((item) => item.name === name)!;
  return { robot: { ...real.robot, hardware }, hardware, family };
}

/** Ranges that do not lie about the middle tick, and offsets of either sign. */
function crooked(real: ServoRobot): Calibration {
  const calibration = defaultCalibration(real.robot);
  const motors = Object.entries(calibration.motors).map(([joint, motor], i) => {
    const shift = [-150, 100, 0, 120, -30, 250][i];
    return [
      joint,
      {
        ...motor,
        homingOffset: [700, -900, 0, 33, -5, 1200][i],
        rangeMin: motor.rangeMin + shift,
        rangeMax: motor.rangeMax + shift,
      },
    ] as const;
  });
  return { ...calibration, motors: Object.fromEntries(motors) };
}

async function emulate(real: ServoRobot, state: EmulatedState, seed = 0) {
  const clock = new VirtualClock();
  const emulated = await emulateRobot({ ...real, state, seed, clock });
  emulated.bus.start();
  return { clock, emulated };
}
const calibrated = (real: ServoRobot): EmulatedState => ({
  kind: 'calibrated',
  calibration: defaultCalibration(real.robot),
});

describe('an emulated robot', () => {
  it.each([
    ['feetech', 1],
    ['feetech', -1],
    ['dynamixel', 1],
    ['dynamixel', -1],
  ] as const)('of %s motors with sign %i stands where its calibration says', async (name, sign) => {
    const real = withFamily(so101, name, sign);
    const calibration = crooked(real);
    const { emulated } = await emulate(real, { kind: 'calibrated', calibration });
    real.hardware.motors.forEach(({ joint, id }) => {
      const servo = emulated.bus.servo(id);
      const motor = calibration.motors[joint];
      expect(servo.get('homing_offset')).toBe(motor.homingOffset);
      const d = coordinateOf(real.robot, joint);
      const scale = new JointScale(real.robot.joints[real.robot.movable[d]], sign, motor);
      const error = scale.position(servo.get('present_position')) - real.robot.home[d];
      // To a tick, on whatever turn.
      expect(Math.abs(error - Math.round(error / (2 * Math.PI)) * 2 * Math.PI)).toBeLessThan(0.0016);
    });
  });

  it('is put together anew by every seed, and alike by the same one', async () => {
    const ticks = async (seed: number) => {
      const { emulated } = await emulate(so101, { kind: 'uncalibrated' }, seed);
      return emulated.bus.servos.map((servo) => servo.get('present_position'));
    };
    expect(await ticks(1)).toEqual(await ticks(1));
    expect(await ticks(1)).not.toEqual(await ticks(2));
  });

  it('comes new with one id for all and nothing connected, until a motor is connected alone', async () => {
    const { emulated } = await emulate(so101, { kind: 'new' });
    expect(emulated.bus.servos.map(({ id }) => id)).toEqual([1, 1, 1, 1, 1, 1]);
    const there = () => emulated.bus.servos.map(({ condition }) => !condition.dead);
    expect(there()).toEqual([false, false, false, false, false, false]);
    expect(await obeyLine(emulated, 'connect elbow_flex')).toBe('elbow_flex alone is on the bus');
    expect(there()).toEqual([false, false, true, false, false, false]);
  });
});

describe('what is typed at the emulator', () => {
  it('befalls the motor that is named, and clear ends it', async () => {
    const { emulated } = await emulate(so101, calibrated(so101));
    const { bus } = emulated;
    await obeyLine(emulated, 'overheat elbow_flex');
    expect([bus.servo(3).get('present_temperature'), bus.servo(2).get('present_temperature')]).toEqual([
      75, 30,
    ]);
    await obeyLine(emulated, 'undervoltage 2');
    expect(bus.servo(2).get('present_voltage')).toBe(35);
    await obeyLine(emulated, 'overload');
    expect(bus.servos.every(({ condition }) => condition.overload)).toBe(true);
    await obeyLine(emulated, 'dead 4');
    expect(bus.servo(4).condition.dead).toBe(true);
    await obeyLine(emulated, 'clear');
    for (const { condition } of bus.servos)
      expect(condition).toEqual({ voltage: 12, temperature: 30, overload: false, dead: false });
  });

  it('reboots a motor: its torque is off afterwards', async () => {
    const { emulated } = await emulate(so101, calibrated(so101));
    emulated.bus.servo(1).set('torque_enable', 1);
    await obeyLine(emulated, 'reboot shoulder_pan');
    expect(emulated.bus.servo(1).get('torque_enable')).toBe(0);
  });

  it('turns a limp joint by hand, holds it there, and lets it go', async () => {
    const { emulated, clock } = await emulate(so101, calibrated(so101));
    const turned = obeyLine(emulated, 'turn shoulder_pan 0.6');
    expect(await clock.run(turned)).toContain('a hand holds shoulder_pan at 0.6 rad');
    await clock.pass(0.5);
    const at = () => (emulated.bus.servo(1).get('present_position') - 2048) * ((2 * Math.PI) / 4096);
    expect(at()).toBeCloseTo(0.6, 1);
    await obeyLine(emulated, 'let-go');
    expect(emulated.bus.servo(1).get('torque_enable')).toBe(0);
  });

  it('does not turn what holds', async () => {
    const { emulated } = await emulate(so101, calibrated(so101));
    emulated.bus.servo(3).set('torque_enable', 1);
    await expect(obeyLine(emulated, 'turn elbow_flex 0.5')).rejects.toThrow(
      'torque is on at elbow_flex: a hand does not turn it',
    );
    await expect(obeyLine(emulated, 'middle')).rejects.toThrow('torque is on at elbow_flex');
  });

  it('tells of each motor where it is and how', async () => {
    const { emulated } = await emulate(so101, calibrated(so101));
    const lines = (await obeyLine(emulated, 'pose')).split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[3]).toMatch(/^wrist_flex +id 4 +1\.500 rad +tick +3026 +12\.0 V +30 °C +torque off$/);
  });

  it.each([
    ['overhet 2', '"overhet"? did you mean overheat?'],
    ['overheat 9', 'no motor "9": there are 1 shoulder_pan'],
    ['overheat elbow_flx', 'no motor "elbow_flx": did you mean elbow_flex?'],
    ['turn elbow_flex', 'turn: write it as turn elbow_flex 0.5, in rad'],
    ['connect', 'connect: write it as'],
    ['drop:2=200%', '"200%" is no share'],
  ])('refuses %s in one line', async (line, message) => {
    const { emulated } = await emulate(so101, calibrated(so101));
    await expect(obeyLine(emulated, line)).rejects.toThrow(message);
  });
});

describe('a fault of answers', () => {
  it.each([
    ['drop', { fault: { kind: 'drop' } }],
    ['drop:1%', { fault: { kind: 'drop' }, share: 0.01 }],
    ['corrupt:2', { fault: { kind: 'corrupt' }, id: 2 }],
    ['corrupt:2=1%', { fault: { kind: 'corrupt' }, id: 2, share: 0.01 }],
    ['corrupt:elbow_flex=0.5', { fault: { kind: 'corrupt' }, id: 3, share: 0.5 }],
    ['late', { fault: { kind: 'late', by: 0.02 } }],
    ['late@50ms:1%', { fault: { kind: 'late', by: 0.05 }, share: 0.01 }],
    ['duplicate:gripper', { fault: { kind: 'duplicate' }, id: 6 }],
  ])('is written as %s', (text, plan) => {
    expect(parseFault(text, so101.hardware.motors)).toEqual(plan);
  });

  it.each(['dorp', 'drop@5ms', 'late@soon', 'drop:200%', 'drop:7', ''])('is not written as "%s"', (text) => {
    expect(() => parseFault(text, so101.hardware.motors)).toThrow(/fault|no motor/);
  });
});

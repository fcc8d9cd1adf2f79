import { InputError } from '#src/core/errors';
import type { HardwareSpec } from '#src/core/hardware';
import type { Actuator, Joint, RobotModel } from '#src/core/robot';
import { type Calibration, defaultCalibration } from '#src/hardware/calibration';
import type { DriverOptions } from '#src/hardware/driver';
import { EmulatedBus, type EmulatorOptions } from '#src/hardware/emulator/emulated-bus';
import { emulatedServos } from '#src/hardware/emulator/emulated-servos';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { loopback } from '#src/hardware/port';
import { ServoDriver } from '#src/hardware/servo-driver';
import { servoFamilies } from '#src/hardware/servo-families';
import { VirtualClock } from './virtual-clock.ts';

const pose = { position: [0, 0, 0], rotation: [0, 0, 0, 1] } as const;

interface JointPlan {
  readonly lower?: number;
  readonly upper?: number;
  readonly sign?: 1 | -1;
  readonly kind?: Actuator['kind'];
}

/** Three joints of different ranges and signs; the last is a jaw whose range does not hold 0 in its middle. */
export const threeJoints: readonly JointPlan[] = [
  { lower: -1.9, upper: 1.9 },
  { lower: -1.7, upper: 1.2, sign: -1 },
  { lower: -0.17, upper: 1.75 },
];

const names = ['shoulder', 'elbow', 'jaw', 'wheel', 'spare', 'last'];

/** A chain of joints, each with its motor. */
export function chain(
  family: 'feetech' | 'dynamixel',
  plans: readonly JointPlan[] = threeJoints,
  spec: Partial<HardwareSpec> = {},
): RobotModel {
  const joints = plans.map(
    ({ lower = -Infinity, upper = Infinity }, i): Joint => ({
      ...{ name: names[i], kind: Number.isFinite(upper - lower) ? 'revolute' : 'continuous' },
      ...{ parent: i, child: i + 1, origin: pose, axis: [0, 0, 1], lower, upper, maxVelocity: 10 },
      ...{ maxEffort: 10, damping: 0, friction: 0, armature: 0 },
    }),
  );
  const actuators = joints.map(({ name }, i): Actuator => {
    const { kind = 'position' } = plans[i];
    if (kind === 'effort') return { joint: name, kind, maxEffort: 3 };
    if (kind === 'velocity') return { joint: name, kind, maxEffort: 3, damping: 1 };
    return { joint: name, kind, maxEffort: 3, stiffness: 10, damping: 0, backlash: 0 };
  });
  const limit = { step: 0.2, velocity: 5, acceleration: 50, effort: 1.5, margin: 0 };
  const model = family === 'feetech' ? 'sts3215' : 'xl330-m288';
  const hardware: HardwareSpec = {
    driver: family,
    motors: joints.map(({ name }, i) => ({ joint: name, id: i + 1, model, sign: plans[i].sign ?? 1 })),
    ...{ baud: 1_000_000, rate: 100, options: {} },
    limits: Object.fromEntries(joints.map(({ name }) => [name, limit])),
    trips: { loadTime: 1, trackingTime: 0.5 },
    stop: { release: null },
    resetVelocity: 0.5,
    ...spec,
  };
  return {
    name: 'chain',
    links: ['base', ...names.slice(0, joints.length)].map((name) => ({ name, visuals: [], collisions: [] })),
    ...{ joints, root: 0, movable: joints.map((_, i) => i), home: joints.map(() => 0), actuators },
    tip: { link: joints.length, point: [0, 0, 0] },
    ...{ simulation: { timestep: 0.005, iterations: 1 }, sensors: [], hardware, notes: [] },
  };
}

/** A driver before the emulated servos of a chain, in memory and in virtual time. */
export function servoRobot(
  family: 'feetech' | 'dynamixel',
  {
    plans = threeJoints,
    spec = {},
    emulator = {},
    calibrated,
    calibration,
  }: {
    plans?: readonly JointPlan[];
    spec?: Partial<HardwareSpec>;
    emulator?: Partial<EmulatorOptions>;
    /** What the motors hold; default: the default. */
    calibrated?: Calibration;
    /** What the driver is given; default: the same. */
    calibration?: Calibration;
  } = {},
) {
  const clock = new VirtualClock();
  const robot = chain(family, plans, spec);
  const hardware = robot.hardware!;
  const truth = calibrated ?? defaultCalibration(robot);
  const { servos, mounts } = emulatedServos(robot, hardware, truth);
  const motors = new FirstOrderMotors(mounts.map(() => 0));
  const emulated = new EmulatedBus({ family, servos, motors, clock, ...emulator });
  const opened: string[] = [];
  let pulled = false;
  /** Whether a packet is lost on its way to the motors. */
  const lost = { packet: (_: Uint8Array) => false };
  const open = async (address: string, baud: number) => {
    opened.push(`${address} ${baud}`);
    if (pulled) throw new InputError(`port ${address} cannot be opened`);
    const [near, far] = loopback(address);
    emulated.attach(far);
    emulated.start();
    return {
      ...near,
      write(bytes: Uint8Array) {
        if (!lost.packet(bytes)) near.write(bytes);
      },
    };
  };
  /** Pulls the adapter off, or puts it back. */
  const pull = (out: boolean) => {
    pulled = out;
    if (out) void emulated.close();
  };
  const options: DriverOptions = { robot, hardware, port: 'test://bus', calibration: calibration ?? truth };
  const found = servoFamilies.find(({ name }) => name === family)!;
  const driver = new ServoDriver(found, options, { open, clock });
  /** Where the joints are in truth, rad. */
  const joints = () => {
    motors.advance(clock.now());
    return mounts.map(({ sign = 1, zero = 0 }, i) => sign * motors.position(i) + zero);
  };
  /** Turns the shafts so that the joints stand there. */
  const place = (positions: readonly number[]) => {
    positions.forEach((position, i) => {
      const { sign = 1, zero = 0 } = mounts[i];
      motors.place(i, sign * (position - zero));
    });
  };
  return {
    clock,
    robot,
    hardware,
    motors,
    emulated,
    driver,
    joints,
    place,
    opened,
    mounts,
    truth,
    options,
    open,
    pull,
    lost,
  };
}

export type ServoRobot = ReturnType<typeof servoRobot>;

/** Put into a pose, rad, configured, and activated there. */
export async function ready(
  robot: ServoRobot,
  pose: readonly number[] = [0.3, -0.5, 1],
): Promise<ServoRobot> {
  const { clock, driver, place } = robot;
  place(pose);
  await clock.run(driver.configure());
  const { position } = await clock.run(driver.read());
  await clock.run(driver.activate(position.slice()));
  return robot;
}

/** Cycles of 10 ms, each a read and a write. */
export async function cycles({ clock, driver }: ServoRobot, count: number, pose: readonly number[]) {
  for (let i = 0; i < count; i++) {
    await clock.run(driver.read());
    await clock.run(driver.write(Float64Array.from(pose)));
    await clock.pass(0.01);
  }
}

/** Reads until it fails, for a second at most. */
export async function failure({ clock, driver }: ServoRobot): Promise<Error | undefined> {
  for (let i = 0; i < 100; i++) {
    const error = await clock.run(
      driver.read().then(
        () => undefined,
        (cause: Error) => cause,
      ),
    );
    if (error) return error;
    await clock.pass(0.01);
  }
  return undefined;
}

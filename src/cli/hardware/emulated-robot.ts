import { InputError } from '../../core/errors.ts';
import type { MotorSpec } from '../../core/hardware.ts';
import type { SimulatedPlant } from '../../core/plant.ts';
import { Random } from '../../core/random.ts';
import { type Calibration, calibratedRegisters } from '../../hardware/calibration.ts';
import {
  type BusClock,
  EmulatedBus,
  emulatedServos,
  PlantMotors,
  type ServoSpec,
} from '../../hardware/index.ts';
import type { ServoFamily } from '../../hardware/servo-family.ts';
import { restingPlant } from './emulated-plant.ts';
import { Hand } from './hand.ts';
import type { ServoRobot } from './real-robot.ts';

/** How the motors of an emulated robot come: as `calibration` says, or put on anyhow, or from the shop. */
export type EmulatedState =
  | { readonly kind: 'calibrated'; readonly calibration: Calibration }
  /** Ids are set; each horn sits where it happened to be put. */
  | { readonly kind: 'uncalibrated' }
  /** As delivered: all have id 1, and none is plugged in. */
  | { readonly kind: 'new' };

export interface EmulatedRobotOptions extends ServoRobot {
  readonly state: EmulatedState;
  /** bits/s; default: the robot's. */
  readonly baud?: number;
  /** s; defaults: 0.001 and 0. */
  readonly latency?: number;
  readonly returnDelay?: number;
  /** Keys random faults, and where horns were put; default 0. */
  readonly seed?: number;
  readonly clock?: BusClock;
}

export interface EmulatedRobot {
  readonly bus: EmulatedBus;
  readonly plant: SimulatedPlant;
  readonly motors: PlantMotors;
  readonly hand: Hand;
  /** Of each servo, in their order. */
  readonly specs: readonly MotorSpec[];
}

/** How far the simulation goes at a time, about, s. What is read is so old at most: at 5 ms that drowned what is to be learned. */
const PERIOD = 0.001;

/** The simulated robot at its home pose, its joints the motors of an emulated bus. @throws InputError */
export async function emulateRobot(options: EmulatedRobotOptions): Promise<EmulatedRobot> {
  const { robot, hardware, family, state, seed = 0 } = options;
  const baud = options.baud ?? hardware.baud;
  const specs = hardware.motors;
  // What a robot at work stands on; whoever calibrates has clamped it where it hangs free.
  const { plant, period } = await restingPlant(
    robot,
    PERIOD,
    state.kind === 'calibrated' ? hardware.floor : undefined,
  );
  const hand = new Hand(plant, period);
  const random = new Random(seed, 'horns');
  const mounts =
    state.kind === 'calibrated'
      ? emulatedServos(robot, hardware, state.calibration).mounts
      : specs.map((spec) => ({
          ...{ joint: spec.joint, sign: spec.sign },
          zero: middleOf(options, spec) + (random.uniform() - 0.5) * 1.4 * Math.PI,
        }));
  const motors = new PlantMotors({ plant: hand, mounts, period });
  const delay = Math.round((options.returnDelay ?? 0) / 2e-6);
  const servos = specs.map((spec): ServoSpec => {
    const model = family.modelNumber(spec.model);
    if (state.kind === 'new') return { id: 1, registers: { model } };
    const calibrated =
      state.kind === 'calibrated' ? calibratedRegisters(state.calibration.motors[spec.joint]) : undefined;
    return {
      id: spec.id,
      registers: { model, baud: baudCode(family, baud), return_delay: delay, ...calibrated },
    };
  });
  const bus = new EmulatedBus({
    ...{ family: family.name, motors, servos, baud, seed },
    ...(options.latency !== undefined && { latency: options.latency }),
    ...(options.clock && { clock: options.clock }),
    // New motors talk at their maker's rate, and neither TCP nor pseudo-terminals tell which one is meant.
    checkBaud: state.kind !== 'new',
  });
  if (state.kind === 'new') for (const servo of bus.servos) servo.condition.dead = true;
  return { bus, plant, motors, hand, specs };
}

/** @throws InputError where motors have no code for it. */
export function baudCode({ name, bauds }: ServoFamily, baud: number): number {
  const code = bauds.indexOf(baud);
  if (code >= 0) return code;
  throw new InputError(`${baud} baud: motors of ${name} have ${bauds.join(', ')}`);
}

/** Middle of a joint's range; 0 where it has none. */
function middleOf({ robot }: ServoRobot, { joint }: MotorSpec): number {
  const { lower, upper } = robot.joints.find(({ name }) => name === joint)!;
  return Number.isFinite(lower + upper) ? (lower + upper) / 2 : 0;
}

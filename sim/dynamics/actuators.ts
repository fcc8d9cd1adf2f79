import type { Actuator, RobotModel } from '../../src/core/robot.ts';
import { type Box, box } from '../../src/core/space.ts';
import { coordinateOf } from '../../src/robot/index.ts';
import type { Tree } from './tree.ts';

const effort = 0;
const position = 1;
const velocity = 2;

/** What is asked of a position or velocity servo whose joint has no finite limit: rad (m), rad/s (m/s). */
const unlimitedPosition = 2 * Math.PI;
const unlimitedVelocity = 10;

/** The box of commands of a robot: efforts, coordinates or rates, by the kind of each actuator. */
export function commandBox(robot: RobotModel): Box {
  const bounds = robot.actuators.map((actuator): [number, number] => {
    const joint = robot.joints.find(({ name }) => name === actuator.joint);
    if (actuator.kind === 'effort' || !joint) return [-actuator.maxEffort, actuator.maxEffort];
    if (actuator.kind === 'position')
      return [
        joint.lower > -Infinity ? joint.lower : -unlimitedPosition,
        joint.upper < Infinity ? joint.upper : unlimitedPosition,
      ];
    const rate =
      joint.maxVelocity > 0 && joint.maxVelocity < Infinity ? joint.maxVelocity : unlimitedVelocity;
    return [-rate, rate];
  });
  return box(
    bounds.map(([low]) => low),
    bounds.map(([, high]) => high),
  );
}

/**
 * The efforts of K actuators on the coordinates. Over one step an effort is e₀ − s Δ, where Δ is the change of its
 * coordinate's rate: servo damping acts on a mean of old and new rate, stiffness on the mean of old and new coordinate,
 * so that no gain is too stiff for the step; an effort at its bound is constant.
 */
export class Actuators {
  readonly count: number;
  /** Coordinate that each drives [K]. */
  readonly coordinate: Int32Array;
  /** Damping, N m s/rad or N s/m, that servos add to each coordinate [D]; for the choice of `implicit` in `begin`. */
  readonly damping: Float64Array;
  readonly #actuators: readonly Actuator[];
  readonly #kind: Uint8Array;
  /** Bounds of the efforts in this episode [K]. */
  readonly #max: Float64Array;
  readonly #stiffness: Float64Array;
  readonly #rateGain: Float64Array;
  readonly #backlash: Float64Array;
  /** e₀, s, and the bound that each is at: −1, 0 (none), 1 [K]. */
  readonly #base: Float64Array;
  readonly #slope: Float64Array;
  readonly #bound: Int8Array;
  #gain = 1;

  constructor(robot: RobotModel, tree: Tree) {
    const { actuators } = robot;
    const count = actuators.length;
    this.#actuators = actuators;
    this.count = count;
    this.coordinate = new Int32Array(count);
    this.damping = new Float64Array(tree.size);
    this.#kind = new Uint8Array(count);
    this.#max = new Float64Array(count);
    this.#stiffness = new Float64Array(count);
    this.#rateGain = new Float64Array(count);
    this.#backlash = new Float64Array(count);
    this.#base = new Float64Array(count);
    this.#slope = new Float64Array(count);
    this.#bound = new Int8Array(count);
    for (const [i, actuator] of actuators.entries()) {
      this.coordinate[i] = coordinateOf(robot, actuator.joint);
      if (actuator.kind === 'effort') continue;
      this.#rateGain[i] = actuator.damping;
      this.#kind[i] = velocity;
      if (actuator.kind !== 'position') continue;
      this.#kind[i] = position;
      this.#stiffness[i] = actuator.stiffness;
      this.#backlash[i] = actuator.backlash;
    }
    this.gain = 1;
  }

  /** Factor on stiffness and damping of servos, and on the efforts of motors and their bounds. */
  set gain(gain: number) {
    this.#gain = gain;
    this.damping.fill(0);
    for (let i = 0; i < this.count; i++) {
      this.damping[this.coordinate[i]] += gain * this.#rateGain[i];
      const { kind, maxEffort } = this.#actuators[i];
      this.#max[i] = kind === 'effort' ? gain * maxEffort : maxEffort;
    }
  }

  /** What is commanded when an episode begins at coordinates q [D]: no effort, no rate, the present coordinate. */
  hold(q: ArrayLike<number>, command: Float32Array): void {
    for (let i = 0; i < this.count; i++) command[i] = this.#kind[i] === position ? q[this.coordinate[i]] : 0;
  }

  /**
   * Begins a step of `time` s at coordinates q and rates v [D]; `implicit` [D] is the share of the new rate in the mean
   * on which damping acts.
   */
  begin(command: Float32Array, q: Float64Array, v: Float64Array, implicit: Float64Array, time: number): void {
    for (let i = 0; i < this.count; i++) {
      const d = this.coordinate[i];
      const kind = this.#kind[i];
      const damping = this.#gain * this.#rateGain[i];
      let base = 0;
      let slope = damping * implicit[d];
      if (kind === effort) base = this.#gain * command[i];
      else if (kind === velocity) base = damping * (command[i] - v[d]);
      else {
        const half = 0.5 * this.#backlash[i];
        const away = command[i] - q[d];
        const gap = away > half ? away - half : away < -half ? away + half : 0;
        const stiffness = this.#gain * this.#stiffness[i];
        base = stiffness * gap - damping * v[d];
        if (gap !== 0) slope += 0.25 * time * stiffness;
      }
      this.#base[i] = base;
      this.#slope[i] = slope;
      this.#bound[i] = base > this.#max[i] ? 1 : base < -this.#max[i] ? -1 : 0;
    }
  }

  /** Adds e₀ to `force` and s to `slope` [D] each, with the bounds that are thought to hold. */
  add(force: Float64Array, slope: Float64Array): void {
    for (let i = 0; i < this.count; i++) {
      const d = this.coordinate[i];
      const bound = this.#bound[i];
      if (bound !== 0) force[d] += bound * this.#max[i];
      else {
        force[d] += this.#base[i];
        slope[d] += this.#slope[i];
      }
    }
  }

  /**
   * Judges the bounds anew for changes Δ [D] of the rates; true when one came or went. An effort whose bound does not
   * hold is let go first: where no bound held tells which one does.
   */
  review(change: Float64Array): boolean {
    let changed = false;
    for (let i = 0; i < this.count; i++) {
      if (this.#slope[i] === 0) continue;
      const value = this.#base[i] - this.#slope[i] * change[this.coordinate[i]];
      const beyond = value > this.#max[i] ? 1 : value < -this.#max[i] ? -1 : 0;
      const bound = this.#bound[i] === -beyond ? 0 : beyond;
      if (bound === this.#bound[i]) continue;
      this.#bound[i] = bound;
      changed = true;
    }
    return changed;
  }
}

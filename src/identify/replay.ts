import { Contacts } from '../../sim/contact/contacts.ts';
import { commandBox } from '../../sim/dynamics/actuators.ts';
import { System } from '../../sim/dynamics/system.ts';
import type { RobotModel } from '../core/robot.ts';
import type { Box } from '../core/space.ts';
import { coordinateOf } from '../robot/actuated-joints.ts';
import type { Trace } from './trace.ts';
import type { Window } from './windows.ts';

/** A robot as it may be. Its latency is that of its `simulation`. */
export interface Candidate {
  readonly robot: RobotModel;
  /** What the encoders read too much [D], rad or m. */
  readonly zero: readonly number[];
}

/**
 * Simulates a candidate under the commands of a trace. Nothing is resampled: simulated coordinates are taken at the
 * times of the readings, between two steps on a line, and a step's command is its mean over the step, so that a change of
 * latency that is smaller than a step counts too.
 */
export class Replay {
  readonly #candidate: Candidate;
  readonly #trace: Trace;
  readonly #system: System;
  readonly #box: Box;
  readonly #timestep: number;
  readonly #latency: number;
  /** Coordinate that each actuator's command is in, −1 for efforts and rates [K]. */
  readonly #shifted: readonly number[];
  readonly #command: Float32Array;
  readonly #before: Float64Array;

  constructor(candidate: Candidate, trace: Trace) {
    const { robot } = candidate;
    this.#candidate = candidate;
    this.#trace = trace;
    this.#timestep = robot.simulation.timestep;
    this.#latency = robot.simulation.latency ?? 0;
    this.#system = new System(
      robot,
      {},
      { timestep: this.#timestep, iterations: robot.simulation.iterations },
    );
    this.#system.contacts = Contacts.of(this.#system);
    this.#box = commandBox(robot);
    this.#shifted = robot.actuators.map(({ joint, kind }) =>
      kind === 'position' ? coordinateOf(robot, joint) : -1,
    );
    this.#command = new Float32Array(robot.actuators.length);
    this.#before = new Float64Array(robot.movable.length);
  }

  /**
   * Coordinates and, where `velocity` is given, rates at every row of a window [rows × D] into the arrays at `at`, as the
   * encoders would read them; NaN from where the simulation diverges.
   */
  run(window: Window, position: Float64Array, at = 0, velocity?: Float64Array): void {
    const { zero } = this.#candidate;
    const { times } = this.#trace;
    const system = this.#system;
    const size = system.size;
    const h = this.#timestep;
    for (let d = 0; d < size; d++) system.position[d] = window.position[d] - zero[d];
    system.velocity.set(window.velocity);
    system.touch();
    system.contacts?.reset();
    const began = times[window.from];
    let steps = 0;
    // The newest command that has arrived by the beginning of a step.
    let newest = window.from;
    while (newest > 0 && this.#arrival(newest) > began && times[newest - 1] < times[newest]) newest--;
    const last = times.length - 1;
    for (let row = window.from; row < window.to; row++) {
      const time = times[row] - began;
      while (steps * h < time - 1e-9) {
        const from = began + steps * h;
        while (newest < last && this.#arrival(newest + 1) <= from) newest++;
        this.#setCommand(newest, from);
        this.#before.set(system.position);
        system.step(this.#command);
        steps++;
      }
      const share = steps === 0 ? 1 : 1 - (steps * h - time) / h;
      for (let d = 0; d < size; d++) {
        const q = system.position[d];
        const value = steps === 0 ? q : this.#before[d] + share * (q - this.#before[d]);
        const k = at + (row - window.from) * size + d;
        position[k] = Number.isFinite(value) ? value + zero[d] : Number.NaN;
        if (velocity) velocity[k] = system.velocity[d];
      }
    }
  }

  #arrival(row: number): number {
    return this.#trace.sentAt[row] + this.#latency;
  }

  /** The mean over a step of what arrives in it. */
  #setCommand(newest: number, from: number): void {
    const { sent } = this.#trace;
    const K = this.#command.length;
    const h = this.#timestep;
    const next = newest + 1;
    const arrival = next < this.#trace.times.length ? this.#arrival(next) : Infinity;
    const share = arrival < from + h ? (from + h - arrival) / h : 0;
    for (let k = 0; k < K; k++) {
      let value = sent[newest * K + k];
      if (share > 0) value += share * (sent[next * K + k] - value);
      const d = this.#shifted[k];
      if (d >= 0) value -= this.#candidate.zero[d];
      this.#command[k] = Math.min(this.#box.high[k], Math.max(this.#box.low[k], value));
    }
  }
}

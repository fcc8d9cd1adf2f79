import { InputError } from '../../src/core/errors.ts';

/** s */
export const longestLatency = 0.5;

/** Throws InputError. @param latency of commands, s. */
export function checkLatency(latency: number): void {
  if (!(latency >= 0 && latency <= longestLatency))
    throw new InputError(`latency ${latency} s of commands must be in 0 … ${longestLatency} s`);
}

/**
 * Commands on their way to the actuators: what is pushed at step s acts from step s + delay on. One push per control
 * period of `substeps` steps. All that changes is in `memory`.
 */
export class CommandQueue {
  /** Delay in steps, pushes since the reset, the command that acts [A], then a ring of [step, command…]. */
  readonly memory: Float64Array;
  readonly #stride: number;
  readonly #capacity: number;
  readonly #timestep: number;
  readonly #acting: Float32Array;

  constructor(actuators: number, substeps: number, timestep: number) {
    this.#stride = 1 + actuators;
    this.#capacity = Math.ceil(longestLatency / timestep / substeps) + 2;
    this.#timestep = timestep;
    this.memory = new Float64Array(2 + actuators + this.#capacity * this.#stride);
    this.#acting = new Float32Array(actuators);
  }

  /** Begins anew: `first` acts until the first pushed command arrives. @param latency s; rounded to whole steps. */
  reset(first: Float32Array, latency: number): void {
    checkLatency(latency);
    this.memory.fill(0);
    this.memory[0] = Math.round(latency / this.#timestep);
    this.memory.set(first, 2);
  }

  push(step: number, command: Float32Array): void {
    const { memory } = this;
    const at = this.#slot(memory[1]);
    memory[at] = step + memory[0];
    memory.set(command, at + 1);
    memory[1]++;
  }

  /** The command that acts in a step; reused. */
  at(step: number): Float32Array {
    const { memory } = this;
    const count = memory[1];
    for (let i = Math.max(0, count - this.#capacity); i < count; i++) {
      const at = this.#slot(i);
      if (memory[at] === step)
        for (let a = 0; a < this.#acting.length; a++) memory[2 + a] = memory[at + 1 + a];
    }
    for (let a = 0; a < this.#acting.length; a++) this.#acting[a] = memory[2 + a];
    return this.#acting;
  }

  #slot(push: number): number {
    return this.memory.length - (1 + (push % this.#capacity)) * this.#stride;
  }
}

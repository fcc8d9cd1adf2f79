import type { Channel } from '../../src/core/channel.ts';

/** One sensor: what it sees at a simulation step, with its noise and rounding; when that arrives is not its business. */
export interface Instrument {
  /** What it adds to a reading. An encoder adds nothing; it replaces values of the plant's own. */
  readonly channels: readonly Channel[];
  /** Where each value of a sample belongs in the plant's own channels; undefined: to `channels`, in order. */
  readonly replaces?: readonly number[];
  /** Values of a sample. */
  readonly size: number;
  /** Standard normals that a sample consumes; 0 when it has no noise. */
  readonly normals: number;
  /** All that it remembers from step to step, to be saved and restored. */
  readonly memory: Float64Array;
  /** Begins an episode; `probe` shows its start. */
  reset?(): void;
  /** Called after every simulation step, before `measure`. */
  follow?(): void;
  /** Writes a sample into `out` [size]. `step`: simulation steps since the reset; `normals` [normals]. */
  measure(step: number, normals: Float64Array, out: Float64Array): void;
}

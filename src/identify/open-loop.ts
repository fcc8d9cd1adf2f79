import { localState } from './local-state.ts';
import { type Candidate, Replay } from './replay.ts';
import type { Trace } from './trace.ts';
import { type Window, windowsIn } from './windows.ts';

/** How far a simulation strays from a recording, begun at recorded states and left alone for so long. */
export interface OpenLoopError {
  /** s */
  readonly horizon: number;
  /** Simulations begun. */
  readonly windows: number;
  /** Root mean square over all joints and readings: rad or m, rad/s or m/s. */
  readonly position: number;
  readonly velocity: number;
  /** The same by joint, in the robot's order [D]. */
  readonly joints: readonly {
    readonly joint: string;
    readonly position: number;
    readonly velocity: number;
  }[];
}

/** s */
export const horizons: readonly number[] = [0.1, 0.5, 1];

/** Errors over the windows that fit one after another into the given ones. Rates are slopes of the positions read. */
export function openLoopErrors(
  candidate: Candidate,
  trace: Trace,
  blocks: readonly Window[],
  lengths: readonly number[] = horizons,
): OpenLoopError[] {
  const replay = new Replay(candidate, trace);
  return lengths.map((horizon) => errorsAt(horizon, replay, candidate, trace, blocks));
}

function errorsAt(
  horizon: number,
  replay: Replay,
  { robot }: Candidate,
  trace: Trace,
  blocks: readonly Window[],
): OpenLoopError {
  const size = robot.movable.length;
  const square = { position: new Float64Array(size), velocity: new Float64Array(size) };
  const count = { position: new Float64Array(size), velocity: new Float64Array(size) };
  let windows = 0;
  for (const block of blocks) {
    const around = trace.pieces.find(({ from, to }) => from <= block.from && block.to <= to) ?? block;
    for (const window of windowsIn(trace, block, around, horizon)) {
      windows++;
      const { from, to } = window;
      const position = new Float64Array((to - from) * size);
      const velocity = new Float64Array(position.length);
      replay.run(window, position, 0, velocity);
      for (let row = from + 1; row < to; row++)
        for (let d = 0; d < size; d++) {
          const i = (row - from) * size + d;
          const read = trace.position[row * size + d];
          if (!Number.isNaN(read)) {
            square.position[d] += (position[i] - read) ** 2;
            count.position[d]++;
          }
          const state = localState(trace, around, row, d);
          if (!state) continue;
          square.velocity[d] += (velocity[i] - state.velocity) ** 2;
          count.velocity[d]++;
        }
    }
  }
  const mean = (kind: 'position' | 'velocity', d: number) =>
    Math.sqrt(square[kind][d] / Math.max(1, count[kind][d]));
  const all = (kind: 'position' | 'velocity') => Math.sqrt(sum(square[kind]) / Math.max(1, sum(count[kind])));
  return {
    horizon,
    windows,
    position: all('position'),
    velocity: all('velocity'),
    joints: robot.movable.map((j, d) => ({
      joint: robot.joints[j].name,
      position: mean('position', d),
      velocity: mean('velocity', d),
    })),
  };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

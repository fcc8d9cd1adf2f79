import { InputError } from '../core/errors.ts';
import { localState } from './local-state.ts';
import { type Piece, sizeOf, type Trace } from './trace.ts';

/** A stretch of a trace that is simulated open loop from the state at its first row. */
export interface Window {
  /** Rows `from` … `to` − 1. */
  readonly from: number;
  readonly to: number;
  /** Where it begins [D]. */
  readonly position: readonly number[];
  readonly velocity: readonly number[];
}

/** Commands before the first of a piece are unknown: nothing is begun within the longest latency of it, s. */
export const lead = 0.2;
/** A joint that covers less, rad or m, does not move. */
export const stillness = 0.01;
/** Every so many-th window is held out. */
const heldOutOf = 4;
const fewestWindows = 4;

/** Consecutive windows of `length` s, where every joint's state is known at the beginning. */
export function cutWindows(trace: Trace, length: number): Window[] {
  return trace.pieces.flatMap((piece) => {
    let from = piece.from;
    while (from < piece.to && trace.times[from] < trace.times[piece.from] + lead) from++;
    return windowsIn(trace, { from, to: piece.to }, piece, length);
  });
}

/** Windows of `length` s that fit one after another into `span`; their states are those of the piece around it. */
export function windowsIn(trace: Trace, span: Piece, around: Piece, length: number): Window[] {
  const windows: Window[] = [];
  let { from } = span;
  while (from < span.to) {
    const to = rowAfter(trace, span, trace.times[from] + length);
    if (to < 0) break;
    const window = windowAt(trace, around, from, to);
    if (window) windows.push(window);
    from = to - 1;
  }
  return windows;
}

/** The window of rows `from` … `to` − 1; undefined where its first state is not known. */
function windowAt(trace: Trace, piece: Piece, from: number, to: number): Window | undefined {
  const size = sizeOf(trace);
  const position: number[] = [];
  const velocity: number[] = [];
  for (let d = 0; d < size; d++) {
    const state = localState(trace, piece, from, d);
    if (!state) return undefined;
    position.push(state.position);
    velocity.push(state.velocity);
  }
  return { from, to, position, velocity };
}

/** The row after the first one at or after `time`; −1 where the piece ends before. */
function rowAfter(trace: Trace, piece: Piece, time: number): number {
  for (let row = piece.from; row < piece.to; row++) if (trace.times[row] >= time - 1e-6) return row + 1;
  return -1;
}

/** Range of each coordinate over rows [D]. */
export function ranges(trace: Trace, from: number, to: number): number[] {
  const size = sizeOf(trace);
  return Array.from({ length: size }, (_, d) => {
    let low = Infinity;
    let high = -Infinity;
    for (let row = from; row < to; row++) {
      const q = trace.position[row * size + d];
      if (q < low) low = q;
      if (q > high) high = q;
    }
    return Math.max(0, high - low);
  });
}

/**
 * Windows to fit to, spread evenly and no more than `most`, and windows held out; of those in which a joint moves.
 * @param where names the recording in errors. Throws InputError for too little motion.
 */
export function splitWindows(
  trace: Trace,
  all: readonly Window[],
  length: number,
  most: number,
  where: string,
): { readonly fitted: Window[]; readonly heldOut: Window[] } {
  if (all.length < fewestWindows)
    throw new InputError(
      `${where}: has ${all.length} stretches of ${length} s under command without gaps; at least ${fewestWindows} are needed, half a minute is better`,
    );
  const windows = all.filter(({ from, to }) => ranges(trace, from, to).some((range) => range >= stillness));
  if (windows.length < fewestWindows)
    throw new InputError(
      `${where}: in ${windows.length} of ${all.length} stretches of ${length} s a joint moves by more than ${stillness} rad or m; record a run that moves every joint`,
    );
  const heldOut = windows.filter((_, i) => i % heldOutOf === heldOutOf - 1);
  const rest = windows.filter((_, i) => i % heldOutOf !== heldOutOf - 1);
  const count = Math.min(rest.length, Math.max(fewestWindows - 1, most));
  const fitted = Array.from({ length: count }, (_, i) => rest[Math.floor((i * rest.length) / count)]);
  return { fitted, heldOut };
}

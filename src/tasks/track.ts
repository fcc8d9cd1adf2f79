import { z } from 'zod';
import { InputError } from '../core/errors.ts';
import { Circuit, type ControlPoint } from './circuit.ts';

/** The usual track, m: 28.7 m around, six bends, the tightest of 1.3 m radius; counter-clockwise. */
const usual: readonly ControlPoint[] = [
  [-4, -2.6],
  [-1, -2.8],
  [2, -2.8],
  [4.8, -2.6],
  [5.6, -0.2],
  [4.4, 2.2],
  [2.2, 2.2],
  [0.9, 0.2],
  [-0.9, 0.2],
  [-2, 2.4],
  [-4.2, 2.6],
  [-5.6, 1],
  [-5.4, -1.2],
];

/** A track of one's own: control points [x, y, width] of a closed centre line; none: the usual one. */
export const trackPoints = z
  .array(z.tuple([z.number().min(-50).max(50), z.number().min(-50).max(50), z.number().min(0.4).max(10)]))
  .max(200)
  .default([])
  .describe(
    'a track of your own: [[x, y, width], …], control points of its closed centre line and the width there [m]; empty: the usual one, `width` wide',
  );

/** Way around, m. */
const longest = 400;

interface Track {
  readonly circuit: Circuit;
  /** Half the width at progress s, m. */
  half(s: number): number;
}

/**
 * The track through the given points, or the usual one of one width. `side`: how much room a car's middle needs to either
 * side, m. Throws InputError for a track that is no track.
 */
export function trackOf(points: z.output<typeof trackPoints>, width: number, side: number): Track {
  if (points.length > 0) return wideEnough(trackThrough(points), 'track', side);
  const half = width / 2;
  return wideEnough({ circuit: new Circuit(usual), half: () => half }, 'width', side);
}

function fail(param: 'track' | 'width', what: string): never {
  throw new InputError(`task lap: params.${param}: ${what}`);
}

function trackThrough(points: z.output<typeof trackPoints>): Track {
  if (points.length < 4) fail('track', `a track needs at least 4 points [x, y, width], not ${points.length}`);
  let around = 0;
  for (const [i, [x, y]] of points.entries()) {
    const [u, v] = points[(i + 1) % points.length];
    const step = Math.hypot(u - x, v - y);
    if (step < 0.05)
      fail(
        'track',
        `points ${i + 1} and ${((i + 1) % points.length) + 1} are in one place, [${x}, ${y}]; leave one out, the line closes by itself`,
      );
    around += step;
  }
  if (around > longest) fail('track', `it is ${around.toFixed(0)} m around; at most ${longest} m`);
  const widest = Math.max(...points.map(([, , wide]) => wide));
  const circuit = new Circuit(points, Math.max(0.1, around / 2000), Math.max(1, widest / 2 + 0.2));
  if (Math.abs(Math.abs(circuit.turning) - 2 * Math.PI) > 0.1)
    fail(
      'track',
      'its centre line is no loop that turns once; give points in order around it, none crossing',
    );
  return { circuit, half: (s) => circuit.width(s) / 2 };
}

/** The track, if a car fits on it everywhere and it keeps clear of itself. @param param that gave its width */
function wideEnough(track: Track, param: 'track' | 'width', side: number): Track {
  const { circuit } = track;
  const out = new Float64Array(2);
  for (let i = 0; i < circuit.count; i++) {
    const s = (i * circuit.length) / circuit.count;
    const half = track.half(s);
    const place = () => `near [${circuit.points[2 * i].toFixed(1)}, ${circuit.points[2 * i + 1].toFixed(1)}]`;
    if (half < side)
      fail(
        param,
        `${place()} it is ${(2 * half).toFixed(2)} m wide; the car and its starts need ${(2 * side).toFixed(2)} m`,
      );
    // A border nearer to the line than half the width belongs to another place of it.
    for (const offset of [-half, half]) {
      circuit.at(s, offset, out);
      circuit.locate(out[0], out[1], out);
      if (Math.abs(out[1]) < 0.95 * half - 0.02)
        fail(
          param,
          `${place()} it is wider than its bend or reaches over itself; make it narrower there, or the bend wider`,
        );
    }
  }
  return track;
}

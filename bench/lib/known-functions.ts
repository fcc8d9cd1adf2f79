import { type Box, box } from '#src/core/space';
import type { Evaluate } from '#src/plan/index';

/** A return whose best sequence is known: what a planner finds can be judged. */
export interface KnownFunction {
  readonly name: string;
  readonly space: Box;
  readonly horizon: number;
  /** Return of a sequence [H, A]. */
  value(sequence: Float32Array): number;
  /** What counts as found. */
  solved(value: number): boolean;
}

/** A curved valley (Rosenbrock 1960) in ten dimensions, begun off it at −526; found is its floor, near or far. */
const rosenbrock: KnownFunction = {
  name: 'rosenbrock',
  space: box(-3, 2, 1),
  horizon: 10,
  value(x) {
    let sum = 0;
    for (let t = 0; t + 1 < x.length; t++) sum += 100 * (x[t + 1] - x[t] ** 2) ** 2 + (1 - x[t]) ** 2;
    return -sum;
  },
  solved: (value) => value > -9,
};

/**
 * A bowl full of dents (Rastrigin 1974) in ten dimensions, its lowest point off the middle of the range: −160 there.
 * Found is what lies on average within two dents of it.
 */
const rastrigin: KnownFunction = {
  name: 'rastrigin',
  space: box(-5.12, 5.12, 1),
  horizon: 10,
  value(x) {
    let sum = 0;
    for (const value of x) {
      const z = value - 1.7;
      sum += z ** 2 + 10 * (1 - Math.cos(2 * Math.PI * z));
    }
    return -sum;
  },
  solved: (value) => value > -30,
};

/** Two ways round an obstacle, left or right, each in one direction throughout; what lies between them loses. */
const twoArms: KnownFunction = {
  name: 'two-arms',
  space: box(-1, 1, 1),
  horizon: 10,
  value(x) {
    const end = x.reduce((sum, value) => sum + value, 0) / x.length;
    const arm = (centre: number) => Math.exp(-(((end - centre) / 0.2) ** 2));
    return arm(0.5) + 0.9 * arm(-0.5) - arm(0);
  },
  solved: (value) => value > 0.7,
};

export const knownFunctions: readonly KnownFunction[] = [rosenbrock, rastrigin, twoArms];

/** Returns [N] of sequences [N, H, A]. */
export function evaluating({ space, horizon, value }: KnownFunction): Evaluate {
  const length = horizon * space.low.length;
  return async (actions) =>
    Float64Array.from({ length: actions.length / length }, (_, n) =>
      value(actions.subarray(n * length, (n + 1) * length)),
    );
}

import { symmetricEigen } from './linear.ts';
import type { Group, Parameter } from './parameters.ts';

/**
 * `told`: the recording tells the value. `tied`: only together with others, its own share is the description's.
 * `untold`: the recording tells nothing of it.
 */
export type Told = 'told' | 'tied' | 'untold';

export interface Certainty {
  /** Standard deviation of θ, of data and prior together. */
  readonly sigma: number;
  readonly told: Told;
  /** Indices of the parameters that it is tied to. */
  readonly with: readonly number[];
}

/** A standard deviation that data bring down to no less than this share of the prior's was not told by them. */
const share = 0.7;
/** What scales with forces. */
export const forceful: readonly Group[] = ['friction', 'damping', 'gains', 'mass', 'armature'];
/** A part of a direction, of length 1, that is worth a mention. */
const part = 0.25;

/**
 * What is known of each parameter after a fit [P], and the standard deviation of their common factor, as a logarithm: of
 * all that is a force, an inertia or a gain, since a robot whose are all twice as large moves no differently. The data's information, in units of the priors, has directions
 * (eigenvectors) of which they tell λ times what the prior does; λ < 1 is a combination of parameters that they leave open.
 * @param information JᵀWJ [P × P].
 */
export function certaintyOf(
  parameters: readonly Parameter[],
  information: Float64Array,
): { readonly each: Certainty[]; readonly together: number } {
  const P = parameters.length;
  const scaled = information.map(
    (value, i) => value * parameters[Math.floor(i / P)].sigma * parameters[i % P].sigma,
  );
  const { values, vectors } = symmetricEigen(scaled);
  const open = Array.from({ length: P }, (_, k) => k).filter((k) => values[k] < 1);
  const each = parameters.map(({ sigma }, p): Certainty => {
    let variance = 0;
    for (let k = 0; k < P; k++) variance += vectors[p * P + k] ** 2 / (1 + Math.max(0, values[k]));
    const left = Math.sqrt(variance);
    if (left < share) return { sigma: left * sigma, told: 'told', with: [] };
    // What would be known if all others were.
    if (scaled[p * P + p] < 1 / share ** 2 - 1) return { sigma: left * sigma, told: 'untold', with: [] };
    const partners = new Set(
      open
        .filter((k) => Math.abs(vectors[p * P + k]) > part)
        .flatMap((k) =>
          parameters.flatMap((_, q) => (q !== p && Math.abs(vectors[q * P + k]) > part ? [q] : [])),
        ),
    );
    return { sigma: left * sigma, told: 'tied', with: [...partners].sort((a, b) => a - b) };
  });
  const forces = parameters.flatMap(({ group }, p) => (forceful.includes(group) ? [p] : []));
  let together = 0;
  for (let k = 0; k < P; k++) {
    const along = forces.reduce((sum, p) => sum + vectors[p * P + k] * parameters[p].sigma, 0);
    together += (along / Math.max(1, forces.length)) ** 2 / (1 + Math.max(0, values[k]));
  }
  return { each, together: Math.sqrt(together) };
}

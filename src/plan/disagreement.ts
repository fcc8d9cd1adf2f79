import type { Encoding } from '../core/engine.ts';

/** A target with this scale never changed in the data: what members say of it is no disagreement. */
const CONSTANT = 1e-5;

/**
 * How much the members disagree along each imagined trajectory: the standard deviation over them of the predicted
 * state, in units of its typical change per step (the targets' scale), mean over the state, summed over the horizon.
 * Several particles of one member count as their mean; with one each, the model's own noise counts too.
 *
 * @param states [N, P, H, S]
 * @param members particle p belongs to member p mod `members`
 * @returns [N]
 */
export function disagreementOf(
  states: Float32Array,
  {
    candidates,
    particles,
    members,
    horizon,
  }: { candidates: number; particles: number; members: number; horizon: number },
  { targets, targetScale, stateSize }: Encoding,
): Float64Array {
  const known = targets.flatMap(({ index }, o) =>
    targetScale[o] > CONSTANT ? [{ index, scale: targetScale[o] }] : [],
  );
  const sums = new Float64Array(candidates);
  if (known.length === 0) return sums;
  const share = members / particles;
  const means = new Float64Array(members);
  for (let n = 0; n < candidates; n++) {
    for (let t = 0; t < horizon; t++) {
      for (const { index, scale } of known) {
        means.fill(0);
        for (let p = 0; p < particles; p++) {
          means[p % members] += share * states[((n * particles + p) * horizon + t) * stateSize + index];
        }
        sums[n] += deviationOf(means) / scale / known.length;
      }
    }
  }
  return sums;
}

function deviationOf(values: Float64Array): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / values.length);
}

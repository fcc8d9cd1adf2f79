import type { Layout } from '../core/channel.ts';
import type { Encoding } from '../core/engine.ts';
import type { FitReport } from '../core/telemetry.ts';
import type { Dataset } from './dataset.ts';
import { encode } from './encoding.ts';
import type { Ensemble, Split } from './ensemble.ts';

/**
 * One-step accuracy on held-out rows, per predicted dimension. The ensemble's prediction is the Gaussian with the
 * mixture's mean and variance: what the members say plus how much they disagree.
 */
export async function holdoutAccuracy(
  ensemble: Ensemble,
  data: Dataset,
  layout: Layout,
  split: Split,
): Promise<FitReport['dimensions']> {
  const { members, outputs: O, minLogVariance, maxLogVariance } = ensemble.shape;
  const { inputs, targets } = encode(ensemble.encoding, data, split.holdout);
  const rows = split.holdout.length;
  const tiled = new Float32Array(members * inputs.length);
  for (let e = 0; e < members; e++) tiled.set(inputs, e * inputs.length);
  const raw = await ensemble.nets.forward(tiled, rows);
  const names = targetNames(layout, ensemble.encoding);
  return ensemble.encoding.targets.map(({ index, kind }, o) => {
    const scale = ensemble.encoding.targetScale[o];
    const mean = ensemble.encoding.targetMean[o];
    let nll = 0;
    let squares = 0;
    let still = 0;
    let within1 = 0;
    let within2 = 0;
    for (let n = 0; n < rows; n++) {
      let sum = 0;
      let sumSquares = 0;
      let noise = 0;
      for (let e = 0; e < members; e++) {
        const at = (e * rows + n) * 2 * O + o;
        sum += raw[at];
        sumSquares += raw[at] * raw[at];
        noise += Math.exp(boundLogVariance(raw[at + O], minLogVariance, maxLogVariance));
      }
      const mu = sum / members;
      const variance = noise / members + Math.max(0, sumSquares / members - mu * mu);
      const truth = targets[n * O + o];
      const error = Math.abs(truth - mu);
      nll += 0.5 * (Math.log(2 * Math.PI * variance) + (error * error) / variance);
      squares += error * error;
      const change =
        kind === 'absolute'
          ? truth * scale + mean - data.states[split.holdout[n] * data.stateSize + index]
          : truth * scale + mean;
      still += change * change;
      if (error <= Math.sqrt(variance)) within1++;
      if (error <= 2 * Math.sqrt(variance)) within2++;
    }
    return {
      name: names[o],
      nll: nll / rows,
      rmse: scale * Math.sqrt(squares / rows),
      persistence: Math.sqrt(still / rows),
      within1: within1 / rows,
      within2: within2 / rows,
    };
  });
}

/**
 * Error of the mean prediction k steps open loop along one episode, RMSE over starts and dimensions, each dimension
 * divided by its spread over all data. The newest episode is the one asked about: most of its rows were fitted.
 */
export async function openLoopError(
  ensemble: Ensemble,
  data: Dataset,
  horizons: readonly number[],
  goalSize: number,
): Promise<FitReport['openLoop']> {
  const episode = data.episodes.at(-1);
  const H = Math.max(...horizons);
  if (!episode || episode.length < H) return [];
  const { stateSize: S, actionSize: A } = data;
  const starts = Math.min(32, episode.length - H + 1);
  const stride = Math.max(1, Math.floor((episode.length - H + 1) / starts));
  const states = new Float32Array(starts * S);
  const actions = new Float32Array(starts * H * A);
  for (let r = 0; r < starts; r++) {
    const row = episode.start + r * stride;
    states.set(data.states.subarray(row * S, (row + 1) * S), r * S);
    actions.set(data.actions.subarray(row * A, (row + H) * A), r * H * A);
  }
  const particles = ensemble.shape.members;
  const result = await ensemble.rollout({
    states,
    goals: new Float32Array(starts * goalSize),
    actions,
    robots: starts,
    candidates: 1,
    horizon: H,
    particles,
    propagation: 'ts-infinity',
    noiseIndex: undefined,
    wantStates: true,
  });
  const imagined = result.states as Float32Array;
  const spread = columnSpread(data.states, data.size, S);
  return horizons.map((steps) => {
    let squares = 0;
    for (let r = 0; r < starts; r++) {
      const truth = (episode.start + r * stride + steps - 1) * S;
      for (let s = 0; s < S; s++) {
        let mean = 0;
        for (let p = 0; p < particles; p++)
          mean += imagined[((r * particles + p) * H + steps - 1) * S + s] / particles;
        squares += ((mean - data.nexts[truth + s]) / spread[s]) ** 2;
      }
    }
    return { steps, error: Math.sqrt(squares / (starts * S)) };
  });
}

/** Soft bounds of `NetShape`, float64. */
export function boundLogVariance(raw: number, min: number, max: number): number {
  const upper = max - softplus(max - raw);
  return min + softplus(upper - min);
}

function softplus(x: number): number {
  return x > 30 ? x : Math.log1p(Math.exp(x));
}

/** What each output [O] predicts: `rate`, `tip.position[2]`, `pose.forward`. */
function targetNames(layout: Layout, { targets }: Encoding): string[] {
  const counts = new Map<string, number>();
  const places = layout.stateChannel.map(({ name }) => {
    const seen = counts.get(name) ?? 0;
    counts.set(name, seen + 1);
    return seen;
  });
  return targets.map(({ index, kind }) => {
    const { name, size, kind: channelKind } = layout.stateChannel[index];
    if (kind === 'forward' || kind === 'left') return `${name}.${kind}`;
    if (channelKind === 'pose2') return `${name}.yaw`;
    return size === 1 ? name : `${name}[${places[index]}]`;
  });
}

function columnSpread(values: Float32Array, rows: number, columns: number): Float64Array {
  const spread = new Float64Array(columns);
  for (let c = 0; c < columns; c++) {
    let sum = 0;
    let squares = 0;
    for (let n = 0; n < rows; n++) {
      sum += values[n * columns + c];
      squares += values[n * columns + c] ** 2;
    }
    const deviation = Math.sqrt(Math.max(0, squares / rows - (sum / rows) ** 2));
    spread[c] = deviation < 1e-5 ? 1 : deviation;
  }
  return spread;
}

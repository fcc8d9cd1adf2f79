import type { ModelConfig } from '../core/config.ts';
import type { AdamOptions, Nets, TrainingData } from '../core/engine.ts';
import { Random } from '../core/random.ts';
import { copyMember } from './initialize.ts';

export interface FitProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly trainLoss: number;
  readonly holdoutLoss: number;
}

export interface FitOutcome {
  readonly epochs: number;
  readonly steps: number;
  /** Mean over members; NLL on normalised targets, of the last pass. */
  readonly trainLoss: number;
  /** Mean over members of each one's best. */
  readonly holdoutLoss: number;
}

/**
 * Trains every member on its own bootstrap of the rows (drawn with replacement once per fit, so that members stay
 * different) and keeps each member's best weights on the held-out rows. Ends when no member improved by 1 % over
 * `patience` passes (MBPO, Janner et al. 2019). Weights and Adam's moments go on from where they are.
 *
 * Bits depend on (seed, index) and the data, not on threads.
 */
export async function fitNets(
  nets: Nets,
  train: TrainingData,
  holdout: TrainingData,
  config: ModelConfig,
  key: { readonly seed: number; readonly index: number },
  onProgress?: (progress: FitProgress) => void,
): Promise<FitOutcome> {
  const { members, inputs, hidden } = nets.shape;
  const rows = train.inputs.length / inputs;
  const batch = Math.min(config.batch, rows);
  const stepsPerEpoch = Math.ceil(rows / batch);
  const epochs = Math.max(config.maxEpochs, Math.ceil(config.minSteps / stepsPerEpoch));
  const adam: AdamOptions = {
    learningRate: config.learningRate,
    weightDecay: new Array<number>(hidden.length + 1).fill(config.weightDecay),
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
  };
  const random = new Random(key.seed, 'fit', key.index);
  const bootstraps = Array.from({ length: members }, () =>
    Uint32Array.from({ length: rows }, () => random.integer(rows)),
  );

  const best = nets.getParameters();
  const bestLoss = await nets.evaluate(holdout);
  const order = new Uint32Array(members * stepsPerEpoch * batch);
  let sinceImprovement = 0;
  let epoch = 0;
  let trainLoss = Number.NaN;
  // What a member must beat to count as improving; moves only when beaten by 1 %, so slow gains add up.
  const mark = bestLoss.slice();
  while (epoch < epochs) {
    bootstraps.forEach((bootstrap, member) => {
      random.shuffle(bootstrap);
      const offset = member * stepsPerEpoch * batch;
      // The last batch is filled up from the pass's beginning.
      for (let i = 0; i < stepsPerEpoch * batch; i++) order[offset + i] = bootstrap[i % rows];
    });
    trainLoss = mean(await nets.train(train, order, stepsPerEpoch, batch, adam));
    const losses = await nets.evaluate(holdout);
    epoch++;
    let improved = false;
    let parameters: Float32Array | undefined;
    for (let member = 0; member < members; member++) {
      const loss = losses[member];
      if (!(loss < bestLoss[member]) && Number.isFinite(bestLoss[member])) continue;
      if (!Number.isFinite(loss)) continue;
      parameters ??= nets.getParameters();
      copyMember(nets.shape, member, parameters, best);
      bestLoss[member] = loss;
      if (!(mark[member] - loss <= 0.01 * Math.abs(mark[member]))) {
        mark[member] = loss;
        improved = true;
      }
    }
    onProgress?.({ epoch, epochs, trainLoss, holdoutLoss: mean(losses) });
    sinceImprovement = improved ? 0 : sinceImprovement + 1;
    if (sinceImprovement >= config.patience && epoch * stepsPerEpoch >= config.minSteps) break;
  }
  nets.setParameters(best);
  return { epochs: epoch, steps: epoch * stepsPerEpoch, trainLoss, holdoutLoss: mean(bestLoss) };
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

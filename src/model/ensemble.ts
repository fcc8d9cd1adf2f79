import type { Checkpoint, Tensor } from '../core/agent.ts';
import type { Layout } from '../core/channel.ts';
import type { ModelConfig } from '../core/config.ts';
import type { Encoding, Engine, NetShape, Nets, RolloutResult } from '../core/engine.ts';
import { InputError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import type { Dataset } from './dataset.ts';
import { encode, fittedEncoding, plainEncoding } from './encoding.ts';
import { type FitOutcome, type FitProgress, fitNets } from './fit.ts';
import { initialParameters } from './initialize.ts';

/** Rows of one fit, as numbers into the dataset. */
export interface Split {
  readonly train: Uint32Array;
  readonly holdout: Uint32Array;
}

export interface RolloutOptions {
  /** [R, S] */
  readonly states: Float32Array;
  /** [R, G] */
  readonly goals: Float32Array;
  /** [R, N, H, A] */
  readonly actions: Float32Array;
  readonly robots: number;
  readonly candidates: number;
  readonly horizon: number;
  readonly particles: number;
  readonly propagation: 'ts-infinity' | 'ts1';
  /** Key of the particles' noise; undefined = every particle follows its member's mean. */
  readonly noiseIndex: number | undefined;
  readonly wantStates: boolean;
}

/**
 * A probabilistic ensemble of dynamics models (PETS, Chua et al. 2018, §4) with normalised inputs *and* targets. Both
 * fitting and planning go through one `Encoding`, so a value is normalised exactly once.
 */
export class Ensemble {
  readonly shape: NetShape;
  readonly nets: Nets;
  readonly config: ModelConfig;
  #seed: number;
  #encoding: Encoding;
  #fits = 0;

  constructor(engine: Engine, layout: Layout, actionSize: number, config: ModelConfig, seed: number) {
    this.#encoding = plainEncoding(layout, actionSize);
    this.config = config;
    this.#seed = seed;
    this.shape = {
      members: config.members,
      inputs: this.#encoding.features.length,
      hidden: config.hidden,
      outputs: this.#encoding.targets.length,
      activation: config.activation,
      minLogVariance: config.minLogVariance,
      maxLogVariance: config.maxLogVariance,
    };
    this.nets = engine.createNets(this.shape);
    this.nets.setParameters(initialParameters(this.shape, seed));
  }

  get encoding(): Encoding {
    return this.#encoding;
  }
  /** Fits so far; 0 = it knows nothing. */
  get fits(): number {
    return this.#fits;
  }

  /** Refits the normalisers on all rows, then the members from where they are. */
  async fit(
    data: Dataset,
    onProgress?: (progress: FitProgress) => void,
  ): Promise<FitOutcome & { split: Split }> {
    if (data.size < 2)
      throw new InputError(`a model needs at least 2 transitions to learn from, there are ${data.size}`);
    const split = this.#split(data.size);
    this.#encoding = fittedEncoding(this.#encoding, data);
    const outcome = await fitNets(
      this.nets,
      encode(this.#encoding, data, split.train),
      encode(this.#encoding, data, split.holdout),
      this.config,
      { seed: this.#seed, index: this.#fits },
      onProgress,
    );
    this.#fits++;
    return { ...outcome, split };
  }

  /** Trajectory sampling (PETS §5.1): particles spread evenly over the members, the same for every candidate. */
  async rollout(options: RolloutOptions): Promise<RolloutResult> {
    const { particles, horizon } = options;
    const { members, outputs } = this.shape;
    if (particles % members !== 0) {
      throw new InputError(
        `planner.particles = ${particles}: must be a multiple of model.members = ${members}`,
      );
    }
    const table = new Uint8Array(particles * horizon);
    const turn = options.propagation === 'ts1' ? 1 : 0;
    for (let p = 0; p < particles; p++) {
      for (let t = 0; t < horizon; t++) table[p * horizon + t] = (p + turn * t) % members;
    }
    const noise = new Float32Array(particles * horizon * outputs);
    if (options.noiseIndex !== undefined)
      new Random(this.#seed, 'particles', options.noiseIndex).fillNormal(noise);
    return this.nets.rollout({
      encoding: this.#encoding,
      states: options.states,
      goals: options.goals,
      actions: options.actions,
      robots: options.robots,
      candidates: options.candidates,
      horizon,
      particles,
      members: table,
      noise,
      wantStates: options.wantStates,
    });
  }

  save(): Checkpoint {
    const { m, v, step } = this.nets.getOptimizer();
    const { inputMean, inputScale, targetMean, targetScale } = this.#encoding;
    const flat = (data: Float32Array): Tensor => ({ shape: [data.length], data });
    return {
      tensors: {
        'model.parameters': flat(this.nets.getParameters()),
        'model.adam.m': flat(m),
        'model.adam.v': flat(v),
        'model.input.mean': flat(inputMean),
        'model.input.scale': flat(inputScale),
        'model.target.mean': flat(targetMean),
        'model.target.scale': flat(targetScale),
      },
      meta: {
        'model.adam.step': String(step),
        'model.fits': String(this.#fits),
        'model.shape': JSON.stringify(this.shape),
      },
    };
  }

  load({ tensors, meta }: Checkpoint): void {
    if (meta['model.shape'] !== JSON.stringify(this.shape)) {
      throw new InputError(
        `checkpoint holds a model of shape ${meta['model.shape']}, this run's is ${JSON.stringify(this.shape)}`,
      );
    }
    const read = (name: string): Float32Array => {
      const tensor = tensors[name];
      if (!(tensor?.data instanceof Float32Array))
        throw new InputError(`checkpoint lacks the float32 tensor ${name}`);
      return tensor.data;
    };
    this.nets.setParameters(read('model.parameters'));
    this.nets.setOptimizer({
      m: read('model.adam.m'),
      v: read('model.adam.v'),
      step: Number(meta['model.adam.step']),
    });
    this.#encoding = {
      ...this.#encoding,
      inputMean: read('model.input.mean'),
      inputScale: read('model.input.scale'),
      targetMean: read('model.target.mean'),
      targetScale: read('model.target.scale'),
    };
    this.#fits = Number(meta['model.fits']);
  }

  dispose(): void {
    this.nets.dispose();
  }

  /** At least one row on either side. */
  #split(rows: number): Split {
    const { holdout, maxHoldout } = this.config;
    const held = Math.max(1, Math.min(maxHoldout, Math.round(holdout * rows)));
    const shuffled = new Random(this.#seed, 'holdout', this.#fits).shuffle(
      Uint32Array.from({ length: rows }, (_, i) => i),
    );
    return { holdout: shuffled.slice(0, held).sort(), train: shuffled.slice(held).sort() };
  }
}

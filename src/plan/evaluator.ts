import type { PlannerConfig } from '../core/config.ts';
import type { Ensemble } from '../model/ensemble.ts';
import type { Evaluate } from './planner.ts';

/** What a planner's sequences are tried on: a learned model, or the true simulator. */
export interface Rehearsal {
  /** An evaluator from these states [R, S] and goals [R, G]. `index` keys the randomness of one plan. */
  from(states: Float32Array, goals: Float32Array, robots: number, index: number): Evaluate;
  /** States [P, H, S] that follow when one sequence [H, A] is executed from one state [S]. */
  imagine(
    state: Float32Array,
    goal: Float32Array,
    sequence: Float32Array,
    index: number,
  ): Promise<{ states: Float32Array; particles: number }>;
}

/** Rehearses in a learned ensemble: the return of a sequence is its mean over particles. */
export class ModelRehearsal implements Rehearsal {
  readonly #ensemble: Ensemble;
  readonly #config: PlannerConfig;
  readonly #horizon: number;

  constructor(ensemble: Ensemble, config: PlannerConfig, horizon: number) {
    this.#ensemble = ensemble;
    this.#config = config;
    this.#horizon = horizon;
  }

  from(states: Float32Array, goals: Float32Array, robots: number, index: number): Evaluate {
    return async (actions, candidates) => {
      const { returns } = await this.#rollout(states, goals, robots, actions, candidates, index, false);
      return meanOverParticles(returns, this.#config.particles);
    };
  }

  async imagine(state: Float32Array, goal: Float32Array, sequence: Float32Array, index: number) {
    const { states } = await this.#rollout(state, goal, 1, sequence, 1, index, true);
    return { states: states as Float32Array, particles: this.#config.particles };
  }

  #rollout(
    states: Float32Array,
    goals: Float32Array,
    robots: number,
    actions: Float32Array,
    candidates: number,
    index: number,
    wantStates: boolean,
  ) {
    return this.#ensemble.rollout({
      states,
      goals,
      actions,
      robots,
      candidates,
      horizon: this.#horizon,
      particles: this.#config.particles,
      propagation: this.#config.propagation,
      noiseIndex: index,
      wantStates,
    });
  }
}

/** [R, N] from [R, N, P], summed in the particles' order. */
function meanOverParticles(returns: Float32Array, particles: number): Float64Array {
  const means = new Float64Array(returns.length / particles);
  for (let n = 0; n < means.length; n++) {
    let sum = 0;
    for (let p = 0; p < particles; p++) sum += returns[n * particles + p];
    means[n] = sum / particles;
  }
  return means;
}

import type { PlannerConfig } from '../core/config.ts';
import type { Ensemble } from '../model/ensemble.ts';
import type { Evaluate } from './planner.ts';

/** Where plans are to begin. */
export interface RehearsalStart {
  /** Observed states [R, S] and goals [R, G]. */
  readonly states: Float32Array;
  readonly goals: Float32Array;
  readonly robots: number;
  /** Actions that will be executed before the plans begin [R, D, A], and D; 0 = the plans begin at once. */
  readonly pending: Float32Array;
  readonly steps: number;
  /** Keys the randomness of one plan. */
  readonly index: number;
}

/** What can be tried from one start. */
export interface Outlook {
  /** States [R, S] from which the plans begin: those observed, or predicted for after the pending actions. */
  readonly states: Float32Array;
  readonly evaluate: Evaluate;
  /** States [P, H, S] that follow when robot `r` executes one sequence [H, A]. */
  imagine(r: number, sequence: Float32Array): Promise<{ states: Float32Array; particles: number }>;
}

/** What a planner's sequences are tried on: a learned model, or the true simulator. */
export interface Rehearsal {
  begin(start: RehearsalStart): Promise<Outlook>;
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

  async begin({ goals, robots, index, ...start }: RehearsalStart): Promise<Outlook> {
    const { particles, propagation } = this.#config;
    const states = start.steps === 0 ? start.states : await this.#predict({ goals, robots, index, ...start });
    const shared = { horizon: this.#horizon, particles, propagation, noiseIndex: index };
    return {
      states,
      evaluate: async (actions, candidates) => {
        const request = { ...shared, states, goals, actions, robots, candidates };
        const { returns } = await this.#ensemble.rollout({ ...request, wantStates: false });
        return meanOverParticles(returns, particles);
      },
      imagine: async (r, sequence) => {
        const own = (values: Float32Array) =>
          values.subarray((r * values.length) / robots, ((r + 1) * values.length) / robots);
        const request = { ...shared, states: own(states), goals: own(goals), actions: sequence };
        const result = await this.#ensemble.rollout({
          ...{ ...request, robots: 1, candidates: 1, wantStates: true },
        });
        return { states: result.states as Float32Array, particles };
      },
    };
  }

  /** Mean prediction [R, S] of the members, without their noise, after the pending actions. */
  async #predict({ states, goals, robots, pending, steps }: RehearsalStart): Promise<Float32Array> {
    const { members } = this.#ensemble.shape;
    const result = await this.#ensemble.rollout({
      ...{ states, goals, actions: pending, robots, candidates: 1, horizon: steps, particles: members },
      ...{ propagation: 'ts-infinity', noiseIndex: undefined, wantStates: true },
    });
    const paths = result.states as Float32Array;
    const size = states.length / robots;
    return Float32Array.from(states, (_, i) => {
      const [r, s] = [Math.floor(i / size), i % size];
      let sum = 0;
      for (let e = 0; e < members; e++) sum += paths[((r * members + e) * steps + steps - 1) * size + s];
      return sum / members;
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

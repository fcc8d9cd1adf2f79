import type { PlannerConfig } from '../core/config.ts';
import type { Ensemble } from '../model/ensemble.ts';
import { disagreementOf } from './disagreement.ts';
import type { Evaluate } from './planner.ts';
import { riskOver } from './risk.ts';

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
  /** False: what is unknown has no charm of its own. */
  readonly explore: boolean;
}

/** What can be tried from one start. */
export interface Outlook {
  /** States [R, S] from which the plans begin: those observed, or predicted for after the pending actions. */
  readonly states: Float32Array;
  readonly evaluate: Evaluate;
  /** Sequences that take as long as one of them does. */
  readonly grain: number;
  /** States [P, H, S] that follow when robot `r` executes one sequence [H, A]. */
  imagine(r: number, sequence: Float32Array): Promise<{ states: Float32Array; particles: number }>;
}

/** What a planner's sequences are tried on: a learned model, or the true simulator. */
export interface Rehearsal {
  begin(start: RehearsalStart): Promise<Outlook>;
}

export interface ModelRehearsalOptions {
  readonly ensemble: Ensemble;
  readonly config: PlannerConfig;
  /** H, control steps. */
  readonly horizon: number;
  /** What the state [S] at the end of the horizon is worth beyond it, given the goal [G]; added to the return. */
  readonly terminalValue?: (state: Float32Array, goal: Float32Array) => number;
  /** Trajectories that terminate have no value at their end. */
  readonly terminated?: (state: Float32Array, goal: Float32Array) => boolean;
}

/**
 * Rehearses in a learned ensemble. A sequence's return is what the configured risk makes of its particles' returns,
 * plus what disagreement of the members is worth: below 0 it is avoided, above 0 sought. What draws it to the unknown,
 * disagreement above 0 and optimism (`riskWeight` below 0), counts only to explore.
 */
export class ModelRehearsal implements Rehearsal {
  readonly #options: ModelRehearsalOptions;

  constructor(options: ModelRehearsalOptions) {
    this.#options = options;
  }

  async begin({ goals, robots, index, explore, ...start }: RehearsalStart): Promise<Outlook> {
    const { ensemble, config, horizon, terminalValue } = this.#options;
    const { particles, propagation } = config;
    const states =
      start.steps === 0 ? start.states : await this.#predict({ goals, robots, index, explore, ...start });
    const shared = { horizon, particles, propagation, noiseIndex: index };
    const weight = explore ? config.disagreement : Math.min(0, config.disagreement);
    const risk = explore ? config : { ...config, riskWeight: Math.max(0, config.riskWeight) };
    const wantStates = weight !== 0 || terminalValue !== undefined;
    return {
      states,
      grain: ensemble.nets.grain,
      evaluate: async (actions, candidates) => {
        const request = { ...shared, states, goals, actions, robots, candidates };
        const result = await ensemble.rollout({ ...request, wantStates });
        const { returns } = result;
        if (result.states) this.#addTerminalValues(returns, result.states, goals, robots);
        const values = riskOver(returns, particles, risk);
        if (weight !== 0) {
          const members = propagation === 'ts1' ? particles : ensemble.shape.members;
          const size = { candidates: values.length, particles, members, horizon };
          disagreementOf(result.states as Float32Array, size, ensemble.encoding).forEach((value, n) => {
            values[n] += weight * value;
          });
        }
        return values;
      },
      imagine: async (r, sequence) => {
        const own = (values: Float32Array) =>
          values.subarray((r * values.length) / robots, ((r + 1) * values.length) / robots);
        const request = { ...shared, states: own(states), goals: own(goals), actions: sequence };
        const result = await ensemble.rollout({
          ...{ ...request, robots: 1, candidates: 1, wantStates: true },
        });
        return { states: result.states as Float32Array, particles };
      },
    };
  }

  /** @param returns [R, N, P], @param states [R, N, P, H, S], @param goals [R, G] */
  #addTerminalValues(returns: Float32Array, states: Float32Array, goals: Float32Array, robots: number): void {
    const { ensemble, horizon, terminalValue, terminated } = this.#options;
    if (!terminalValue) return;
    const { stateSize } = ensemble.encoding;
    const goalSize = goals.length / robots;
    for (let i = 0; i < returns.length; i++) {
      const r = Math.floor((i * robots) / returns.length);
      const goal = goals.subarray(r * goalSize, (r + 1) * goalSize);
      const at = (t: number) =>
        states.subarray((i * horizon + t) * stateSize, (i * horizon + t + 1) * stateSize);
      let ended = false;
      for (let t = 0; terminated && t < horizon && !ended; t++) ended = terminated(at(t), goal);
      if (!ended) returns[i] += terminalValue(at(horizon - 1), goal);
    }
  }

  /** Mean prediction [R, S] of the members, without their noise, after the pending actions. */
  async #predict({ states, goals, robots, pending, steps }: RehearsalStart): Promise<Float32Array> {
    const { ensemble } = this.#options;
    const { members } = ensemble.shape;
    const result = await ensemble.rollout({
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

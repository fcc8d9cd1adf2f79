import type { ActOptions, Agent, Checkpoint, Transition } from '../core/agent.ts';
import { goalOf, stateOf } from '../core/channel.ts';
import type { RunConfig } from '../core/config.ts';
import type { Engine } from '../core/engine.ts';
import type { EnvSpec } from '../core/env.ts';
import type { Plan } from '../core/plan.ts';
import { Random } from '../core/random.ts';
import { sampleBox } from '../core/space.ts';
import type { Budget } from '../core/task.ts';
import type { FitReport } from '../core/telemetry.ts';
import { Dataset } from '../model/dataset.ts';
import { holdoutAccuracy, openLoopError } from '../model/diagnostics.ts';
import { Ensemble } from '../model/ensemble.ts';
import type { FitProgress } from '../model/fit.ts';
import { ModelRehearsal, type Outlook, type Rehearsal } from '../plan/evaluator.ts';
import { planners } from '../plan/index.ts';
import type { Planner, PlannerMemory, PlannerResult } from '../plan/planner.ts';

export interface PetsOptions {
  readonly spec: EnvSpec;
  readonly engine: Engine;
  readonly config: RunConfig;
  readonly budget: Budget;
  /** H, control steps. */
  readonly horizon: number;
  readonly seed: number;
  /** Plan on this instead of a learned model (`--model true`); then nothing is learned. */
  readonly oracle?: Rehearsal;
  readonly clock: () => number;
  readonly onFitStart?: () => void;
  readonly onFitProgress?: (progress: FitProgress) => void;
}

/** Transitions up to which every moment that asks for a fit gets one. */
const EARLY = 2000;

/**
 * PETS: probabilistic ensembles with trajectory sampling (Chua et al. 2018, algorithm 1).
 *
 *   act    while nothing is learned: at random; then: plan through the ensemble, execute the first action
 *   learn  after every episode, if asked also within: refit the ensemble on all experience
 *
 * Differences from the paper, each with its source in docs/pets.md: iCEM instead of CEM, normalised targets, held-out
 * rows with each member's best snapshot.
 */
export class Pets implements Agent {
  readonly ensemble: Ensemble;
  readonly data: Dataset;
  readonly #options: PetsOptions;
  readonly #planner: Planner;
  readonly #rehearsal: Rehearsal;
  #memories: (PlannerMemory | null)[] = [];
  #plans: Plan[] = [];
  #results: PlannerResult[] = [];
  /** The action in force before the last plan began, per robot. */
  #before: (Float32Array | null)[] = [];
  /** What the last plans were tried on. */
  #outlook: Outlook | null = null;
  #planned = 0;
  #acted = 0;
  /** Transitions there were at the last fit. */
  #fittedAt = 0;
  #report: FitReport | null = null;

  constructor(options: PetsOptions) {
    const { spec, engine, config, horizon, seed } = options;
    const actionSize = spec.action.low.length;
    this.#options = options;
    this.data = new Dataset(spec.layout, actionSize);
    this.ensemble = new Ensemble(engine, spec.layout, actionSize, config.model, seed);
    this.#planner = planners[config.planner.name]({
      ...{ space: spec.action, horizon, controlPeriod: spec.controlPeriod, config: config.planner },
    });
    this.#rehearsal =
      options.oracle ?? new ModelRehearsal({ ensemble: this.ensemble, config: config.planner, horizon });
  }

  /** The plans [R] behind the last actions; empty when these were random. */
  get plans(): readonly Plan[] {
    return this.#plans;
  }
  /** Report of the last fit. */
  get report(): FitReport | null {
    return this.#report;
  }
  /** True once it plans instead of acting at random. */
  get plansAhead(): boolean {
    return this.#options.oracle !== undefined || this.ensemble.fits > 0;
  }

  async act(observations: readonly Float32Array[], options: ActOptions): Promise<Float32Array[]> {
    const { spec, seed } = this.#options;
    if (!this.plansAhead) {
      this.#plans = [];
      this.#results = [];
      return observations.map((_, r) =>
        sampleBox(spec.action, new Random(seed, `random-policy-${r}`, this.#acted++)),
      );
    }
    return this.#plan(observations, options);
  }

  async #plan(
    observations: readonly Float32Array[],
    { first, explore, pending = [], shift, evaluations }: ActOptions,
  ): Promise<Float32Array[]> {
    const { spec, budget, seed, clock } = this.#options;
    const started = clock();
    const robots = observations.length;
    const { stateSize, goalSize } = spec.layout;
    const states = new Float32Array(robots * stateSize);
    const goals = new Float32Array(robots * goalSize);
    observations.forEach((observation, r) => {
      stateOf(spec.layout, observation, states.subarray(r * stateSize, (r + 1) * stateSize));
      goalOf(spec.layout, observation, goals.subarray(r * goalSize, (r + 1) * goalSize));
    });
    const index = this.#planned++;
    const actionSize = spec.action.low.length;
    const steps = (pending[0]?.length ?? 0) / actionSize;
    const sent = new Float32Array(robots * steps * actionSize);
    pending.forEach((actions, r) => {
      sent.set(actions, r * steps * actionSize);
    });
    this.#outlook = await this.#rehearsal.begin({
      states,
      goals,
      robots,
      pending: sent,
      steps,
      index,
      explore,
    });
    const begin = this.#outlook.states;
    this.#before = first.map((isFirst, r) =>
      steps > 0 ? pending[r].slice(-actionSize) : isFirst ? null : this.#inForce(r, shift?.[r] ?? 1),
    );
    const { milliseconds: limit } = budget;
    this.#results = await this.#planner.plan({
      evaluate: this.#outlook.evaluate,
      grain: this.#outlook.grain,
      ...{ shift, before: this.#before, evaluations },
      previous: first.map((isFirst, r) => (isFirst ? null : (this.#memories[r] ?? null))),
      ...{ budget, seed, index },
      deadline: limit === undefined ? undefined : { clock, at: started + limit },
    });
    const milliseconds = clock() - started;
    this.#memories = this.#results.map((result) => result.memory);
    this.#plans = this.#results.map((result, r) => ({
      id: index,
      startTime: 0,
      startState: begin.slice(r * stateSize, (r + 1) * stateSize),
      times: result.times.map((step) => step * spec.controlPeriod),
      knots: result.knots,
      actionSize,
      order: result.order,
      expectedReturn: result.expectedReturn,
      returnSpread: result.returnSpread,
      evaluations: result.evaluations,
      invalid: result.invalid,
      milliseconds,
    }));
    return this.#results.map((result) => result.actions.slice(0, actionSize));
  }

  /** The action of robot r's last plan that was due when `shift` control steps had passed since it began. */
  #inForce(r: number, shift: number): Float32Array | null {
    if (shift === 0) return this.#before[r] ?? null;
    const size = this.#options.spec.action.low.length;
    const actions = this.#results[r]?.actions;
    if (!actions) return null;
    const from = Math.min(shift * size, actions.length) - size;
    return actions.slice(from, from + size);
  }

  /** What the last plan of robot 0 leads to, according to the model: states [P, H, S]. */
  imagine(): Promise<{ states: Float32Array; particles: number }> | null {
    const result = this.#results[0];
    return result && this.#outlook ? this.#outlook.imagine(0, result.actions) : null;
  }

  observe(transitions: readonly Transition[], first: boolean): void {
    this.data.add(transitions, first);
  }

  forgetEpisode(): void {
    this.data.dropEpisode();
  }

  async learn(moment: 'step' | 'episodeEnd'): Promise<void> {
    const { oracle, spec, horizon, clock, onFitStart, onFitProgress } = this.#options;
    if (oracle || !this.#isDue(moment)) return;
    this.#fittedAt = this.data.size;
    onFitStart?.();
    const started = clock();
    const outcome = await this.ensemble.fit(this.data, onFitProgress);
    const seconds = (clock() - started) / 1000;
    const horizons = [...new Set([1, 5, 10, horizon])].filter((steps) => steps <= horizon);
    this.#report = {
      trial: this.data.episodes.length,
      seconds,
      epochs: outcome.epochs,
      samples: this.data.size,
      trainLoss: outcome.trainLoss,
      holdoutNll: outcome.holdoutLoss,
      dimensions: await holdoutAccuracy(this.ensemble, this.data, spec.layout, outcome.split),
      openLoop: await openLoopError(this.ensemble, this.data, horizons, spec.layout.goalSize),
    };
  }

  /** Within an episode only what is already a model is refitted: the first one needs a whole episode. */
  #isDue(moment: 'step' | 'episodeEnd'): boolean {
    const { refitEvery, refitPause } = this.#options.config.model;
    if (this.data.size > EARLY && this.data.size - this.#fittedAt < refitPause) return false;
    if (moment === 'episodeEnd') return this.data.size >= 2;
    const steps = this.data.episodes.at(-1)?.length ?? 0;
    const left = this.#options.spec.episodeSteps - steps;
    return refitEvery > 0 && this.ensemble.fits > 0 && steps % refitEvery === 0 && left > 0;
  }

  save(): Checkpoint {
    const { tensors, meta } = this.ensemble.save();
    return {
      tensors,
      meta: {
        ...meta,
        'agent.planned': String(this.#planned),
        'agent.acted': String(this.#acted),
        'agent.fittedAt': String(this.#fittedAt),
      },
    };
  }

  load(checkpoint: Checkpoint): void {
    this.ensemble.load(checkpoint);
    this.#planned = Number(checkpoint.meta['agent.planned']);
    this.#acted = Number(checkpoint.meta['agent.acted']);
    this.#fittedAt = Number(checkpoint.meta['agent.fittedAt'] ?? 0);
    this.#memories = [];
    this.#plans = [];
    this.#results = [];
    this.#before = [];
    this.#outlook = null;
  }

  async close(): Promise<void> {
    this.ensemble.dispose();
  }
}

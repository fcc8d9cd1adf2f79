import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { layoutOf, type RobotModel, type RunConfig } from '../core/index.ts';
import { instantiateTask } from '../core/instantiate-task.ts';
import type { LoadedTask } from '../load/task.ts';
import { plainEncoding } from '../model/encoding.ts';
import { icemCandidates } from '../plan/index.ts';
import { percentilesOf } from '../train/percentiles.ts';
import type { Trial, TrialOutcome, TuneManifest, Values } from '../tune/index.ts';
import { prepareEvaluation, prepareTraining } from './prepare.ts';
import { type SessionHandle, startSession } from './session.ts';
import type { SessionRequest } from './session-messages.ts';
import { mergeSettings } from './settings.ts';
import { configOf, settingsOf } from './tune-plan.ts';

/** Runs trials of a search, each in a session thread of its own with one kernel thread. */
export class TrialRunner {
  readonly #manifest: TuneManifest;
  readonly #task: string;
  readonly #work: string;
  readonly #running = new Set<SessionHandle<SessionRequest>>();
  #stopping = false;

  /** @param work folder for the run folders of trials in progress. */
  constructor(manifest: TuneManifest, work: string) {
    this.#manifest = manifest;
    this.#task = manifest.task.file ?? manifest.task.name;
    this.#work = work;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /** Ends the trials in progress; nothing of them counts. */
  stop(): void {
    this.#stopping = true;
    for (const session of this.#running) session.command({ type: 'stop' });
  }

  run(trial: Trial, values: Values): Promise<TrialOutcome | null> {
    return this.#manifest.runs.length > 0 ? this.#plan(trial, values) : this.#begin(trial, values);
  }

  /** One fresh episode of a learned run; seed by seed the runs take turns. */
  async #plan({ seed }: Trial, values: Values): Promise<TrialOutcome | null> {
    const { runs, set, budget, numerics } = this.#manifest;
    const { request } = await prepareEvaluation(
      runs[seed % runs.length].directory,
      {
        ...{ config: configOf(this.#manifest, values), set, budget, numerics, seed },
        episodes: 1,
        threads: 1,
      },
      false,
    );
    const { outcome, planMs } = await this.#conduct(request);
    if (outcome.interrupted) return null;
    return { score: outcome.scores[0], return: outcome.returns[0], planMs };
  }

  /** A run from nothing: what counts is the mean over its trials but the random one. */
  async #begin({ seed, trials, candidate }: Trial, values: Values): Promise<TrialOutcome | null> {
    const { model, set, budget, numerics, robot } = this.#manifest;
    const out = join(this.#work, `${candidate}-${seed}-${trials}`);
    const { request } = await prepareTraining(
      {
        ...{
          task: this.#task,
          robot: robot.asked ?? undefined,
          colliders: robot.colliders,
          model,
          budget,
          numerics,
          seed,
          set,
          out,
        },
        ...{ config: configOf(this.#manifest, values), trials: trials ?? 1, threads: 1 },
      },
      false,
    );
    try {
      const { outcome, planMs } = await this.#conduct(request);
      if (outcome.reason === 'interrupted') return null;
      const counted = model === 'true' ? outcome.trials : outcome.trials.slice(1);
      const scores = counted.flatMap(({ score }) => score ?? []);
      return {
        score: scores.length === counted.length ? mean(scores) : null,
        return: mean(counted.map((report) => report.return)),
        planMs,
      };
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  }

  async #conduct<R extends SessionRequest>(request: R) {
    const times: number[] = [];
    const session = startSession(request, (event) => {
      if (event.type === 'step' && event.planMs !== null) times.push(event.planMs);
    });
    this.#running.add(session);
    if (this.#stopping) session.command({ type: 'stop' });
    try {
      const outcome = await session.outcome;
      const percentiles = percentilesOf(times);
      return { outcome, planMs: percentiles && { p50: percentiles.p50, p99: percentiles.p99 } };
    } finally {
      this.#running.delete(session);
    }
  }
}

/** Tells what a plan costs in arithmetic: multiply-adds in a model of these settings, or steps of the simulator. */
export async function costOfPlan(
  loaded: LoadedTask,
  robot: RobotModel,
  manifest: TuneManifest,
): Promise<(values: Values) => number> {
  const { task, module } = loaded;
  const { params } = mergeSettings(task, { config: manifest.config, set: manifest.set });
  const { instance } = await instantiateTask({ module, robot, params });
  const actionSize = instance.action?.space.low.length ?? robot.actuators.length;
  const { features, targets } = plainEncoding(layoutOf(instance.observation), actionSize);
  const horizon = Math.max(1, Math.round(task.planHorizon / task.controlPeriod));
  return (values) => {
    const { planner, model, budgets } = settingsOf(loaded, manifest, values);
    const steps = horizon * trajectoriesOf(planner, budgets[manifest.budget]);
    if (manifest.model === 'true') return steps;
    const widths = [features.length, ...model.hidden, 2 * targets.length];
    const weights = widths.slice(1).reduce((sum, width, i) => sum + width * widths[i], 0);
    return steps * planner.particles * weights;
  };
}

/** Candidates of one plan, summed over its iterations. */
function trajectoriesOf(
  planner: RunConfig['planner'],
  budget: { readonly candidates: number; readonly iterations: number },
): number {
  if (planner.name !== 'icem') return budget.candidates * budget.iterations;
  let sum = 0;
  for (let i = 0; i < budget.iterations; i++) sum += icemCandidates(budget, planner, i);
  return sum;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

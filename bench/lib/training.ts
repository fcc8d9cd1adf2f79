import type { Checkpoint } from '#src/core/agent';
import { type RunConfig, runConfig } from '#src/core/config';
import { CommandControl } from '#src/core/run-control';
import type { RunStore, TrialCommit } from '#src/core/run-store';
import { usualRobot } from '#src/core/task';
import type { FitReport, TelemetryEvent, TrialReport } from '#src/core/telemetry';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import { runEvaluation } from '#src/train/evaluation';
import { runTraining } from '#src/train/training';

/** One run of the main job without a folder, for benches that compare many. */
export interface BenchRun {
  readonly task: string;
  /** Default: the task's own. */
  readonly robot?: string;
  readonly seed: number;
  readonly trials: number;
  readonly budget: string;
  readonly threads: number;
  readonly model?: 'learned' | 'true';
  /** Dotted keys, as `--set`. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly onEvent?: (event: TelemetryEvent) => void;
}

export interface BenchResult {
  readonly trials: readonly TrialReport[];
  readonly fits: readonly (FitReport | null)[];
  readonly checkpoint: Checkpoint;
  readonly config: RunConfig;
}

/** Schema defaults, overridden by the task's, overridden by `set`. */
export async function configOf(
  task: string,
  set: Readonly<Record<string, unknown>> = {},
): Promise<RunConfig> {
  const { defaults } = (await loadTask(task)).task;
  const raw: Record<string, Record<string, unknown>> = {
    ...(defaults?.budgets ? { budgets: { ...defaults.budgets } } : {}),
    planner: { ...defaults?.planner },
    model: { ...defaults?.model },
  };
  for (const [key, value] of Object.entries(set)) {
    const path = key.split('.');
    let node = raw;
    for (const part of path.slice(0, -1)) {
      node[part] = { ...(node[part] as Record<string, unknown>) };
      node = node[part] as typeof node;
    }
    node[path[path.length - 1]] = value as never;
  }
  return runConfig.parse(raw);
}

export function budgetOf(config: RunConfig, name: string) {
  const known = (config.budgets as Record<string, { candidates: number; iterations: number }>)[name];
  if (known) return { name, ...known };
  const [candidates, iterations] = name.split('x').map(Number);
  return { name, candidates, iterations: iterations ?? config.budgets.quality.iterations };
}

export async function train(run: BenchRun): Promise<BenchResult> {
  const { task, module } = await loadTask(run.task);
  const robot = await loadRobot(run.robot ?? usualRobot(task)!);
  const config = await configOf(run.task, run.set);
  const commits: TrialCommit[] = [];
  const store: RunStore = {
    directory: null,
    progress: null,
    async commitTrial(commit) {
      commits.push({ ...commit, transitions: [], steps: [] });
    },
  };
  const { trials } = await runTraining({
    task: { module, robot, params: {} },
    config,
    seed: run.seed,
    trials: run.trials,
    budget: budgetOf(config, run.budget),
    model: run.model ?? 'learned',
    engine: 'wasm',
    threads: run.threads,
    numerics: 'fast',
    store,
    telemetry: { emit: run.onEvent ?? (() => {}) },
    control: new CommandControl(),
    afterwards: 'stop',
    imagine: false,
  });
  return {
    trials,
    fits: commits.map(({ fit }) => fit),
    checkpoint: commits[commits.length - 1].checkpoint,
    config,
  };
}

export async function evaluate(run: BenchRun, checkpoint: Checkpoint | null, episodes: number) {
  const { task, module } = await loadTask(run.task);
  const robot = await loadRobot(run.robot ?? usualRobot(task)!);
  const config = await configOf(run.task, run.set);
  return runEvaluation({
    task: { module, robot, params: {} },
    config,
    seed: run.seed,
    budget: budgetOf(config, run.budget),
    model: run.model ?? 'learned',
    engine: 'wasm',
    threads: run.threads,
    numerics: 'fast',
    telemetry: { emit: run.onEvent ?? (() => {}) },
    control: new CommandControl(),
    imagine: false,
    checkpoint,
    episodes,
  });
}

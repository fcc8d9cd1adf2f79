import type { Budget } from '../core/task.ts';
import type { RunDescription } from '../core/telemetry.ts';
import type { Session, SessionOptions } from './session.ts';

/** What is said once, at the start. */
export function describe(
  options: SessionOptions,
  { env, engine, budget }: Session,
  run: Pick<RunDescription, 'trials' | 'directory' | 'evaluation'>,
): RunDescription {
  const { config, task, seed, model } = options;
  const text = ({ candidates, iterations, milliseconds }: Budget) =>
    milliseconds === undefined
      ? `${candidates} × ${iterations}`
      : `${candidates} × up to ${iterations}, ${milliseconds} ms at most`;
  return {
    task: env.spec.name,
    robot: task.robot.name,
    agent: options.agent ?? 'pets',
    planner: config.planner.name,
    model,
    engine: engine.description,
    seed,
    trials: run.trials,
    ...(run.evaluation && { evaluation: true }),
    episodeSteps: env.spec.episodeSteps,
    controlPeriod: env.spec.controlPeriod,
    clock: options.clock ?? (options.robot ? 'wall' : 'sim'),
    ...(options.robot && { hardware: options.robot.name }),
    delayMs: options.delayMs ?? 0,
    budget: `${budget.name} (${text(budget)})`,
    budgets: { quality: text(config.budgets.quality), realtime: text(config.budgets.realtime) },
    directory: run.directory,
    action: { low: env.spec.action.low, high: env.spec.action.high },
  };
}

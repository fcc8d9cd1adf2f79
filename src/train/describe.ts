import type { Budget } from '../core/task.ts';
import type { RunDescription } from '../core/telemetry.ts';
import type { Session, SessionOptions } from './session.ts';

/** What is said once, at the start. `trials` counts episodes in an evaluation. */
export function describe(
  options: SessionOptions,
  { env, engine, budget }: Session,
  { trials, directory }: { readonly trials: number; readonly directory: string | null },
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
    trials,
    episodeSteps: env.spec.episodeSteps,
    controlPeriod: env.spec.controlPeriod,
    clock: options.clock ?? (options.robot ? 'wall' : 'sim'),
    ...(options.robot && { hardware: options.robot.name }),
    delayMs: options.delayMs ?? 0,
    budget: `${budget.name} (${text(budget)})`,
    budgets: { quality: text(config.budgets.quality), realtime: text(config.budgets.realtime) },
    directory,
    action: { low: env.spec.action.low, high: env.spec.action.high },
  };
}

import { Cem } from './cem.ts';
import { ICem } from './icem.ts';
import type { Planner, PlannerOptions } from './planner.ts';
import { RandomShooting } from './random-shooting.ts';

export { Cem } from './cem.ts';
export { ColoredNoise } from './colored-noise.ts';
export { ModelRehearsal, type Outlook, type Rehearsal, type RehearsalStart } from './evaluator.ts';
export { ICem, icemCandidates } from './icem.ts';
export type {
  Evaluate,
  Planner,
  PlannerMemory,
  PlannerOptions,
  PlannerResult,
  PlanRequest,
} from './planner.ts';
export { RandomShooting } from './random-shooting.ts';

/** Every planner by its name in the configuration. */
export const planners: Readonly<Record<string, (options: PlannerOptions) => Planner>> = {
  icem: (options) => new ICem(options),
  cem: (options) => new Cem(options),
  random: (options) => new RandomShooting(options),
};

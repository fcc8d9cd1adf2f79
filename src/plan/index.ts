import type { PlannerConfig } from '../core/config.ts';
import { Cem } from './cem.ts';
import { ICem } from './icem.ts';
import { Mppi } from './mppi.ts';
import type { Planner, PlannerOptions } from './planner.ts';
import { PredictiveSampling } from './predictive-sampling.ts';
import { RandomShooting } from './random-shooting.ts';

export { Cem } from './cem.ts';
export { ColoredNoise } from './colored-noise.ts';
export {
  ModelRehearsal,
  type ModelRehearsalOptions,
  type Outlook,
  type Rehearsal,
  type RehearsalStart,
} from './evaluator.ts';
export { ICem, icemCandidates } from './icem.ts';
export { Mppi } from './mppi.ts';
export type {
  Evaluate,
  Planner,
  PlannerMemory,
  PlannerOptions,
  PlannerResult,
  PlanRequest,
} from './planner.ts';
export { PredictiveSampling } from './predictive-sampling.ts';
export { RandomShooting } from './random-shooting.ts';

/** Every planner by its name in the configuration. */
export const planners: Readonly<Record<PlannerConfig['name'], (options: PlannerOptions) => Planner>> = {
  icem: (options) => new ICem(options),
  cem: (options) => new Cem(options),
  mppi: (options) => new Mppi(options),
  'predictive-sampling': (options) => new PredictiveSampling(options),
  random: (options) => new RandomShooting(options),
};

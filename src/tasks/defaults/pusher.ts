import type { TaskDefaults } from '../../core/task.ts';

/** Planner and model were searched by `premotor tune`, 2026-11-23: docs/tuning.md has what was compared. */
export const defaults: TaskDefaults = {
  budgets: {
    quality: {
      candidates: 64,
      iterations: 3,
    },
    realtime: {
      candidates: 32,
      iterations: 2,
    },
  },
  planner: {
    sigma: 0.2,
    noiseBeta: 2,
    // Without optimism the hand catches the object and holds it still: nothing in the data says that it could carry it.
    risk: 'mean-deviation',
    riskWeight: -1,
  },
  model: {
    hidden: [200, 200],
    minSteps: 600,
    refitEvery: 50,
    // Touching is rare and sudden: a Gaussian that may be wide explains it as noise and stops looking for its cause.
    minLogVariance: -6,
    maxLogVariance: -3,
  },
};

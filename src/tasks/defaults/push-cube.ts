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
    sigma: 0.5,
    noiseBeta: 2,
  },
  model: {
    hidden: [200, 200, 200],
    refitEvery: 50,
    minLogVariance: -10,
  },
};

import type { TaskDefaults } from '../../core/task.ts';

/** Planner and model were searched by `premotor tune`, 2026-11-23: docs/tuning.md has what was compared. */
export const defaults: TaskDefaults = {
  budgets: {
    quality: {
      candidates: 64,
      iterations: 4,
    },
    realtime: {
      candidates: 24,
      iterations: 1,
    },
  },
  planner: {
    sigma: 0.15,
    noiseBeta: 2,
  },
  model: {
    hidden: [200, 200],
    refitEvery: 50,
    minLogVariance: -8,
  },
};

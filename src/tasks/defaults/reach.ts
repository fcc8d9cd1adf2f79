import type { TaskDefaults } from '../../core/task.ts';

/** Planner and model were searched by `premotor tune`, 2026-11-23: docs/tuning.md has what was compared. */
export const defaults: TaskDefaults = {
  budgets: {
    quality: {
      candidates: 64,
      iterations: 3,
    },
    realtime: {
      candidates: 24,
      iterations: 1,
    },
  },
  planner: {
    sigma: 0.4,
    noiseBeta: 2,
    particles: 6,
  },
  model: {
    hidden: [128, 128],
    refitEvery: 50,
    minLogVariance: -8,
    members: 3,
    learningRate: 0.003,
    weightDecay: 0.000012,
    batch: 64,
  },
};

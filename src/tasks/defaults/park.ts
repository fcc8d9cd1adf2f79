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
      iterations: 3,
    },
  },
  planner: {
    sigma: 0.4,
    noiseBeta: 2,
    particles: 12,
  },
  model: {
    hidden: [200, 200, 200],
    refitEvery: 50,
    members: 3,
    learningRate: 0.0023,
    weightDecay: 0.00016,
    batch: 32,
    minLogVariance: -8,
  },
};

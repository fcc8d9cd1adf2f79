import type { TaskDefaults } from '../../core/task.ts';

/** Planner and model were searched by `premotor tune`, 2026-11-23: docs/tuning.md has what was compared. */
export const defaults: TaskDefaults = {
  budgets: {
    quality: {
      candidates: 48,
      iterations: 1,
    },
    realtime: {
      candidates: 12,
      iterations: 2,
    },
  },
  planner: {
    sigma: 0.7,
    noiseBeta: 2.6,
    particles: 5,
    elites: 6,
    momentum: 0.2,
    sigmaFloor: 0.05,
    keepElites: 0.15,
    decay: 2,
  },
  model: {
    hidden: [200, 200],
    refitEvery: 200,
  },
};

import type { TaskDefaults } from '../../core/task.ts';

/** Planner and model were searched by `premotor tune`, 2026-11-23: docs/tuning.md has what was compared. */
export const defaults: TaskDefaults = {
  budgets: {
    quality: {
      candidates: 24,
      iterations: 3,
    },
    realtime: {
      candidates: 24,
      iterations: 3,
    },
  },
  planner: {
    sigma: 0.14,
    noiseBeta: 3.7,
    particles: 5,
    elites: 4,
    momentum: 0.1,
    sigmaFloor: 0,
    keepElites: 0.5,
    decay: 1,
  },
  model: {
    hidden: [200, 200],
    refitEvery: 200,
  },
};

import type { TaskDefaults } from '../../core/task.ts';

/** `premotor tune`, 2026-11-23 (planner, in a learned model): these scored more than those before on 8 fresh seeds. */
export const defaults: TaskDefaults = {
  budgets: {
    quality: {
      candidates: 96,
      iterations: 3,
    },
    realtime: {
      candidates: 32,
      iterations: 2,
    },
  },
  planner: {
    sigma: 0.33,
    noiseBeta: 3.8,
    particles: 10,
    elites: 6,
    momentum: 0,
    sigmaFloor: 0.05,
    keepElites: 0.5,
    decay: 1.5,
  },
  model: {
    hidden: [200, 200],
    refitEvery: 200,
  },
};

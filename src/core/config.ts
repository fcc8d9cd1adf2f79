import { z } from 'zod';

/**
 * Every setting of a run: type, range, default and unit. Tasks override defaults, the command line overrides tasks.
 * Descriptions are what `premotor config` prints; the unit stands in square brackets at the end.
 */
const budget = z.object({
  candidates: z.int().min(2).max(100_000).describe('trajectories of the first iteration'),
  iterations: z.int().min(1).max(100).describe('refinements per plan'),
});

/** Sources and advice: docs/planners.md. */
export const plannerConfig = z.object({
  name: z.enum(['icem', 'cem', 'mppi', 'predictive-sampling', 'random']).default('icem').describe('planner'),
  knots: z
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .describe('actions a plan is drawn through; 0 = one per control step'),
  order: z
    .literal([0, 1, 3])
    .default(0)
    .describe('between knots: 0 holds the last one, 1 goes straight, 3 follows a cubic'),
  elites: z.int().min(2).max(10_000).default(10).describe('candidates that shape the next iteration'),
  /** iCEM, Pinneri et al. 2020, table S1 and §3. */
  decay: z
    .number()
    .min(1)
    .max(4)
    .default(1.25)
    .describe('factor by which candidates shrink per iteration (iCEM)'),
  momentum: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('share of the old mean and deviation kept per iteration (iCEM, CEM)'),
  sigma: z.number().min(0.001).max(2).default(0.5).describe('initial deviation [half of the action range]'),
  sigmaFloor: z.number().min(0).max(1).default(0.02).describe('least deviation [half of the action range]'),
  sigmaCarry: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('share of the last plan’s final deviation in the next one’s initial deviation (iCEM)'),
  annealIterations: z
    .number()
    .min(0.01)
    .max(1)
    .default(1)
    .describe('factor on the deviation per iteration; iCEM and CEM: its upper bound'),
  annealHorizon: z
    .number()
    .min(0.01)
    .max(1)
    .default(1)
    .describe('deviation of the first action as a share of the last one’s'),
  noiseBeta: z
    .number()
    .min(0)
    .max(5)
    .default(1)
    .describe('colour of the noise: power spectrum f^-beta (not CEM, not random)'),
  keepElites: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe('share of elites tried again in the next iteration and the next plan (iCEM, MPPI)'),
  temperature: z
    .number()
    .min(0.001)
    .max(100)
    .default(0.05)
    .describe('how sharply weights follow returns [deviations of the returns] (MPPI)'),
  mppiElites: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('only so many have a weight, and their spread becomes the deviation; 0 = all do (MPPI)'),
  rateLimit: z
    .number()
    .min(0)
    .max(1000)
    .default(0)
    .describe('fastest change of an action, 0 = no limit [share of the action range/s]'),
  smoothness: z
    .number()
    .min(0)
    .max(1e6)
    .default(0)
    .describe('cost of a change of one half-range between control steps, squared [reward]'),
  particles: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe('particles per candidate, a multiple of the members'),
  propagation: z
    .enum(['ts-infinity', 'ts1'])
    .default('ts-infinity')
    .describe('which member moves a particle: the same for ever, or another each step'),
  risk: z
    .enum(['mean', 'cvar', 'worst', 'mean-deviation'])
    .default('mean')
    .describe('what counts of the particles’ returns'),
  riskLevel: z
    .number()
    .min(0.001)
    .max(1)
    .default(0.2)
    .describe('share of the particles, the worst ones, whose mean counts (cvar)'),
  riskWeight: z
    .number()
    .min(-100)
    .max(100)
    .default(1)
    .describe(
      'deviations that are subtracted from the mean (mean-deviation); below 0 they are added, only while learning',
    ),
  disagreement: z
    .number()
    .min(-1e6)
    .max(1e6)
    .default(0)
    .describe('reward for disagreement of the members; below 0 avoids it [reward/step and typical change]'),
});

export const modelConfig = z.object({
  members: z.int().min(1).max(32).default(5).describe('networks of the ensemble'),
  hidden: z.array(z.int().min(4).max(2048)).min(1).max(8).default([200, 200]).describe('hidden layer widths'),
  activation: z.enum(['swish', 'relu', 'tanh']).default('swish').describe('activation'),
  learningRate: z.number().min(1e-6).max(0.1).default(1e-3).describe('Adam learning rate'),
  weightDecay: z.number().min(0).max(1).default(1e-4).describe('decoupled weight decay'),
  batch: z.int().min(4).max(4096).default(32).describe('rows per gradient step and member'),
  maxEpochs: z.int().min(1).max(10_000).default(60).describe('passes over the data per fit, at most'),
  minSteps: z.int().min(0).max(100_000).default(1000).describe('gradient steps per fit, at least'),
  patience: z.int().min(1).max(1000).default(5).describe('passes without 1 % improvement before a fit stops'),
  refitEvery: z
    .int()
    .min(0)
    .max(100_000)
    .default(0)
    .describe('fit within an episode too, after so many of its steps; 0 = only at its end'),
  refitPause: z
    .int()
    .min(0)
    .max(100_000)
    .default(200)
    .describe('steps between fits, at least, once there are 2,000'),
  holdout: z.number().min(0).max(0.5).default(0.1).describe('share of rows held out'),
  maxHoldout: z.int().min(1).max(1_000_000).default(5000).describe('rows held out, at most'),
  minLogVariance: z
    .number()
    .min(-30)
    .max(0)
    .default(-12)
    .describe('lower bound of the log-variance, normalised targets'),
  maxLogVariance: z
    .number()
    .min(-10)
    .max(10)
    .default(0.5)
    .describe('upper bound of the log-variance, normalised targets'),
});

export const controlConfig = z.object({
  compensate: z
    .boolean()
    .default(true)
    .describe('plan from the state predicted for the moment the plan is applied'),
  delayPercentile: z
    .number()
    .min(0.5)
    .max(1)
    .default(0.9)
    .describe('share of the measured planning delays that the prediction covers'),
  delayWindow: z.int().min(5).max(10_000).default(50).describe('plans whose delays are remembered'),
  holdTime: z
    .number()
    .min(0)
    .max(10)
    .default(0.1)
    .describe('how long the last action is held when a plan has ended [s]'),
  decayTime: z
    .number()
    .min(0)
    .max(10)
    .default(0.3)
    .describe('how long the way to the safe command takes [s]'),
});

export const runConfig = z.object({
  budgets: z
    .object({ quality: budget, realtime: budget })
    .default({ quality: { candidates: 64, iterations: 3 }, realtime: { candidates: 32, iterations: 2 } }),
  planner: plannerConfig.prefault({}),
  model: modelConfig.prefault({}),
  control: controlConfig.prefault({}),
});

export type PlannerConfig = z.output<typeof plannerConfig>;
export type ModelConfig = z.output<typeof modelConfig>;
export type ControlConfig = z.output<typeof controlConfig>;
export type RunConfig = z.output<typeof runConfig>;

import { z } from 'zod';
import { InputError, Random } from '../core/index.ts';

/** Where one setting is looked for: among listed values, or between two numbers. */
export type Choice = readonly unknown[] | Range;

export interface Range {
  readonly from: number;
  readonly to: number;
  /** Evenly, or evenly in the logarithm; default: linear. */
  readonly scale?: 'linear' | 'log';
  readonly whole?: boolean;
}

/** Choices by the setting's key, as `premotor config` prints it. */
export type Space = Readonly<Record<string, Choice>>;

/** Values by key. */
export type Values = Readonly<Record<string, unknown>>;

interface Searched {
  readonly choice: Choice;
  /** Searched with these planners only, because others do not read it; left out: with every one. */
  readonly planners?: readonly string[];
  /** Means nothing to the true simulator. */
  readonly learnedOnly?: boolean;
}

const elitePlanners = ['icem', 'cem'];
const noisyPlanners = ['icem', 'mppi', 'predictive-sampling'];

/**
 * What `--what planner` searches. The planner itself is not: `npm run bench score-budget` compares planners, and
 * `--set planner.name=cem` tunes another one. Sources: iCEM's own values (Pinneri et al. 2020, table S1: elites 10, β
 * 0.25 … 4, kept 0.3, momentum 0.1, decay 1.25) lie inside; 30 candidates have been enough on legged robots.
 */
const plannerTable = (budget: string): Readonly<Record<string, Searched>> => ({
  [`budgets.${budget}.candidates`]: { choice: [16, 24, 32, 48, 64, 96] },
  [`budgets.${budget}.iterations`]: { choice: [1, 2, 3, 4] },
  'planner.sigma': { choice: { from: 0.08, to: 1, scale: 'log' }, planners: [...noisyPlanners, 'cem'] },
  'planner.particles': { choice: [5, 10], learnedOnly: true },
  'planner.elites': { choice: [4, 6, 8, 10, 14], planners: elitePlanners },
  'planner.momentum': { choice: [0, 0.1, 0.2], planners: elitePlanners },
  'planner.sigmaFloor': { choice: [0, 0.02, 0.05], planners: elitePlanners },
  'planner.noiseBeta': { choice: { from: 0, to: 4 }, planners: noisyPlanners },
  'planner.keepElites': { choice: [0, 0.15, 0.3, 0.5], planners: ['icem', 'mppi'] },
  'planner.temperature': { choice: { from: 0.01, to: 1, scale: 'log' }, planners: ['mppi'] },
  'planner.decay': { choice: [1, 1.25, 1.5, 2], planners: ['icem'] },
});

/** What `--what model` searches, beside PETS' own values (Chua et al. 2018): 5 members, Adam at 10⁻³, batches of 32. */
const modelTable: Readonly<Record<string, Searched>> = {
  'model.members': { choice: [3, 5] },
  'model.hidden': {
    choice: [
      [64, 64],
      [128, 128],
      [200, 200],
      [200, 200, 200],
    ],
  },
  'model.learningRate': { choice: { from: 3e-4, to: 3e-3, scale: 'log' } },
  'model.weightDecay': { choice: { from: 1e-6, to: 1e-3, scale: 'log' } },
  'model.batch': { choice: [32, 64, 128] },
  'model.refitEvery': { choice: [0, 50, 100, 200] },
  'model.minLogVariance': { choice: [-12, -10, -8, -6] },
  'planner.particles': { choice: [5, 6, 10, 12] },
};

export type What = 'planner' | 'model' | 'all';

interface SpaceContext {
  readonly budget: string;
  readonly planner: string;
  readonly model: 'learned' | 'true';
  readonly pinned: readonly string[];
}

/** The table of a search, without the keys that are pinned. */
export function defaultSpace(what: What, { budget, planner, model, pinned }: SpaceContext): Space {
  const table = {
    ...(what === 'model' ? {} : plannerTable(budget)),
    ...(what === 'planner' ? {} : modelTable),
  };
  return Object.fromEntries(
    Object.entries(table)
      .filter(
        ([key, { planners, learnedOnly }]) =>
          !pinned.includes(key) &&
          (planners?.includes(planner) ?? true) &&
          (model === 'learned' || !learnedOnly),
      )
      .map(([key, { choice }]) => [key, choice]),
  );
}

const choiceSchema = z.union([
  z.array(z.unknown()).min(1),
  z.strictObject({
    from: z.number(),
    to: z.number(),
    scale: z.enum(['linear', 'log']).optional(),
    whole: z.boolean().optional(),
  }),
]);

export const spaceSchema = z.record(z.string(), choiceSchema);

/** Reads a space as `--space` gives it. @param where names it in errors. */
export function parseSpace(json: unknown, where: string): Space {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || Object.keys(json).length === 0) {
    throw new InputError(
      `${where}: must be an object of choices by key, e.g. {"planner.elites": [4, 8], "planner.sigma": {"from": 0.1, "to": 1, "scale": "log"}}`,
    );
  }
  for (const [key, choice] of Object.entries(json)) {
    const parsed = choiceSchema.safeParse(choice);
    if (!parsed.success) {
      throw new InputError(
        `${where}: ${key} must be a list of values or {"from": …, "to": …}, with "scale": "linear" or "log" and "whole": true or false if you like`,
      );
    }
    const range = parsed.data;
    if (Array.isArray(range)) continue;
    const { from, to, scale } = range as Range;
    if (from > to) throw new InputError(`${where}: ${key} goes from ${from} to ${to}, which is less`);
    if (scale === 'log' && from <= 0) {
      throw new InputError(`${where}: ${key} goes from ${from}: a logarithmic range begins above 0`);
    }
  }
  return json as Space;
}

/** The values that a choice may take at its ends, to be checked against the setting's own range. */
export function endsOf(choice: Choice): readonly unknown[] {
  return isRange(choice) ? [rounded(choice.from, choice), rounded(choice.to, choice)] : choice;
}

/** A setting's draw is keyed by (seed, key, index): pinning one leaves the others as they were. */
export function draw(space: Space, seed: number, index: number): Values {
  return Object.fromEntries(
    Object.entries(space).map(([key, choice]) => {
      const random = new Random(seed, `tune-${key}`, index);
      if (!isRange(choice)) return [key, choice[random.integer(choice.length)]];
      const { from, to, scale } = choice;
      const value =
        scale === 'log' ? Math.exp(random.uniform(Math.log(from), Math.log(to))) : random.uniform(from, to);
      return [key, rounded(value, choice)];
    }),
  );
}

/** Two digits are what a search of this kind can tell apart, and what people read. */
function rounded(value: number, { from, to, whole }: Range): number {
  const short = whole ? Math.round(value) : Number(value.toPrecision(2));
  return Math.min(to, Math.max(from, short));
}

function isRange(choice: Choice): choice is Range {
  return !Array.isArray(choice);
}

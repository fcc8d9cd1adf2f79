import { type Budget, InputError, nearestName, type RunConfig } from '../core/index.ts';

export type NamedBudget = Budget & { readonly name: string };

/** Iterations that a budget of time may have: more than it ever has time for. */
const ITERATIONS = 100;

/**
 * `quality`, `realtime`, `64x3`, `64` (candidates, with the iterations of `quality`) or `15ms` (iterations of as many
 * candidates as `quality` has, until the time is up).
 */
export function parseBudget(text: string, { budgets }: RunConfig): NamedBudget {
  if (text === 'quality' || text === 'realtime') return { name: text, ...budgets[text] };
  const [, time, unit] = /^(\d+(?:\.\d+)?)\s*(m?s)$/.exec(text) ?? [];
  if (time !== undefined) {
    const milliseconds = Number(time) * (unit === 's' ? 1000 : 1);
    const { candidates } = budgets.quality;
    return { name: text, ...checkedBudget(text, { candidates, iterations: ITERATIONS, milliseconds }) };
  }
  const [, first, second] = /^(\d+)(?:[x×](\d+))?$/.exec(text) ?? [];
  if (first === undefined) {
    const near = nearestName(text, ['quality', 'realtime']);
    throw new InputError(
      `--budget ${text}: must be quality, realtime, 64x3, 64 or 15ms${near ? `; did you mean ${near}?` : ''}`,
    );
  }
  const iterations = second === undefined ? budgets.quality.iterations : Number(second);
  return { name: 'custom', ...checkedBudget(text, { candidates: Number(first), iterations }) };
}

/** A budget within what planners take. @param text names it in errors. */
export function checkedBudget(text: string, budget: Budget): Budget {
  const { candidates, iterations, milliseconds } = budget;
  const whole = (value: number, least: number, most: number) =>
    Number.isSafeInteger(value) && value >= least && value <= most;
  if (!whole(candidates, 2, 100_000))
    throw new InputError(`--budget ${text}: candidates must be in 2 … 100000`);
  if (!whole(iterations, 1, 100)) throw new InputError(`--budget ${text}: iterations must be in 1 … 100`);
  if (milliseconds !== undefined && !(milliseconds >= 0.1 && milliseconds <= 60_000))
    throw new InputError(`--budget ${text}: a time must be in 0.1 ms … 60 s`);
  return budget;
}

import { type Budget, InputError, nearestName, type RunConfig } from '../core/index.ts';

export type NamedBudget = Budget & { readonly name: string };

/** `quality`, `realtime`, `64x3` or `64` (candidates, with the iterations of `quality`). */
export function parseBudget(text: string, { budgets }: RunConfig): NamedBudget {
  if (text === 'quality' || text === 'realtime') return { name: text, ...budgets[text] };
  if (/^\d+(\.\d+)?\s*m?s$/.test(text)) {
    throw new InputError(
      `--budget ${text}: planning against the clock comes with a later version; use quality, realtime, 64x3 or 64`,
    );
  }
  const [, first, second] = /^(\d+)(?:[x×](\d+))?$/.exec(text) ?? [];
  if (first === undefined) {
    const near = nearestName(text, ['quality', 'realtime']);
    throw new InputError(
      `--budget ${text}: must be quality, realtime, 64x3 or 64${near ? `; did you mean ${near}?` : ''}`,
    );
  }
  const candidates = Number(first);
  const iterations = second === undefined ? budgets.quality.iterations : Number(second);
  if (candidates < 2 || candidates > 100_000) {
    throw new InputError(`--budget ${text}: candidates must be in 2 … 100000`);
  }
  if (iterations < 1 || iterations > 100) {
    throw new InputError(`--budget ${text}: iterations must be in 1 … 100`);
  }
  return { name: 'custom', candidates, iterations };
}

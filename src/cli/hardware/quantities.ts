import { InputError } from '../../core/errors.ts';
import type { Arguments } from '../flags.ts';

const units: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6 };

/** `1ms`, `250us` or `0.5s` in s; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const [, value, unit] = /^(\d+(?:\.\d+)?)(s|ms|us|µs)$/.exec(text.trim()) ?? [];
  return unit === undefined ? undefined : Number(value) * units[unit];
}

/** A flag's duration, s, of at most `most` s. @throws InputError */
export function duration(args: Arguments, name: string, most: number): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const value = parseDuration(text);
  if (value !== undefined && value <= most) return value;
  throw new InputError(`--${name} ${text}: must be a time of at most ${most} s, e.g. 1ms or 250us`);
}

/** `1%` or `0.01` as a share; undefined where it is none. */
export function parseShare(text: string): number | undefined {
  const [, value, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim()) ?? [];
  if (value === undefined) return undefined;
  const share = Number(value) / (percent ? 100 : 1);
  return share <= 1 ? share : undefined;
}

/** `1-6` or `1,2,5` as numbers; none for nothing. @throws InputError */
export function parseIds(text: string | undefined): number[] {
  if (text === undefined) return [];
  return text.split(',').flatMap((part) => {
    const [, first, last = first] = /^\s*(\d{1,3})(?:-(\d{1,3}))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || to < from || to > 253)
      throw new InputError(`--expect ${text}: "${part}" is no id; write it as 1-6 or 1,2,5`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

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

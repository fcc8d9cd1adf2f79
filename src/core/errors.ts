/**
 * Errors meant for people. The command line prints `message` alone, without a stack trace, and exits with
 * `exitCode`. Everything that is not one of these is a bug of ours.
 */
export class PremotorError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
    this.name = new.target.name;
  }
}

/** What the user gave cannot be used. One line: what is wrong, where (file, key, value), what to do. */
export class InputError extends PremotorError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 2, options);
  }
}

/** A robot, its bus or its emulator failed. */
export class RobotFault extends PremotorError {
  /** It may be gone in a moment (lost packets, a program that stalled), so that beginning anew is worth a try. */
  readonly passing: boolean;
  constructor(message: string, options?: ErrorOptions & { readonly passing?: boolean }) {
    super(message, 3, options);
    this.passing = options?.passing ?? false;
  }
}

/** The user stopped it; what was learned is on disk. */
export class Interrupted extends PremotorError {
  constructor(message = 'interrupted') {
    super(message, 130);
  }
}

/** The name in `known` nearest to `name` by edit distance, for "did you mean". `undefined` when none is near. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 2)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name, candidate, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

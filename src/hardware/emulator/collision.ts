import type { Answer } from './servo.ts';

/** Bits of a byte on the wire: a start bit, eight of data, the lowest first, a stop bit. */
const FRAME = 10;
/** Bits by which each further servo comes later than the one before it. */
const SKEW = 3;

/**
 * What a receiver makes of servos that answer at once: the line is low where one of them pulls it low, and no two
 * begin within a bit of one another.
 */
export function collide(answers: readonly Uint8Array[]): Uint8Array {
  const line: boolean[] = [];
  answers.forEach((bytes, i) => {
    for (const [place, level] of levels(bytes).entries()) {
      const at = place + i * SKEW;
      line[at] = level && (line[at] ?? true);
    }
  });
  return heard(line);
}

/** Answers of servos of one id side by side. */
export function byId(answers: readonly Answer[]): Answer[][] {
  const groups = new Map<number, Answer[]>();
  for (const answer of answers) {
    const group = groups.get(answer.servo.id);
    if (group) group.push(answer);
    else groups.set(answer.servo.id, [answer]);
  }
  return [...groups.values()];
}

function levels(bytes: Uint8Array): boolean[] {
  return Array.from(bytes).flatMap((byte) => [
    false,
    ...Array.from({ length: 8 }, (_, bit) => ((byte >> bit) & 1) === 1),
    true,
  ]);
}

function heard(line: readonly boolean[]): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < line.length; ) {
    if (line[at] ?? true) {
      at++;
      continue;
    }
    let byte = 0;
    for (let bit = 0; bit < 8; bit++) if (line[at + 1 + bit] ?? true) byte |= 1 << bit;
    bytes.push(byte);
    at += FRAME;
  }
  return Uint8Array.from(bytes);
}

import { InputError, nearestName } from '../../core/errors.ts';
import type { MotorSpec } from '../../core/hardware.ts';
import type { PlannedFault } from '../../hardware/index.ts';
import { parseDuration, parseShare } from './quantities.ts';

const kinds = ['drop', 'corrupt', 'late', 'duplicate'] as const;
/** s by which an answer is late where nothing else is said. */
const LATE = 0.02;

export const isAnswerFault = (word: string) => /^(drop|corrupt|late|duplicate)(?![a-z])/.test(word);

/**
 * A fault of answers: `drop`, `drop:1%`, `corrupt:2`, `corrupt:elbow_flex=1%`, `late@50ms:1%`.
 * @throws InputError
 */
export function parseFault(text: string, motors: readonly MotorSpec[]): PlannedFault {
  const [, kind, late, rest] = /^([a-z]+)(?:@([^:]+))?(?::(.+))?$/.exec(text.trim()) ?? [];
  const form = 'write it as drop, drop:1%, corrupt:2=1% or late@20ms:1%';
  if (!kinds.some((known) => known === kind)) {
    const near = kind && nearestName(kind, kinds);
    throw new InputError(
      `fault "${text}": there is ${kinds.join(', ')}; ${near ? `did you mean ${near}?` : form}`,
    );
  }
  const by = late === undefined ? LATE : parseDuration(late);
  if (by === undefined || (late !== undefined && kind !== 'late'))
    throw new InputError(`fault "${text}": ${form}`);
  const fault =
    kind === 'late' ? { kind: 'late' as const, by } : { kind: kind as 'drop' | 'corrupt' | 'duplicate' };
  if (rest === undefined) return { fault };
  const [, motor, amount] = /^(?:([^=%]+)=)?(.+)$/.exec(rest) ?? [];
  if (motor !== undefined) {
    const share = parseShare(amount);
    if (share === undefined) throw new InputError(`fault "${text}": "${amount}" is no share; ${form}`);
    return { fault, id: motorOf(motor, motors).id, share };
  }
  if (amount.endsWith('%')) {
    const share = parseShare(amount);
    if (share === undefined) throw new InputError(`fault "${text}": "${amount}" is no share; ${form}`);
    return { fault, share };
  }
  return { fault, id: motorOf(amount, motors).id };
}

/** A motor by id or joint. @throws InputError */
export function motorOf(word: string, motors: readonly MotorSpec[]): MotorSpec {
  const found = motors.find(({ id, joint }) => String(id) === word || joint === word);
  if (found) return found;
  const near = nearestName(
    word,
    motors.map(({ joint }) => joint),
  );
  const known = motors.map(({ id, joint }) => `${id} ${joint}`).join(', ');
  throw new InputError(`no motor "${word}": ${near ? `did you mean ${near}?` : `there are ${known}`}`);
}

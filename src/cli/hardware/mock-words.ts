import { InputError } from '../../core/errors.ts';
import type { Flag } from '../flags.ts';

export const mockFlag: Flag = {
  name: 'mock',
  value: 'KEY=VALUE',
  help: 'of --port mock: an option of driver mock, e.g. stuckFeedback=elbow_flex; may be repeated',
  repeat: true,
};

/**
 * Options of the driver mock as words: `positionOffset=0.05`, `disableCommands=true`, `stuckFeedback=elbow_flex,gripper`,
 * `start.elbow_flex=0.3`, `faults=[{"kind":"silent","from":2}]`. What is no JSON is names. @throws InputError
 */
export function mockOptionsOf(words: readonly string[]): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const word of words) {
    const [, key, part, text] = /^(\w+)(?:\.([\w-]+))?=(.*)$/s.exec(word) ?? [];
    if (key === undefined)
      throw new InputError(`--mock ${word}: must be key=value, e.g. positionOffset=0.05 (docs/limits.md)`);
    const value = valueFrom(text);
    if (part === undefined) options[key] = value;
    else options[key] = { ...(options[key] as object | undefined), [part]: value };
  }
  return options;
}

function valueFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.split(',').map((name) => name.trim());
  }
}

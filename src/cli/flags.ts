import { InputError, nearestName } from '../core/index.ts';

/** A flag of the command line. Without `value` it is a switch. */
export interface Flag {
  readonly name: string;
  /** Placeholder in the help, e.g. `N`. */
  readonly value?: string;
  readonly help: string;
  /** May be given several times. */
  readonly repeat?: boolean;
}

export interface Positional {
  readonly name: string;
  readonly required: boolean;
}

/** One command: what it takes and what it does. `run` returns the exit code. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly positionals: readonly Positional[];
  readonly flags: readonly Flag[];
  /** Lines under the flags of its help. */
  readonly notes?: readonly string[];
  run(args: Arguments): Promise<number>;
}

/** What stood on the command line. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals;
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The last value of a flag. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  integer(name: string, min: number, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value) || value < min || value > max) {
      const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `in ${min} … ${max}`;
      throw new InputError(`--${name} ${text}: must be a whole number ${range}`);
    }
    return value;
  }

  /** A number of the range; `above`: its lower end is none of it. */
  number(
    name: string,
    range:
      | { readonly above: number; readonly most?: number }
      | { readonly least: number; readonly most: number },
  ): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    const { most = Infinity } = range;
    const enough = 'above' in range ? value > range.above : value >= range.least;
    if (text.trim() !== '' && Number.isFinite(value) && enough && value <= most) return value;
    const words =
      'above' in range
        ? `a number above ${range.above}${most < Infinity ? ` and at most ${most}` : ''}`
        : `in ${range.least} … ${most}`;
    throw new InputError(`--${name} ${text}: must be ${words}`);
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    const near = nearestName(text, choices);
    throw new InputError(
      `--${name} ${text}: must be ${choices.join(' or ')}${near ? `; did you mean ${near}?` : ''}`,
    );
  }
}

/** `30ms` or `0.03s` in ms. */
function parseDelay(text: string): number {
  const [, value, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s)$/.exec(text) ?? [];
  const milliseconds = Number(value) * (unit === 's' ? 1000 : 1);
  if (!(milliseconds <= 60_000)) throw new InputError(`--delay ${text}: must be 0ms … 60s, e.g. 30ms`);
  return milliseconds;
}

/** What `--clock` and `--delay` say. */
export function timeChoices(args: Arguments): { clock?: 'sim' | 'wall'; delayMs?: number } {
  const delay = args.text('delay');
  return {
    clock: args.choice('clock', ['sim', 'wall']),
    delayMs: delay === undefined ? undefined : parseDelay(delay),
  };
}

export function parseArguments(argv: readonly string[], command: Command): Arguments {
  const positionals: string[] = [];
  const values = new Map<string, string[]>();
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i];
    if (!/^-./.test(word)) {
      positionals.push(word);
      continue;
    }
    const [, name, given] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const flag = command.flags.find((candidate) => candidate.name === name);
    if (!flag) throw unknownFlag(word.replace(/=.*/s, ''), command);
    let value = given;
    if (flag.value === undefined) {
      if (value !== undefined) throw new InputError(`--${name} takes no value`);
      value = '';
    } else if (value === undefined) {
      value = argv[++i];
      if (value === undefined || value.startsWith('--')) {
        throw new InputError(`--${name} needs a value: --${name} ${flag.value}`);
      }
    }
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  const { length } = positionals;
  const needed = command.positionals.filter(({ required }) => required);
  if (length < needed.length) {
    throw new InputError(
      `premotor ${command.name} needs a <${needed[length].name}>; see premotor ${command.name} --help`,
    );
  }
  if (length > command.positionals.length) {
    throw new InputError(
      `unexpected "${positionals[command.positionals.length]}"; see premotor ${command.name} --help`,
    );
  }
  return new Arguments(positionals, values);
}

function unknownFlag(word: string, command: Command): InputError {
  const name = word.replace(/^-+/, '');
  const near = nearestName(
    name,
    command.flags.map((flag) => flag.name),
  );
  return new InputError(
    `unknown flag ${word} of premotor ${command.name}: ${near ? `did you mean --${near}?` : `see premotor ${command.name} --help`}`,
  );
}

/** Where the live page is served. */
export const pageFlags: readonly Flag[] = [
  { name: 'host', value: 'ADDRESS', help: 'where the page is served (127.0.0.1)' },
  { name: 'http-port', value: 'PORT', help: 'its port (8765, or the next free one)' },
  { name: 'open', help: 'open the page in a browser; means --view' },
];

const touching = ['primitives', 'meshes'] as const;

/** What of a robot touches; `collidersOf` reads it. */
export const collidersFlag: Flag = {
  name: 'colliders',
  value: touching.join('|'),
  help: "what of the robot touches (meshes for a URDF of one's own, else primitives)",
};

export function collidersOf(args: Arguments): (typeof touching)[number] | undefined {
  return args.choice('colliders', touching);
}

/** The flags that runs share. */
export const runFlags: readonly Flag[] = [
  { name: 'seed', value: 'N', help: 'same seed, same bits (0)' },
  {
    name: 'threads',
    value: 'N',
    help: 'kernel threads; never changes the result (cores; one less with --view)',
  },
  { name: 'numerics', value: 'fast|portable', help: 'portable: the same bits on every machine (fast)' },
  {
    name: 'budget',
    value: 'quality|realtime|64x3|64|15ms',
    help: 'candidates × iterations per plan, or its time (quality; realtime with --view)',
  },
  { name: 'config', value: 'FILE', help: 'settings as JSON, nested as premotor config prints them' },
  {
    name: 'set',
    value: 'KEY=VALUE',
    help: 'one setting, e.g. planner.elites=12; may be repeated',
    repeat: true,
  },
  {
    name: 'clock',
    value: 'sim|wall',
    help: 'wall: the plant keeps the wall clock and never waits for a plan (sim)',
  },
  { name: 'delay', value: '30ms', help: 'planning takes that long; on the wall clock at least (0)' },
  { name: 'record', help: 'record everything to recordings/ in the run folder (MCAP)' },
  { name: 'view', help: 'serve the live page and keep the pace of the wall clock' },
  ...pageFlags,
  { name: 'json', help: 'one JSON object a line on stdout' },
];

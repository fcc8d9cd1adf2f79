import { createInterface, type Interface } from 'node:readline';
import { InputError, Interrupted } from '../../core/errors.ts';
import { pause } from './interrupt.ts';

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
}

/** Who is asked while a command waits: a person at a terminal, or lines on standard input. */
export interface Questions {
  say(text: string): void;
  /** What it asks is written, or lets go: Enter alone is never yes. @throws Interrupted at Ctrl-C */
  confirm(question: string): Promise<boolean>;
  /** The first choice is what Enter takes. @throws Interrupted */
  choose<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T>;
  /** Calls `work` again and again until Enter. @throws Interrupted, and what `work` throws */
  until(message: string, work: () => Promise<void>): Promise<void>;
  close(): void;
}

/** @param stopped what Ctrl-C leaves behind at that moment, for people. @param json standard output is for JSON: words go to standard error */
export function askPerson(stopped: string | (() => string), json = false): Questions {
  const left = typeof stopped === 'string' ? () => stopped : stopped;
  const say = (text: string) => void (json ? process.stderr : process.stdout).write(`${text}\n`);
  return process.stdin.isTTY && process.stdout.isTTY && process.env.TERM !== 'dumb'
    ? new TerminalQuestions(left, say)
    : new LineQuestions(left, say);
}

class TerminalQuestions implements Questions {
  readonly #stopped: () => string;
  readonly #prompts = import('@clack/prompts');

  readonly say: (text: string) => void;

  constructor(stopped: () => string, say: (text: string) => void) {
    this.#stopped = stopped;
    this.say = say;
  }

  async confirm(message: string): Promise<boolean> {
    const { confirm, isCancel } = await this.#prompts;
    const answer = await confirm({ message, initialValue: false });
    if (isCancel(answer)) throw new Interrupted(this.#stopped());
    return answer;
  }

  async choose<T extends string>(message: string, choices: readonly Choice<T>[]): Promise<T> {
    const { select, isCancel } = await this.#prompts;
    const options = choices.map(({ value, label }) => ({ value: value as string, label }));
    const answer = await select<string>({ message, options });
    if (isCancel(answer)) throw new Interrupted(this.#stopped());
    return answer as T;
  }

  async until(message: string, work: () => Promise<void>): Promise<void> {
    const keys = new Keys();
    try {
      this.say(`${message} Enter when it is done, Ctrl-C to give up.`);
      for (;;) {
        const key = keys.take();
        if (key === 'enter') return;
        if (key === 'ctrl-c') throw new Interrupted(this.#stopped());
        await work();
        await pause(50);
      }
    } finally {
      keys.close();
    }
  }

  close(): void {}
}

/** A line is an answer: `y`, `n` or a choice's value; an empty one is Enter, which takes the first choice and confirms nothing. */
class LineQuestions implements Questions {
  readonly #stopped: () => string;
  readonly #lines: Interface;
  readonly #said: string[] = [];
  #wanted: (() => void) | undefined;
  #ended = false;
  #interrupted = false;
  readonly #onSignal = () => {
    this.#interrupted = true;
    this.#wanted?.();
  };

  readonly say: (text: string) => void;

  constructor(stopped: () => string, say: (text: string) => void) {
    this.#stopped = stopped;
    this.say = say;
    this.#lines = createInterface({ input: process.stdin });
    this.#lines.on('line', (line) => {
      this.#said.push(line.trim());
      this.#wanted?.();
    });
    this.#lines.on('close', () => {
      this.#ended = true;
      this.#wanted?.();
    });
    process.on('SIGINT', this.#onSignal).on('SIGTERM', this.#onSignal);
  }

  async confirm(question: string): Promise<boolean> {
    this.say(`${question} [y/n]`);
    for (;;) {
      const line = (await this.#line()).toLowerCase();
      if (line === 'y' || line === 'yes') return true;
      if (line === 'n' || line === 'no') return false;
      this.say('y or n?');
    }
  }

  async choose<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T> {
    const listed = choices.map(({ value, label }, i) => `${i === 0 ? 'Enter' : value}: ${label}`);
    this.say(`${question} [${listed.join('; ')}]`);
    for (;;) {
      const line = (await this.#line()).toLowerCase();
      const found = line === '' ? choices[0] : choices.find(({ value }) => value === line);
      if (found) return found.value;
      this.say(`${choices.map(({ value }) => value).join(' or ')}?`);
    }
  }

  async until(message: string, work: () => Promise<void>): Promise<void> {
    this.say(`${message} A line when it is done.`);
    while (this.#said.length === 0) {
      this.#check();
      await work();
      await pause(50);
    }
    this.#said.shift();
  }

  close(): void {
    process.off('SIGINT', this.#onSignal).off('SIGTERM', this.#onSignal);
    this.#lines.close();
    process.stdin.pause();
  }

  async #line(): Promise<string> {
    while (this.#said.length === 0) {
      this.#check();
      await new Promise<void>((resolve) => {
        this.#wanted = resolve;
      });
    }
    return this.#said.shift()!;
  }

  #check(): void {
    if (this.#interrupted) throw new Interrupted(this.#stopped());
    if (this.#ended)
      throw new InputError(
        'standard input has ended and nobody answers; run it in a terminal, or look at --help for what goes without questions',
      );
  }
}

/** Keys as they are pressed, from a terminal in raw mode. */
export class Keys {
  readonly #pressed: string[] = [];
  readonly #hear = (bytes: Buffer) => {
    for (const key of keysOf(bytes.toString('utf8'))) this.#pressed.push(key);
  };

  constructor() {
    process.stdin.setRawMode(true).resume();
    process.stdin.on('data', this.#hear);
  }

  /** The oldest key that was not taken yet. */
  take(): string | undefined {
    return this.#pressed.shift();
  }

  close(): void {
    process.stdin.off('data', this.#hear);
    process.stdin.setRawMode(false).pause();
  }
}

const names: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\x03': 'ctrl-c',
  '\x1b': 'escape',
  ' ': 'space',
};

const sequences: Readonly<Record<string, string>> = { A: 'up', B: 'down', C: 'right', D: 'left' };

const keyPattern = new RegExp(`${'\x1b'}[[O][\\d;]*[A-Za-z~]|[\\s\\S]`, 'g');

/** What was pressed, by name; letters by themselves. Other sequences of a terminal are left out. */
export function keysOf(text: string): string[] {
  const parts = text.match(keyPattern) ?? [];
  return parts.flatMap((part) => {
    if (part.length > 1) return sequences[part.at(-1)!] ?? [];
    return names[part] ?? part;
  });
}

import { createInterface } from 'node:readline';
import { PremotorError } from '../../core/errors.ts';
import { Keys } from './questions.ts';
import type { TeleopGoals } from './teleop-goals.ts';

/** What a person asks for, but for a joint's motion. */
export type Deed = 'quit' | 'home' | 'stay' | undefined;

export interface TeleopInput {
  readonly hint: string;
  /** Index of the joint that keys move. */
  readonly chosen: number | undefined;
  /** Takes in what was pressed or typed since. */
  take(goals: TeleopGoals, position: Float64Array): Deed;
  close(): void;
}

/** Keys of a terminal. */
export class KeyInput implements TeleopInput {
  readonly hint = 'up, down choose a joint; left, right move it; + - step; space stays; h home; Esc stops';
  readonly #keys = new Keys();
  chosen = 0;
  #step = 0.03;

  take(goals: TeleopGoals, position: Float64Array): Deed {
    const count = goals.names.length;
    for (let key = this.#keys.take(); key !== undefined; key = this.#keys.take()) {
      if (key === 'escape' || key === 'ctrl-c' || key === 'q') return 'quit';
      if (key === 'h') return 'home';
      if (key === 'space') {
        goals.rest(position);
        return 'stay';
      }
      if (key === 'up') this.chosen = (this.chosen + count - 1) % count;
      else if (key === 'down') this.chosen = (this.chosen + 1) % count;
      else if (key === '+' || key === '=') this.#step = Math.min(0.2, this.#step * 1.5);
      else if (key === '-') this.#step = Math.max(0.005, this.#step / 1.5);
      else if (key === 'left' || key === 'right')
        goals.jog(this.chosen, key === 'left' ? -this.#step : this.#step, position[this.chosen]);
      else if (/^[1-9]$/.test(key) && Number(key) <= count) this.chosen = Number(key) - 1;
    }
    return undefined;
  }

  close(): void {
    this.#keys.close();
  }
}

/** Lines of a program, or of a person without a terminal. */
export class LineInput implements TeleopInput {
  readonly hint = 'a line moves a joint: elbow_flex 0.5; home, stop, quit';
  readonly chosen = undefined;
  readonly #lines = createInterface({ input: process.stdin });
  readonly #said: string[] = [];

  constructor() {
    this.#lines.on('line', (line) => this.#said.push(line.trim()));
    // Nobody is left who could stop it.
    this.#lines.on('close', () => this.#said.push('quit'));
  }

  take(goals: TeleopGoals, position: Float64Array): Deed {
    for (let line = this.#said.shift(); line !== undefined; line = this.#said.shift()) {
      if (line === 'quit') return 'quit';
      if (line === 'home') return 'home';
      if (line === 'stop') {
        goals.rest(position);
        return 'stay';
      }
      if (line !== '') {
        try {
          goals.say(line);
        } catch (error) {
          if (!(error instanceof PremotorError)) throw error;
          console.log(error.message);
        }
      }
    }
    return undefined;
  }

  close(): void {
    this.#lines.close();
    process.stdin.pause();
  }
}

import type { RunCommand, RunControl } from './telemetry.ts';

/** Turns commands into the state a loop reads between its steps. */
export class CommandControl implements RunControl {
  #paused = false;
  #steps = 0;
  #reset = false;
  #stopping = false;
  #speed: number;
  #waiting: (() => void)[] = [];
  readonly #listening = new Set<() => void>();
  readonly #onChange: (() => void) | undefined;

  /** @param speed plant seconds per wall second. @param onChange called when paused or speed changed. */
  constructor(speed = Infinity, onChange?: () => void) {
    this.#speed = speed;
    this.#onChange = onChange;
  }

  get paused(): boolean {
    return this.#paused;
  }
  get speed(): number {
    return this.#speed;
  }
  get stopping(): boolean {
    return this.#stopping;
  }

  command(command: RunCommand): void {
    if (command.type === 'pause') this.#paused = true;
    else if (command.type === 'resume') {
      this.#paused = false;
      this.#steps = 0;
    } else if (command.type === 'step') {
      this.#paused = true;
      this.#steps++;
    } else if (command.type === 'reset') this.#reset = true;
    else if (command.type === 'speed') this.#speed = command.value;
    else this.#stopping = true;
    this.#onChange?.();
    for (const tell of [...this.#listening]) tell();
    if (!this.#paused || this.#steps > 0 || this.#stopping || this.#reset) {
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  pause(): void {
    this.command({ type: 'pause' });
  }

  async gate(): Promise<void> {
    while (this.#paused && this.#steps === 0 && !this.#stopping && !this.#reset) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#paused && this.#steps > 0) this.#steps--;
  }

  takeStep(): boolean {
    if (!this.#paused || this.#steps === 0) return false;
    this.#steps--;
    return true;
  }

  changed(until?: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#listening.delete(done);
        resolve();
      };
      this.#listening.add(done);
      until?.then(done, done);
    });
  }

  takeReset(): boolean {
    const asked = this.#reset;
    this.#reset = false;
    return asked;
  }
}

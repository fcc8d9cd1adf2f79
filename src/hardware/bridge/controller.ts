import { RobotFault } from '../../core/errors.ts';
import { type BusClock, sleep } from '../clock.ts';

/** s that a program that stands still has to go on before a robot is not activated for it. */
const PATIENCE = 1;
/** s between looks at it. */
const LOOK = 0.01;

/** The controlling process as its bridge hears it: the newest command and the beat of its main thread. Times in s. */
export class Controller {
  readonly #clock: BusClock;
  #command: Float64Array | null = null;
  #commandAt: number | null = null;
  #onCommand: (() => void) | undefined;
  #beat: number | undefined;
  #beatAt = 0;

  constructor(clock: BusClock) {
    this.#clock = clock;
  }

  /** The newest [J], units of `Actuator`. */
  get command(): Float64Array | null {
    return this.#command;
  }

  /** When it came; null while none is owed. */
  get commandAt(): number | null {
    return this.#commandAt;
  }

  /** When the beat last changed. */
  get beatAt(): number {
    return this.#beatAt;
  }

  /** A robot was activated: none has come yet, and beats are awaited from now on. */
  begin(): void {
    this.forget();
    this.#beatAt = this.#clock.now();
  }

  /** @param beat counts what the controlling process's main thread does; it lives while this changes. */
  heartbeat(beat: number): void {
    if (beat === this.#beat) return;
    this.#beat = beat;
    this.#beatAt = this.#clock.now();
  }

  take(command: Float64Array): void {
    this.#command = command;
    this.#commandAt = this.#clock.now();
    this.#onCommand?.();
  }

  /** What came is no command [J]: it is NaN from now on, and one is owed as before. */
  refuse(joints: number): void {
    this.#command = new Float64Array(joints).fill(Number.NaN);
    this.#commandAt ??= this.#clock.now();
  }

  forget(): void {
    [this.#command, this.#commandAt] = [null, null];
  }

  /** Resolves at the next command, at `until`, or when it is given up. */
  next(until: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.at(until, () => done());
      const done = () => {
        cancel();
        this.#onCommand = undefined;
        resolve();
      };
      this.#onCommand = done;
    });
  }

  /** Nobody waits for a command any more. */
  giveUp(): void {
    this.forget();
    this.#onCommand?.();
  }

  /** Nobody leads a robot whose program stands still. @param limit s without a beat. @throws RobotFault */
  async alive(limit: number): Promise<void> {
    if (this.#beat === undefined) return;
    const clock = this.#clock;
    const begun = clock.now();
    while (clock.now() - this.#beatAt > limit) {
      if (clock.now() - begun > PATIENCE)
        throw new RobotFault('the controlling program stands still', { passing: true });
      await sleep(clock, LOOK);
    }
  }
}

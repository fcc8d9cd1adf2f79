import type { StopHow, StopPolicy } from '../../core/hardware.ts';
import type { StopReport } from '../../core/lifecycle.ts';
import { type BusClock, sleep } from '../clock.ts';
import type { Driver } from '../driver.ts';
import type { BridgeLoop } from './bridge-loop.ts';
import { stopVerified } from './stop-verified.ts';

/** s that a command under way is waited for, so that it cannot overtake a stop. */
const PATIENCE = 1;

export interface SafeStopOptions {
  readonly driver: Driver;
  readonly clock: BusClock;
  readonly policy: StopPolicy;
  /** Nothing was commanded, so nothing is stopped. */
  readonly dryRun: boolean;
  /** Held while a stop is on its way. */
  readonly loop: Pick<BridgeLoop, 'hold' | 'resume'>;
  readonly atRest: () => boolean;
  /** Hears that `last` has changed. */
  readonly changed: () => void;
}

/**
 * Stops a robot as its policy says, or as asked: at once whatever it is doing, verified, one stop after the other; and
 * releases it later where the policy wants that.
 */
export class SafeStop {
  readonly #options: SafeStopOptions;
  #last: StopReport | null = null;
  #generation = 0;
  #powered = false;
  /** A driver's `activate` or `write` that is under way. */
  #moving: Promise<void> | undefined;
  #stopping: Promise<StopReport | null> = Promise.resolve(null);
  #cancelRelease: (() => void) | undefined;
  /** When a torque that waits to be released goes off, s; null: none does. */
  #releaseAt: number | null = null;
  #releasing: Promise<void> = Promise.resolve();

  constructor(options: SafeStopOptions) {
    this.#options = options;
  }

  /** What the newest stop or release verified; null before the first, while one is on its way, and once it may move again. */
  get last(): StopReport | null {
    return this.#last;
  }

  /** Grows with every stop: what was begun before it must not go on. */
  get generation(): number {
    return this.#generation;
  }

  /** It may hold: it was activated, and has not verifiably been released since. */
  get powered(): boolean {
    return this.#powered;
  }

  /** Whether the driver is just told to move. */
  get moving(): boolean {
    return this.#moving !== undefined;
  }

  /** Resolves when the stops that are on their way are verified or given up; null: there was none yet. */
  get settled(): Promise<StopReport | null> {
    return this.#stopping;
  }

  /** Resolves when no stop is on its way and a torque that the policy releases is off, or stays on. */
  async released(): Promise<void> {
    let stopping: Promise<unknown>;
    let releasing: Promise<void>;
    do {
      [stopping, releasing] = [this.#stopping, this.#releasing];
      await stopping;
      await releasing;
      // A robot that holds may be stopped anew before its torque goes off.
    } while (stopping !== this.#stopping || releasing !== this.#releasing);
  }

  /** What was begun and has not moved anything yet must not go on; what stands stays as it is. */
  revoke(): void {
    this.#generation++;
  }

  /** Every call of the driver that may move something goes through here. */
  async moves(work: () => Promise<void>): Promise<void> {
    let settle = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#moving = settled;
    this.#powered = true;
    try {
      await work();
    } finally {
      if (this.#moving === settled) this.#moving = undefined;
      settle();
    }
  }

  /** @param how undefined: as the policy says. */
  begin(how: StopHow | undefined): Promise<StopReport> {
    const { clock, loop, policy, dryRun, changed } = this.#options;
    const { release } = policy;
    this.revoke();
    const due = this.#releaseAt ?? Infinity;
    this.forget();
    const moving = this.#moving;
    loop.hold();
    const stopping = this.#stopping.then(async () => {
      const stop = await this.#stop(how ?? (release === 0 ? 'release' : 'hold'), moving);
      this.#last = stop;
      loop.resume();
      if (!dryRun && how === undefined && release !== null && release > 0)
        this.#release(Math.min(due, clock.now() + release));
      changed();
      return stop;
    });
    this.#stopping = stopping;
    return stopping;
  }

  /** It is about to move or to be stopped anew: a release that is still to come does not, what was verified no longer holds. */
  forget(): void {
    this.#last = null;
    this.#releaseAt = null;
    this.#cancelRelease?.();
  }

  async #stop(how: StopHow, moving: Promise<void> | undefined): Promise<StopReport> {
    const { clock, dryRun, atRest } = this.#options;
    if (dryRun) return { stopped: atRest(), how: 'dry run: nothing had been commanded' };
    const stop = await this.#verified(how);
    if (!moving) return stop;
    // A command that was under way may have overtaken it.
    await Promise.race([moving, sleep(clock, PATIENCE)]);
    return this.#verified(how);
  }

  async #verified(how: StopHow): Promise<StopReport> {
    const { driver, clock } = this.#options;
    const stop = await stopVerified(driver, how, clock);
    if (how === 'release' && stop.stopped) this.#powered = false;
    return stop;
  }

  /** @param due s */
  #release(due: number): void {
    const { clock, loop, changed } = this.#options;
    this.#releaseAt = due;
    this.#releasing = new Promise((resolve) => {
      const cancel = clock.at(due, () => {
        this.#cancelRelease = undefined;
        this.#releaseAt = null;
        // A stop like any other: what comes after waits for it, what was begun before does not go on.
        this.revoke();
        loop.hold();
        this.#stopping = this.#stopping.then(async () => {
          this.#last = await this.#verified('release');
          loop.resume();
          changed();
          resolve();
          return this.#last;
        });
      });
      this.#cancelRelease = () => {
        cancel();
        resolve();
      };
    });
  }
}

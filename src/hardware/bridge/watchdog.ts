import type { BusClock } from '../clock.ts';

/** s without a command, a heartbeat or an answer, unless a bridge is told another. */
export const WATCHDOG = 0.15;
/** How often it is looked, s. */
const LOOK = 0.01;
/** A look that comes so late shows that this process did not run, s; how long that is remembered, s. */
const LATE = 0.005;
const REMEMBERED = 5;
/** A jump of the clock of day against the monotonic one that means sleep, or that somebody set it, s. */
const CLOCK_JUMP = 0.5;

/** What a `Watchdog` watches; times in s of its clock. */
export interface Watched {
  /** False: nothing needs to be watched. */
  readonly active: boolean;
  /** When the newest command came; null while none is owed. */
  readonly commandAt: number | null;
  /** When the beat of the controlling process last changed. */
  readonly beatAt: number;
  /** When the cycle in progress began; null between cycles. */
  readonly cycleAt: number | null;
}

/**
 * Looks a hundred times a second whether everything that an active robot depends on still goes on, whatever its loop is
 * waiting for: commands, the controlling process, the driver, and time itself. The monotonic clock of Linux and macOS
 * stands still while a machine sleeps, so sleep shows as a jump of the clock of day; where it goes on, or when the
 * bridge's own process was halted, as a look that comes late.
 */
export class Watchdog {
  readonly #clock: BusClock;
  readonly #unix: () => number;
  readonly #limit: number;
  readonly #state: () => Watched;
  readonly #bark: (reason: string) => void;
  #looked: number;
  #offset: number;
  #cancel: (() => void) | undefined;
  /** When looks came late, and by how much, s. */
  readonly #late: { readonly at: number; readonly by: number }[] = [];

  /**
   * @param unix the clock of day, ms. @param limit s that each may be silent.
   * @param bark hears the reason, once a look.
   */
  constructor(
    clock: BusClock,
    unix: () => number,
    limit: number,
    state: () => Watched,
    bark: (reason: string) => void,
  ) {
    this.#clock = clock;
    this.#unix = unix;
    this.#limit = limit;
    this.#state = state;
    this.#bark = bark;
    this.#looked = clock.now();
    this.#offset = unix() / 1000 - this.#looked;
  }

  start(): void {
    this.stop();
    // What happened while nobody had to look, sleep among it, is nobody's fault.
    this.#looked = this.#clock.now();
    this.#offset = this.#unix() / 1000 - this.#looked;
    const next = () => {
      this.#cancel = this.#clock.at(this.#clock.now() + LOOK, () => {
        this.look();
        next();
      });
    };
    next();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** s since `since` for which this process did not run, as far as looks that came late show it. */
  stoodStill(since: number): number {
    return this.#late.reduce((sum, { at, by }) => (at > since ? sum + Math.min(by, at - since) : sum), 0);
  }

  /** Also called before a command is sent: nothing old goes out after a pause. False when it barked. */
  look(): boolean {
    const now = this.#clock.now();
    const still = now - this.#looked;
    const offset = this.#unix() / 1000 - now;
    const jump = offset - this.#offset;
    this.#looked = now;
    this.#offset = offset;
    if (still - LOOK > LATE) this.#late.push({ at: now, by: still - LOOK });
    while (this.#late[0]?.at < now - REMEMBERED) this.#late.shift();
    const state = this.#state();
    if (!state.active) return true;
    const reason = this.#reason(state, now, still, jump);
    if (reason === null) return true;
    this.#bark(reason);
    return false;
  }

  #reason({ commandAt, beatAt, cycleAt }: Watched, now: number, still: number, jump: number): string | null {
    const limit = this.#limit;
    if (Math.abs(jump) > CLOCK_JUMP)
      return `the clock jumped by ${jump.toFixed(1)} s: the computer slept, or its time was set`;
    if (still > limit) return `the bridge stood still for ${ms(still)}: the computer slept or is overloaded`;
    const unanswered = cycleAt === null ? 0 : now - cycleAt;
    if (unanswered > limit) return `the robot has not answered for ${ms(unanswered)}`;
    if (now - beatAt > limit) return `the controlling program has stood still for ${ms(now - beatAt)}`;
    // Nobody can answer a reading that does not come.
    if (commandAt !== null && now - commandAt > limit && unanswered < limit / 2)
      return `no command for ${ms(now - commandAt)}`;
    return null;
  }
}

const ms = (seconds: number) => `${Math.round(1000 * seconds)} ms`;

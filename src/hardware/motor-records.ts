import type { BusClock } from './clock.ts';
import type { Miss } from './line.ts';

/** How it goes with one motor. */
export interface MotorHealth {
  readonly answers: number;
  /** Immediate retries that it took; requests given up after them. */
  readonly retries: number;
  readonly misses: number;
  /** s of the bus's clock since when it has not answered; undefined when its last request was answered. */
  readonly missingSince?: number;
  readonly lastMiss?: Miss;
  /** What it was asked for in the newest request that it did not answer. */
  readonly missed?: string;
  /** Error byte of its newest status, and what it says. */
  readonly error: number;
  readonly errorText: string;
}

export type Health = { -readonly [K in keyof MotorHealth]: MotorHealth[K] };

export interface MotorRecordsOptions {
  readonly clock: BusClock;
  /** How often a motor is asked before a request is given up. */
  readonly tries: number;
  readonly nameOf: (id: number) => string | undefined;
}

/** What a bus knows of its motors' answers, and how their silence is put into words. */
export class MotorRecords {
  readonly #options: MotorRecordsOptions;
  readonly #health = new Map<number, Health>();

  constructor(options: MotorRecordsOptions) {
    this.#options = options;
  }

  of(id: number): Health {
    let health = this.#health.get(id);
    if (health === undefined) {
      health = { answers: 0, retries: 0, misses: 0, error: 0, errorText: '' };
      this.#health.set(id, health);
    }
    return health;
  }

  sum(count: 'retries' | 'misses'): number {
    return [...this.#health.values()].reduce((sum, health) => sum + health[count], 0);
  }

  /** A motor in words: `motor 3 (elbow_flex)`. */
  name(id: number): string {
    const name = this.#options.nameOf(id);
    return name === undefined ? `motor ${id}` : `motor ${id} (${name})`;
  }

  /**
   * Why nothing is heard of these motors: who, what they were asked for, the cause. Several that are all silent have one
   * cause, the line. Undefined while one of them answers.
   */
  silence(ids: readonly number[]): string | undefined {
    const all = ids.map((id) => this.of(id));
    if (all.some(({ missingSince, missed }) => missingSince === undefined || missed === undefined))
      return undefined;
    return ids.length === 1
      ? this.silenceOf(ids[0], all[0].missed!)
      : `no motor answers: ${this.#missed(all[0], all[0].missed!)}; check the port's cable and the supply`;
  }

  /** The same of one motor that did not answer `what`. */
  silenceOf(id: number, what: string): string {
    const health = this.of(id);
    const advice =
      (health.lastMiss ?? 'no answer') === 'no answer'
        ? 'check its power, cable, id and baud'
        : 'check the cable, and that no two motors have this id';
    return `${this.name(id)}: ${this.#missed(health, what)}; ${advice}`;
  }

  #missed({ missingSince, lastMiss = 'no answer' }: MotorHealth, what: string): string {
    const { clock, tries } = this.#options;
    const now = clock.now();
    const waited = now - (missingSince ?? now);
    const since = waited > 0 ? ` for ${waited.toFixed(2)} s` : '';
    return `${what}: ${lastMiss}${since}, ${tries} tries each`;
  }
}

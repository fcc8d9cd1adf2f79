import type { Exchange, HardwareReport } from '../core/hardware.ts';
import { type Clock, LatestWins } from './clock.ts';
import type { Outlet } from './outlet.ts';
import { type ExchangeMessage, type HardwareMessage, topics } from './wire.ts';

/** NaN goes over the wire as null. */
export function exchangeMessage(epoch: number, exchange: Exchange): ExchangeMessage {
  const { cycle, count, began, readAt, sentAt, limited } = exchange;
  return {
    ...{ epoch, cycle, ...(count !== undefined && { count }), began, readAt, sentAt },
    position: Array.from(exchange.position),
    velocity: Array.from(exchange.velocity),
    effort: Array.from(exchange.effort),
    asked: Array.from(exchange.asked),
    sent: Array.from(exchange.sent),
    limited,
  };
}

/** Tells how a real robot is, and since when; another lifecycle or fault at once, all else at a pace. */
export class HardwareReports {
  readonly #outlet: Outlet;
  readonly #clock: Clock;
  readonly #paced: LatestWins<HardwareMessage>;
  #state = '';
  /** s since the Unix epoch. */
  #since = 0;

  /** @param interval ms between reports of no change at least */
  constructor(outlet: Outlet, clock: Clock, interval: number) {
    this.#outlet = outlet;
    this.#clock = clock;
    this.#paced = new LatestWins(clock, interval, (message) => this.#publish(message));
  }

  hear(report: HardwareReport): void {
    const state = `${report.lifecycle} ${report.fault}`;
    if (state === this.#state) {
      this.#paced.push({ ...report, since: this.#since });
      return;
    }
    this.#state = state;
    this.#since = this.#clock.now() / 1000;
    this.#paced.clear();
    this.#publish({ ...report, since: this.#since });
  }

  /** Tells no more of what waits. */
  close(): void {
    this.#paced.clear();
  }

  #publish(message: HardwareMessage): void {
    this.#outlet.publish(topics.hardware, () => message);
  }
}

import type { Exchange, HardwareReport } from '../core/hardware.ts';
import type { ExchangeMessage, HardwareMessage } from './wire.ts';

/** NaN goes over the wire as null. */
export function exchangeMessage(epoch: number, exchange: Exchange): ExchangeMessage {
  const { cycle, began, readAt, sentAt, limited } = exchange;
  return {
    ...{ epoch, cycle, began, readAt, sentAt },
    position: Array.from(exchange.position),
    velocity: Array.from(exchange.velocity),
    effort: Array.from(exchange.effort),
    asked: Array.from(exchange.asked),
    sent: Array.from(exchange.sent),
    limited,
  };
}

/** Knows since when a robot has been as it is. */
export class HardwareHistory {
  #state = '';
  #since = 0;

  /** @param now ms since the Unix epoch. Tells whether lifecycle or fault are other than before, too. */
  hear(
    report: HardwareReport,
    now: number,
  ): { readonly message: HardwareMessage; readonly changed: boolean } {
    const state = `${report.lifecycle} ${report.fault}`;
    const changed = state !== this.#state;
    if (changed) {
      this.#state = state;
      this.#since = now / 1000;
    }
    return { message: { ...report, since: this.#since }, changed };
  }
}

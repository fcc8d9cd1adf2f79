import type { BusClock } from '../clock.ts';
import type { Driver } from '../driver.ts';
import type { Told } from './messages.ts';
import type { Safety } from './safety.ts';

/** What a bridge is made of; tests put a robot and a time of their own there. */
export interface BridgeParts {
  readonly driver: Driver;
  readonly safety: Safety;
  readonly clock: BusClock;
  /** The clock of day, ms. */
  readonly unix: () => number;
  /** What the machine's monotonic clock shows when `clock` shows 0, ms. */
  readonly origin: number;
  readonly tell: (message: Told) => void;
}

/** A time of the bridge's clock, s, on the machine's monotonic clock, ms. */
export function machineTime({ origin }: Pick<BridgeParts, 'origin'>, time: number): number {
  return origin + 1000 * time;
}

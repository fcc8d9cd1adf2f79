import type { CommandLimiter } from '../../control/command-limiter.ts';
import type { SafetyTrips } from '../../control/safety-trips.ts';
import type { PathGuard } from '../path-guard.ts';

/** What a bridge asks before it sends a command, and whether to send one at all. */
export interface Safety {
  readonly limiter: Pick<CommandLimiter, 'reset' | 'limit' | 'withdraw'>;
  readonly trips: Pick<SafetyTrips, 'reset' | 'check' | 'checkHolding'>;
  readonly guard: Guard;
}

export type Guard = Pick<PathGuard, 'check'>;

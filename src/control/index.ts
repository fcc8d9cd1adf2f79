export type { LoopClock } from './clock.ts';
export { DelayEstimate, type DelayEstimateOptions } from './delay.ts';
export { Ladder, type LadderOptions } from './ladder.ts';
export { LatestSlot } from './latest.ts';
export { FixedRate, type Tick } from './loop.ts';
export { actionNearest, SafeAction, safeCommand } from './safe-action.ts';
export { decodePlan, encodePlan, planMessageSize, type TimedPlan } from './timed-plan.ts';
export { TimingMeter } from './timing.ts';

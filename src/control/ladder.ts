import { actionAt } from '../core/plan.ts';
import type { Rung } from '../core/telemetry.ts';
import type { TimedPlan } from './timed-plan.ts';

export interface LadderOptions {
  /** All in s. */
  readonly controlPeriod: number;
  readonly holdTime: number;
  readonly decayTime: number;
  readonly actionSize: number;
}

/** Times are sums of periods and carry rounding, s. */
const EPSILON = 1e-6;

/**
 * What a control tick acts on when plans come late: the newest plan that has begun; when that has ended, its last action
 * for `holdTime`; then the way to the robot's safe action, in a straight line over `decayTime`; then that action, with
 * the plant stopped. A plan that arrives brings it back up from any rung. Times are s since reset.
 */
export class Ladder {
  readonly #options: LadderOptions;
  /** In the order of their arrival. */
  #plans: { readonly plan: TimedPlan; readonly arrived: number }[] = [];
  readonly #last: Float32Array<ArrayBuffer>;

  constructor(options: LadderOptions) {
    this.#options = options;
    this.#last = new Float32Array(options.actionSize);
  }

  reset(): void {
    this.#plans = [];
  }

  /** @param arrived from then on it can be acted on; may lie ahead. */
  accept(plan: TimedPlan, arrived: number): void {
    this.#plans.push({ plan, arrived });
  }

  /** The plan that a tick at `time` acts on, or that has ended last; null before the first. */
  inForce(time: number): TimedPlan | null {
    return this.#plans[this.#newest(time)]?.plan ?? null;
  }

  /**
   * Writes the action [A] of the tick at `time`; ticks come in order. @param safe the action [A] that comes nearest to
   * the robot's safe command.
   */
  tick(time: number, safe: ArrayLike<number>, out: Float32Array<ArrayBuffer>): Rung {
    this.forget(time);
    return this.#decide(time, safe, out);
  }

  /** Drops the plans that no tick from `time` on acts on. */
  forget(time: number): void {
    const newest = this.#newest(time);
    if (newest > 0) this.#plans.splice(0, newest);
  }

  /** Actions [ticks × A] from `time` on if no further plan comes, and `safe` stays what it is. */
  foresee(time: number, ticks: number, safe: ArrayLike<number>): Float32Array {
    const { actionSize, controlPeriod } = this.#options;
    const actions = new Float32Array(ticks * actionSize);
    for (let t = 0; t < ticks; t++)
      this.#decide(time + t * controlPeriod, safe, actions.subarray(t * actionSize, (t + 1) * actionSize));
    return actions;
  }

  #newest(time: number): number {
    return this.#plans.findLastIndex(
      ({ plan, arrived }) => arrived <= time + EPSILON && plan.plan.startTime <= time + EPSILON,
    );
  }

  #decide(time: number, safe: ArrayLike<number>, out: Float32Array<ArrayBuffer>): Rung {
    const { controlPeriod, holdTime, decayTime } = this.#options;
    const held = this.inForce(time);
    if (held && time < held.end - EPSILON) {
      actionAt(held.plan, time, out);
      return time < held.fresh - EPSILON ? 'plan' : 'old-plan';
    }
    const last = this.#last;
    if (held) actionAt(held.plan, held.end - controlPeriod, last);
    else last.set(safe);
    const without = time - (held ? held.end : 0);
    if (without < holdTime - EPSILON) {
      out.set(last);
      return 'hold';
    }
    // The first tick of the way makes its first step, the last one arrives.
    const share = decayTime === 0 ? 1 : (without - holdTime + controlPeriod) / decayTime;
    for (let a = 0; a < out.length; a++) out[a] = last[a] + (safe[a] - last[a]) * Math.min(1, share);
    return without < holdTime + decayTime - EPSILON ? 'decay' : 'stop';
  }
}

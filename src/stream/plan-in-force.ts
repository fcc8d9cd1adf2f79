import type { Rung, TelemetryEvent } from '../core/telemetry.ts';
import type { Kinematics } from '../robot/kinematics.ts';
import { believedPosition, tipDistance } from './belief.ts';
import { type Clock, LatestWins } from './clock.ts';
import { deletion, micro } from './messages.ts';
import type { Outlet } from './outlet.ts';
import { imaginedUpdate, planUpdate } from './plan-scene.ts';
import { type BeliefMessage, ladder, starving, topics } from './wire.ts';

type Plan = Extract<TelemetryEvent, { type: 'plan' }>;
type Pose = Extract<TelemetryEvent, { type: 'pose' }>;

/** Draws the plan that is due, and says where it believes the robot to be; neither while ticks act without a plan. */
export class PlanInForce {
  /** Between a plan's steps, s; undefined before a run has begun. */
  controlPeriod: number | undefined;
  readonly #outlet: Outlet;
  readonly #clock: Clock;
  readonly #kinematics: Kinematics;
  readonly #drawing: LatestWins<Plan>;
  #plan: Plan | undefined;
  #starved = false;
  #believing = false;

  /** @param interval ms between drawings at least */
  constructor(outlet: Outlet, clock: Clock, kinematics: Kinematics, interval: number) {
    this.#outlet = outlet;
    this.#clock = clock;
    this.#kinematics = kinematics;
    this.#drawing = new LatestWins(clock, interval, (plan) => this.#draw(plan));
  }

  /** Another episode, which begins without a plan. */
  restart(epoch: number): void {
    this.#plan = undefined;
    this.#starved = false;
    this.#takeAway(epoch, 0);
  }

  /** From now on this one is due. */
  begin(plan: Plan): void {
    this.#plan = plan;
    if (!this.#starved) this.#drawing.push(plan);
  }

  /**
   * What a tick acts on: a plan that has ended is no longer drawn, and one that begins while nothing acts on it not yet.
   * @param time of the pose shown, plant s since reset
   */
  actOn(rung: Rung, epoch: number, time: number): void {
    const starved = ladder.indexOf(rung) >= starving;
    if (starved === this.#starved) return;
    this.#starved = starved;
    if (starved) this.#takeAway(epoch, time);
    else if (this.#plan) this.#drawing.push(this.#plan);
  }

  /** Says where the plan believes the robot to be while it is at a pose. */
  believe({ epoch, time, position }: Pose): void {
    const plan = this.#starved ? undefined : this.#plan;
    const believed = plan && this.controlPeriod && believedPosition(plan, this.controlPeriod, time);
    if (!plan || !believed) {
      this.#believeNothing(epoch, time);
      return;
    }
    this.#believing = true;
    this.#outlet.publish(
      topics.belief,
      (): BeliefMessage => ({
        ...{ epoch, time, planTime: plan.time, position: Array.from(believed, micro) },
        tipError: tipDistance(this.#kinematics, believed, position),
      }),
    );
  }

  /** Draws no more of what waits. */
  close(): void {
    this.#drawing.clear();
  }

  #draw(plan: Plan): void {
    const now = this.#clock.now();
    const horizon = (plan.disagreement.length - 1) * (this.controlPeriod ?? 0);
    this.#outlet.publish(topics.plan, () => planUpdate(this.#kinematics, plan, now));
    this.#outlet.publish(topics.imagined, () => imaginedUpdate(this.#kinematics, plan, horizon, now));
  }

  #takeAway(epoch: number, time: number): void {
    this.#drawing.clear();
    const now = this.#clock.now();
    this.#outlet.publish(topics.plan, () => deletion('plan', now));
    this.#outlet.publish(topics.imagined, () => deletion('imagined', now));
    this.#believeNothing(epoch, time);
  }

  /** Silence where there was no belief. */
  #believeNothing(epoch: number, time: number): void {
    if (!this.#believing) return;
    this.#believing = false;
    const message: BeliefMessage = { epoch, time, planTime: null, position: null, tipError: null };
    this.#outlet.publish(topics.belief, () => message);
  }
}

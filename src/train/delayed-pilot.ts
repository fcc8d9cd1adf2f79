import { DelayEstimate, Ladder, SafeAction, TimingMeter } from '../control/index.ts';
import { stateOf } from '../core/channel.ts';
import type { Plan } from '../core/plan.ts';
import type { TimingReport } from '../core/telemetry.ts';
import type { Decision, Pilot } from './pilot.ts';
import type { Session } from './session.ts';

/** Times are sums of periods and carry rounding, s. */
const EPSILON = 1e-6;

/**
 * A planner that takes `delayMs`, on the simulator's clock: as in real time it makes one plan after another, each from
 * the newest observation when it begins; a plan takes effect at the first tick after it is there. The plant never waits,
 * but for the first plan, with which an episode begins. Nothing here reads a clock: same seed, same bits.
 *
 * With `control.compensate` a plan begins where the actions on their way until then will have led, else as though no
 * time had passed.
 */
export class DelayedPilot implements Pilot {
  readonly #session: Session;
  readonly #explore: boolean;
  readonly #ladder: Ladder;
  readonly #meter = new TimingMeter();
  readonly #safe: SafeAction;
  readonly #reading: Float32Array;
  readonly #state: Float32Array<ArrayBuffer>;
  readonly #estimate: DelayEstimate;
  /** When the planner can begin again, s. */
  #free = 0;
  /** Tick at which the last plan begins, by its own account. */
  #begins = 0;

  constructor(session: Session, explore: boolean) {
    const { env, control } = { env: session.env, control: session.controlConfig };
    const { controlPeriod, action, layout } = env.spec;
    const { holdTime, decayTime, delayPercentile: percentile, delayWindow: window } = control;
    this.#session = session;
    this.#explore = explore;
    this.#ladder = new Ladder({ controlPeriod, holdTime, decayTime, actionSize: action.low.length });
    this.#safe = new SafeAction(env.plant.spec, env.instance.action, controlPeriod);
    this.#reading = new Float32Array(env.plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
    this.#state = new Float32Array(layout.stateSize);
    this.#estimate = new DelayEstimate({ percentile, window });
    this.#estimate.add(session.delayMs);
  }

  get timing(): TimingReport {
    return this.#meter.report;
  }

  async decide(observation: Float32Array, tick: number): Promise<Decision> {
    const { env, agent } = this.#session;
    const { controlPeriod, layout, action: space } = env.spec;
    const time = tick * controlPeriod;
    if (!agent.plansAhead) {
      const [action] = await agent.act([observation], { first: [tick === 0], explore: this.#explore });
      return this.#tell({ action, plan: null, made: [], rung: 'plan' }, null);
    }
    env.plant.read(this.#reading);
    const safe = this.#safe.at(this.#reading, stateOf(layout, observation, this.#state));
    const made: Plan[] = [];
    if (tick === 0) made.push(await this.#plan(observation, 0, { begins: 0, arrived: 0, pending: null }));
    // The planner's next turn comes before the next tick.
    if (this.#free < time + controlPeriod - EPSILON) {
      const begun = Math.max(this.#free, time);
      const arrived = begun + this.#session.delayMs / 1000;
      const effective = Math.max(
        tick + (arrived > time ? 1 : 0),
        Math.ceil(arrived / controlPeriod - EPSILON),
      );
      const begins = this.#session.controlConfig.compensate ? effective : tick;
      const pending = this.#ladder.foresee(time, begins - tick, safe);
      made.push(await this.#plan(observation, tick, { begins, arrived, pending }));
      this.#free = arrived;
    }
    const action = new Float32Array(space.low.length);
    const rung = this.#ladder.tick(time, safe, action);
    const held = this.#ladder.inForce(time);
    const age = held?.observed == null ? null : Math.max(0, 1000 * (time - held.observed));
    return this.#tell({ action, plan: held?.plan ?? null, made, rung }, age);
  }

  #tell(decision: Decision, planAge: number | null): Decision {
    const delay = this.#session.controlConfig.compensate ? this.#estimate.value : 0;
    const timing = { rung: decision.rung, planAge, lateness: 0, delay };
    this.#meter.tick(timing, 0);
    return { ...decision, timing };
  }

  /** @param when tick at which the plan begins by its own account, and when it is there, s */
  async #plan(
    observation: Float32Array,
    tick: number,
    when: { begins: number; arrived: number; pending: Float32Array | null },
  ): Promise<Plan> {
    const { agent, env, horizon } = this.#session;
    const { controlPeriod } = env.spec;
    const first = when.pending === null;
    await agent.act([observation], {
      first: [first],
      explore: this.#explore,
      pending: [when.pending ?? new Float32Array(0)],
      shift: [when.begins - this.#begins],
    });
    this.#begins = when.begins;
    const effective = Math.max(when.begins, Math.ceil(when.arrived / controlPeriod - EPSILON));
    const startTime = effective * controlPeriod;
    const plan = { ...agent.plans[0], startTime };
    const times = { observed: tick * controlPeriod, end: startTime + horizon * controlPeriod };
    this.#ladder.accept({ plan, ...times, fresh: startTime + controlPeriod }, when.arrived);
    this.#meter.plan(1000 * (when.arrived - when.begins * controlPeriod));
    return plan;
  }
}

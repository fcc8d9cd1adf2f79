import type { Plan } from '../core/plan.ts';
import type { Rung, TickTiming, TimingReport } from '../core/telemetry.ts';
import type { Session } from './session.ts';

/** What a control tick does, and why. */
export interface Decision {
  /** [A]; may lie outside the action space. */
  readonly action: Float32Array;
  /** The plan in force; null where nobody planned. */
  readonly plan: Plan | null;
  /** The plans that were made from this tick's observation, in order. */
  readonly made: readonly Plan[];
  readonly rung: Rung;
  readonly timing?: TickTiming;
}

/** Decides the ticks of one episode. */
export interface Pilot {
  /** @param tick from 0; ticks come in order. */
  decide(observation: Float32Array, tick: number): Promise<Decision>;
  readonly timing: TimingReport | undefined;
}

/** In lockstep: the plant waits for each plan, and the plan acts at once. */
export class LockstepPilot implements Pilot {
  readonly timing = undefined;
  readonly #session: Session;
  readonly #explore: boolean;

  constructor(session: Session, explore: boolean) {
    this.#session = session;
    this.#explore = explore;
  }

  async decide(observation: Float32Array, tick: number): Promise<Decision> {
    const { agent, env } = this.#session;
    const [action] = await agent.act([observation], { first: [tick === 0], explore: this.#explore });
    const [made] = agent.plans;
    const plan = made ? { ...made, startTime: tick * env.spec.controlPeriod } : null;
    return { action, plan, made: plan ? [plan] : [], rung: 'plan' };
  }
}

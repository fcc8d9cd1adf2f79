import type { Transition } from '../core/agent.ts';
import { stateOf } from '../core/channel.ts';
import type { StepRecord } from '../core/run-store.ts';
import { clampToBox } from '../core/space.ts';
import type { Percentiles } from '../core/telemetry.ts';
import { percentilesOf } from './percentiles.ts';
import type { Session } from './session.ts';

export interface Episode {
  readonly transitions: readonly Transition[];
  readonly steps: readonly StepRecord[];
  readonly return: number;
  readonly terminated: boolean;
  readonly success: boolean | null;
  readonly planMs: Percentiles | null;
  readonly late: number;
  /** Spent on fits within the episode. */
  readonly fitSeconds: number;
}

/** Plan events at most this often, ms. */
const PLAN_INTERVAL = 40;

/**
 * One episode of the session's agent in its environment. Returns null when the person stopped the run; when they
 * asked for a reset, the episode is begun anew from the same start.
 */
export async function runEpisode(
  session: Session,
  trial: number,
  start: { readonly seed: number; readonly episode: number },
  purpose: 'learn' | 'act',
): Promise<Episode | null> {
  for (;;) {
    const episode = await attempt(session, trial, start, purpose);
    if (episode !== 'reset') return episode;
  }
}

async function attempt(
  session: Session,
  trial: number,
  start: { readonly seed: number; readonly episode: number },
  purpose: 'learn' | 'act',
): Promise<Episode | null | 'reset'> {
  const { env, agent, telemetry, control, pace, clock } = session;
  const { controlPeriod, layout, action: space } = env.spec;
  const epoch = ++session.epoch;
  session.poseEpoch = epoch;
  const { observation: initial } = await env.reset(start);
  telemetry.emit({ type: 'reset', epoch, trial, markers: env.instance.markers?.(env.goal) ?? [] });
  telemetry.emit({ type: 'activity', activity: 'acting' });
  pace.restart();

  const transitions: Transition[] = [];
  const steps: StepRecord[] = [];
  const planTimes: number[] = [];
  let observation = initial;
  let total = 0;
  let late = 0;
  let fitSeconds = 0;
  let lastPlanEvent = -Infinity;
  for (let step = 1; ; step++) {
    if (control.paused) telemetry.emit({ type: 'activity', activity: 'paused' });
    const wasPaused = control.paused;
    await control.gate();
    if (control.stopping) return null;
    if (control.takeReset()) {
      if (purpose === 'learn' && step > 1) agent.forgetEpisode();
      return 'reset';
    }
    if (wasPaused && !control.paused) telemetry.emit({ type: 'activity', activity: 'acting' });

    const [wanted] = await agent.act([observation], { first: [step === 1], explore: purpose === 'learn' });
    const action = clampToBox(space, wanted);
    const plan = agent.plans[0];
    const time = (step - 1) * controlPeriod;
    if (plan) {
      planTimes.push(plan.milliseconds);
      if (plan.milliseconds > controlPeriod * 1000) late++;
      if (plan.invalid > 0) {
        telemetry.emit({
          type: 'log',
          level: 'warning',
          message: `step ${step}: ${plan.invalid} candidates had no finite return`,
        });
      }
    }
    if (session.imagination && plan && clock() - lastPlanEvent >= PLAN_INTERVAL) {
      lastPlanEvent = clock();
      const imagined = await agent.imagine();
      if (imagined) {
        const present = stateOf(layout, observation);
        telemetry.emit(
          session.imagination.describe(present, imagined.states, imagined.particles, { epoch, time }),
        );
      }
    }
    await pace.until(time);
    const result = await env.step(action);
    total += result.reward;
    const transition = {
      observation,
      action,
      reward: result.reward,
      next: result.observation,
      terminated: result.terminated,
    };
    transitions.push(transition);
    if (purpose === 'learn') agent.observe([transition], step === 1);
    steps.push({
      trial,
      step,
      reward: result.reward,
      action: Array.from(action),
      observation: Array.from(result.observation),
      expectedReturn: plan ? finiteOrNull(plan.expectedReturn) : null,
    });
    telemetry.emit({
      type: 'step',
      epoch,
      trial,
      step,
      time: step * controlPeriod,
      observation: result.observation,
      action,
      reward: result.reward,
      terms: env.terms,
      return: total,
      planMs: plan?.milliseconds ?? null,
      expectedReturn: plan ? finiteOrNull(plan.expectedReturn) : null,
    });
    observation = result.observation;
    if (result.terminated || result.truncated) {
      const { success } = result.info;
      return {
        transitions,
        steps,
        return: total,
        terminated: result.terminated,
        success: typeof success === 'boolean' ? success : null,
        planMs: percentilesOf(planTimes),
        late,
        fitSeconds,
      };
    }
    if (purpose === 'learn') fitSeconds += await learn(session, 'step');
  }
}

/** Lets the agent learn if it wants to; returns the seconds it took. */
export async function learn(
  { agent, telemetry, clock }: Session,
  moment: 'step' | 'episodeEnd',
): Promise<number> {
  const started = clock();
  const before = agent.ensemble.fits;
  await agent.learn(moment);
  if (agent.ensemble.fits === before) return 0;
  if (agent.report) telemetry.emit({ type: 'fit', report: agent.report });
  if (moment === 'step') telemetry.emit({ type: 'activity', activity: 'acting' });
  return (clock() - started) / 1000;
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

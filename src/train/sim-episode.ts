import type { Transition } from '../core/agent.ts';
import { stateOf } from '../core/channel.ts';
import type { StepRecord } from '../core/run-store.ts';
import { clampToBox } from '../core/space.ts';
import { DelayedPilot } from './delayed-pilot.ts';
import { type Episode, finiteOrNull, PLAN_INTERVAL, warnOfInvalid } from './episode-parts.ts';
import { learn } from './learn.ts';
import { percentilesOf } from './percentiles.ts';
import { LockstepPilot, type Pilot } from './pilot.ts';
import type { EpisodeKey } from './plant-thread.ts';
import type { Session } from './session.ts';

/** One episode on the simulator's clock: the plant waits for the agent, or for a planner of modelled delay. */
export async function attemptOnSimClock(
  session: Session,
  trial: number,
  start: EpisodeKey,
  purpose: 'learn' | 'act',
): Promise<Episode | null | 'reset'> {
  const { env, agent, telemetry, control, pace, clock } = session;
  const { controlPeriod, layout, action: space } = env.spec;
  const explore = purpose === 'learn';
  const pilot: Pilot =
    session.delayMs > 0 ? new DelayedPilot(session, explore) : new LockstepPilot(session, explore);
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

    const { action: wanted, plan, made, rung, timing } = await pilot.decide(observation, step - 1);
    const action = clampToBox(space, wanted);
    const time = (step - 1) * controlPeriod;
    for (const each of made) {
      planTimes.push(each.milliseconds);
      if (each.milliseconds > controlPeriod * 1000) late++;
      warnOfInvalid(session, each, step);
    }
    // The agent imagines its newest plan.
    const newest = made.at(-1);
    if (session.imagination && newest && clock() - lastPlanEvent >= PLAN_INTERVAL) {
      lastPlanEvent = clock();
      const imagined = await agent.imagine();
      if (imagined) {
        const from = newest.startTime > time ? newest.startState : stateOf(layout, observation);
        const when = { epoch, time: newest.startTime };
        telemetry.emit(session.imagination.describe(from, imagined.states, imagined.particles, when));
      }
    }
    await pace.until(time);
    const result = rung === 'stop' ? await env.rest(action) : await env.step(action);
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
      ...(made.length > 0 &&
        session.budget.milliseconds !== undefined && { evaluations: made[0].evaluations }),
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
      ...(timing && { timing }),
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
        timing: pilot.timing,
      };
    }
    if (purpose === 'learn') fitSeconds += await learn(session, 'step');
  }
}

import { expect, it } from 'vitest';
import { type TimedPlan, TimingMeter } from '#src/control/index';
import type { ActOptions } from '#src/core/agent';
import type { ControlConfig } from '#src/core/config';
import { CommandControl } from '#src/core/run-control';
import { runEpisode } from '#src/train/episode';
import type { ExecutedStep, PlantThread } from '#src/train/plant-thread';
import { PERIOD, ToyAgent, toySession } from './toy.ts';

const STEPS = 60;
const TICK = 1000 * PERIOD;

/** A plan that was posted: from the observation of which tick, for which one, with how many actions on their way. */
interface Posted {
  readonly tick: number;
  readonly begins: number;
  readonly pending: number;
  readonly shift: number;
}

/** An episode beside a plant that ticks on a told clock, with plans that take so many ms, the last number on and on. */
async function plansOf(delays: readonly number[], control: Partial<ControlConfig> = {}): Promise<Posted[]> {
  let now = 5000;
  let start = 0;
  let finish = () => {};
  const newest = () => Math.floor((now - start) / TICK + 1e-9);
  const posted: TimedPlan[] = [];
  const observation = Float32Array.of(1);
  const safe = Float32Array.of(0);
  const plant: PlantThread = {
    now: () => now,
    begin: async () => ({ observation, safe }),
    go(onStep) {
      start = now;
      const step: ExecutedStep = {
        ...{ observation, action: safe, reward: 0, next: observation, terminated: false },
        ...{ expectedReturn: null, evaluations: null },
      };
      return new Promise((resolve) => {
        finish = () => {
          for (let i = 0; i < STEPS; i++) onStep(step);
          resolve({ aborted: false, terminated: false, success: null, timing: new TimingMeter().report });
        };
      });
    },
    async observationAfter(tick) {
      now = Math.max(now, start + (tick + 1) * TICK);
      if (newest() < STEPS) return { tick: newest(), due: start + newest() * TICK, observation, safe };
      finish();
      return null;
    },
    get tick() {
      return newest();
    },
    post: (plan) => void posted.push(plan),
    ...{ speed: 1, setPaused() {}, step() {}, abort() {}, close: async () => {} },
  };
  class SlowAgent extends ToyAgent {
    override act(observations: readonly Float32Array[], options: ActOptions): Promise<Float32Array[]> {
      now += delays[Math.min(this.asked.length, delays.length - 1)];
      return super.act(observations, options);
    }
  }
  const agent = new SlowAgent();
  const { session } = toySession({ agent, episodeSteps: STEPS, control });
  Object.assign(session, { plant, control: new CommandControl(1) });
  await runEpisode(session, 1, { seed: 1, episode: 0 }, 'act');
  return posted.map(({ plan, observed }, i) => ({
    tick: Math.round((observed ?? 0) / PERIOD),
    begins: Math.round(plan.startTime / PERIOD),
    pending: agent.asked[i].pending?.[0].length ?? 0,
    shift: agent.asked[i].shift?.[0] ?? 0,
  }));
}

it('makes each plan for the tick at which it will be there, through the actions until then', async () => {
  const plans = await plansOf([30]);
  expect(plans.slice(0, 5)).toEqual([
    { tick: 0, begins: 0, pending: 0, shift: 0 },
    { tick: 0, begins: 2, pending: 2, shift: 2 },
    // There at 30 ms; the observation of 20 ms is 10 ms old, so its plan is there at 60 ms.
    { tick: 1, begins: 3, pending: 2, shift: 1 },
    { tick: 3, begins: 5, pending: 2, shift: 2 },
    { tick: 4, begins: 6, pending: 2, shift: 1 },
  ]);
});

it('comes back to the present when a plan that took long was the only one', async () => {
  const plans = await plansOf([300, 5]);
  // The first plan is all that is known when the second is made: 15 ticks.
  expect(plans.slice(1, 5)).toEqual([
    { tick: 0, begins: 15, pending: 15, shift: 15 },
    { tick: 1, begins: 2, pending: 1, shift: 0 },
    { tick: 2, begins: 3, pending: 1, shift: 1 },
    { tick: 3, begins: 4, pending: 1, shift: 1 },
  ]);
});

it('without compensation begins plans at the next tick as though no time had passed', async () => {
  const plans = await plansOf([30], { compensate: false });
  expect(plans.slice(1, 4)).toEqual([
    { tick: 0, begins: 2, pending: 0, shift: 0 },
    { tick: 1, begins: 4, pending: 0, shift: 1 },
    { tick: 3, begins: 5, pending: 0, shift: 2 },
  ]);
});

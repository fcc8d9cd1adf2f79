import { describe, expect, it } from 'vitest';
import type { ActOptions } from '#src/core/agent';
import type { ControlConfig } from '#src/core/config';
import { runEpisode } from '#src/train/episode';
import type { Episode } from '#src/train/episode-parts';
import { ladder, ToyAgent, type toyPlant, toySession } from './toy.ts';

const key = { seed: 1, episode: 0 };

async function episode(delayMs: number, control: Partial<ControlConfig> = {}, steps = 100) {
  const agent = new ToyAgent();
  const { session, events } = toySession({ agent, episodeSteps: steps, delayMs, control });
  const result = (await runEpisode(session, 1, key, 'learn')) as Episode;
  const timings = events.flatMap((event) => (event.type === 'step' ? [event.timing] : []));
  const { stops } = session.env.plant as ReturnType<typeof toyPlant>;
  return { result, agent, events, timings, stops, actions: result.steps.map(({ action }) => action[0]) };
}

describe('a planner of modelled delay', () => {
  it.each(ladder)(
    'of %i ms takes the ladder that is defined, and no tick away from the plant',
    async (delay, rungs) => {
      const { result, events, timings, stops } = await episode(delay);
      expect(result.timing?.rungs).toEqual(rungs);
      expect(stops).toBe(rungs.stop);
      expect(result.timing).toMatchObject({
        ...{ ticks: 100, missed: 0, delayMs: delay },
        starved: rungs.hold + rungs.decay + rungs.stop,
      });
      expect(events.filter(({ type }) => type === 'step')).toHaveLength(100);
      expect(result.transitions).toHaveLength(100);
      expect(timings.every((timing) => timing !== undefined)).toBe(true);
    },
  );

  it('shows how old the plan in force is', async () => {
    const { timings } = await episode(50);
    // The plan of tick 3 was begun at 0, that of tick 5 at 50 ms from the observation of 40 ms.
    const ages = timings.slice(0, 8).map((timing) => Math.round(timing?.planAge ?? -1));
    expect(ages).toEqual([0, 20, 40, 60, 80, 60, 80, 100]);
  });

  it('stops the plant at the foot of the ladder and lets the next plan bring it back', async () => {
    const { result, actions, timings } = await episode(1000);
    const rungAt = (tick: number) => timings[tick]?.rung;
    expect([9, 10, 15, 30, 49, 50].map(rungAt)).toEqual([
      ...['old-plan', 'hold', 'decay', 'stop', 'stop', 'plan'],
    ]);
    expect(actions[10]).toBe(actions[9]);
    expect(Math.abs(actions[20])).toBeLessThan(Math.abs(actions[15]));
    expect(actions.slice(30, 50).every((action) => action === 0)).toBe(true);
    expect(actions[50]).not.toBe(0);
    expect(result.timing?.planAgeMs?.max).toBeCloseTo(1980, 6);
  });

  it('with a perfect model and compensation drives as though there were no delay', async () => {
    const undelayed = await episode(0, {}, 60);
    for (const delay of [5, 30, 130]) {
      const delayed = await episode(delay, {}, 60);
      for (const [t, action] of delayed.actions.entries())
        expect(action).toBeCloseTo(undelayed.actions[t], 5);
    }
    const uncompensated = await episode(30, { compensate: false }, 60);
    expect(uncompensated.result.return).toBeLessThan(undelayed.result.return - 0.1);
  });

  it('rolls forward through what is on its way, and tells by how much plans move', async () => {
    const { agent, actions } = await episode(50, {}, 20);
    expect(agent.asked.slice(0, 5).map(({ pending }) => pending?.[0].length)).toEqual([0, 3, 3, 3, 3]);
    expect(agent.asked.slice(0, 5).map(({ shift }) => shift?.[0])).toEqual([0, 3, 2, 3, 2]);
    // Begun at 0: ticks 0, 1 and 2. Begun at 50 ms from tick 2: ticks 2, 3 and 4.
    expect(Array.from(agent.asked[1].pending?.[0] ?? [])).toEqual(actions.slice(0, 3));
    const [two, three, four] = Array.from(agent.asked[2].pending?.[0] ?? []);
    expect([two, three]).toEqual(actions.slice(2, 4));
    expect(four).toBeCloseTo(actions[4], 6);
  });

  it('gives what was executed to the learner, in order', async () => {
    const { agent, result } = await episode(1000);
    expect(agent.learned).toEqual(result.transitions);
    for (const [t, { action, observation }] of result.transitions.entries()) {
      expect(Array.from(action)).toEqual(result.steps[t].action);
      if (t > 0) expect(observation).toEqual(result.transitions[t - 1].next);
    }
  });

  it('leaves the random trial as it is', async () => {
    const agent = new ToyAgent();
    agent.plansAhead = false;
    const { session } = toySession({ agent, episodeSteps: 10, delayMs: 50 });
    const result = (await runEpisode(session, 1, key, 'learn')) as Episode;
    expect(agent.asked).toHaveLength(10);
    expect(result.timing).toMatchObject({ starved: 0, planAgeMs: null, rungs: { plan: 10 } });
  });
});

it('counts both plans that are made from the first observation, and tells what the newer one imagines', async () => {
  class SlowAgent extends ToyAgent {
    override async act(observations: readonly Float32Array[], options: ActOptions): Promise<Float32Array[]> {
      const actions = await super.act(observations, options);
      this.plans = this.plans.map((plan) => ({ ...plan, milliseconds: 30 }));
      return actions;
    }
    async imagine() {
      return { states: new Float32Array(), particles: 1 };
    }
  }
  const agent = new SlowAgent();
  const { session } = toySession({ agent, episodeSteps: 20, delayMs: 50 });
  const told: { from: number; time: number }[] = [];
  const describe = (
    from: Float32Array,
    _states: unknown,
    _particles: unknown,
    { time }: { time: number },
  ) => {
    told.push({ from: from[0], time });
    return { type: 'log', level: 'info', message: 'imagined' };
  };
  Object.assign(session, { imagination: { describe } });
  const { late, planMs } = (await runEpisode(session, 1, key, 'act')) as Episode;
  expect(late).toBe(agent.asked.length);
  expect(planMs?.max).toBe(30);
  // From tick 3 on, where three actions of the first plan will have led.
  expect(told).toEqual([{ from: expect.closeTo(0.55 ** 3, 5), time: expect.closeTo(0.06, 6) }]);
});

it('without a delay an episode reports no timing', async () => {
  const { result, timings } = await episode(0);
  expect(result.timing).toBeUndefined();
  expect(timings.some(Boolean)).toBe(false);
  expect(result.steps).toHaveLength(100);
});

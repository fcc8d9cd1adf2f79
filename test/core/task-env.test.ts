import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { channel } from '#src/core/channel';
import { InputError } from '#src/core/errors';
import type { Plant } from '#src/core/plant';
import { box } from '#src/core/space';
import { defineTask, type TaskInstance } from '#src/core/task';
import { TaskEnv } from '#src/core/task-env';

/** A cart that moves by its command each period; its reading is [speed, position]. */
function cart(): Plant {
  let position = 0;
  let command = 0;
  return {
    spec: {
      robot: { name: 'cart' } as Plant['spec']['robot'],
      channels: [channel('speed', 'm/s'), channel('position', 'm')],
      command: box(-2, 2),
    },
    lifecycle: 'active',
    reset: (state) => {
      position = state.position[0];
      command = 0;
    },
    read: (out) => {
      out[0] = command;
      out[1] = position;
      return 0;
    },
    write: (next) => {
      command = next[0];
    },
    advance: () => {
      position += command;
    },
    stop: () => ({ stopped: true, how: 'it stands' }),
    close: () => {},
    observePoses: () => {},
  };
}

const task = defineTask({
  name: 'reach-the-wall',
  summary: '',
  robots: 'any',
  controlPeriod: 0.1,
  episodeSteps: 4,
  planHorizon: 1,
  params: z.object({}),
  build: (): TaskInstance => ({
    observation: [channel('position', 'm'), channel('wall', 'm', { kind: 'goal' })],
    action: {
      space: box(-1, 1),
      toCommand(action, command) {
        command[0] = 2 * action[0];
      },
    },
    reset: (random) => ({ state: { position: [random.uniform(-0.5, 0.5)], velocity: [] }, goal: [3] }),
    reward: (s, a, next, goal) => goal[0] - next[0] + 100 * a[0] + 1000 * s[0],
    terminated: (next, goal) => next[0] >= goal[0],
    terminalReward: -7,
    success: (next, goal) => next[0] >= goal[0],
  }),
});

function makeEnv(instance: Partial<TaskInstance> = {}) {
  return new TaskEnv(task as never, { ...task.build({} as never, {}), ...instance }, cart());
}

describe('an environment made of task and plant', () => {
  it('observes the named channels and the goal, and rewards with the state before, the action and the state after', async () => {
    const env = makeEnv();
    const { observation } = await env.reset({ seed: 3 });
    const start = observation[0];
    expect(observation[1]).toBe(3);
    const step = await env.step(Float32Array.of(0.25));
    expect(step.observation[0]).toBeCloseTo(start + 0.5, 6);
    expect(step.reward).toBeCloseTo(3 - (start + 0.5) + 25 + 1000 * start, 3);
    expect(step.terminated).toBe(false);
  });

  it('clamps actions to the space before they reach plant and reward', async () => {
    const env = makeEnv();
    const { observation } = await env.reset({ seed: 3 });
    const step = await env.step(Float32Array.of(9));
    expect(step.observation[0]).toBeCloseTo(observation[0] + 2, 6);
    expect(step.reward).toBeCloseTo(3 - (observation[0] + 2) + 100 + 1000 * observation[0], 3);
  });

  it('adds the terminal reward at the terminating step and then refuses to go on', async () => {
    const env = makeEnv({ reward: () => 1 });
    await env.reset({ seed: 3 });
    await env.step(Float32Array.of(1));
    const last = await env.step(Float32Array.of(1));
    expect(last).toMatchObject({ terminated: true, truncated: false, reward: -6, info: { success: true } });
    await expect(env.step(Float32Array.of(0))).rejects.toThrow(/after the episode ended/);
  });

  it('truncates when time runs out, not earlier', async () => {
    const env = makeEnv();
    await env.reset({ seed: 3 });
    const flags = [];
    for (let i = 0; i < 4; i++) flags.push((await env.step(Float32Array.of(0))).truncated);
    expect(flags).toEqual([false, false, false, true]);
  });

  it('restarts its generator only for a given seed, and starts at the episode asked for', async () => {
    const env = makeEnv();
    const start = async (options = {}) => (await env.reset(options)).observation[0];
    const first = await start({ seed: 8 });
    const second = await start();
    expect(second).not.toBe(first);
    expect(await start({ seed: 8 })).toBe(first);
    expect(await start()).toBe(second);
    expect(await start({ seed: 8, episode: 1 })).toBe(second);
    await expect(env.reset({ seed: -1 })).rejects.toThrow(InputError);
  });

  it('hands out observations that later steps leave alone', async () => {
    const env = makeEnv();
    const { observation } = await env.reset({ seed: 1 });
    const before = observation.slice();
    await env.step(Float32Array.of(1));
    expect(observation).toEqual(before);
  });

  it('names the nearest channel when the task asks for one the robot does not deliver', () => {
    expect(() => makeEnv({ observation: [channel('positon', 'm')] })).toThrow(
      /"positon".*did you mean "position"/,
    );
  });

  it('refuses a step before the first reset and an action of the wrong size', async () => {
    const env = makeEnv();
    await expect(env.step(Float32Array.of(0))).rejects.toThrow(/before the first reset/);
    await env.reset({ seed: 1 });
    await expect(env.step(Float32Array.of(0, 0))).rejects.toThrow(/1 values, this one 2/);
  });

  it('says at which step a reward is not a number, instead of learning from it', async () => {
    let calls = 0;
    const env = makeEnv({ reward: () => (++calls === 3 ? Number.NaN : 1) });
    await env.reset({ seed: 1 });
    await env.step(Float32Array.of(0));
    await env.step(Float32Array.of(0));
    await expect(env.step(Float32Array.of(0))).rejects.toThrow(/reach-the-wall: its reward is NaN at step 3/);
  });
});

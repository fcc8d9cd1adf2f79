import { describe, expect, it } from 'vitest';
import {
  box,
  channel,
  checkEnv,
  type Env,
  type EnvSpec,
  layoutOf,
  Random,
  type ResetOptions,
} from '#src/core/index';

const observation = [channel('x', 'm'), channel('goal', 'm', { kind: 'goal' })];

/** A point that is pushed; `change` breaks it. */
class Point {
  spec: EnvSpec = {
    name: 'point',
    observation: box(-Infinity, Infinity, 2),
    action: box(-1, 1),
    layout: layoutOf(observation),
    controlPeriod: 0.1,
    episodeSteps: 30,
  };
  seed = 0;
  episode = 0;
  steps = -1;
  x = 0;
  goal = 0;
  closed = 0;

  async reset({ seed, episode }: ResetOptions = {}) {
    if (seed !== undefined) {
      if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError('seed');
      this.seed = seed;
      this.episode = 0;
    }
    if (episode !== undefined) this.episode = episode;
    const random = new Random(this.seed, 'point', this.episode++);
    this.x = random.uniform(-1, 1);
    this.goal = random.uniform(-1, 1);
    this.steps = 0;
    return { observation: this.see(), info: {} };
  }

  see(): Float32Array {
    return Float32Array.of(this.x, this.goal);
  }

  async step(action: Float32Array) {
    if (this.steps < 0 || this.steps >= this.spec.episodeSteps) throw new Error('reset first');
    this.x += 0.1 * action[0];
    this.steps++;
    return {
      observation: this.see(),
      reward: -Math.abs(this.x - this.goal),
      terminated: false,
      truncated: this.steps >= this.spec.episodeSteps,
      info: {},
    };
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

async function errorsOf(change: (env: Point) => void): Promise<string[]> {
  const findings = await checkEnv(() => {
    const env = new Point();
    change(env);
    return env as Env;
  });
  return findings.map(({ level, what }) => `${level}: ${what}`);
}

/** Lets each step's result pass through `change`. */
const stepped = (change: (result: Record<string, unknown>, env: Point) => void) => (env: Point) => {
  const step = env.step.bind(env);
  env.step = async (action) => {
    const result = await step(action);
    change(result, env);
    return result;
  };
};

describe('checkEnv', () => {
  it('finds nothing wrong with a sound environment', async () => {
    expect(await errorsOf(() => {})).toEqual([]);
  });

  it('closes every environment it made, twice', async () => {
    const made: Point[] = [];
    await checkEnv(() => {
      const env = new Point();
      made.push(env);
      return env;
    });
    expect(made.length).toBeGreaterThan(1);
    expect(made.map(({ closed }) => closed)).toEqual(made.map(() => 2));
  });

  let calls = 0;
  it.each<[string, (env: Point) => void, RegExp]>([
    [
      'an unbounded action space',
      (env) => (env.spec = { ...env.spec, action: box(-Infinity, Infinity, 1) }),
      /action space is unbounded/,
    ],
    [
      'an action space off centre',
      (env) => (env.spec = { ...env.spec, action: box(0, 1) }),
      /warning: the action space is not symmetric/,
    ],
    [
      'NaN bounds',
      (env) => (env.spec = { ...env.spec, action: box(Number.NaN, 1) }),
      /action space: bound 0 is empty or not a number/,
    ],
    [
      'crossed bounds',
      (env) => (env.spec = { ...env.spec, observation: box([1, 0], [0, 1]) }),
      /observation space: bound 0 is empty/,
    ],
    [
      'channels that do not fill the space',
      (env) => (env.spec = { ...env.spec, observation: box(-1, 1, 3) }),
      /channels hold 2 values, the observation space 3/,
    ],
    ['step before reset', (env) => (env.steps = 0), /step before the first reset did not throw/],
    [
      'any seed',
      (env) => {
        env.reset = async () => ({ observation: env.see(), info: {} });
      },
      /reset took -1 for a seed/,
    ],
    [
      'a seed that does nothing',
      (env) => {
        const reset = env.reset.bind(env);
        env.reset = (options = {}) =>
          reset(
            options.seed === undefined || options.seed < 0
              ? options
              : { ...options, seed: Math.floor(options.seed) === options.seed ? 1 : options.seed },
          );
      },
      /another seed gives the same starts/,
    ],
    [
      'starts at random',
      (env) => {
        env.see = () => Float32Array.of(env.x + (env.steps === 0 ? calls++ : 0), env.goal);
      },
      /the same seed gives another first observation/,
    ],
    [
      'a reset that starts over',
      (env) => {
        const reset = env.reset.bind(env);
        env.reset = (options = {}) => reset({ ...options, episode: 0 });
      },
      /a reset without a seed starts over/,
    ],
    ['NaN rewards', stepped((step) => (step.reward = Number.NaN)), /reward is NaN, not a finite number/],
    ['numbers for flags', stepped((step) => (step.terminated = 0)), /terminated is 0, not a boolean/],
    ['no info', stepped((step) => (step.info = null)), /no object for its info/],
    [
      'float64 observations',
      stepped((step, env) => (step.observation = Float64Array.of(env.x, 0))),
      /not a Float32Array/,
    ],
    [
      'short observations',
      stepped((step) => (step.observation = new Float32Array(1))),
      /has 1 values, its space 2/,
    ],
    [
      'infinite observations',
      stepped((step) => (step.observation = Float32Array.of(Infinity, 0))),
      /not finite/,
    ],
    [
      'observations out of bounds',
      (env) => (env.spec = { ...env.spec, observation: box(-0.01, 0.01, 2) }),
      /outside its space/,
    ],
    [
      'truncation after one step',
      stepped((step, env) => (step.truncated = env.steps >= 1)),
      /truncated after one step/,
    ],
    [
      'no end',
      stepped((step) => (step.truncated = false)),
      /neither terminated nor truncated after 30 steps/,
    ],
    [
      'steps behind the end',
      (env) => {
        const step = env.step.bind(env);
        env.step = (action) => {
          if (env.steps === 30) env.steps = 29;
          return step(action);
        };
      },
      /step after the end of the episode did not throw/,
    ],
    [
      'an action that is changed',
      (env) => {
        const step = env.step.bind(env);
        env.step = async (action) => {
          const result = await step(action);
          action[0] = 0;
          return result;
        };
      },
      /changes the action it was given/,
    ],
    [
      'one observation for all',
      (env) => {
        const shared = new Float32Array(2);
        env.see = () => {
          shared.set([env.x, env.goal]);
          return shared;
        };
      },
      /changes the observation given before/,
    ],
    [
      'steps at random',
      stepped((step) => (step.reward = calls++)),
      /the same seed and actions bring other rewards/,
    ],
    [
      'a memory of what was before',
      (env) => {
        const step = env.step.bind(env);
        let wear = 0;
        env.step = (action) => {
          env.x += 1e-4 * wear++;
          return step(action);
        };
      },
      /an episode depends on the episodes before it/,
    ],
    [
      'a close that works once',
      (env) => {
        env.close = async () => {
          if (env.closed++ > 0) throw new Error('closed');
        };
      },
      /closing twice threw: closed/,
    ],
    [
      'an environment that throws',
      stepped(() => {
        throw new Error('broken motor');
      }),
      /it threw: broken motor/,
    ],
  ])('finds %s', async (_, change, expected) => {
    expect((await errorsOf(change)).join('\n')).toMatch(expected);
  });
});

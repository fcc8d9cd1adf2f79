import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import { instantiateTask } from '#src/core/instantiate-task';
import { Random } from '#src/core/random';
import type { TaskReference } from '#src/core/task';
import { TaskEnv } from '#src/core/task-env';
import type { AutoresetMode, VectorEnv, VectorInfo } from '#src/core/vector-env';
import { createVectorEnv } from '#src/index';
import { loadRobot } from '#src/load/robot';
import { TaskVectorEnv, type TaskVectorEnvOptions } from '#src/train/task-vector-env';

const R = 5;
const STEPS = 25;
const module = new URL('./fixtures/cart.mjs', import.meta.url).href;
const robot = await loadRobot('cartpole');
const reference = (params = {}): TaskReference => ({ module, robot, params });

const open: VectorEnv[] = [];
async function make(options: Partial<TaskVectorEnvOptions> = {}): Promise<TaskVectorEnv> {
  const env = await TaskVectorEnv.create({ task: reference(), envs: R, threads: 2, ...options });
  open.push(env);
  return env;
}
afterEach(async () => {
  for (const env of open.splice(0)) await env.close();
});

async function single(): Promise<TaskEnv> {
  const { task, instance } = await instantiateTask(reference());
  return new TaskEnv(task, instance, await createSimPlant({ robot, controlPeriod: task.controlPeriod }));
}

/** Actions [R] of a step, up to full force. */
const actionsAt = (t: number) =>
  Float32Array.from({ length: R }, (_, r) => new Random(r, 'push', t).uniform(-300, 300));

interface Row {
  readonly observation: number[];
  readonly reward: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
  readonly info: object;
  readonly final?: { readonly observation: number[]; readonly info: object };
}

/** What environment r should say at each step, from an environment of its own. */
async function expectedRows(r: number, seed: number, autoreset: AutoresetMode): Promise<Row[]> {
  const env = await single();
  await env.reset({ seed: seed + r });
  const rows: Row[] = [];
  let ended = false;
  for (let t = 0; t < STEPS; t++) {
    if (ended && autoreset !== 'same-step') {
      const { observation, info } = await env.reset();
      ended = false;
      if (autoreset === 'next-step') {
        const flags = { reward: 0, terminated: false, truncated: false };
        rows.push({ observation: Array.from(observation), ...flags, info });
        continue;
      }
    }
    const { observation, info, ...step } = await env.step(actionsAt(t).slice(r, r + 1));
    ended = step.terminated || step.truncated;
    if (ended && autoreset === 'same-step') {
      const next = await env.reset();
      const final = { observation: Array.from(observation), info };
      rows.push({ ...step, observation: Array.from(next.observation), info: next.info, final });
    } else rows.push({ ...step, observation: Array.from(observation), info });
  }
  await env.close();
  return rows;
}

/** Row r of what the environments told. */
function infoOf(info: VectorInfo, r: number): object {
  const keys = Object.keys(info).filter((key) => !key.startsWith('_') && !key.startsWith('final'));
  const had = keys.filter((key) => (info[`_${key}`] as Uint8Array)[r] === 1);
  for (const key of keys) if (!had.includes(key)) expect((info[key] as unknown[])[r]).toBeNull();
  return Object.fromEntries(had.map((key) => [key, (info[key] as unknown[])[r]]));
}

describe.each(['next-step', 'same-step', 'disabled'] as const)(
  'environments that step together, %s',
  (autoreset) => {
    it('do what each of them does alone, bit for bit, on any number of threads', async () => {
      const expected = await Promise.all(Array.from({ length: R }, (_, r) => expectedRows(r, 7, autoreset)));
      const ends = expected.flatMap((rows) => rows.filter((row) => row.terminated || row.truncated));
      expect(ends.some(({ terminated }) => terminated) && ends.some(({ truncated }) => truncated)).toBe(true);
      for (const threads of [0, 1, 2, 9]) {
        const env = await make({ autoreset, threads });
        expect(env.autoreset).toBe(autoreset);
        const O = env.spec.observation.low.length;
        const rowOf = (array: Float32Array, r: number) => Array.from(array.subarray(r * O, (r + 1) * O));
        const start = await env.reset({ seed: 7 });
        expect(infoOf(start.info, 3)).toEqual({ seed: 10, episode: 0 });
        let over: boolean[] = [];
        for (let t = 0; t < STEPS; t++) {
          if (autoreset === 'disabled' && over.includes(true)) await env.reset({ mask: over });
          const step = await env.step(actionsAt(t));
          over = expected.map((rows, r) => {
            const row = rows[t];
            expect(rowOf(step.observations, r)).toEqual(row.observation);
            expect(step.rewards[r]).toBe(row.reward);
            expect(step.terminated[r]).toBe(Number(row.terminated));
            expect(step.truncated[r]).toBe(Number(row.truncated));
            expect(infoOf(step.info, r)).toEqual(row.info);
            expect(step.info._finalObservation?.[r] ?? 0).toBe(Number(row.final !== undefined));
            expect(step.info._finalInfo?.[r] ?? 0).toBe(Number(row.final !== undefined));
            if (step.info.finalObservation && step.info.finalInfo) {
              const observation = row.final?.observation ?? new Array<number>(O).fill(0);
              expect(rowOf(step.info.finalObservation, r)).toEqual(observation);
              expect(infoOf(step.info.finalInfo, r)).toEqual(row.final?.info ?? {});
            }
            return row.terminated || row.truncated;
          });
        }
        await env.close();
      }
    });
  },
);

describe('a reset of environments that step together', () => {
  const seedsOf = (info: VectorInfo) => Array.from({ length: R }, (_, r) => infoOf(info, r));

  it('takes one seed for all, a seed each, or none, and goes on where none is given', async () => {
    const env = await make({ threads: 2 });
    const first = await env.reset();
    expect(seedsOf(first.info)).toEqual([0, 1, 2, 3, 4].map((seed) => ({ seed, episode: 0 })));
    const second = await env.reset({ seed: [9, null, 9, null, 2 ** 40] });
    expect(seedsOf(second.info)).toEqual([
      ...[
        { seed: 9, episode: 0 },
        { seed: 1, episode: 1 },
        { seed: 9, episode: 0 },
      ],
      ...[
        { seed: 3, episode: 1 },
        { seed: 2 ** 40, episode: 0 },
      ],
    ]);
    const [O, row] = [4, (r: number) => Array.from(second.observations.subarray(r * 4, (r + 1) * 4))];
    expect(second.observations.length).toBe(R * O);
    expect(row(0)).toEqual(row(2));
    expect(row(0)).not.toEqual(row(4));
  });

  it('of some leaves the others where they are', async () => {
    const env = await make();
    await env.reset({ seed: 1 });
    const { observations } = await env.step(actionsAt(0));
    const some = await env.reset({ mask: [0, 1, 0, 0, 1] });
    expect(seedsOf(some.info)).toEqual([{}, { seed: 2, episode: 1 }, {}, {}, { seed: 5, episode: 1 }]);
    for (const r of [0, 1, 2, 3, 4]) {
      const same = [0, 1, 2, 3].every((i) => some.observations[r * 4 + i] === observations[r * 4 + i]);
      expect(same).toBe(![1, 4].includes(r));
    }
  });
});

describe('what environments that step together return', () => {
  it('belongs to the caller, unless copies are declined', async () => {
    for (const copy of [true, false]) {
      const env = await make({ copy });
      const start = await env.reset({ seed: 1 });
      const one = await env.step(actionsAt(0));
      const kept = one.observations.slice();
      const two = await env.step(actionsAt(1));
      expect(one.observations === two.observations).toBe(!copy);
      expect(start.observations === one.observations).toBe(!copy);
      expect(one.observations.every((value, i) => value === kept[i])).toBe(copy);
      expect(one.rewards.every((value, i) => value === two.rewards[i])).toBe(!copy);
    }
  });

  it('has, in mode next-step, rows that are no transitions: those behind the end of an episode', async () => {
    const env = await make({ autoreset: 'next-step' });
    let { observations } = await env.reset({ seed: 3 });
    const transitions = Array.from(
      { length: R },
      () => [] as { from: number[]; to: number[]; reset: boolean }[],
    );
    let ended = new Uint8Array(R);
    for (let t = 0; t < STEPS; t++) {
      const step = await env.step(actionsAt(t));
      for (let r = 0; r < R; r++) {
        const part = (array: Float32Array) => Array.from(array.subarray(r * 4, (r + 1) * 4));
        transitions[r].push({ from: part(observations), to: part(step.observations), reset: ended[r] === 1 });
      }
      observations = step.observations;
      ended = step.terminated.map((flag, r) => flag | step.truncated[r]);
    }
    // The goal, at index 2, is constant within an episode: a transition that changes it joins two episodes.
    const joined = transitions.flat().filter(({ from, to }) => from[2] !== to[2]);
    expect(joined.length).toBeGreaterThan(R);
    expect(joined.every(({ reset }) => reset)).toBe(true);
    expect(transitions.flat().filter(({ reset }) => reset).length).toBe(joined.length);
  });
});

describe('environments that step together refuse', () => {
  const calm = new Float32Array(R);

  it('what cannot be meant', async () => {
    await expect(make({ envs: 0 })).rejects.toThrow('envs = 0');
    await expect(make({ threads: -1 })).rejects.toThrow('threads = -1');
    await expect(make({ autoreset: 'sometimes' as AutoresetMode })).rejects.toThrow('autoreset = sometimes');
    for (const threads of [0, 2])
      await expect(make({ threads, task: reference({ trouble: 'much' }) })).rejects.toThrow(
        'task cart: params.trouble: not much',
      );
    const env = await make();
    await expect(env.step(calm)).rejects.toThrow('environment 0 was not reset yet');
    await env.reset({ mask: [1, 1, 1, 0, 1] });
    await expect(env.step(calm)).rejects.toThrow('environment 3 was not reset yet');
    await env.reset();
    await expect(env.step(new Float32Array(R + 1))).rejects.toThrow('5 × 1 values, these 6');
    await expect(env.reset({ mask: [0, 0, 0, 0, 0] })).rejects.toThrow('at least one');
    await expect(env.reset({ mask: [1] })).rejects.toThrow('each of 5 environments');
    await expect(env.reset({ seed: [1, 2] })).rejects.toThrow('2 seeds for 5');
    await expect(env.reset({ seed: -1 })).rejects.toThrow('seed -1');
    await env.step(calm);
  });

  it('a step behind the end of an episode when nothing resets it', async () => {
    const env = await make({ autoreset: 'disabled' });
    await env.reset({ seed: 2 });
    let over = new Uint8Array(R);
    while (!over.includes(1)) {
      const { terminated, truncated } = await env.step(calm);
      over = terminated.map((flag, r) => flag | truncated[r]);
    }
    await expect(env.step(calm)).rejects.toThrow(
      `environment ${over.indexOf(1)} is at the end of its episode`,
    );
    await env.reset({ mask: over });
    await env.step(calm);
  });

  it('a second call while one is under way, and any after the end', async () => {
    const env = await make();
    const first = env.reset();
    await expect(env.step(calm)).rejects.toThrow('a call is under way');
    await first;
    const last = env.step(calm);
    await Promise.all([expect(last).rejects.toThrow('closed'), env.close()]);
    await expect(env.reset()).rejects.toThrow('closed');
    await env.close();
  });
});

describe('trouble in a thread', () => {
  const violent = Float32Array.of(0, 0, 0, 0, 300);

  it.each([0, 2])(
    'that is the task’s surfaces in the call and in every later one, %i threads',
    async (threads) => {
      const env = await make({ threads, task: reference({ trouble: 'throw' }) });
      await env.reset({ seed: 1 });
      await expect(env.step(violent)).rejects.toThrow('the motor burnt');
      await expect(env.step(new Float32Array(R))).rejects.toThrow('the motor burnt');
    },
  );

  it('that kills it surfaces in the call and in every later one', async () => {
    const env = await make({ task: reference({ trouble: 'exit' }) });
    await env.reset({ seed: 1 });
    await expect(env.step(violent)).rejects.toThrow('environment thread 2 died: it exited with code 3');
    await expect(env.reset()).rejects.toThrow('environment thread 2 died: it exited with code 3');
  });

  it('does not keep a program that forgot to close from ending', () => {
    const program = `
      import { TaskVectorEnv } from '#src/train/task-vector-env';
      const task = ${JSON.stringify(reference())};
      const env = await TaskVectorEnv.create({ task, envs: 2, threads: 2 });
      const { observations } = await env.reset();
      await env.step(new Float32Array(2));
      console.log(observations.length);`;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: new URL('../..', import.meta.url),
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '8\n' });
  });
});

describe('createVectorEnv', () => {
  it('makes environments of a shipped task by name, with parameters', async () => {
    const env = await createVectorEnv({
      task: 'cartpole-swingup',
      params: { startNoise: 0 },
      envs: 2,
      threads: 1,
    });
    open.push(env);
    expect(env.spec.name).toBe('cartpole-swingup');
    const { observations } = await env.reset();
    expect(Array.from(observations)).toEqual(new Array(8).fill(0));
    await expect(createVectorEnv({ task: 'cartpole-swingup', robot: 'arm7', envs: 1 })).rejects.toThrow(
      'is for cartpole',
    );
    await expect(
      createVectorEnv({ task: 'cartpole-swingup', params: { startNoise: -1 }, envs: 1 }),
    ).rejects.toThrow('params.startNoise');
  });
});

import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import { plannerConfig } from '#src/core/config';
import { instantiateTask } from '#src/core/instantiate-task';
import { actionAt, type Plan } from '#src/core/plan';
import { Random } from '#src/core/random';
import { box } from '#src/core/space';
import { TaskEnv } from '#src/core/task-env';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import { planners } from '#src/plan/index';
import type { PlannerOptions, PlannerResult } from '#src/plan/planner';
import { SequenceSpace } from '#src/plan/sequence-space';

const H = 25;
const PERIOD = 0.02;
const space = box([-1, -2, 0], [3, 2, 1]);
const A = 3;

function options(settings: Record<string, unknown>): PlannerOptions {
  return { space, horizon: H, controlPeriod: PERIOD, config: plannerConfig.parse(settings) };
}

function messageOf({ knots, times, order }: Pick<PlannerResult, 'knots' | 'times' | 'order'>): Plan {
  return {
    ...{ id: 0, startTime: 1.34, startState: new Float32Array(0), knots, order, actionSize: A },
    times: times.map((step) => step * PERIOD),
    ...{ expectedReturn: 0, returnSpread: 0, evaluations: 0, invalid: 0, milliseconds: 0 },
  };
}

/** What is executed: the message's actions at the loop's own times, which are sums of periods. */
function executed(plan: Plan): number[] {
  const actions: number[] = [];
  let time = plan.startTime;
  for (let t = 0; t < H; t++) {
    actions.push(...actionAt(plan, time));
    time += PERIOD;
  }
  return actions;
}

const shapes = [0, 1, 3].flatMap((order) => [0, 1, 2, 4, 7, 24].map((knots) => ({ order, knots })));

describe.each(shapes)('a plan of order $order with $knots knots', ({ order, knots }) => {
  it('is executed bit for bit as it was evaluated', async () => {
    const planner = planners['predictive-sampling'](options({ order, knots }));
    const tried: Float32Array[] = [];
    const [result] = await planner.plan({
      evaluate: async (actions, candidates) => {
        for (let n = 0; n < candidates; n++) tried.push(actions.slice(n * H * A, (n + 1) * H * A));
        return Float64Array.from({ length: candidates }, (_, n) => Math.sin(n * 7));
      },
      previous: [null],
      ...{ budget: { candidates: 30, iterations: 2 }, seed: 3, index: 0 },
    });
    // Predictive sampling executes one of those it tried.
    expect(tried.map((sequence) => sequence.join())).toContain(result.actions.join());
    expect(executed(messageOf(result))).toEqual(Array.from(result.actions));
  });

  it('keeps the bounds', () => {
    const made = new SequenceSpace(options({ order, knots }));
    const random = new Random(1, 'points');
    const out = new Float32Array(H * A);
    for (let n = 0; n < 20; n++) {
      const point = made
        .middle()
        .map((_, i) => (random.uniform() < 0.5 ? space.low[i % A] : space.high[i % A]));
      made.expand(point, null, out);
      out.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(space.low[i % A]);
        expect(value).toBeLessThanOrEqual(space.high[i % A]);
      });
    }
  });

  it('is the same plan some steps later', () => {
    if (order === 0 && knots > 0) return;
    const made = new SequenceSpace(options({ order, knots }));
    // Straight lines are what every order above 0 can hold exactly.
    const line = (t: number, a: number) => space.low[a] + ((space.high[a] - space.low[a]) * t) / (2 * H);
    const point = Float32Array.from({ length: made.length }, (_, i) =>
      line(made.times[Math.floor(i / A)], i % A),
    );
    const out = new Float32Array(H * A);
    made.expand(made.later(point, 3), null, out);
    // A cubic's slope looks one knot further.
    const held = made.times.findLastIndex((time) => time + 3 <= H - 1) - (order === 3 ? 1 : 0);
    const last = made.times[Math.max(0, held)];
    for (let t = 0; t <= last; t++) {
      for (let a = 0; a < A; a++)
        expect(out[t * A + a]).toBeCloseTo(knots === 1 ? line(0, a) : line(t + 3, a), 5);
    }
  });
});

describe('held knots', () => {
  it('move on with the plan also where it is shifted by less than a knot’s time', () => {
    const made = new SequenceSpace(options({ order: 0, knots: 5 }));
    let point = Float32Array.from({ length: 5 * A }, (_, i) => (Math.floor(i / A) === 3 ? 1 : 0));
    const centre = () => {
      let [sum, moment] = [0, 0];
      for (let k = 0; k < 5; k++) {
        sum += point[k * A];
        moment += k * point[k * A];
      }
      return moment / sum;
    };
    for (let step = 0; step < 3; step++) point = Float32Array.from(made.later(point, 1));
    // A knot holds for five steps.
    expect(centre()).toBeCloseTo(3 - 3 / 5, 5);
  });
});

describe('a rate limit', () => {
  const settings = [{}, { knots: 4, order: 0 }, { knots: 4, order: 1 }, { knots: 4, order: 3 }];
  it.each(settings)(
    'holds for everything that is tried and for what is sent, from the action before: %o',
    async (shape) => {
      const planner = planners.icem(options({ ...shape, rateLimit: 2 }));
      const before = Float32Array.of(-1, 0, 0.5);
      const checkRate = (sequence: ArrayLike<number>) => {
        for (let i = 0; i < H * A; i++) {
          const a = i % A;
          const last = i < A ? before[i] : sequence[i - A];
          const most = 2 * PERIOD * (space.high[a] - space.low[a]);
          expect(Math.abs(sequence[i] - last)).toBeLessThan(most + 1e-5);
        }
      };
      const evaluate = async (actions: Float32Array, candidates: number) => {
        for (let n = 0; n < candidates; n++) checkRate(actions.subarray(n * H * A, (n + 1) * H * A));
        return Float64Array.from({ length: candidates }, (_, n) => actions[(n + 1) * H * A - A]);
      };
      const base = { evaluate, before: [before], seed: 1, budget: { candidates: 12, iterations: 3 } };
      const [first] = await planner.plan({ ...base, previous: [null], index: 0 });
      const [result] = await planner.plan({ ...base, previous: [first.memory], index: 1 });
      checkRate(result.actions);
      expect(executed(messageOf(result))).toEqual(Array.from(result.actions));
      expect(result.actions[(H - 1) * A]).toBeGreaterThan(1);
    },
  );
});

it('an environment does what was planned', async () => {
  const { task, module } = await loadTask('cartpole-swingup');
  const robot = await loadRobot('cartpole');
  const { instance } = await instantiateTask({ module, robot, params: {} });
  const plant = await createSimPlant({ robot, controlPeriod: task.controlPeriod });
  const written: number[] = [];
  const write = plant.write.bind(plant);
  plant.write = (command) => {
    written.push(command[0]);
    write(command);
  };
  const env = new TaskEnv(task, instance, plant);
  await env.reset({ seed: 1 });
  const planner = planners.icem({
    ...{ space: env.spec.action, horizon: H, controlPeriod: task.controlPeriod },
    config: plannerConfig.parse({ knots: 5, order: 3 }),
  });
  const [result] = await planner.plan({
    evaluate: async (actions, n) => Float64Array.from({ length: n }, (_, i) => Math.sin(9 * actions[i * H])),
    ...{ previous: [null], budget: { candidates: 20, iterations: 2 }, seed: 1, index: 0 },
  });
  const plan = {
    ...messageOf(result),
    ...{ actionSize: 1, startTime: 0, times: result.times.map((step) => step * task.controlPeriod) },
  };
  for (let t = 0; t < H; t++) await env.step(actionAt(plan, t * task.controlPeriod));
  await env.close();
  expect(new Set(written).size).toBeGreaterThan(10);
  const planned = Array.from(result.actions, (action) => {
    const command = new Float32Array(1);
    instance.action?.toCommand([action], command, []);
    return command[0];
  });
  expect(written).toEqual(planned);
});

import { describe, expect, it } from 'vitest';
import { encodePlan, LatestSlot, planMessageSize } from '#src/control/index';
import { controlConfig } from '#src/core/config';
import type { TelemetryEvent } from '#src/core/telemetry';
import { PlantLoop } from '#src/train/plant-loop';
import type { ExecutedStep } from '#src/train/plant-thread';
import { allocateWords, NUMBER, WORD, wordsOf } from '#src/train/plant-words';
import { FakeClock } from '../control/fake-clock.ts';
import { HORIZON, ladder, PERIOD, toyEnv, type toyPlant } from './toy.ts';

const STEPS = 100;
const EPOCH = 3;

/** A planner in a thread of its own: it works while the plant's thread sleeps, and each plan takes it `delay` ms. */
class Planner {
  readonly #delay: number;
  readonly #observations: LatestSlot;
  readonly #plans: LatestSlot;
  readonly #start: number;
  #job: { readonly there: number; readonly message: Float64Array } | null = null;
  #free = 0;

  constructor(delay: number, observations: SharedArrayBuffer, plans: SharedArrayBuffer, start: number) {
    this.#delay = delay;
    this.#observations = new LatestSlot(observations, 'read');
    this.#plans = new LatestSlot(plans, 'write');
    this.#start = start;
    for (const slot of [this.#observations, this.#plans]) slot.begin(EPOCH);
    this.#plans.put(EPOCH, this.#plan(0, 1, 0));
  }

  work(now: number, until: number): void {
    for (;;) {
      if (this.#job === null) {
        const seen = this.#observations.take();
        if (seen === null) return;
        const there = Math.max(now, this.#free) + this.#delay;
        const begins = Math.ceil((there - this.#start) / (1000 * PERIOD) - 1e-6);
        this.#job = { there, message: this.#plan(seen[0], seen[3], Math.max(begins, seen[0] + 1)) };
      }
      if (this.#job.there > until) return;
      this.#plans.put(EPOCH, this.#job.message);
      this.#free = this.#job.there;
      this.#job = null;
    }
  }

  #plan(tick: number, x: number, begins: number): Float64Array {
    const startTime = begins * PERIOD;
    return encodePlan({
      plan: {
        ...{ id: tick, startTime, startState: Float32Array.of(x), actionSize: 1, order: 0 },
        knots: new Float32Array(HORIZON).fill(-0.1 * x),
        times: Float64Array.from({ length: HORIZON }, (_, t) => t * PERIOD),
        ...{ expectedReturn: 1, returnSpread: 0, evaluations: 1, invalid: 0, milliseconds: 2 },
      },
      ...{ observed: tick * PERIOD, end: startTime + HORIZON * PERIOD, fresh: startTime + PERIOD },
    });
  }
}

interface Scene {
  readonly clock: FakeClock;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly events: TelemetryEvent[];
  readonly steps: ExecutedStep[];
  /** When each step was executed, ms after the first. */
  readonly executed: number[];
  /** Asked for before so many steps: true = real time, false = as others. */
  readonly scheduled: (readonly [steps: number, realTime: boolean])[];
}

/** The plant's loop on a told clock. `during` is called in every step, as another thread might do something. */
async function run(delay: number, during: (scene: Scene) => void = () => {}) {
  const clock = new FakeClock();
  const start = clock.time;
  const shared = allocateWords();
  const scene: Scene = { clock, ...wordsOf(shared), events: [], steps: [], executed: [], scheduled: [] };
  scene.numbers[NUMBER.speed] = 1;
  const observations = LatestSlot.allocate(4);
  const plans = LatestSlot.allocate(planMessageSize(HORIZON, 1, 1));
  const env = toyEnv(STEPS);
  const loop = new PlantLoop({
    ...{ env, control: controlConfig.parse({}), clock, shared },
    telemetry: { emit: (event) => void scene.events.push(event) },
    observations: new LatestSlot(observations, 'write'),
    plans: new LatestSlot(plans, 'read'),
    onStep: (step) => {
      scene.steps.push(step);
      scene.executed.push(clock.time - start);
      during(scene);
    },
    runInRealTime: (wanted) => scene.scheduled.push([scene.steps.length, wanted]),
  });
  await loop.begin({ seed: 1, episode: 0 }, EPOCH, 1);
  const planner = new Planner(delay, observations, plans, start);
  const sleep = clock.sleepUntil.bind(clock);
  clock.sleepUntil = (until) => {
    planner.work(clock.time, until);
    sleep(until);
  };
  const end = await loop.run();
  return { ...scene, end, stops: (env.plant as ReturnType<typeof toyPlant>).stops };
}

describe('a plant on the wall clock', () => {
  it.each(ladder)(
    'keeps its rate and that of the display while plans take %i ms, and takes the ladder',
    async (delay, rungs) => {
      const { executed, events, end, stops } = await run(delay);
      expect(stops).toBe(rungs.stop);
      expect(executed.map((time) => Math.round(time))).toEqual(
        Array.from({ length: STEPS }, (_, t) => 20 * t),
      );
      expect(events.filter(({ type }) => type === 'step')).toHaveLength(STEPS);
      expect(end.timing.rungs).toEqual(rungs);
      expect(end.timing).toMatchObject({ ticks: STEPS, missed: 0, jitterMs: { max: expect.closeTo(0, 9) } });
      expect(end).toMatchObject({ aborted: false, terminated: false });
    },
  );

  it('counts ticks that come late and those whose whole period went by, which never begin', async () => {
    const stall = new Map([
      [10, 23],
      [20, 21.9],
      [30, 150],
    ]);
    const { executed, end, events } = await run(5, ({ clock, steps }) => {
      clock.time += stall.get(steps.length) ?? 0;
    });
    // 3 ms late, 130 ms late, and six periods of 20 ms that went by in these 130.
    expect(end.timing).toMatchObject({ ticks: STEPS, missed: 8 });
    const left = events.map((event) => (event.type === 'step' ? (event.timing?.skipped ?? 0) : 0));
    expect(left.filter((count) => count > 0)).toEqual([6]);
    expect(end.timing.jitterMs.max).toBeCloseTo(130, 6);
    expect(executed.slice(28, 32).map(Math.round)).toEqual([560, 580, 730, 740]);
    const late = events.flatMap((event) => (event.type === 'step' ? [event.timing?.lateness ?? 0] : []));
    expect(late.filter((lateness) => lateness > 1e-6).map((lateness) => Number(lateness.toFixed(3)))).toEqual(
      [3, 1.9, 130],
    );
  });

  it('tells every step in order, and executes what it tells', async () => {
    const { steps, events } = await run(50);
    const told = events.flatMap((event) => (event.type === 'step' ? [event] : []));
    expect(told.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1));
    let x = 1;
    for (const { action, next } of steps) {
      x = Math.fround(1.1 * x + action[0]);
      expect(next[0]).toBe(x);
    }
    expect(told.at(-1)?.return).toBeCloseTo(
      steps.reduce((sum, { reward }) => sum + reward, 0),
      9,
    );
  });

  it('ends at the next tick when it is told to', async () => {
    const { steps, end } = await run(5, ({ words, steps }) => {
      if (steps.length === 7) Atomics.store(words, WORD.abort, 1);
    });
    expect(steps).toHaveLength(7);
    expect(end.aborted).toBe(true);
  });

  it('goes at another speed from the next tick on', async () => {
    const { executed } = await run(5, ({ numbers, steps }) => {
      if (steps.length === 3) numbers[NUMBER.speed] = 4;
    });
    expect(executed.slice(0, 7).map(Math.round)).toEqual([0, 20, 40, 60, 65, 70, 75]);
  });

  it('runs in real time within an episode, and only at speeds at which it sleeps', async () => {
    const { scheduled } = await run(5, ({ numbers, steps }) => {
      if (steps.length === 3) numbers[NUMBER.speed] = 10;
      if (steps.length === 6) numbers[NUMBER.speed] = Number.POSITIVE_INFINITY;
      if (steps.length === 9) numbers[NUMBER.speed] = 1;
    });
    expect(scheduled).toEqual([
      [0, true],
      [3, false],
      [9, true],
      [STEPS, false],
    ]);
  });
});

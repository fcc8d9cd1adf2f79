import { afterEach, describe, expect, it } from 'vitest';
import type { ExecutedStep } from '#src/train/plant-thread';
import { cartThread, closeAll, key, push } from './cart-thread.ts';

afterEach(closeAll);

async function scene(params = {}) {
  return { ...(await cartThread(params)), steps: [] as ExecutedStep[] };
}

describe("a plant's thread", () => {
  it('does in its episodes what the environment does under the same actions, and loses no step', async () => {
    const { plant, env, events } = await scene();
    for (const force of [3, -40]) {
      const steps: ExecutedStep[] = [];
      const { observation } = await plant.begin(key, force + 100, 1);
      expect(observation).toEqual((await env.reset(key)).observation);
      plant.post(push(force), 12);
      plant.speed = 16;
      const end = await plant.go((step) => steps.push(step));
      for (const { action, reward, next, terminated } of steps) {
        expect(Array.from(action)).toEqual([force]);
        const step = await env.step(action);
        expect([next, reward, terminated]).toEqual([step.observation, step.reward, step.terminated]);
      }
      expect(end).toMatchObject({ aborted: false, terminated: steps.at(-1)?.terminated });
      expect(end.timing.ticks).toBe(steps.length);
      expect(end.timing.starved).toBe(0);
      const told = events.filter((event) => event.type === 'step' && event.epoch === force + 100);
      expect(told).toHaveLength(steps.length);
      expect(told[0]).toMatchObject({ planMs: 1, expectedReturn: 5, timing: { delay: 12 } });
    }
    expect(events.filter(({ type }) => type === 'pose').length).toBeGreaterThan(9);
  });

  it('hands the agent observations, each newer than the last, and null at the end', async () => {
    const { plant, steps } = await scene();
    const { observation } = await plant.begin(key, 1, 1);
    plant.post(push(1), 0);
    const over = plant.go((step) => steps.push(step));
    const seen = [];
    for (let tick = -1; ; ) {
      const newest = await plant.observationAfter(tick);
      if (newest === null) break;
      tick = newest.tick;
      seen.push(newest);
    }
    await over;
    expect(seen.length).toBeGreaterThan(1);
    for (const { tick, observation: then, safe } of seen) {
      expect(then).toEqual(tick === 0 ? observation : steps[tick - 1].next);
      expect(Array.from(safe)).toEqual([0]);
    }
  });

  it('stands still while paused, takes single steps, and ends when told to', async () => {
    const { plant, steps } = await scene();
    await plant.begin(key, 1, 1);
    plant.post(push(1), 0);
    plant.setPaused(true);
    let heard = () => {};
    const step = () =>
      new Promise<void>((resolve) => {
        heard = resolve;
        plant.step();
      });
    const over = plant.go((executed) => {
      steps.push(executed);
      heard();
    });
    await step();
    await step();
    expect(steps).toHaveLength(2);
    plant.abort();
    expect((await over).aborted).toBe(true);
    expect(steps).toHaveLength(2);
  });

  it('without a plan goes down to the safe command', async () => {
    const { plant, steps } = await scene();
    await plant.begin(key, 1, 1);
    plant.speed = Infinity;
    const { timing } = await plant.go((step) => steps.push(step));
    expect(timing.starved).toBe(timing.ticks);
    expect(steps.every(({ action }) => action[0] === 0)).toBe(true);
  });

  it.each([
    ['throw', /the motor burnt/],
    ['exit', /the plant's thread ended with code 3/],
  ])(
    'that fails (%s) fails what waits for it, and every later call, with the cause',
    async (trouble, cause) => {
      const { plant } = await scene({ trouble });
      await plant.begin(key, 1, 1);
      plant.post(push(290), 0);
      const over = plant.go(() => {});
      const waiting = plant.observationAfter(1000);
      await expect(over).rejects.toThrow(cause);
      await expect(waiting).rejects.toThrow(cause);
      await expect(plant.begin(key, 2, 2)).rejects.toThrow(cause);
      await expect(plant.go(() => {})).rejects.toThrow(cause);
    },
  );
});

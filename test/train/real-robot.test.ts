import { afterEach, describe, expect, it, vi } from 'vitest';
import { RobotFault } from '#src/core/errors';
import { CommandControl } from '#src/core/run-control';
import type { TelemetryEvent } from '#src/core/telemetry';
import type { ExecutedStep, PlantThread } from '#src/train/plant-thread';
import { Recoveries } from '#src/train/recoveries';
import { cartThread, closeAll, HORIZON, key, open, push } from './cart-thread.ts';

const source = new URL('./fixtures/robot.mjs', import.meta.url).href;

afterEach(async () => {
  vi.useRealTimers();
  await closeAll();
});

async function scene(data: object = {}) {
  const shared = new Int32Array(new SharedArrayBuffer(32));
  const thread = await cartThread({}, { module: source, data: { tick: 10, seen: shared.buffer, ...data } });
  const seen = () => {
    const [resets, activations, stops, closed, heartbeats, , moving] = shared;
    return { resets, activations, stops, closed, heartbeats, moving };
  };
  return { ...thread, seen };
}

async function episode(plant: PlantThread, epoch: number, force: number) {
  const steps: ExecutedStep[] = [];
  await plant.begin(key, epoch, 1);
  plant.post(push(force), 0);
  const end = await plant.go((step) => steps.push(step));
  return { steps, end };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('a real robot in the thread of a plant', () => {
  it('gives the ticks, does what is told, and rests between episodes', async () => {
    const { plant, seen } = await scene();
    plant.speed = 100;
    expect(plant.speed).toBe(1);
    for (const [epoch, force] of [1, -2].entries()) {
      const { steps, end } = await episode(plant, epoch + 1, force);
      expect(end).toMatchObject({ aborted: false, timing: { ticks: HORIZON, starved: 0 } });
      expect(steps).toHaveLength(HORIZON);
      steps.forEach(({ observation, action, next }, i) => {
        expect(Array.from(action)).toEqual([force]);
        expect(next[0]).toBeGreaterThan(-10);
        if (i > 0) expect(observation).toEqual(steps[i - 1].next);
      });
      // One tick of 10 ms moves it by 0.01 · force, whatever the task's period says.
      const moved = steps.map(({ observation, next }) => (next[0] - observation[0]) / (0.01 * force));
      expect(moved.filter((ticks) => Math.abs(ticks - Math.round(ticks)) < 1e-3)).toHaveLength(HORIZON);
      expect(seen()).toMatchObject({ resets: epoch + 1, stops: epoch + 1 });
    }
  });

  it('tells what its bridge tells, and that limits changed what was asked', async () => {
    const { plant, events } = await scene();
    await episode(plant, 7, 3);
    expect(events).toContainEqual(expect.objectContaining({ type: 'hardware' }));
    expect(events.some((event) => event.type === 'exchange' && event.epoch === 7)).toBe(true);
    expect(events.some(({ type }) => type === 'log')).toBe(false);
    await episode(plant, 8, 20);
    const log = events.find((event) => event.type === 'log');
    expect(log).toMatchObject({
      level: 'warning',
      message: expect.stringMatching(/limits changed \d+ % .*slider: force/),
    });
  });

  it('holds while paused, hears messages meanwhile, and is active again for a single step', async () => {
    const { plant, events, seen } = await scene();
    const steps: ExecutedStep[] = [];
    await plant.begin(key, 1, 1);
    plant.post(push(1), 0);
    plant.setPaused(true);
    const over = plant.go((step) => steps.push(step));
    const pauses = () =>
      events.filter((event) => event.type === 'activity' && event.activity === 'paused').length;
    await until(() => pauses() === 1);
    expect(seen()).toMatchObject({ stops: 1, activations: 0 });
    const { heartbeats } = seen();
    await until(() => seen().heartbeats > heartbeats + 5);
    expect(steps).toHaveLength(0);
    plant.step();
    await until(() => pauses() === 2);
    expect(steps).toHaveLength(1);
    expect(seen()).toMatchObject({ stops: 2, activations: 1 });
    plant.setPaused(false);
    expect((await over).aborted).toBe(false);
    expect(steps).toHaveLength(HORIZON);
    expect(seen()).toMatchObject({ stops: 3, activations: 2 });
  });

  it('shows its way to the start with what came before: within an episode time only goes on', async () => {
    const { plant, events } = await scene({});
    await episode(plant, 1, 1);
    await episode(plant, 2, 1);
    const ways = events.filter((event) => event.type === 'pose' && event.time === 7);
    expect(ways.map((event) => 'epoch' in event && event.epoch)).toEqual([0, 1]);
  });

  it('that has a fault fails the episode as a RobotFault, and may begin anew', async () => {
    const { plant, seen } = await scene({
      trouble: { at: 3, message: 'no answer', passing: true, times: 1 },
    });
    const failed = await episode(plant, 1, 1).catch((error) => error);
    expect(failed).toBeInstanceOf(RobotFault);
    expect(failed).toMatchObject({ message: 'no answer', passing: true, exitCode: 3 });
    const { steps } = await episode(plant, 2, 1);
    expect(steps).toHaveLength(HORIZON);
    expect(seen().resets).toBe(2);
  });

  it('whose stop is not verified ends the run as a RobotFault that says how', async () => {
    const { plant } = await scene({ unverified: 'motor 2 still moves' });
    const failed = await episode(plant, 1, 1).catch((error) => error);
    expect(failed).toBeInstanceOf(RobotFault);
    expect(failed).toMatchObject({
      ...{ message: 'it is not certain that the robot has stopped: motor 2 still moves', passing: false },
      exitCode: 3,
    });
  });

  it('that cannot be closed tells who closes it, and its thread ends all the same', async () => {
    const { plant, seen } = await scene({ stuck: 'motor 2 still moves' });
    open.pop();
    const failed = await plant.close().catch((error) => error);
    expect(failed).toBeInstanceOf(RobotFault);
    expect(failed).toMatchObject({ message: 'motor 2 still moves', exitCode: 3 });
    expect(seen().closed).toBe(1);
  });

  it('that does not answer when it is closed is given longer than its bridge, and is not taken to be stopped', async () => {
    const { plant, seen } = await scene({ hung: true });
    open.pop();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let failed: unknown;
    const closing = plant.close().catch((error) => {
      failed = error;
    });
    while (seen().closed === 0) await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(10_500);
    expect(failed).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1000);
    vi.useRealTimers();
    await closing;
    expect(failed).toBeInstanceOf(RobotFault);
    expect(failed).toMatchObject({
      message: expect.stringMatching(/^it is not certain that the robot has stopped/),
    });
  });

  it('that cannot be opened is told as the fault that it is', async () => {
    const failed = await scene({ refuse: 'motor 3 is silent' }).catch((error) => error);
    expect(failed).toBeInstanceOf(RobotFault);
    expect(failed).toMatchObject({ message: 'motor 3 is silent', passing: false });
  });

  it('is stopped on its way to the start, and closed with its thread', async () => {
    const { plant, seen } = await scene({ slow: 60_000 });
    const begun = plant.begin(key, 1, 1).catch((error) => error);
    await until(() => seen().moving === 1);
    plant.abort();
    expect(await begun).toMatchObject({ message: 'stopped on the way' });
    await plant.close();
    expect(seen()).toMatchObject({ stops: 1, closed: 1 });
  });

  it('is not taken to be stopped on its way when that was not verified', async () => {
    const { plant, seen } = await scene({ slow: 60_000, unverified: 'nobody answers' });
    const begun = plant.begin(key, 1, 1).catch((error) => error);
    await until(() => seen().moving === 1);
    plant.abort();
    const message = 'it is not certain that the robot has stopped: nobody answers';
    expect(await begun).toMatchObject({ message, passing: false, exitCode: 3 });
  });
});

describe('after a fault', () => {
  const passing = new RobotFault('lost packets', { passing: true });
  const scene = (most: number) => {
    const events: TelemetryEvent[] = [];
    const control = new CommandControl(1);
    return {
      events,
      control,
      recoveries: new Recoveries(most, control, { emit: (e) => void events.push(e) }),
    };
  };

  it('that passes an episode is begun anew, so often and no more', async () => {
    const { events, recoveries } = scene(2);
    await recoveries.after(passing, 0);
    await recoveries.after(passing, 0);
    expect(events).toMatchObject([{ message: expect.stringContaining('(1 of 2)') }, { level: 'warning' }]);
    await expect(recoveries.after(passing, 0)).rejects.toThrow(
      /^lost packets; given up after 2 new beginnings$/,
    );
    await expect(recoveries.after(passing, 0)).rejects.toMatchObject({ exitCode: 3 });
  });

  it('that does not pass, or an error of another kind, the run ends', async () => {
    const { recoveries } = scene(2);
    for (const error of [new RobotFault('too hot'), new Error('a bug')])
      await expect(recoveries.after(error, 0)).rejects.toBe(error);
  });

  it('nobody waits for who stopped the run', async () => {
    const { control, recoveries } = scene(2);
    const waiting = recoveries.after(passing, 3600);
    control.command({ type: 'stop' });
    await waiting;
  });
});

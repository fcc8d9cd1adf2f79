import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type LearnChoices, prepareLearning } from '#src/cli/prepare-run';
import { startSession } from '#src/cli/session';
import type { TrainRequest } from '#src/cli/session-messages';
import { RobotFault } from '#src/core/errors';
import { CommandControl } from '#src/core/run-control';
import type { TelemetryEvent } from '#src/core/telemetry';
import { readRun } from '#src/runs/index';
import { openSession } from '#src/train/session';
import { temporaryFolder } from '../runs/fixtures.ts';
import { fixture } from './premotor.ts';

const out = temporaryFolder();
const tiny = fixture('tiny.ts');
const robotModule = new URL('../train/fixtures/robot.mjs', import.meta.url).href;
afterAll(() => out.remove());

/** A training on the robot of the tests instead of one behind a port. */
async function onTestRobot(name: string, data: object, choices: Partial<LearnChoices> = {}) {
  const { recoveries = 3, ...rest } = choices;
  const { request } = await prepareLearning(
    { task: tiny, port: 'sim', trials: 3, seed: 3, threads: 1, out: join(out.path, name), ...rest },
    false,
  );
  return withTestRobot(request, data, recoveries);
}

function withTestRobot(request: TrainRequest, data: object, recoveries = 3) {
  const shared = new Int32Array(new SharedArrayBuffer(32));
  const source = { module: robotModule, data: { tick: 8, seen: shared.buffer, ...data } };
  const hardware = { driver: 'tests', port: 'serial', calibration: null } as const;
  return {
    shared,
    request: {
      ...request,
      manifest: { ...request.manifest, hardware },
      robot: { source, name: 'a robot of the tests', recoveries },
    },
  };
}

describe('learning on a real robot', () => {
  it('leaves a run like any other, of which the model is what the same data gives anywhere', async () => {
    const { request, shared } = await onTestRobot('learned', {}, { trials: 1 });
    const events: TelemetryEvent[] = [];
    const { directory, reason } = await startSession(request, (event) => events.push(event)).outcome;
    expect(reason).toBe('done');
    expect(events[0]).toMatchObject({ run: { hardware: 'a robot of the tests', clock: 'wall' } });
    expect(events.some(({ type }) => type === 'exchange')).toBe(true);
    const [, , , closed, , beat] = shared;
    expect(closed).toBe(1);
    expect(beat).toBeGreaterThan(0);

    const { manifest, progress } = await readRun(directory);
    expect(manifest).toMatchObject({ clock: 'wall', hardware: { driver: 'tests', port: 'serial' } });
    expect(progress?.transitions).toHaveLength(12);
    const { config, seed, budget } = manifest;
    const session = await openSession({
      ...{ task: { module: request.module, robot: manifest.robot, params: manifest.task.params } },
      ...{ config, seed, budget, model: 'learned', engine: 'wasm', threads: 1, numerics: 'fast' },
      ...{ telemetry: { emit: () => {} }, control: new CommandControl(), imagine: false },
    });
    session.agent.observe(progress?.transitions ?? [], true);
    await session.agent.learn('episodeEnd');
    expect(session.agent.save().tensors).toEqual(progress?.checkpoint.tensors);
    await session.close();
  });

  it('is smooth before anything is learned', async () => {
    const { request } = await onTestRobot('smooth', {}, { trials: 1, seed: 9 });
    const { directory } = await startSession(request, () => {}).outcome;
    const actions = (await readRun(directory)).progress?.transitions.map(({ action }) => action[0]) ?? [];
    // Uniform corners 0.1 s apart, of which the task has every third step or so; straight lines between them.
    const bend = actions.slice(2).map((a, i) => Math.abs(a - 2 * actions[i + 1] + actions[i]));
    const range = 2 * 300;
    expect(bend.filter((value) => value < 1e-3 * range).length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...actions) - Math.min(...actions)).toBeGreaterThan(0.2 * range);
  });

  it('has the limits of exploration while it acts at random, and then no longer', async () => {
    const { request, shared } = await onTestRobot('exploring', {}, { trials: 3 });
    await startSession(request, () => {}).outcome;
    expect(shared[7]).toBe(0b100);
  });

  it('begins an episode anew after a fault that passes, and learns nothing from the broken one', async () => {
    const trouble = { at: 5, message: 'lost packets', passing: true, times: 1 };
    const { request, shared } = await onTestRobot('passing', { trouble }, { trials: 2 });
    const events: TelemetryEvent[] = [];
    const { directory, trials } = await startSession(request, (event) => events.push(event)).outcome;
    expect(trials.map(({ envSteps }) => envSteps)).toEqual([12, 24]);
    expect((await readRun(directory)).progress?.transitions).toHaveLength(24);
    expect(shared[0]).toBe(3);
    const told = events.filter((event) => event.type === 'log' && event.level === 'warning');
    expect(told[0]).toMatchObject({
      message: expect.stringContaining('lost packets; the episode is dropped'),
    });
  });

  it('ends at a fault that does not pass with what was learned saved, and goes on from there', async () => {
    const trouble = { episode: 2, at: 4, message: 'motor 3 is too hot', times: 1 };
    const { request, shared } = await onTestRobot('fault', { trouble });
    let directory = '';
    const session = startSession(request, (event) => {
      if (event.type === 'start') directory = event.run.directory ?? '';
    });
    const ended = await session.outcome.catch((error: unknown) => error);
    expect(ended).toBeInstanceOf(RobotFault);
    expect(ended).toMatchObject({ message: 'motor 3 is too hot', exitCode: 3 });
    expect(shared[3]).toBe(1);
    expect((await readRun(directory)).progress?.trials).toHaveLength(1);

    const place = { resume: directory, acceptNumerics: false };
    const again = withTestRobot({ ...request, place }, {});
    const { trials } = await startSession(again.request, () => {}).outcome;
    expect(trials.map(({ trial }) => trial)).toEqual([1, 2, 3]);
  });

  it('that is not known to have stopped then says so behind its cause', async () => {
    const trouble = { at: 4, message: 'motor 3 is silent', times: 1 };
    const stuck = 'it is not certain that the robot has stopped: nobody answers';
    const { request } = await onTestRobot('stuck', { trouble, stuck });
    const ended = await startSession(request, () => {}).outcome.catch((error: unknown) => error);
    expect(ended).toMatchObject({ message: `motor 3 is silent; ${stuck}`, exitCode: 3 });
  });

  it('stops when it is told to', async () => {
    const { request, shared } = await onTestRobot('stopped', {}, { trials: 50 });
    const session = startSession(request, (event) => {
      if (event.type === 'step' && event.trial === 2 && event.step === 3) session.command({ type: 'stop' });
    });
    expect(await session.outcome).toMatchObject({ reason: 'interrupted', trials: [{ trial: 1 }] });
    expect(shared[3]).toBe(1);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareEvaluation, prepareTraining } from '#src/cli/prepare';
import { startSession } from '#src/cli/session';
import type { TelemetryEvent } from '#src/core/telemetry';
import { readRun } from '#src/runs/index';
import { temporaryFolder } from '../runs/fixtures.ts';
import { type Ended, eventsOf, fixture, type JsonEvent, premotor, start } from './premotor.ts';

const out = temporaryFolder();
const tiny = fixture('tiny.ts');
afterAll(() => out.remove());

const runIn = (parent: string) => join(parent, readdirSync(parent)[0]);
const file = (parent: string, name: string) => readFileSync(join(runIn(parent), name), 'utf8');

describe('--delay', () => {
  const train = async (name: string, ...args: string[]) => {
    const parent = join(out.path, name);
    const ended = await premotor(['train', tiny, '--trials', '2', '--seed', '4', '--out', parent, ...args]);
    return { parent, ended };
  };

  it('gives the same bits for the same seed, others than without, and says how it went', async () => {
    const one = await train('one', '--delay', '50ms', '--threads', '1');
    const two = await train('two', '--delay', '0.05s', '--threads', '2');
    const none = await train('none');
    for (const name of ['steps.jsonl', 'trials.jsonl']) {
      expect(file(one.parent, name)).toBe(file(two.parent, name));
      expect(file(one.parent, name)).not.toBe(file(none.parent, name));
    }
    expect(one.ended.stdout).toContain('simulator; planning takes 50 ms');
    expect(one.ended.stdout).toMatch(/12 ticks: missed 0, starved 0 \(older plan \d+\); jitter/);
    expect(none.ended.stdout).not.toContain('ticks:');
    const { manifest, progress } = await readRun(runIn(one.parent));
    expect(manifest).toMatchObject({ clock: 'sim', delayMs: 50 });
    expect(progress?.trials[1].timing).toMatchObject({ ticks: 12, missed: 0, delayMs: 50 });
  });

  it('goes on with a run as it began, and refuses another delay or clock', async () => {
    const { parent } = await train('grown', '--delay', '50ms');
    const directory = runIn(parent);
    for (const flag of [
      ['--delay', '20ms'],
      ['--clock', 'wall'],
    ]) {
      const { code, stderr } = await premotor(['train', '--resume', directory, ...flag]);
      expect(code).toBe(2);
      expect(stderr).toMatch(
        new RegExp(`^premotor: ${flag[0]} cannot change a run: .* from the manifest\n$`),
      );
    }
    const whole = await train('whole', '--delay', '50ms', '--trials', '3');
    expect((await premotor(['train', '--resume', directory, '--trials', '3'])).code).toBe(0);
    expect(file(parent, 'steps.jsonl')).toBe(file(whole.parent, 'steps.jsonl'));
  });

  it('and clock are an evaluation’s own, and so is the budget of the wall clock', async () => {
    const directory = runIn((await train('evaluated', '--delay', '50ms')).parent);
    const choices = { sim: {}, late: { delayMs: 20 }, wall: { clock: 'wall' } } as const;
    const [sim, late, wall] = await Promise.all(
      Object.values(choices).map(async (own) => (await prepareEvaluation(directory, own, false)).request),
    );
    const { budget } = sim.manifest;
    expect(sim.manifest).toMatchObject({ clock: 'sim', delayMs: 0, budget: { name: 'quality' } });
    expect(late.manifest).toMatchObject({ clock: 'sim', delayMs: 20, budget });
    expect(wall.manifest).toMatchObject({ clock: 'wall', delayMs: 0, budget: { name: 'realtime' } });
    for (const delayMs of [-5, Number.NaN, 60_001])
      await expect(prepareEvaluation(directory, { delayMs }, false)).rejects.toThrow(
        `delayMs ${delayMs}: must be in 0 … 60000`,
      );
  });
});

describe('--clock wall', () => {
  const parent = join(out.path, 'wall');
  let ended: Ended;
  beforeAll(async () => {
    const args = ['--clock', 'wall', '--trials', '3', '--seed', '7', '--json', '--out', parent];
    ended = await premotor(['train', tiny, ...args]);
  });

  it('learns, and tells its events in order', () => {
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const events = eventsOf(ended);
    const trial = [...new Array(12).fill('step'), 'fit', 'trial'];
    expect(events.map(({ event }) => event)).toEqual(['start', ...trial, ...trial, ...trial, 'end']);
    expect(events[0]).toMatchObject({ clock: 'wall', delayMs: 0, budget: 'realtime (4 × 1)' });
    const trials = events.filter(({ event }) => event === 'trial') as (JsonEvent & {
      timing: { ticks: number; planAgeMs: object | null };
    })[];
    for (const { timing } of trials) expect(timing.ticks).toBe(12);
    expect(trials[0]).toMatchObject({ planMs: null, timing: { starved: 0, planAgeMs: null } });
    expect(trials[2].timing.planAgeMs).not.toBeNull();
  });

  it('loses no step: what was learned from is what the plant executed', async () => {
    const steps = eventsOf(ended).filter(({ event }) => event === 'step');
    const { progress, manifest } = await readRun(runIn(parent));
    expect(manifest.clock).toBe('wall');
    const kept = progress?.transitions.map(({ action, next }) => [Array.from(action), Array.from(next)]);
    expect(kept).toEqual(steps.map(({ action, observation }) => [action, observation]));
  });

  it('evaluates, on the wall clock only when asked', async () => {
    const wall = await premotor(['eval', runIn(parent), '--episodes', '2', '--clock', 'wall']);
    expect(wall.stdout).toMatch(/clock {4}wall: the plant never waits for a plan/);
    expect(wall.stdout.match(/12 ticks: missed/g)).toHaveLength(2);
    const sim = await premotor(['eval', runIn(parent), '--episodes', '1']);
    expect(sim.stdout).not.toMatch(/clock|ticks/);
  });

  it('says that the true model cannot be planned in', async () => {
    const { code, stderr } = await premotor(['train', tiny, '--model', 'true', '--clock', 'wall']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^premotor: --model true plans from the whole state .*: leave one out\n$/);
  });

  it("hears the page's pause, step, resume, speed, reset and stop", async () => {
    const { request } = await prepareTraining(
      { task: tiny, out: join(out.path, 'viewed'), trials: 2, clock: 'wall', threads: 1 },
      true,
    );
    const events: TelemetryEvent[] = [];
    let look = () => {};
    const session = startSession(request, (event) => {
      events.push(event);
      look();
    });
    /** The next event, from now on, that is one. */
    const next = (is: (event: TelemetryEvent) => boolean) =>
      new Promise<number>((resolve) => {
        const from = events.length;
        look = () => {
          const at = events.findIndex((event, i) => i >= from && is(event));
          if (at >= 0) resolve(at);
        };
      });
    const paused = (event: TelemetryEvent) => event.type === 'activity' && event.activity === 'paused';
    const isStep = (event: TelemetryEvent) => event.type === 'step';
    const steps = () => events.filter(isStep).length;

    // Behind the last trial what was learned keeps acting.
    await next((event) => isStep(event) && 'trial' in event && event.trial === 3);
    let awaited = next(paused);
    session.command({ type: 'pause' });
    await awaited;
    const before = steps();
    awaited = next(paused);
    session.command({ type: 'step' });
    await awaited;
    expect(steps()).toBe(before + 1);
    awaited = next((event) => event.type === 'reset');
    session.command({ type: 'reset' });
    const reset = events[await awaited];
    awaited = next(isStep);
    session.command({ type: 'speed', value: 16 });
    session.command({ type: 'resume' });
    const first = events[await awaited];
    expect(first).toMatchObject({ step: 1, epoch: (reset as { epoch: number }).epoch });
    session.command({ type: 'stop' });
    expect(await session.outcome).toMatchObject({ reason: 'done', trials: [{ trial: 1 }, { trial: 2 }] });
    expect(events.some(({ type }) => type === 'pose')).toBe(true);
    // Plans are told while they are acted on, not when the episode is over.
    const ofSecond = events.flatMap((event, i) => ('trial' in event && event.trial === 2 ? [i] : []));
    const second = events.slice(ofSecond[0], ofSecond.at(-1));
    expect(second[0].type).toBe('reset');
    expect(second.some(({ type }) => type === 'plan')).toBe(true);
  });

  it('ends at Ctrl-C with what was learned saved', async () => {
    const parent = join(out.path, 'stopped');
    const running = start(['train', tiny, '--clock', 'wall', '--trials', '500', '--json', '--out', parent], {
      onEvent: ({ event, trial, step }) => {
        if (event === 'step' && trial === 3 && step === 4) running.kill('SIGINT');
      },
    });
    const { code } = await running.ended;
    expect(code).toBe(130);
    const { progress } = await readRun(runIn(parent));
    expect(progress?.trials.length).toBeGreaterThanOrEqual(2);
    expect(progress?.transitions).toHaveLength(12 * (progress?.trials.length ?? 0));
  });
});

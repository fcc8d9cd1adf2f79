import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { TerminalReporter } from '#src/cli/terminal';
import { dryRunLines } from '#src/cli/terminal-text';
import type { FitReport, RunDescription, TelemetryEvent, TrialReport } from '#src/core/index';

/** What a terminal would have been sent. */
class Sink extends Writable {
  text = '';
  columns = 120;
  isTTY: boolean;
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  override _write(chunk: Buffer, _: string, done: () => void) {
    this.text += chunk.toString();
    done();
  }
}

const run: RunDescription = {
  ...{
    task: 'still',
    robot: 'stick',
    agent: 'pets',
    planner: 'icem',
    model: 'learned',
    engine: 'wasm, 2 threads',
  },
  ...{ seed: 3, trials: 2, episodeSteps: 200, controlPeriod: 0.04, directory: 'runs/x' },
  ...{ clock: 'sim', delayMs: 0 },
  ...{ budget: 'quality (64 × 3)', budgets: { quality: '64 × 3', realtime: '32 × 2' } },
};
const fit: FitReport = {
  ...{ trial: 1, seconds: 2, epochs: 20, samples: 200, trainLoss: -1, holdoutNll: -1.25 },
  ...{ dimensions: [], openLoop: [] },
};
const report: TrialReport = {
  ...{
    trial: 1,
    return: 123.456,
    score: 0.5,
    envSteps: 200,
    wallSeconds: 3.21,
    fitSeconds: 2,
    late: 4,
    seed: 3,
  },
  ...{ planMs: { p50: 10.04, p99: 20.06, max: 30 }, terminated: false, success: null },
};
const step: TelemetryEvent = {
  ...{ type: 'step', epoch: 1, trial: 1, step: 87, time: 3.48, reward: 1, return: 45.2, planMs: 12.3 },
  ...{ terms: null, expectedReturn: null, observation: new Float32Array(1), action: new Float32Array(1) },
};

function told(isTTY: boolean, ...events: TelemetryEvent[]): string {
  const sink = new Sink(isTTY);
  const reporter = new TerminalReporter(sink as unknown as NodeJS.WriteStream);
  for (const event of events) reporter.event(event);
  reporter.finish();
  return sink.text;
}

describe('on a terminal', () => {
  it('a line lives within the trial: step, return, planning times against the period, model loss', () => {
    const text = told(true, { type: 'start', run }, { type: 'fit', report: fit }, step);
    expect(text).toContain(
      '\rtrial 1/2  step 87/200  return 45.2  plan p50 12.3 p99 12.3 of 40 ms  model loss -1.25',
    );
  });

  it('fitting shows a bar', () => {
    const progress = { type: 'fit-progress', trial: 1, trainLoss: 0.5, holdoutLoss: 0.6 } as const;
    const text = told(true, { ...progress, epoch: 30, epochs: 60 });
    expect(text).toContain('\rfitting  ████████████░░░░░░░░░░░░ 30/60  loss 0.500, held out 0.600');
  });

  it('the line is gone before a row is printed', () => {
    const text = told(true, { type: 'start', run }, step, { type: 'trial', report });
    expect(text).toMatch(/model|ms.*\r.*\[Ktrial/);
    expect(text).toMatch(/ {4}1 +123\.5 +0\.500 +200 +3\.2 s +2\.0 s +10\.0 +20\.1 +30\.0 +4\n/);
  });

  it('a narrow terminal cuts the line instead of wrapping it', () => {
    const sink = new Sink(true);
    sink.columns = 20;
    const reporter = new TerminalReporter(sink as unknown as NodeJS.WriteStream);
    reporter.event(step);
    expect(sink.text.split('\u001b')[0].replace('\r', '').length).toBeLessThan(20);
  });
});

it('without a terminal there are rows only', () => {
  const progress = {
    type: 'fit-progress',
    trial: 1,
    trainLoss: 0,
    holdoutLoss: 0,
    epoch: 1,
    epochs: 1,
  } as const;
  const text = told(false, { type: 'start', run }, step, progress, { type: 'trial', report });
  expect(text).not.toContain('\r');
  expect(text).not.toContain('step 87');
  expect(text.match(/\n +1 +123\.5/g)).toHaveLength(1);
});

it('a dry run has neither return nor score nor success', () => {
  const result = { returns: [-3.25, -4], scores: [0.5, 0.75], score: 0.625, successRate: 0, timing: [] };
  expect(dryRunLines({ ...result, planMs: null, interrupted: false } as never)).toEqual([
    'dry run: 2 episodes, in which the robot was told nothing and did not move, so returns say nothing',
  ]);
});

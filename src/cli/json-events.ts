import type { TelemetryEvent } from '../core/index.ts';
import type { EvaluationResult } from '../train/index.ts';
import { questionOf } from './confirmation.ts';
import type { Reporter } from './reporter.ts';

/** One object a line: `start, step, fit, trial, end, error`; `confirm`: a person is waited for. */
export class JsonReporter implements Reporter {
  event(event: TelemetryEvent): void {
    if (event.type === 'start') writeJson('start', { ...event.run });
    else if (event.type === 'step') {
      const { trial, step, time, reward, return: total, planMs, expectedReturn, timing } = event;
      writeJson('step', {
        ...{ trial, step, time, reward, return: total, planMs, expectedReturn },
        action: Array.from(event.action),
        observation: Array.from(event.observation),
        ...(timing && { timing }),
      });
    } else if (event.type === 'fit') writeJson('fit', { ...event.report });
    else if (event.type === 'trial') {
      const { report } = event;
      const {
        trial,
        return: total,
        score,
        envSteps,
        wallSeconds,
        fitSeconds,
        planMs,
        late,
        seed,
        timing,
      } = report;
      writeJson('trial', {
        ...{ trial, return: total, score, envSteps, wallSeconds, fitSeconds, planMs, late, seed },
        ...(timing && { timing }),
      });
    } else if (event.type === 'log' && event.level !== 'info') {
      process.stderr.write(`${event.level}: ${event.message}\n`);
    }
    const question = questionOf(event);
    if (question !== undefined) writeJson('confirm', { question });
  }

  print(): void {}
  page(url: string): void {
    process.stderr.write(`page ${url}\n`);
  }
  finish(): void {}
}

export function writeJson(event: string, content: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ event, ...content })}\n`);
}

/**
 * What `end` says of an evaluation; `return` is the mean, null without episodes.
 * @param dry nothing was written to a robot: there is neither score nor success
 */
export function evaluationEnd(result: EvaluationResult, dry = false): Readonly<Record<string, unknown>> {
  const { returns, scores, score, successRate, planMs, timing, interrupted } = result;
  const mean = returns.length === 0 ? null : returns.reduce((sum, value) => sum + value, 0) / returns.length;
  const reason = interrupted ? 'interrupted' : 'done';
  const judged = dry
    ? { returns: [], scores: [], return: null, score: null, successRate: null }
    : { returns, scores, return: mean, score, successRate };
  return { reason, ...judged, planMs, timing };
}

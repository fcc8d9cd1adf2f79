import { z } from 'zod';
import type { FitReport, StepRecord, TrialReport } from '../core/index.ts';
import { InputError } from '../core/index.ts';

/**
 * The lines of a run folder. `trials.jsonl` and `steps.jsonl` hold no clock, so that two runs of one seed compare
 * byte for byte; what a clock measured stands in `timing.jsonl`, one line a trial too.
 */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const trialLine = z.object({
  trial: z.int().min(1),
  return: number,
  score: z.number().nullable(),
  envSteps: z.int().min(0),
  seed: z.int().min(0),
  terminated: z.boolean(),
  success: z.boolean().nullable(),
});

const percentiles = z.object({ p50: z.number(), p99: z.number(), max: z.number() }).nullable();

const timingLine = z.object({
  trial: z.int().min(1),
  wallSeconds: z.number(),
  fitSeconds: z.number(),
  planMs: percentiles,
  late: z.int().min(0),
  /** Only on the wall clock or with a modelled delay. */
  timing: z
    .object({
      ticks: z.int().min(0),
      missed: z.int().min(0),
      starved: z.int().min(0),
      rungs: z.object({
        plan: z.int(),
        'old-plan': z.int(),
        hold: z.int(),
        decay: z.int(),
        stop: z.int(),
      }),
      jitterMs: z.object({ mean: z.number(), p99: z.number(), max: z.number() }),
      planAgeMs: percentiles,
      latenessMs: percentiles,
      delayMs: z.number(),
    })
    .optional(),
});

export function encodeTrial(report: TrialReport, fit: FitReport | null): string {
  const { trial, return: total, score, envSteps, seed, terminated, success } = report;
  let fitted = null;
  if (fit) {
    const { seconds, ...rest } = fit;
    void seconds;
    fitted = rest;
  }
  return line({ trial, return: total, score, envSteps, seed, terminated, success, fit: fitted });
}

export function encodeTiming({ trial, wallSeconds, fitSeconds, planMs, late, timing }: TrialReport): string {
  return line({ trial, wallSeconds, fitSeconds, planMs, late, timing });
}

export function encodeSteps(steps: readonly StepRecord[]): string {
  return steps
    .map(({ trial, step, reward, action, observation, expectedReturn, evaluations }) =>
      line({ trial, step, reward, action, observation, expectedReturn, evaluations }),
    )
    .join('');
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** Puts the reports together again from `trials.jsonl` and `timing.jsonl`. @param directory names the run in errors. */
export function decodeTrials(trials: string, timing: string, directory: string): TrialReport[] {
  const times = decodeLines(timing, timingLine, `${directory}/timing.jsonl`);
  return decodeLines(trials, trialLine, `${directory}/trials.jsonl`).map((report, i) => {
    if (report.trial !== i + 1 || times[i]?.trial !== i + 1) {
      throw new InputError(
        `${directory} is damaged (trial ${i + 1} is missing): restore it from a copy or start a new run`,
      );
    }
    return { ...report, ...times[i] };
  });
}

function decodeLines<T>(text: string, schema: z.ZodType<T>, where: string): T[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((entry, i) => {
      try {
        return schema.parse(JSON.parse(entry));
      } catch {
        throw new InputError(
          `${where} is damaged at line ${i + 1}: restore it from a copy or start a new run`,
        );
      }
    });
}

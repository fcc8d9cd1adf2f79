import type { FitReport, RunDescription, TimingReport, TrialReport } from '../core/index.ts';
import type { EvaluationResult } from '../train/index.ts';
import { percentilesOf } from '../train/percentiles.ts';

/** What the terminal shows, as plain functions of what is known. */

export function startLines(run: RunDescription): string[] {
  const budgets = Object.entries(run.budgets).map(([name, text]) => `${name} ${text}`);
  const period = `${Number((run.controlPeriod * 1000).toPrecision(4))} ms`;
  const noun = run.evaluation ? 'episode' : 'trial';
  return [
    `task     ${run.task} on ${run.robot}: ${run.trials} ${noun}${run.trials === 1 ? '' : 's'} of ${run.episodeSteps} steps, ${period} each`,
    `agent    ${run.agent}, ${run.planner}, ${run.model} model, seed ${run.seed}`,
    `engine   ${run.engine}`,
    `budget   ${run.budget}; candidates × iterations: ${budgets.join(', ')}`,
    ...(run.hardware === undefined ? [] : [`robot    ${run.hardware}`]),
    ...clockLines(run),
    ...(run.directory === null ? [] : [`run      ${run.directory}`]),
    '',
  ];
}

function clockLines({ clock, delayMs }: RunDescription): string[] {
  const delay = delayMs > 0 ? `planning takes ${delayMs} ms` : '';
  if (clock === 'wall') {
    const never = 'the plant never waits for a plan; the model is fitted between trials';
    return [`clock    wall: ${never}${delay && `; ${delay} or more`}`];
  }
  return delay ? [`clock    simulator; ${delay}`] : [];
}

/** How plans and ticks kept time; under a trial's row. */
export function timingLine(timing: TimingReport): string {
  const { ticks, missed, starved, rungs, jitterMs, planAgeMs, latenessMs, delayMs } = timing;
  const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0);
  const fallen = (['old-plan', 'hold', 'decay', 'stop'] as const)
    .filter((rung) => rungs[rung] > 0)
    .map((rung) => `${rung === 'old-plan' ? 'older plan' : rung} ${rungs[rung]}`);
  return [
    `      ${ticks} ticks: missed ${missed}, starved ${starved}${fallen.length > 0 ? ` (${fallen.join(', ')})` : ''}`,
    `jitter ${ms(jitterMs.mean)}, p99 ${ms(jitterMs.p99)}, max ${ms(jitterMs.max)} ms`,
    ...(planAgeMs ? [`plan age p50 ${ms(planAgeMs.p50)}, p99 ${ms(planAgeMs.p99)} ms`] : []),
    ...(latenessMs ? [`plans late p99 ${ms(latenessMs.p99)}, max ${ms(latenessMs.max)} ms`] : []),
    `delay ${ms(delayMs)} ms`,
  ].join('; ');
}

const columns = ['trial', 'return', 'score', 'steps', 'wall', 'fit', 'plan p50', 'p99', 'max', 'late'];
const widths = [5, 10, 7, 7, 9, 8, 9, 8, 8, 6];

function cells(values: readonly string[]): string {
  return values.map((value, i) => value.padStart(widths[i])).join(' ');
}

export function tableHead(periodMs: number): string {
  return `${cells(columns)}   (planning in ms, of ${Number(periodMs.toPrecision(4))})`;
}

export function trialRow(report: TrialReport): string {
  const { planMs } = report;
  const ms = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(1));
  return cells([
    String(report.trial),
    number(report.return),
    report.score === null ? '–' : report.score.toFixed(3),
    String(report.envSteps),
    `${report.wallSeconds.toFixed(1)} s`,
    `${report.fitSeconds.toFixed(1)} s`,
    ms(planMs?.p50),
    ms(planMs?.p99),
    ms(planMs?.max),
    String(report.late),
  ]);
}

export interface LiveState {
  readonly trial: number;
  readonly trials: number;
  readonly noun: 'trial' | 'episode';
  readonly step: number;
  readonly steps: number;
  readonly return: number;
  readonly planMs: readonly number[];
  readonly periodMs: number;
  readonly fit: FitReport | null;
}

export function liveLine(state: LiveState): string {
  const { trial, trials, noun, step, steps, planMs, periodMs, fit } = state;
  const spent = percentilesOf(planMs);
  const plan = spent
    ? `plan p50 ${spent.p50.toFixed(1)} p99 ${spent.p99.toFixed(1)} of ${Number(periodMs.toPrecision(4))} ms`
    : 'acting at random';
  const loss = fit ? `  model loss ${fit.holdoutNll.toFixed(2)}` : '';
  const counted = trial > trials ? `${noun} ${trial}` : `${noun} ${trial}/${trials}`;
  return `${counted}  step ${step}/${steps}  return ${number(state.return)}  ${plan}${loss}`;
}

export function progressLine(progress: {
  readonly epoch: number;
  readonly epochs: number;
  readonly trainLoss: number;
  readonly holdoutLoss: number;
}): string {
  const { epoch, epochs, trainLoss, holdoutLoss } = progress;
  const filled = Math.round((24 * Math.min(epoch, epochs)) / Math.max(1, epochs));
  const bar = '█'.repeat(filled) + '░'.repeat(24 - filled);
  return `fitting  ${bar} ${epoch}/${epochs}  loss ${trainLoss.toFixed(3)}, held out ${holdoutLoss.toFixed(3)}`;
}

export function fitLine({ epochs, samples, holdoutNll, seconds }: FitReport): string {
  return `fitted   ${samples} samples in ${epochs} epochs, ${seconds.toFixed(1)} s, held-out loss ${holdoutNll.toFixed(3)}`;
}

/** Fixed decimals that suit the size: returns go from −0.01 to thousands. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return value.toFixed(size >= 1000 ? 0 : size >= 10 ? 1 : 3);
}

/** A row an episode, and what they come to. */
export function evaluationLines({ returns, scores, score, successRate, timing }: EvaluationResult): string[] {
  const row = (name: string, value: number, of: number | null) =>
    `${name.padStart(7)} ${number(value).padStart(10)} ${(of === null ? '–' : of.toFixed(3)).padStart(7)}`;
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  return [
    'episode     return   score',
    ...returns.flatMap((value, i) => [
      row(String(i + 1), value, scores[i]),
      ...(timing[i] ? [timingLine(timing[i])] : []),
    ]),
    ...(returns.length > 0 ? [row('mean', mean, score)] : []),
    ...(successRate === null ? [] : [`success in ${Math.round(100 * successRate)} % of the episodes`]),
  ];
}

/** In place of `evaluationLines` where nothing was written to the robot. */
export function dryRunLines({ returns, timing }: EvaluationResult): string[] {
  const episodes = `${returns.length} ${returns.length === 1 ? 'episode' : 'episodes'}`;
  return [
    `dry run: ${episodes}, in which the robot was told nothing and did not move, so returns say nothing`,
    ...timing.flatMap((each) => (each ? [timingLine(each)] : [])),
  ];
}

/**
 * Last words of a training: where the run is and what can be done with it.
 * @param how the command that goes on with it.
 */
export function endLines(
  directory: string,
  trials: readonly TrialReport[],
  interrupted: boolean,
  how = 'train',
): string[] {
  const best = trials.reduce<TrialReport | null>((a, b) => (a === null || b.return > a.return ? b : a), null);
  const name = quoted(directory);
  const state = interrupted
    ? `interrupted; ${trials.length} trials are saved`
    : `${trials.length} ${trials.length === 1 ? 'trial' : 'trials'} done`;
  return [
    '',
    `${state}${best ? `, best return ${number(best.return)} in trial ${best.trial}` : ''}`,
    `run      ${directory}`,
    ...(how === 'train' ? [`watch    premotor train --resume ${name} --view`] : []),
    ...(trials.length > 0 ? [`evaluate premotor eval ${name}`] : []),
    interrupted
      ? `resume   premotor ${how} --resume ${name}`
      : `go on    premotor ${how} --resume ${name} --trials ${trials.length + 5}`,
  ];
}

export function quoted(path: string): string {
  return /^[\w./:\\-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

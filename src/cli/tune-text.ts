import {
  type Check,
  meanScore,
  type RungReport,
  type SearchResult,
  type Standing,
  type TuneManifest,
  type TuneResult,
  type Verdict,
} from '../tune/index.ts';
import { formatValue } from './tune-write.ts';

/** What a search tells people, as plain functions of what is known. */

export interface TuneStart {
  readonly manifest: TuneManifest;
  readonly robot: string;
  readonly directory: string;
  readonly jobs: number;
  /** Trials that were finished before. */
  readonly known: number;
  readonly scored: boolean;
}

export function tuneStartLines({ manifest, robot, directory, jobs, known, scored }: TuneStart): string[] {
  const { task, what, model, runs, budget, candidates, rounds, seeds, trials, check, minutes } = manifest;
  const on =
    runs.length > 0
      ? `on ${runs.map((run) => run.directory).join(', ')}`
      : model === 'true'
        ? 'on the true simulator'
        : `learned anew in ${trials} trials`;
  const keys = Object.keys(manifest.space);
  const width = Math.max(...keys.map((key) => key.length));
  return [
    `task     ${task.name} on ${robot}: ${what === 'all' ? 'planner and model' : what}, budget ${budget}, ${on}`,
    `search   rounds of ${candidates} settings${rounds === null ? '' : `, ${rounds} at most`}, up to ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}; then ${check} fresh ones against the present settings`,
    `time     ${minutes} minutes, ${jobs} ${jobs === 1 ? 'trial' : 'trials'} at a time${known > 0 ? `; ${known} trials are there already` : ''}`,
    `folder   ${directory}`,
    ...(scored ? [] : ['score    none for this task, robot and parameters: returns are compared']),
    '',
    ...keys.map(
      (key) =>
        `  ${key.padEnd(width)}  ${choiceText(manifest.space[key])}; now ${formatValue(manifest.present[key])}`,
    ),
    '',
  ];
}

export function rungLine({ round, rung, rungs, seeds, standings }: RungReport): string {
  const [best] = standings;
  const name = best.candidate.index === 0 ? 'the present settings' : `settings ${best.candidate.index}`;
  return `round ${round}, rung ${rung} of ${rungs}: ${standings.length} settings on ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}; best ${value(meanScore(best))} by ${name}`;
}

export interface TuneEnd {
  readonly directory: string;
  readonly scored: boolean;
  /** What a plan may take in real time, ms; null where nothing hurries it. */
  readonly period: number | null;
}

/** The frontier as a table, and what became of the settings chosen from it. */
export function tuneEndLines({ search, check, verdict, reason }: TuneResult, end: TuneEnd): string[] {
  const { directory } = end;
  const goOn = `go on    premotor tune --resume ${directory}`;
  if (!search) return ['', 'no settings were measured in this time', goOn];
  return [
    '',
    `frontier after ${search.present.scores.length} ${search.present.scores.length === 1 ? 'seed' : 'seeds'}, cheapest first:`,
    ...frontierTable(search, end),
    '',
    ...conclusion(search, check, verdict),
    ...lateness(verdict === 'kept' ? search.present : search.chosen, end.period),
    ...(reason === 'interrupted' || !search.whole ? [goOn] : []),
  ];
}

/** Share of a control period that the median plan may take: slower moments and machines need the rest. */
const ROOM = 0.7;

function isLate({ planMs }: Standing, period: number | null): boolean {
  return period !== null && planMs !== null && planMs > ROOM * period;
}

/** No clock decides a search, but whoever is to run a robot has to know. */
function lateness(taken: Standing, period: number | null): string[] {
  if (!isLate(taken, period)) return [];
  return [
    `late     plans of these settings take ${taken.planMs?.toFixed(1)} of ${period} ms a control step here, on one thread: too long in real time`,
  ];
}

function frontierTable({ frontier, present, chosen }: SearchResult, { scored, period }: TuneEnd): string[] {
  const rows = frontier.includes(present) ? frontier : [...frontier, present];
  const base = present.candidate.cost;
  return [
    `  ${(scored ? 'score' : 'return').padStart(9)} ${'plan p50'.padStart(9)} ${'cost'.padStart(6)}   settings`,
    ...rows.map((standing) => {
      const { candidate, planMs } = standing;
      const mark = standing === chosen ? ' ← chosen' : standing === present ? ' ← present' : '';
      const late = isLate(standing, period) ? '!' : ' ';
      const cost = `${Math.round((100 * candidate.cost) / base)} %`;
      return `  ${value(meanScore(standing)).padStart(9)} ${(planMs === null ? '–' : `${planMs.toFixed(1)} ms`).padStart(9)}${late}${cost.padStart(6)}   ${settingsText(standing)}${mark}`;
    }),
  ];
}

function conclusion(search: SearchResult, check: Check | null, verdict: Verdict | null): string[] {
  const { chosen, present } = search;
  if (verdict === null)
    return ['chosen so far, not yet compared on fresh seeds:', `  ${settingsText(chosen)}`];
  if (check === null) {
    return search.standings.length === 1
      ? ['kept     the present settings: there was time for no others']
      : ['kept     the present settings: no others did as well for less, or better'];
  }
  const { difference, seeds } = check;
  const shown = `${signed(difference.mean)} [${signed(difference.low)}, ${signed(difference.high)}] on ${seeds.length} fresh seeds`;
  const share = Math.round((100 * chosen.candidate.cost) / present.candidate.cost);
  if (verdict === 'better')
    return [`better   ${shown}, at ${share} % of the present cost:`, `  ${settingsText(chosen)}`];
  if (verdict === 'cheaper') {
    return [`cheaper  ${share} % of the present cost and as good, ${shown}:`, `  ${settingsText(chosen)}`];
  }
  return [`kept     the present settings: what was chosen shows no gain beyond noise, ${shown}`];
}

/** Every candidate that was measured, as CSV. */
export function tuneTable({ standings, frontier, chosen, present }: SearchResult): string {
  const keys = Object.keys(present.candidate.values);
  const header = ['settings', 'seeds', 'mean', 'deviation', 'planP50', 'cost', 'mark', ...keys];
  const on = new Set(frontier.map(({ candidate }) => candidate.index));
  const lines = standings.map((standing) => {
    const { candidate, scores, planMs } = standing;
    const marks = [
      candidate.index === 0 ? 'present' : '',
      on.has(candidate.index) ? 'frontier' : '',
      candidate.index === chosen.candidate.index ? 'chosen' : '',
    ];
    return [
      candidate.index,
      scores.length,
      Number(meanScore(standing).toPrecision(5)),
      Number(deviation(scores).toPrecision(3)),
      planMs === null ? '' : Number(planMs.toPrecision(4)),
      Number((candidate.cost / present.candidate.cost).toPrecision(3)),
      marks.filter(Boolean).join(' '),
      ...keys.map((key) => formatValue(candidate.values[key])),
    ].join(',');
  });
  return `${[header.join(','), ...lines].join('\n')}\n`;
}

function deviation(values: readonly number[]): number {
  const middle = values.reduce((sum, each) => sum + each, 0) / values.length;
  return Math.sqrt(values.reduce((sum, each) => sum + (each - middle) ** 2, 0) / values.length);
}

function settingsText({ candidate }: Standing): string {
  return Object.entries(candidate.values)
    .map(([key, setting]) => `${key.replace(/^(planner|model|budgets\.\w+)\./, '')} ${formatValue(setting)}`)
    .join(', ');
}

function choiceText(choice: TuneManifest['space'][string]): string {
  if (Array.isArray(choice)) return choice.map(formatValue).join(' | ');
  const { from, to, scale } = choice as { from: number; to: number; scale?: string };
  return `${from} … ${to}${scale === 'log' ? ' (log)' : ''}`;
}

const value = (score: number) =>
  Number.isFinite(score) ? score.toFixed(Math.abs(score) < 10 ? 3 : 1) : '−∞';
const signed = (score: number) =>
  `${score < 0 ? '−' : '+'}${Number.isFinite(score) ? Math.abs(score).toFixed(3) : '∞'}`;

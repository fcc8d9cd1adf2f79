import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { TrialReport } from '#src/core/telemetry';

/** Where a figure comes from: machine, date, commit (`+`: with changes that are in none) and the command that printed it. */
export function provenance(command: string) {
  let commit = 'unknown';
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
    commit = git('rev-parse', '--short', 'HEAD');
    if (git('status', '--porcelain', '--', '.', ':!bench/results') !== '') commit += '+';
  } catch {
    // Not a checkout.
  }
  return {
    machine: `${cpus().length} × ${cpus()[0].model.trim()}`,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    commit,
    command,
  };
}

export type Row = Record<string, string | number | boolean | null>;

/** A trial as a row of learning-<task>.csv; `best` is the best return so far, times are ms (plan) and s. */
export function trialRow(variant: string, report: TrialReport, best: number): Row {
  return {
    variant,
    seed: report.seed,
    trial: report.trial,
    envSteps: report.envSteps,
    return: report.return,
    best,
    success: report.success,
    planP50: report.planMs?.p50 ?? null,
    planP99: report.planMs?.p99 ?? null,
    late: report.late,
    fitSeconds: report.fitSeconds,
    wallSeconds: report.wallSeconds,
  };
}

/** Writes rows as bench/results/<name>.csv and their origin as <name>.json; replaces earlier rows of the same `keys`. */
export function writeResults(
  name: string,
  rows: readonly Row[],
  keys: readonly string[],
  command: string,
): void {
  mkdirSync('bench/results', { recursive: true });
  const file = `bench/results/${name}.csv`;
  const identity = (row: Row) => keys.map((key) => String(row[key])).join('|');
  const fresh = new Set(rows.map(identity));
  const merged = [...readCsv(file).filter((row) => !fresh.has(identity(row))), ...rows];
  const columns = [...new Set(merged.flatMap((row) => Object.keys(row)))];
  const lines = merged.map((row) => columns.map((column) => format(row[column])).join(','));
  writeFileSync(file, `${[columns.join(','), ...lines].join('\n')}\n`);
  const origin = `bench/results/${name}.json`;
  const runs = readJson(origin).filter((run) => run.command !== command);
  writeFileSync(origin, `${JSON.stringify([...runs, provenance(command)], null, 2)}\n`);
}

export function readCsv(file: string): Row[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const [header, ...lines] = text.trim().split('\n');
  const columns = cellsOf(header);
  return lines.map((line) => {
    const cells = cellsOf(line);
    return Object.fromEntries(columns.map((column, i) => [column, parse(cells[i])]));
  });
}

function readJson(file: string): { command: string }[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { command: string }[];
  } catch {
    return [];
  }
}

/** A cell; text with a comma or a quote stands in quotes. */
export function format(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number')
    return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  const text = String(value);
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A line's cells; those with a comma stand in quotes (RFC 4180, but for line breaks, which no cell has). */
export function cellsOf(line: string): string[] {
  return [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"'),
  );
}

function parse(cell: string): string | number | null {
  if (cell === '') return null;
  const value = Number(cell);
  return Number.isNaN(value) ? cell : value;
}

/**
 * Does a robot behind its bridge learn what the simulator learns? The emulated SO-101, a process of its own on a
 * pseudo-terminal, learns `reach` through the serial driver on the wall clock; in turns with it the simulator does, with
 * the same budget, clock and trials. What each learned then acts in the same fresh episodes where it learned.
 *
 *   npm run bench hardware-learning -- --seeds 1-3 --trials 20 --episodes 10 --write
 *   npm run bench hardware-learning -- --seeds 1 --trials 4 --episodes 3 --port tcp
 *
 * --budget realtime|64x3|15ms   --threads 1   --set key=value   --keep (the run folders)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { TimingReport, TrialReport } from '#src/core/telemetry';
import { type Row, writeResults } from './lib/results.ts';
import { seedsOf } from './lib/seeds.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    task: { type: 'string', default: 'reach' },
    robot: { type: 'string', default: 'so101' },
    seeds: { type: 'string', default: '1-3' },
    trials: { type: 'string', default: '20' },
    episodes: { type: 'string', default: '10' },
    budget: { type: 'string', default: 'realtime' },
    port: { type: 'string', default: 'pty' },
    threads: { type: 'string', default: '1' },
    set: { type: 'string', multiple: true, default: [] },
    keep: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const command = `npm run bench hardware-learning -- ${process.argv.slice(2).join(' ')}`;
const premotor = 'dist/src/cli/main.js';
const folder = mkdtempSync(join(tmpdir(), 'hardware-learning-'));

interface Told {
  readonly event: string;
  readonly [key: string]: unknown;
}

interface Limits {
  readonly commands: number;
  readonly changed: number;
  readonly limited: Readonly<Record<string, number>>;
  readonly loop: { readonly rate: number; readonly overruns: number; readonly skipped: number };
}

interface End extends Told {
  readonly directory: string;
  readonly returns: readonly number[];
  readonly scores: readonly (number | null)[];
  readonly score: number | null;
  readonly timing: readonly TimingReport[];
  readonly hardware?: Limits;
}

/** Runs a command to its end and returns what its last line of JSON told. */
async function run(args: readonly string[], onEvent: (event: Told) => void = () => {}): Promise<End> {
  const child = spawn(process.execPath, [premotor, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let end: Told | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as Told;
    if (event.event === 'end') end = event;
    else onEvent(event);
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (end === undefined) throw new Error(`premotor ${args.join(' ')} ended with code ${code}`);
  return end as End;
}

/** The emulated robot, in a process of its own: how it is reached. */
async function emulate(): Promise<{ flags: readonly string[]; child: ChildProcess }> {
  const child = spawn(
    process.execPath,
    [premotor, 'emulate', values.robot, '--json', ...(values.port === 'tcp' ? ['--tcp', '0'] : [])],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  try {
    // A real robot does not share a computer with who controls it.
    setPriority(child.pid ?? 0, -15);
  } catch {
    // It does here.
  }
  const start = await new Promise<Told>((resolve, reject) => {
    child.on('close', (code) => reject(new Error(`premotor emulate ended with code ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => resolve(JSON.parse(line)));
  });
  // Its simulation is being compiled, and as slow as that.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return { flags: ['--port', String(start.port), '--calibration', String(start.calibration)], child };
}

const shared = [
  ...['--budget', values.budget, '--threads', values.threads],
  ...values.set.flatMap((pair) => ['--set', pair]),
];

async function learn(place: string, seed: number, flags: readonly string[]) {
  const rows: Row[] = [];
  const trained = await run(
    [
      ...['run', values.task, '--robot', values.robot, ...flags, '--seed', String(seed), ...shared],
      ...['--trials', values.trials, '--out', join(folder, `${place}-${seed}`)],
    ],
    (event) => {
      if (event.event !== 'trial') return;
      const report = event as unknown as TrialReport;
      const { trial, return: total, score, timing, planMs } = report;
      rows.push({
        ...{ place, seed, kind: 'trial', number: trial, return: total, score },
        ...{ missed: timing?.missed ?? null, starved: timing?.starved ?? null, planP99: planMs?.p99 ?? null },
      });
      console.log(
        `${place.padEnd(9)} seed ${seed} trial ${String(trial).padStart(2)}  return ${total.toFixed(1).padStart(7)}  score ${score?.toFixed(3)}  missed ${timing?.missed}, starved ${timing?.starved}`,
      );
    },
  );
  const { returns, scores, score, timing, hardware } = await run([
    ...['run', values.task, '--robot', values.robot, ...flags, ...shared],
    ...['--policy', trained.directory, '--episodes', values.episodes, '--seed', String(seed)],
  ]);
  returns.forEach((value, i) => {
    rows.push({
      ...{ place, seed, kind: 'episode', number: i + 1, return: value, score: scores[i] },
      ...{ missed: timing[i]?.missed ?? null, starved: timing[i]?.starved ?? null },
      planP99: null,
    });
  });
  const limits = [trained.hardware, hardware].filter((tally) => tally !== undefined);
  for (const { commands, changed, limited, loop } of limits) {
    const reasons = Object.entries(limited).map(([reason, times]) => `${reason} ${times}`);
    console.log(
      `${place.padEnd(9)} seed ${seed} commands ${commands}, changed by limits ${changed} (${reasons.join(', ')}); bridge ${loop.rate.toFixed(0)} Hz, ${loop.overruns} overruns`,
    );
  }
  console.log(
    `${place.padEnd(9)} seed ${seed} fresh episodes: score ${score?.toFixed(3)}  [${returns.map((value) => value.toFixed(1)).join(' ')}]`,
  );
  return { rows, score };
}

const rows: Row[] = [];
const ratios: number[] = [];
try {
  for (const seed of seedsOf(values.seeds)) {
    const simulated = await learn('simulator', seed, ['--port', 'sim']);
    const { flags, child } = await emulate();
    const emulated = await learn('emulated', seed, flags).finally(() => child.kill());
    rows.push(...simulated.rows, ...emulated.rows);
    const ratio = (emulated.score ?? Number.NaN) / (simulated.score ?? Number.NaN);
    ratios.push(ratio);
    console.log(`seed ${seed}: emulated / simulator = ${ratio.toFixed(3)} (0.9 is asked for)\n`);
  }
  const sorted = [...ratios].sort((a, b) => a - b);
  console.log(
    `median ${sorted[Math.floor(sorted.length / 2)].toFixed(3)}, least ${sorted[0].toFixed(3)} over ${ratios.length} seeds`,
  );
  if (values.write) writeResults('hardware-learning', rows, ['place', 'seed', 'kind', 'number'], command);
} finally {
  if (values.keep) console.log(`run folders: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}

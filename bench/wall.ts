/**
 * On time on the wall clock? Evaluates a learned controller with `--clock wall --view` and one subscribed client, in
 * turns of a minute with an empty loop of the same rate, and counts ticks that came late and ticks without a plan.
 *
 *   npm run bench wall -- reacher --run runs/reacher-… --minutes 10 --write
 *   npm run bench wall -- reacher --run runs/reacher-… --minutes 2 --load       a busy loop on one core
 *   npm run bench wall -- reacher --run runs/reacher-… --minutes 2 --browser    headless Chromium draws the page
 *
 * Without --run it learns one first (--trials, --seed).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { Histogram } from '#src/core/histogram';
import { MISSED } from '#src/core/telemetry';
import { loadTask } from '#src/load/task';
import { readRun } from '#src/runs/index';
import { openBrowser } from '../test/viewer/browser.ts';
import { evaluateRun, Rates, rungsOf, subscribe } from './lib/on-the-clock.ts';
import { writeResults } from './lib/results.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    run: { type: 'string' },
    trials: { type: 'string', default: '12' },
    seed: { type: 'string', default: '11' },
    minutes: { type: 'string', default: '10' },
    /** s of each turn. */
    turn: { type: 'string', default: '60' },
    budget: { type: 'string', default: 'realtime' },
    threads: { type: 'string' },
    load: { type: 'boolean', default: false },
    browser: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const [task = 'reacher'] = positionals;
const directory = values.run ?? learn();
const { manifest } = await readRun(directory);
const { controlPeriod, episodeSteps } = (await loadTask(manifest.task.name)).task;
const period = 1000 * controlPeriod;
const turn = Number(values.turn);
const seconds = 60 * Number(values.minutes);
const episodes = Math.ceil(seconds / (episodeSteps * controlPeriod));
const mode = values.load ? 'load' : values.browser ? 'browser' : 'client';

const lateness = new Histogram();
const planMs = new Histogram();
const rates = new Rates();
let missed = 0;
const evaluation = evaluateRun(
  directory,
  [
    ...['--clock', 'wall', '--view', '--http-port', '0', '--budget', values.budget],
    ...['--episodes', String(episodes), ...(values.threads ? ['--threads', values.threads] : [])],
  ],
  (step) => {
    rates.step(step);
    const late = step.timing?.lateness ?? 0;
    lateness.add(late);
    missed += (step.timing?.skipped ?? 0) + Number(late > MISSED);
    if (step.planMs !== null) planMs.add(step.planMs);
  },
);
const page = await evaluation.page;
const client = subscribe(page, (topic) => {
  if (topic === '/tf') rates.message();
});
const browser = values.browser ? await draw(page) : undefined;
const load = values.load ? busy() : undefined;

let over = false;
const ended = evaluation.end.finally(() => {
  over = true;
});
const empty = { ticks: 0, missed: 0, lateness: new Histogram() };
while (!over) {
  await Promise.race([sleep(turn), ended]);
  if (over) break;
  await client.call('/premotor/pause');
  // What a pause interrupts is over, and a page that draws has drawn it.
  await sleep(1);
  await emptyLoop();
  rates.interrupt();
  await client.call('/premotor/resume');
}
const { score, timing } = await ended;
await load?.terminate();
await browser?.close();
client.close();
if (empty.ticks === 0) await emptyLoop();

const ticks = timing.reduce((sum, report) => sum + report.ticks, 0);
const starved = timing.reduce((sum, report) => sum + report.starved, 0);
const rungs = rungsOf(timing);
const share = (count: number, of: number) => (100 * count) / of;
const ages = timing.flatMap(({ planAgeMs }) => (planAgeMs ? [planAgeMs] : []));
const jitter = Math.max(...timing.map(({ jitterMs }) => jitterMs.p99));
const row = {
  ...{ task: manifest.task.name, mode, cores: availableParallelism(), ticks, starved },
  ...{ oldPlan: rungs['old-plan'], missed, missedPercent: share(missed, ticks) },
  ...{ emptyTicks: empty.ticks, emptyMissed: empty.missed, emptyPercent: share(empty.missed, empty.ticks) },
  ...{ latenessP99: lateness.percentile(0.99), latenessMax: lateness.max, jitterP99: jitter },
  ...{ emptyLatenessP99: empty.lateness.percentile(0.99), emptyLatenessMax: empty.lateness.max },
  ...{ planP50: planMs.percentile(0.5), planP99: planMs.percentile(0.99) },
  planAgeP50: median(ages.map(({ p50 }) => p50)),
  planAgeP99: median(ages.map(({ p99 }) => p99)),
  ...{ ticksPerSecond: rates.steps, posesPerSecond: rates.messages, score },
};
const bound = row.emptyPercent + 0.1;
console.log(
  [
    `${row.task}, ${mode}: ${ticks} ticks of ${period} ms, starved ${starved}, on an older plan ${row.oldPlan}`,
    `missed ${missed} = ${row.missedPercent.toFixed(3)} %; empty loop ${empty.missed} of ${empty.ticks} = ${row.emptyPercent.toFixed(3)} %: ${row.missedPercent <= bound ? 'within' : 'beyond'} empty + 0.1 %`,
    `lateness p99 ${row.latenessP99.toFixed(2)} (empty ${row.emptyLatenessP99.toFixed(2)}), max ${row.latenessMax.toFixed(1)} (${row.emptyLatenessMax.toFixed(1)}) ms; plan p50 ${row.planP50.toFixed(1)}, p99 ${row.planP99.toFixed(1)} ms; plan age p50 ${row.planAgeP50.toFixed(0)}, p99 ${row.planAgeP99.toFixed(0)} ms`,
    `${rates.steps.toFixed(1)} ticks and ${rates.messages.toFixed(1)} poses a second; score ${score?.toFixed(3) ?? '–'}`,
  ].join('\n'),
);
if (values.write)
  writeResults(
    'wall',
    [row],
    ['task', 'mode', 'cores'],
    `npm run bench wall -- ${process.argv.slice(2).join(' ')}`,
  );

function learn(): string {
  const out = mkdtempSync(join(tmpdir(), 'premotor-wall-'));
  const flags = ['--trials', values.trials, '--seed', values.seed, '--out', out];
  const { status } = spawnSync(process.execPath, ['dist/src/cli/main.js', 'train', task, ...flags], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  return join(out, readdirSync(out)[0]);
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
}

/** A loop of the same rate in a thread of its own that does nothing, for a turn. */
async function emptyLoop(): Promise<void> {
  const module = (file: string) => JSON.stringify(pathToFileURL(`dist/src/control/${file}`).href);
  const code = `
    const { parentPort } = require('node:worker_threads');
    (async () => {
      const { FixedRate } = await import(${module('loop.js')});
      const { monotonicClock } = await import(${module('clock.node.js')});
      const { askForRealTime } = await import(${module('priority.node.js')});
      askForRealTime();
      const rate = new FixedRate(monotonicClock);
      parentPort.postMessage(Array.from({ length: ${Math.round((1000 * turn) / period)} }, () => rate.next(${period})));
    })();`;
  const worker = new Worker(code, { eval: true });
  const ticks = await new Promise<{ lateness: number; skipped: number }[]>((resolve, reject) => {
    worker.on('message', resolve).on('error', reject);
  });
  await worker.terminate();
  for (const { lateness, skipped } of ticks) {
    empty.ticks++;
    empty.lateness.add(lateness);
    empty.missed += skipped + Number(lateness > MISSED);
  }
}

/** Somebody else's program on one core. */
function busy(): Worker {
  return new Worker('for (;;);', { eval: true });
}

async function draw(url: string) {
  const browser = await openBrowser();
  if (typeof browser === 'string') throw new Error(`no browser: ${browser}`);
  const tab = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await tab.goto(url);
  return browser;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

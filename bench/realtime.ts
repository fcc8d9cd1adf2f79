/**
 * On time? Runs `premotor train <task> --view --budget realtime` at wall pace with one subscribed client that draws
 * nothing, and prints planning times against the control period, and the poses a second that reached the client.
 *
 *   npm run bench realtime -- cartpole-swingup --seeds 11-15 --trials 5 --write
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import protocol from '@foxglove/ws-protocol';
import { WebSocket } from 'ws';
import type { TrialReport } from '#src/core/telemetry';
import { loadTask } from '#src/load/task';
import { type Row, trialRow, writeResults } from './lib/results.ts';
import { seedsOf } from './lib/seeds.ts';

const { FoxgloveClient } = protocol;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '11-13' },
    trials: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
});
const [task] = positionals;
const period = (await loadTask(task)).task.controlPeriod * 1000;
const rows: Row[] = [];
for (const seed of seedsOf(values.seeds)) await run(seed);
if (values.write) {
  writeResults(
    `learning-${task}`,
    rows,
    ['variant', 'seed', 'trial'],
    `npm run bench realtime -- ${process.argv.slice(2).join(' ')}`,
  );
}

async function run(seed: number): Promise<void> {
  const out = mkdtempSync(join(tmpdir(), 'premotor-realtime-'));
  const flags = [
    '--view',
    '--budget',
    'realtime',
    '--trials',
    values.trials,
    '--seed',
    String(seed),
    '--out',
    out,
  ];
  const child = spawn(process.execPath, ['dist/src/cli/main.js', 'train', task, ...flags, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const reports: TrialReport[] = [];
  let poses = 0;
  let acting = 0;
  createInterface({ input: child.stderr }).on('line', (line) => {
    const url = /^page (\S+)/.exec(line)?.[1];
    if (url)
      subscribe(url, (topic) => {
        if (topic === '/tf') poses++;
      });
    else if (!/^\s*$/.test(line)) process.stderr.write(`${line}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    child.on('exit', (code) =>
      reports.length === Number(values.trials) ? resolve() : reject(new Error(`exit code ${code}`)),
    );
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as { event: string } & TrialReport;
      if (event.event === 'step') acting++;
      if (event.event !== 'trial') return;
      reports.push(event);
      if (reports.length === Number(values.trials)) child.kill('SIGINT');
    });
  });
  let best = -Infinity;
  for (const report of reports) {
    best = Math.max(best, report.return);
    rows.push(trialRow('realtime', report, best));
  }
  const p99 = reports.flatMap(({ planMs }) => (planMs ? [planMs.p99] : [])).sort((a, b) => a - b);
  const median = p99[Math.floor(p99.length / 2)];
  const seconds = (acting * period) / 1000;
  console.log(
    `${task} seed ${seed}: returns ${reports.map((report) => report.return.toFixed(0)).join(' ')}; plan p99, median of trials ${median.toFixed(1)} ms = ${(median / period).toFixed(2)} × period; late ${reports.reduce((sum, { late }) => sum + late, 0)}; ${(poses / seconds).toFixed(0)} poses a second of acting`,
  );
  rmSync(out, { recursive: true, force: true });
}

/** A client that subscribes to everything and draws nothing. */
function subscribe(page: string, onMessage: (topic: string) => void): void {
  const url = page.replace(/^http/, 'ws');
  const client = new FoxgloveClient({
    ws: new WebSocket(url, [FoxgloveClient.SUPPORTED_SUBPROTOCOL]) as never,
  });
  const topics = new Map<number, string>();
  client.on('advertise', (channels) => {
    for (const { id, topic } of channels) topics.set(client.subscribe(id), topic);
  });
  client.on('message', ({ subscriptionId }) => onMessage(topics.get(subscriptionId) ?? ''));
  client.on('error', () => {});
}

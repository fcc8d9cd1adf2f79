/**
 * What planning delay costs: evaluates learned controllers without delay, with 30 ms with and without compensation, and
 * with forced delays of 5, 50, 200 and 1,000 ms, on the simulator's clock; the forced ones on the wall clock too, where
 * ticks and poses a second are counted.
 *
 *   npm run bench delay -- runs/cartpole-swingup-… runs/reacher-… --episodes 10 --wall-episodes 3 --write
 */
import { parseArgs } from 'node:util';
import { readRun } from '#src/runs/index';
import { evaluateRun, Rates, rungsOf, subscribe } from './lib/on-the-clock.ts';
import { type Row, writeResults } from './lib/results.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    episodes: { type: 'string', default: '10' },
    'wall-episodes': { type: 'string', default: '3' },
    forced: { type: 'string', default: '5,50,200,1000' },
    budget: { type: 'string', default: 'realtime' },
    threads: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const forced = values.forced.split(',').filter(Boolean).map(Number);
const rows: Row[] = [];
for (const run of positionals) {
  const { manifest } = await readRun(run);
  const task = manifest.task.name;
  const none = await measure(task, run, { clock: 'sim', delay: 0, compensate: true });
  for (const delay of [...new Set([30, ...forced])]) {
    for (const compensate of [true, false]) {
      if (!compensate && delay !== 30) continue;
      await measure(task, run, { clock: 'sim', delay, compensate }, none);
    }
  }
  if (values['wall-episodes'] !== '0')
    for (const delay of [0, ...forced])
      await measure(task, run, { clock: 'wall', delay, compensate: true }, none);
}
if (values.write)
  writeResults(
    'delay',
    rows,
    ['task', 'clock', 'delayMs', 'compensate'],
    `npm run bench delay -- ${process.argv.slice(2).join(' ')}`,
  );

interface Variant {
  readonly clock: 'sim' | 'wall';
  readonly delay: number;
  readonly compensate: boolean;
}

/** Evaluates one variant and prints it. @param none the score without delay */
async function measure(
  task: string,
  run: string,
  variant: Variant,
  none?: number | null,
): Promise<number | null> {
  const { clock, delay, compensate } = variant;
  const onWall = clock === 'wall';
  const rates = new Rates();
  const evaluation = evaluateRun(
    run,
    [
      ...['--clock', clock, '--delay', `${delay}ms`, '--set', `control.compensate=${compensate}`],
      ...['--episodes', onWall ? values['wall-episodes'] : values.episodes, '--budget', values.budget],
      ...(onWall ? ['--view', '--http-port', '0'] : []),
      ...(values.threads ? ['--threads', values.threads] : []),
    ],
    (step) => rates.step(step),
  );
  const client = onWall
    ? subscribe(await evaluation.page, (topic) => {
        if (topic === '/tf') rates.message();
      })
    : undefined;
  const { score, returns, timing } = await evaluation.end;
  client?.close();
  const rungs = rungsOf(timing);
  const sum = (count: (report: (typeof timing)[number]) => number) =>
    timing.reduce((total, report) => total + count(report), 0);
  const ratio = typeof none === 'number' && score !== null ? score / none : null;
  rows.push({
    ...{ task, clock, delayMs: delay, compensate, episodes: returns.length, score, ofNoDelay: ratio },
    return: returns.reduce((total, value) => total + value, 0) / returns.length,
    ...{ ticks: sum(({ ticks }) => ticks), missed: sum(({ missed }) => missed) },
    ...{
      plan: rungs.plan,
      oldPlan: rungs['old-plan'],
      hold: rungs.hold,
      decay: rungs.decay,
      stop: rungs.stop,
    },
    ticksPerSecond: onWall ? rates.steps : null,
    posesPerSecond: onWall ? rates.messages : null,
  });
  const name = `${task}, ${clock} clock, ${delay} ms${compensate ? '' : ', not compensated'}`;
  const rate = onWall
    ? `; ${rates.steps.toFixed(1)} ticks and ${rates.messages.toFixed(1)} poses a second`
    : '';
  console.log(
    `${name}: score ${score?.toFixed(3) ?? '–'}${ratio === null ? '' : ` = ${ratio.toFixed(2)} of no delay`}; plan ${rungs.plan}, older plan ${rungs['old-plan']}, hold ${rungs.hold}, decay ${rungs.decay}, stop ${rungs.stop}${rate}`,
  );
  return score;
}

/**
 * What identification finds of robots that differ from their description in known ways: a bridge's recording of the
 * altered SO-101 under a multi-sine (100 Hz, noise of 0.5 mrad, 12 bits), fitted from the shipped description. Errors are
 * those of held-out stretches.
 *
 *   npm run bench identify -- --seeds 3 --write
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Group, type Identification, identify, traceOfExchanges } from '#src/identify/index';
import { loadRobot } from '#src/load/robot';
import { altered, type Truth } from '../test/identify/arm.ts';
import { recordingOf } from '../test/identify/recording.ts';
import { type Row, writeResults } from './lib/results.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '14' },
    minutes: { type: 'string', default: '0.15' },
    only: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    write: { type: 'boolean', default: false },
  },
});
const what: readonly Group[] = ['friction', 'gains', 'latency', 'mass'];
const truths: Readonly<Record<string, Truth>> = {
  'as described': {},
  'friction × 1.6': { friction: 1.6 },
  'gains × 0.8': { gains: 0.8 },
  'latency 15 ms': { latency: 0.015 },
  'masses × 1.3': { mass: 1.3 },
  'all four': { friction: 1.6, gains: 0.8, latency: 0.015, mass: 1.3 },
};
const shipped = await loadRobot('so101');
// Steps of 2 ms are as good here and twice as fast; the recordings are of steps of 1 ms.
const robot = { ...shipped, simulation: { ...shipped.simulation, timestep: 0.002 } };
const rows: Row[] = [];
for (const [name, truth] of Object.entries(truths)) {
  if (values.only !== undefined && values.only !== name) continue;
  for (let seed = 0; seed < Number(values.seeds); seed++) {
    const exchanges = recordingOf(altered(robot, truth), { seconds: Number(values.seconds), seed });
    const began = performance.now();
    const result = await identify(robot, traceOfExchanges(robot, exchanges, name), {
      what,
      minutes: Number(values.minutes),
      threads: Number(values.threads),
    });
    rows.push(rowOf(name, truth, seed, result, (performance.now() - began) / 1000));
    print(rows[rows.length - 1]);
  }
}
if (values.write)
  writeResults(
    'identify',
    rows,
    ['truth', 'seed'],
    `npm run bench identify -- ${process.argv.slice(2).join(' ')}`,
  );

/** Errors in mrad and mrad/s; of groups the worst factor's distance from the true one, of those that were told. */
function rowOf(name: string, truth: Truth, seed: number, result: Identification, seconds: number): Row {
  const worst = (group: 'friction' | 'gains' | 'mass') => {
    const errors = result.estimates
      .filter((estimate) => estimate.group === group && estimate.told === 'told')
      .map(({ after, before }) => Math.abs(after / before / (truth[group] ?? 1) - 1));
    return errors.length > 0 ? Math.max(...errors) : null;
  };
  const latency = result.robot.simulation.latency ?? 0;
  return {
    truth: name,
    seed,
    ...Object.fromEntries(
      result.before.flatMap((before, i) => {
        const after = result.after[i];
        return [
          [`before${before.horizon}s`, 1000 * before.position],
          [`after${before.horizon}s`, 1000 * after.position],
          [`rateBefore${before.horizon}s`, 1000 * before.velocity],
          [`rateAfter${before.horizon}s`, 1000 * after.velocity],
        ];
      }),
    ),
    frictionError: worst('friction'),
    gainsError: worst('gains'),
    latencyErrorMs: 1000 * Math.abs(latency - (truth.latency ?? 0)),
    massError: worst('mass'),
    massesTold: result.estimates.filter(({ group, told }) => group === 'mass' && told === 'told').length,
    iterations: result.iterations,
    seconds,
  };
}

function print(row: Row): void {
  const number = (key: string, digits = 2) => Number(row[key] ?? Number.NaN).toFixed(digits);
  const percent = (key: string) => `${(100 * Number(row[key] ?? Number.NaN)).toFixed(1)} %`;
  console.log(
    [
      `${row.truth}, seed ${row.seed}:`,
      ...[0.1, 0.5, 1].map((h) => `${h} s ${number(`before${h}s`)} → ${number(`after${h}s`)} mrad`),
      `worst friction ${percent('frictionError')}, gain ${percent('gainsError')}, mass ${percent('massError')} (${row.massesTold} told), latency ${number('latencyErrorMs')} ms`,
      `${number('seconds', 0)} s`,
    ].join('  '),
  );
}

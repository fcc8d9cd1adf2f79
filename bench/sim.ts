/**
 * Which time step and how many iterations does a robot need? Prints, per choice, the error against MuJoCo after 1 s of
 * random efforts as a share of what is allowed (0.01 rad or m + 0.2 % of the way travelled), how far joints come apart
 * (1e-4 m allowed), the energy a frictionless pendulum of 0.7 m loses in 10 s (2 % allowed), and CPU time a simulated
 * second. `<` marks the choice in robot.json, `*` the cheapest that holds every bound; MuJoCo at twice its own step
 * shows how far the judge can be trusted. A choice within a tenth of a bound is not taken: other seeds must hold too.
 *
 *   npm run bench sim -- --seeds 10 --write
 */
import { parseArgs } from 'node:util';
import { loadRobot } from '#src/load/robot';
import { Judge, randomEfforts, shareOfBound, shippedUrdf, simulateOurs } from '../test/sim/mujoco.ts';
import { pendulumLoss } from '../test/sim/pendulum.ts';
import { type Row, writeResults } from './lib/results.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '10' }, write: { type: 'boolean', default: false } },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
const judgeStep = 5e-4;

const cases = [
  {
    name: 'cartpole',
    gravity: [0, 0, -9.81] as const,
    controlPeriod: 0.04,
    timesteps: [0.02, 0.04 / 3, 0.01, 0.008, 0.005],
    iterations: [2, 3, 4],
  },
  {
    name: 'arm7',
    gravity: [0, 0, 0] as const,
    controlPeriod: 0.02,
    timesteps: [0.004, 0.0025, 0.002, 0.0016667, 0.00125, 0.0011112, 0.001],
    iterations: [2, 3, 4],
  },
];

const rows: Row[] = [];
for (const { name, gravity, controlPeriod, timesteps, iterations } of cases) {
  const robot = await loadRobot(name);
  const judge = await Judge.of(shippedUrdf(name), gravity);
  let doubt = 0;
  const trials = seeds.map((seed) => {
    const efforts = randomEfforts(robot, judge, controlPeriod, seed);
    const truth = judge.simulate(efforts, controlPeriod, judgeStep);
    const coarser = judge.simulate(efforts, controlPeriod, 2 * judgeStep);
    doubt = Math.max(doubt, ...truth.position.map((value, d) => Math.abs(value - coarser.position[d])));
    return { efforts, truth };
  });
  judge.close();
  const choices = [];
  for (const timestep of timesteps)
    for (const count of iterations) {
      let share = 0;
      let apart = 0;
      let milliseconds = Infinity;
      for (const { efforts, truth } of trials) {
        const options = { gravity, controlPeriod, timestep, iterations: count };
        const ours = await simulateOurs(robot, efforts, options);
        share = Math.max(share, ...shareOfBound(ours.position, truth));
        apart = Math.max(apart, ours.drift);
        milliseconds = Math.min(milliseconds, ours.milliseconds);
      }
      const loss = await pendulumLoss(timestep, count);
      choices.push({ timestep, iterations: count, share, apart, loss, milliseconds });
    }
  const holding = choices
    .filter(({ share, apart, loss }) => share <= 1 && apart <= 1e-4 && loss <= 0.02)
    .sort((a, b) => a.milliseconds - b.milliseconds);
  console.log(
    `\n${name}, ${seeds.length} seeds; MuJoCo at twice its step differs by ${doubt.toExponential(0)}`,
  );
  console.log('  step [ms]  iterations  error/bound  joints apart [m]  pendulum loses  CPU [ms/s]');
  for (const choice of choices) {
    const { timestep, iterations: count, share, apart, loss, milliseconds } = choice;
    const chosen = timestep === robot.simulation.timestep && count === robot.simulation.iterations;
    console.log(
      `  ${(1000 * timestep).toFixed(2).padStart(9)}  ${String(count).padStart(10)}  ${share.toFixed(2).padStart(11)}  ${apart.toExponential(1).padStart(16)}  ${`${(100 * loss).toFixed(3)} %`.padStart(14)}  ${milliseconds.toFixed(1).padStart(10)} ${choice === holding[0] ? '*' : ' '}${chosen ? '<' : ''}`,
    );
    rows.push({
      robot: name,
      timestep,
      iterations: count,
      errorShare: Number(share.toFixed(3)),
      jointsApart: Number(apart.toExponential(2)),
      pendulumLoss: Number(loss.toExponential(2)),
      cpuMsPerSecond: Number(milliseconds.toFixed(2)),
      chosen: String(chosen),
    });
  }
}
if (values.write)
  writeResults(
    'sim',
    rows,
    ['robot', 'timestep', 'iterations'],
    `npm run bench sim -- --seeds ${values.seeds} --write`,
  );

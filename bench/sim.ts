/**
 * The simulator's accuracy and pace on the shipped robots.
 *
 * Accuracy: per step length, the largest error against MuJoCo (fourth-order Runge-Kutta) after 1 s of random efforts over
 * the seeds, as a share of what is allowed: 0.01 rad or m + 0.2 % of the way travelled. `<` marks the step in robot.json.
 * Also of public arms, where PREMOTOR_ASSETS or ../shared/assets has them.
 *
 * Pace: simulation steps a second at that step under random commands, with limits, without contacts, beside MuJoCo WASM
 * (its default integrator) on the same URDF at the same step, taken in turns; at 2 threads each thread has its own copy.
 *
 *   npm run bench sim -- --seeds 10 --rounds 5 --write
 */

import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import loadMujoco from '@mujoco/mujoco';
import { createSimPlant } from '#sim/index';
import { Random } from '#src/core/random';
import { loadRobot } from '#src/load/robot';
import {
  hasPublicArms,
  Judge,
  judged,
  mujocoModel,
  publicArms,
  randomEfforts,
  shareOfBound,
  shippedUrdf,
  simulateOurs,
} from '../test/sim/mujoco.ts';
import { type Row, writeResults } from './lib/results.ts';

const judgeStep = 5e-4;
/** s of wall time of one turn */
const turn = 0.2;

const robots = ['cartpole', 'arm7', 'arm7-fork', 'so101', 'panda'];

const down = [0, 0, -9.81] as const;
const none = [0, 0, 0] as const;

/** Arms that fall faster than 5 rad/s by themselves are without gravity, or held against it. */
const cases: readonly {
  readonly name: string;
  readonly gravity: readonly [number, number, number];
  readonly controlPeriod: number;
  /** Steps of a control period. */
  readonly parts: readonly number[];
  readonly held?: boolean;
  readonly least?: number;
}[] = [
  { name: 'cartpole', gravity: down, controlPeriod: 0.04, parts: [2, 3, 4, 5, 8] },
  { name: 'arm7', gravity: none, controlPeriod: 0.02, parts: [2, 3, 4, 5, 8, 10, 20] },
  { name: 'arm7-fork', gravity: none, controlPeriod: 0.04, parts: [2, 4, 5, 10, 20] },
  { name: 'so101', gravity: down, controlPeriod: 0.02, parts: [2, 3, 4, 5, 10, 20] },
  { name: 'panda', gravity: none, controlPeriod: 0.02, parts: [10, 20, 32, 40, 50] },
  { name: 'panda', gravity: down, controlPeriod: 0.02, parts: [20, 40, 50, 80], held: true },
  ...(hasPublicArms ? publicArms : []).map((name) => ({
    name,
    gravity: down,
    controlPeriod: 0.02,
    parts: [20],
    held: true,
    least: name === 'ur10_robot' ? 0.003 : 0.05,
  })),
];

if (isMainThread) await main();
else await serve();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '5' },
      write: { type: 'boolean', default: false },
    },
  });
  const command = `npm run bench sim -- --seeds ${values.seeds} --rounds ${values.rounds} --write`;
  const accuracy = await measureAccuracy(Number(values.seeds));
  const pace = await measurePace(Number(values.rounds));
  if (!values.write) return;
  writeResults('sim-accuracy', accuracy, ['robot', 'stepsPerPeriod'], command);
  writeResults('sim-pace', pace, ['robot', 'threads'], command);
}

async function measureAccuracy(seeds: number): Promise<Row[]> {
  const rows: Row[] = [];
  console.log(
    'error against MuJoCo after 1 s, worst joint and seed\nrobot            step [ms]  error/bound  CPU [ms/s]',
  );
  for (const { name, gravity, controlPeriod, parts, held = false, least } of cases) {
    const label = held ? `${name}-held` : name;
    const { urdf, robot } = await judged(name);
    const judge = await Judge.of(urdf, gravity, robot);
    const trials = Array.from({ length: seeds }, (_, i) => {
      const efforts = randomEfforts(robot, judge, controlPeriod, i + 1, { held, least });
      return { efforts, truth: judge.simulate(efforts, controlPeriod, judgeStep) };
    });
    judge.close();
    const chosen = Math.ceil(controlPeriod / robot.simulation.timestep - 1e-9);
    for (const part of parts) {
      let share = 0;
      let milliseconds = Infinity;
      for (const { efforts, truth } of trials) {
        const ours = await simulateOurs(robot, efforts, {
          gravity,
          controlPeriod,
          timestep: controlPeriod / part,
        });
        share = Math.max(share, ...shareOfBound(ours.position, truth));
        milliseconds = Math.min(milliseconds, ours.milliseconds);
      }
      const step = ((1000 * controlPeriod) / part).toFixed(2);
      console.log(
        `${label.padEnd(15)} ${step.padStart(10)} ${share.toFixed(3).padStart(12)} ${milliseconds.toFixed(2).padStart(11)} ${part === chosen ? '<' : ''}`,
      );
      rows.push({
        robot: label,
        controlPeriod,
        stepsPerPeriod: part,
        errorShare: Number(share.toFixed(4)),
        cpuMsPerSecond: Number(milliseconds.toFixed(2)),
        chosen: part === chosen,
      });
    }
  }
  return rows;
}

async function measurePace(rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  console.log('\nsteps a second\nrobot      threads  step [ms]      ours    MuJoCo  ratio');
  for (const name of [...robots, 'car'])
    for (const threads of [1, 2]) {
      const { simulation } = await loadRobot(name);
      const workers = Array.from(
        { length: threads },
        (_, i) => new Worker(new URL(import.meta.url), { workerData: { name, seed: i } }),
      );
      const run = async (engine: 'ours' | 'mujoco') => {
        const paces = await Promise.all(workers.map((worker) => ask(worker, engine)));
        return paces.reduce((sum, pace) => sum + pace, 0);
      };
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        const mine = await run('ours');
        const other = name === 'car' ? Number.NaN : await run('mujoco');
        // The first is to warm up.
        if (round > 0) {
          ours.push(mine);
          theirs.push(other);
        }
      }
      await Promise.all(workers.map((worker) => worker.terminate()));
      const ratio = median(ours.map((value, i) => value / theirs[i]));
      const round = (value: number) => (Number.isNaN(value) ? '–' : String(Math.round(value)));
      console.log(
        `${name.padEnd(10)} ${String(threads).padStart(7)} ${(1000 * simulation.timestep).toFixed(2).padStart(10)} ${round(median(ours)).padStart(9)} ${round(median(theirs)).padStart(9)} ${Number.isNaN(ratio) ? '     –' : ratio.toFixed(2).padStart(6)}`,
      );
      rows.push({
        robot: name,
        threads,
        timestep: simulation.timestep,
        stepsPerSecond: Math.round(median(ours)),
        mujocoStepsPerSecond: name === 'car' ? null : Math.round(median(theirs)),
        ratio: name === 'car' ? null : Number(ratio.toFixed(3)),
      });
    }
  return rows;
}

async function ask(worker: Worker, engine: string): Promise<number> {
  const answer = once(worker, 'message');
  worker.postMessage(engine);
  return (await answer)[0] as number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** A thread: steps one engine for a turn when asked, and answers with its steps a second. */
async function serve(): Promise<void> {
  const { name, seed } = workerData as { name: string; seed: number };
  const engines = {
    ours: await ourSecond(name, seed),
    mujoco: name === 'car' ? () => 0 : await mujocoSecond(name, seed),
  };
  parentPort?.on('message', (engine: 'ours' | 'mujoco') => {
    const start = performance.now();
    let steps = 0;
    let elapsed = 0;
    while (elapsed < turn) {
      steps += engines[engine]();
      elapsed = (performance.now() - start) / 1000;
    }
    parentPort?.postMessage(steps / elapsed);
  });
}

/** Simulates a second from the rest pose under commands that change every 50 ms; tells how many steps that took. */
async function ourSecond(name: string, seed: number): Promise<() => number> {
  const robot = await loadRobot(name);
  const controlPeriod = 0.05;
  const plant = await createSimPlant({ robot, controlPeriod });
  const random = new Random(seed, 'pace');
  const { low, high } = plant.spec.command;
  const command = new Float32Array(low.length);
  const steps = 20 * Math.ceil(controlPeriod / robot.simulation.timestep - 1e-9);
  return () => {
    plant.reset({ position: robot.home, velocity: robot.home.map(() => 0) });
    for (let period = 0; period < 20; period++) {
      for (let i = 0; i < command.length; i++) command[i] = random.uniform(low[i], high[i]);
      plant.write(command);
      plant.advance();
    }
    return steps;
  };
}

/** The same with efforts on MuJoCo's joints. */
async function mujocoSecond(name: string, seed: number): Promise<() => number> {
  const robot = await loadRobot(name);
  const mujoco = await loadMujoco();
  const model = mujocoModel(mujoco, shippedUrdf(name), robot);
  const steps = Math.ceil(0.05 / robot.simulation.timestep - 1e-9);
  model.opt.timestep = 0.05 / steps;
  const data = new mujoco.MjData(model);
  const joints = robot.joints.filter(({ kind }) => kind !== 'fixed');
  const home = joints.map(({ mimic, name: own }) => {
    const d = robot.movable.findIndex((j) => robot.joints[j].name === own);
    return mimic ? 0 : robot.home[d];
  });
  const most = joints.map(
    (joint) => robot.actuators.find((each) => each.joint === joint.name)?.maxEffort ?? 0,
  );
  const random = new Random(seed, 'pace');
  return () => {
    mujoco.mj_resetData(model, data);
    data.qpos.set(home);
    for (let period = 0; period < 20; period++) {
      data.qfrc_applied.set(most.map((effort) => random.uniform(-effort, effort)));
      for (let step = 0; step < steps; step++) mujoco.mj_step(model, data);
    }
    return 20 * steps;
  };
}

/**
 * How long until an arm stops: from stale commands, Ctrl-C, `kill -9`, a hung main thread and pulled cables to the moment
 * when its (emulated) motors are told to hold, or stop by themselves. The controlling program, its bridge and the
 * emulated SO-101 are processes of their own; the program is as `premotor run`: a beating main thread, and another that
 * commands at 50 Hz. One row is `premotor run` itself, which stops at its next tick. Events come at random moments.
 * `discarded`: trials that were begun and not counted, because the bridge of a busy machine had stopped the arm before.
 *
 *   npm run bench stop-latency -- --trials 200 --write
 *   npm run bench stop-latency -- --trials 5 --only hung
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { Random } from '#src/core/random';
import { loadRobot } from '#src/load/robot';
import { withFamily } from '../test/hardware/bridge/fault-matrix.ts';
import { warnOfLoad } from './lib/load.ts';
import { type Row, writeResults } from './lib/results.ts';
import {
  type ControllerOptions,
  control,
  type FromController,
  machineTime,
  releasing,
  type ToController,
} from './lib/stop-controller.ts';
import { PremotorRun, runsFolder } from './lib/stop-run.ts';
import { type StopWatch, stopWatch } from './lib/stop-watch.ts';

/** ms that p99 may be where the bridge acts. */
const LIMIT = 250;
/** ms that a program may take for anything. */
const PATIENCE = 30_000;

interface Kind {
  readonly name: string;
  readonly family: 'feetech' | 'dynamixel';
  /** Who stops the robot. */
  readonly by: string;
  readonly until: 'hold' | 'torque off' | 'own watchdog' | 'at the last goal';
  /** By what the arm is reached; default TCP. */
  readonly line?: 'pty';
  /** The real program instead of one like it; it ends by the event. */
  readonly run?: boolean;
  /** Makes it happen; resolves with when it did, ms. */
  happen(program: Program | PremotorRun, robot: StopWatch): Promise<number> | number;
  /** The program cannot go on after it. */
  readonly fatal?: boolean;
}

function kinds(): Kind[] {
  const dataLine = (_: unknown, { bus }: StopWatch) => {
    bus.unplug(true);
    return machineTime();
  };
  const adapter = (_: unknown, { pull }: StopWatch) => {
    const at = machineTime();
    pull();
    return at;
  };
  const asked = (message: ToController, tell: FromController['tell']) => (program: Program | PremotorRun) =>
    (program as Program).ask(message, tell);
  const interrupt = ({ child }: Program | PremotorRun) => {
    const at = machineTime();
    process.kill(-child.pid!, 'SIGINT');
    return at;
  };
  const nobody = {
    family: 'feetech',
    by: 'nobody: the motors have no watchdog',
    until: 'at the last goal',
  } as const;
  const motors = { family: 'dynamixel', by: 'motors (bus watchdog 200 ms)', until: 'own watchdog' } as const;
  const bridge = { family: 'feetech', by: 'bridge', until: 'hold' } as const;
  return [
    { name: 'stale command', ...bridge, happen: asked({ do: 'silence' }, 'silent') },
    { name: 'Ctrl-C', ...bridge, happen: interrupt },
    { name: 'Ctrl-C (premotor run)', ...bridge, run: true, fatal: true, happen: interrupt },
    { name: 'Ctrl-C (release 0)', ...bridge, until: 'torque off', happen: interrupt },
    {
      name: 'kill -9',
      ...bridge,
      fatal: true,
      happen({ child }) {
        const at = machineTime();
        child.kill('SIGKILL');
        return at;
      },
    },
    {
      name: 'hung main thread',
      ...bridge,
      happen: asked({ do: 'hang', ms: 280 }, 'hangs'),
    },
    { name: 'adapter pulled', ...nobody, fatal: true, happen: adapter },
    { name: 'adapter pulled (pseudo-terminal)', ...nobody, line: 'pty', fatal: true, happen: adapter },
    { name: 'data line pulled', ...nobody, happen: dataLine },
    { name: 'adapter pulled', ...motors, fatal: true, happen: adapter },
    { name: 'data line pulled', ...motors, happen: dataLine },
  ];
}

/** A controlling program in a process group of its own. */
class Program {
  readonly child: ChildProcess;
  readonly #heard: FromController[] = [];

  constructor(options: ControllerOptions) {
    this.child = spawn(process.execPath, [process.argv[1], '--controller', JSON.stringify(options)], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child.on('message', (message: FromController) => {
      this.#heard.push(message);
    });
  }

  say(message: ToController): void {
    this.child.send(message, () => {});
  }

  /** When it told what it was waited for. Throws when it tells that this will not be, or nothing for long. */
  async hear(tell: FromController['tell']): Promise<number> {
    const deadline = machineTime() + PATIENCE;
    const ends = ['broken', ...(tell === 'waving' ? ['fault'] : [])];
    for (;;) {
      const index = this.#heard.findIndex((message) => message.tell === tell || ends.includes(message.tell));
      if (index >= 0) {
        const [message] = this.#heard.splice(index, 1);
        if (message.tell !== tell) throw new Error(message.message);
        return message.at;
      }
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`the program ended before it was ${tell}`);
      if (machineTime() > deadline) throw new Error(`the program is not ${tell} after ${PATIENCE} ms`);
      await sleep(2);
    }
  }

  ask(message: ToController, tell: FromController['tell']): Promise<number> {
    this.say(message);
    return this.hear(tell);
  }

  forget(): void {
    this.#heard.length = 0;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      trials: { type: 'string', default: '200' },
      only: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  warnOfLoad();
  const trials = Number(values.trials);
  const random = new Random(0, 'stop-latency', 0);
  const summary: Row[] = [];
  const all: Row[] = [];
  for (const kind of kinds()) {
    if (values.only !== undefined && !`${kind.name} ${kind.family}`.includes(values.only)) continue;
    const { latencies, discarded } = await measure(kind, trials, random);
    const row = { ...summarise(kind, latencies), discarded };
    summary.push(row);
    latencies.forEach((ms, trial) => {
      all.push({ event: kind.name, motors: kind.family, trial: trial + 1, ms });
    });
    console.log(Object.values(row).join(' | '));
  }
  const slow = summary.filter(({ stops, p99 }) => stops === 'bridge' && Number(p99) > LIMIT);
  console.log(
    slow.length === 0
      ? `p99 within ${LIMIT} ms where the bridge acts`
      : `p99 ABOVE ${LIMIT} ms: ${slow.length} rows`,
  );
  if (values.write) {
    const command = `npm run bench stop-latency -- ${process.argv.slice(2).join(' ')}`;
    writeResults('stop-latency', summary, ['event', 'motors'], command);
    writeResults('stop-latency-trials', all, ['event', 'motors', 'trial'], command);
  }
  process.exit();
}

function summarise({ name, family, by, until }: Kind, latencies: readonly number[]): Row {
  const sorted = [...latencies].sort((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return {
    ...{ event: name, motors: family, stops: by, until, trials: sorted.length },
    ...{ p50: rank(0.5), p99: rank(0.99), max: rank(1) },
  };
}

/** Latencies, ms, of so many trials, and how many more were begun. */
async function measure(
  kind: Kind,
  trials: number,
  random: Random,
): Promise<{ latencies: number[]; discarded: number }> {
  const release = kind.until === 'torque off' ? 0 : null;
  const model = releasing(withFamily(await loadRobot('so101'), kind.family), release);
  let robot = await stopWatch(model, kind.line);
  const folder = await runsFolder(robot.calibration);
  let discarded = 0;
  const latencies: number[] = [];
  const begun: { readonly child: ChildProcess }[] = [];
  const begin = async () => {
    if (kind.run) {
      const run = new PremotorRun(robot.address, folder);
      begun.push(run);
      return run;
    }
    const data = { port: robot.address, calibration: robot.calibration, dryRun: false };
    const program = new Program({ family: kind.family, release, data });
    begun.push(program);
    await program.hear('warm');
    await connect(program);
    return program;
  };
  let program: Program | PremotorRun | undefined;
  try {
    for (let trial = 0; trial < trials; trial++) {
      program ??= await begin();
      await (program instanceof PremotorRun ? program.moving() : wave(program));
      robot.forget();
      await sleep(100 + 20 * random.uniform());
      const limp = robot.limp();
      const at = await kind.happen(program, robot);
      const stop = limp ? undefined : await stopped(kind, robot, at);
      // The machine was too busy for the program to beat: it had been stopped before, and nothing was measured.
      const early = stop === undefined;
      if (early && ++discarded > trials) throw new Error('the machine is too busy: most trials stop early');
      if (early) trial--;
      else latencies.push(stop - at);
      if (kind.until !== 'torque off' && !robot.torque()) throw new Error('the torque is off');
      robot.bus.unplug(false);
      if (program instanceof Program && !kind.fatal) await settle(kind, program);
      else {
        if (program instanceof PremotorRun) await program.ended;
        else program.child.kill('SIGKILL');
        program = undefined;
      }
      if (kind.line === 'pty') {
        // A pseudo-terminal that was pulled is gone.
        await robot.close();
        robot = await stopWatch(model, kind.line);
      }
    }
  } finally {
    for (const { child } of begun) child.kill('SIGKILL');
    await robot.close();
    await folder.remove();
  }
  return { latencies, discarded };
}

/** The port may still be another's, who is about to leave it. */
async function connect(program: Program): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await program.ask({ do: 'connect' }, 'connected');
      return;
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(50);
    }
  }
}

/** On a busy machine the bridge may stop a program that has only begun. */
async function wave(program: Program): Promise<void> {
  for (let tries = 0; ; tries++) {
    program.forget();
    try {
      await program.ask({ do: 'wave' }, 'waving');
      return;
    } catch (error) {
      if (tries === 10) throw error;
    }
  }
}

/** Until the program may be told to wave again. */
async function settle({ until, name }: Kind, program: Program): Promise<void> {
  if (name.startsWith('Ctrl-C')) await program.hear('stopped');
  else if (until !== 'at the last goal') await program.hear('fault');
  else await sleep(50);
  await sleep(name === 'hung main thread' ? 80 : 0);
  program.forget();
}

/** When the robot was stopped, ms; undefined: it had been before. */
async function stopped({ until, name }: Kind, robot: StopWatch, at: number): Promise<number | undefined> {
  const deadline = at + 3000;
  for (;;) {
    const now = machineTime();
    const first = robot.heldAfter(0);
    if (first !== undefined && first <= at) return undefined;
    if (until === 'hold') {
      const held = robot.heldAfter(at);
      if (held !== undefined) return held;
    } else if (done(until, robot)) return now;
    if (now > deadline) throw new Error(`${name}: the robot was not stopped within 3 s`);
    await sleep(1);
  }
}

function done(until: Kind['until'], robot: StopWatch): boolean {
  if (until === 'torque off') return robot.limp();
  return until === 'own watchdog' ? robot.lapsed() : robot.there();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (!isMainThread || process.argv[2] === '--controller') control();
else await main();

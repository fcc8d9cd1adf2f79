/**
 * How a bridge's loop keeps its rate on the emulated SO-101, and how long its bus takes: bridge, driver and bus in this
 * process, the emulator in another, joined by TCP, in a real bus's time (1 Mbit/s, latency 1 ms, no return delay). In
 * turns with an empty loop of the same rate, so that the machine's own jitter stands beside it. At 100 Hz also as a run
 * has it, the bridge in a process of its own; and that while a run beside it plans at 50 Hz and fits. Then the exchange
 * that a cycle is made of: by the model (docs/hardware.md, "Time on the bus") and by the clock.
 *
 *   npm run bench bridge-rate -- --seconds 20 --write
 */
import { fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Histogram } from '#src/core/histogram';
import type { RobotModel } from '#src/core/robot';
import { BridgeClient } from '#src/hardware/bridge/bridge-client';
import { createBridge } from '#src/hardware/bridge/create-bridge';
import { Cycles } from '#src/hardware/bridge/cycles';
import { exchangeTime } from '#src/hardware/bus-timing';
import { defaultCalibration } from '#src/hardware/calibration';
import { wallClock } from '#src/hardware/clock';
import { EmulatedBus } from '#src/hardware/emulator/emulated-bus';
import { emulatedServos } from '#src/hardware/emulator/emulated-servos';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { serveTcp } from '#src/hardware/emulator/serve-tcp';
import { Bus, feetech, openPort } from '#src/hardware/index';
import { loadRobot } from '#src/load/robot';
import { warnOfLoad } from './lib/load.ts';
import { type Row, writeResults } from './lib/results.ts';

/** Turns of bridge and empty loop. */
const TURNS = 4;
const BAUD = 1_000_000;
const LATENCY = 0.001;
/** Exchanges whose time is taken. */
const ROUNDS = 500;

async function emulate(): Promise<void> {
  const robot = await loadRobot('so101');
  const { family, servos, home } = emulatedServos(robot, robot.hardware!, defaultCalibration(robot));
  const spec = servos.map((servo) => ({ ...servo, registers: { ...servo.registers, return_delay: 0 } }));
  const bus = new EmulatedBus({
    ...{ family, servos: spec, motors: new FirstOrderMotors(home), baud: BAUD, latency: LATENCY },
  });
  const { address } = await serveTcp(bus);
  process.send?.(address);
  process.on('disconnect', () => process.exit());
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '20' }, write: { type: 'boolean', default: false } },
  });
  warnOfLoad();
  const child = fork(process.argv[1], ['--emulator']);
  const address = await new Promise<string>((resolve) =>
    child.once('message', (text) => resolve(String(text))),
  );
  const robot = await loadRobot('so101');
  const rows: Row[] = [];
  for (const rate of [50, 100, 200])
    rows.push(...(await rates(robot, address, rate, Number(values.seconds))));
  rows.push(await asInRuns(robot, address, 'process', Number(values.seconds)));
  const beside = runBeside();
  await beside.learned;
  rows.push(await asInRuns(robot, address, 'process, a run beside it', Number(values.seconds)));
  await beside.end();
  const bus = await busTime(address);
  child.disconnect();
  if (values.write) {
    const command = `npm run bench bridge-rate -- ${process.argv.slice(2).join(' ')}`;
    writeResults('bridge-rate', rows, ['loop', 'rate'], command);
    writeResults('bus-time', bus, ['exchange'], command);
  }
}

/** The bridge and an empty loop in turns, for so many seconds each in all. */
async function rates(model: RobotModel, address: string, rate: number, seconds: number): Promise<Row[]> {
  const hardware = { ...model.hardware!, rate, options: { latency: LATENCY } };
  const robot = { ...model, hardware };
  const controlPeriod = 2 / rate;
  let beat = 0;
  const began: Record<'bridge' | 'empty', Histogram> = { bridge: new Histogram(), empty: new Histogram() };
  const tally = { cycles: 0, sent: 0, read: new Histogram(), overruns: 0, skipped: 0 };
  for (let turn = 0; turn < TURNS; turn++) {
    let last: number | undefined;
    let lastCycle: number | undefined;
    const bridge = await createBridge(
      {
        robot,
        hardware,
        port: address,
        calibration: defaultCalibration(model),
        dryRun: false,
        controlPeriod,
      },
      (message) => {
        if (message.type === 'tick') {
          const command = robot.home.map((q, j) => q + 0.1 * Math.sin(message.tick.readAt / 300 + j));
          bridge.command(Float64Array.from(command), ++beat);
        } else if (message.type === 'exchange') {
          const { cycle, began: at, readAt, sentAt } = message.exchange;
          // Of the loop's own cycles those that send; to activate a robot is none.
          const beside = cycle === lastCycle;
          lastCycle = cycle;
          if (beside || Number.isNaN(sentAt)) return;
          if (last !== undefined) began.bridge.add(Math.abs(at - last - 1000 / rate));
          last = at;
          tally.cycles++;
          tally.read.add(readAt - at);
        }
      },
    );
    await bridge.configure();
    await bridge.activate();
    await sleep((1000 * seconds) / TURNS);
    const { loop, fault } = bridge.report();
    if (fault !== null) console.log(`the bridge stopped: ${fault}`);
    tally.overruns += loop.overruns;
    tally.skipped += loop.skipped;
    await bridge.finalize();
    await bridge.close();
    await empty(rate, seconds / TURNS, began.empty);
  }
  const row = (loop: string, jitter: Histogram, rest: Row): Row => {
    const { mean, p99, max } = jitter.summary;
    return {
      loop,
      rate,
      cycles: jitter.count + TURNS,
      jitterMean: mean,
      jitterP99: p99,
      jitterMax: max,
      ...rest,
    };
  };
  const { read, overruns, skipped } = tally;
  const rows = [
    row('bridge', began.bridge, {
      readP50: read.percentile(0.5),
      readP99: read.percentile(0.99),
      overruns,
      skipped,
    }),
    row('empty', began.empty, {}),
  ];
  for (const shown of rows) console.log(text(shown));
  return rows;
}

/** The bridge in its own process, at 100 Hz, commanded at every tick. */
async function asInRuns(model: RobotModel, address: string, loop: string, seconds: number): Promise<Row> {
  const rate = 100;
  const hardware = { ...model.hardware!, rate, options: { latency: LATENCY } };
  const robot = { ...model, hardware };
  const [jitter, read] = [new Histogram(), new Histogram()];
  let [last, lastCycle] = [Number.NaN, Number.NaN];
  const client = new BridgeClient({
    options: {
      ...{ robot, hardware, port: address, calibration: defaultCalibration(model) },
      ...{ dryRun: false, controlPeriod: 2 / rate },
    },
    listener: {
      tick({ readAt }) {
        const command = robot.home.map((q, j) => q + 0.1 * Math.sin(readAt / 300 + j));
        client.command(Float64Array.from(command));
      },
      exchange({ cycle, began, readAt, sentAt }) {
        if (Number.isNaN(sentAt)) return;
        // Cycles that were not told leave a gap that says nothing of the loop.
        if (cycle === lastCycle + 1) jitter.add(Math.abs(began - last - 1000 / rate));
        if (cycle !== lastCycle) read.add(readAt - began);
        [last, lastCycle] = [began, cycle];
      },
    },
  });
  await client.configure();
  await client.activate();
  await sleep(1000 * seconds);
  const { loop: told, fault } = client.report!;
  if (fault !== null) console.log(`the bridge stopped: ${fault}`);
  await client.finalize();
  await client.exited;
  const { mean, p99, max } = jitter.summary;
  const row: Row = {
    ...{ loop, rate, cycles: read.count, jitterMean: mean, jitterP99: p99, jitterMax: max },
    ...{ readP50: read.percentile(0.5), readP99: read.percentile(0.99) },
    ...{ overruns: told.overruns, skipped: told.skipped },
  };
  console.log(text(row));
  return row;
}

/** `reach` on the simulator and the wall clock, in a process of its own, until it is ended. */
function runBeside() {
  const out = mkdtempSync(join(tmpdir(), 'bridge-rate-'));
  const flags = ['--robot', 'so101', '--clock', 'wall', '--budget', 'realtime', '--threads', '1', '--json'];
  const run = spawn(
    process.execPath,
    ['dist/src/cli/main.js', 'train', 'reach', ...flags, '--trials', '1000', '--out', out],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => run.on('close', () => resolve()));
  const learned = new Promise<void>((resolve, reject) => {
    createInterface({ input: run.stdout }).on('line', (line) => {
      if (JSON.parse(line).event === 'fit') resolve();
    });
    run.on('close', () => reject(new Error('the run beside the bridge has ended')));
  });
  return {
    /** From now on it plans. */
    learned,
    async end() {
      run.kill('SIGKILL');
      await ended;
      rmSync(out, { recursive: true });
    },
  };
}

/** A loop that does nothing, on the same clock. */
async function empty(rate: number, seconds: number, jitter: Histogram): Promise<void> {
  let last: number | undefined;
  const cycles = new Cycles(wallClock, 1 / rate, async ({ began }) => {
    if (last !== undefined) jitter.add(Math.abs(1000 * (began - last) - 1000 / rate));
    last = began;
  });
  cycles.start();
  await sleep(1000 * seconds);
  cycles.stop();
}

/** The sync read of one cycle: position, speed, load, voltage and temperature of six motors. */
async function busTime(address: string): Promise<Row[]> {
  const port = await openPort(address, BAUD);
  let [out, back] = [0, 0];
  const counted = {
    ...port,
    write(bytes: Uint8Array) {
      out += bytes.length;
      port.write(bytes);
    },
    onBytes: (listener: (bytes: Uint8Array) => void) =>
      port.onBytes((bytes) => {
        back += bytes.length;
        listener(bytes);
      }),
  };
  const timing = { baud: BAUD, returnDelay: 0, latency: LATENCY };
  const bus = new Bus(counted, feetech, timing);
  const ids = [1, 2, 3, 4, 5, 6];
  const times = new Histogram();
  let size = { request: 0, answers: 0 };
  for (let i = 0; i < ROUNDS; i++) {
    [out, back] = [0, 0];
    const begun = performance.now();
    const before = bus.statistics().retries;
    await bus.syncRead(56, 8, ids);
    // One that had to be asked again says nothing about the bus.
    if (bus.statistics().retries > before) continue;
    times.add(performance.now() - begun);
    size = { request: out, answers: back };
    await sleep(2);
  }
  await bus.close();
  const { request, answers } = size;
  const each = ids.map(() => answers / ids.length);
  const row: Row = {
    ...{ exchange: 'state of six motors', rounds: times.count, baud: BAUD, request, answers },
    wireMs: (1000 * 10 * (request + answers)) / BAUD,
    modelMs: 1000 * exchangeTime(request, each, timing),
    ...{ measuredP50: times.percentile(0.5), measuredP99: times.percentile(0.99), measuredMax: times.max },
  };
  console.log(text(row));
  return [row];
}

const text = (row: Row) =>
  Object.entries(row)
    .map(([key, value]) => `${key} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`)
    .join(', ');

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (process.argv[2] === '--emulator') await emulate();
else await main();

import { isMainThread, type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import type { RobotModel } from '#src/core/robot';
import { createPlant, type HardwareChoice } from '#src/hardware/create-plant';
import type { HardwarePlant } from '#src/hardware/hardware-plant';
import { loadRobot } from '#src/load/robot';
import { withFamily } from '../../test/hardware/bridge/fault-matrix.ts';

/** What the controlling program is given, and what it is told. */
export interface ControllerOptions {
  readonly family: 'feetech' | 'dynamixel';
  /** `hardware.stop.release` of its robot, s. */
  readonly release: number | null;
  readonly data: HardwareChoice;
}
export type ToController =
  /** Connects to the robot. */
  | { readonly do: 'connect' }
  /** Activates it and makes it wave. */
  | { readonly do: 'wave' }
  /** Commands end, all else goes on. */
  | { readonly do: 'silence' }
  /** The main thread is busy for so many ms. */
  | { readonly do: 'hang'; readonly ms: number };
/** `at`: ms of the machine's monotonic clock. */
export type FromController = {
  readonly tell: 'warm' | 'connected' | 'waving' | 'silent' | 'hangs' | 'stopped' | 'fault' | 'broken';
  readonly at: number;
  readonly message?: string;
};

export const machineTime = () => Number(process.hrtime.bigint()) / 1e6;

const PERIOD = 0.02;

/** The same robot with that policy. */
export function releasing(robot: RobotModel, release: number | null): RobotModel {
  const hardware = robot.hardware!;
  return { ...robot, hardware: { ...hardware, stop: { ...hardware.stop, release } } };
}

/** A program as `premotor run` is one: its main thread beats and hears SIGINT, another thread leads the robot. */
export function control(): void {
  if (isMainThread) mainThread();
  else void plantThread(workerData as ControllerOptions, parentPort!);
}

function mainThread(): void {
  const options = JSON.parse(process.argv[3]) as ControllerOptions;
  const beat = new SharedArrayBuffer(4);
  const count = new Int32Array(beat);
  setInterval(() => Atomics.add(count, 0, 1), 20);
  const workerOptions: ControllerOptions = { ...options, data: { ...options.data, beat } };
  const worker = new Worker(new URL(import.meta.url), { workerData: workerOptions });
  worker.on('message', (message: FromController) => process.send?.(message));
  process.on('message', (message: ToController) => {
    if (message.do !== 'hang') return worker.postMessage(message);
    const at = machineTime();
    process.send?.({ tell: 'hangs', at } satisfies FromController);
    while (machineTime() < at + message.ms);
  });
  process.on('disconnect', () => process.exit());
  process.on('SIGINT', () => worker.postMessage({ do: 'stop' }));
}

async function plantThread({ family, release, data }: ControllerOptions, port: MessagePort): Promise<void> {
  const tell = (what: FromController['tell'], message?: string, at = machineTime()) =>
    port.postMessage({ tell: what, at, message } satisfies FromController);
  const robot = releasing(withFamily(await loadRobot('so101'), family), release);
  let plant: HardwarePlant | undefined;
  let waves = 0;
  let silent = false;
  const command = new Float32Array(robot.actuators.length);
  const wave = async (plant: HardwarePlant) => {
    const own = ++waves;
    silent = false;
    await plant.activate();
    let last = 0;
    for (let tick = 0; own === waves; tick++) {
      for (let j = 0; j < command.length; j++)
        command[j] = robot.home[j] + 0.1 * Math.sin(0.15 * tick + j) * Math.min(1, tick / 20);
      if (!silent) {
        plant.write(command);
        last = machineTime();
      } else if (last > 0) {
        tell('silent', undefined, last);
        last = 0;
      }
      if (tick === 10) tell('waving');
      await plant.advance();
    }
  };
  port.on('message', async (message: ToController | { readonly do: 'stop' }) => {
    try {
      if (message.do === 'connect') {
        plant = (await createPlant({ robot, controlPeriod: PERIOD, data })) as HardwarePlant;
        tell('connected');
      } else if (message.do === 'silence') silent = true;
      else if (message.do === 'stop') {
        waves++;
        tell('stopped', (await plant!.stop()).how);
      } else if (message.do === 'wave') await wave(plant!);
    } catch (error) {
      tell(message.do === 'wave' ? 'fault' : 'broken', (error as Error).message);
    }
  });
  tell('warm');
}

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type EmulatedState, emulateRobot } from '#src/cli/hardware/emulated-robot';
import { obeyLine } from '#src/cli/hardware/emulator-prompt';
import { loadServoRobot } from '#src/cli/hardware/real-robot';
import { defaultCalibration } from '#src/hardware/calibration';
import { saveCalibration } from '#src/hardware/calibration-file';
import { serveTcp } from '#src/hardware/emulator/serve-tcp';
import { shippedFolder } from '#src/load/robot';

/**
 * The SO-101 on an emulated bus in this process, on TCP: both ends stand still together when the machine is busy. The
 * robot file allows the bus more time, for the bridge, which is a process of its own.
 */
export async function emulatedArm(kind: EmulatedState['kind'] = 'calibrated') {
  const folder = await mkdtemp(join(tmpdir(), 'premotor-test-'));
  const shipped = shippedFolder('so101');
  const reference = join(folder, 'robot.urdf');
  await writeFile(reference, await readFile(join(shipped, 'robot.urdf')));
  const json = JSON.parse(await readFile(join(shipped, 'robot.json'), 'utf8'));
  json.hardware.options = { latency: 0.1 };
  // Somebody did not say where the tip may be.
  delete json.hardware.workspace;
  await writeFile(join(folder, 'robot.json'), JSON.stringify(json));
  const real = await loadServoRobot(reference);
  const calibration = defaultCalibration(real.robot);
  const calibrationFile = await saveCalibration(calibration, join(folder, 'calibration.json'));
  const state: EmulatedState = kind === 'calibrated' ? { kind, calibration } : { kind };
  const emulated = await emulateRobot({ ...real, state });
  const { address: port, close } = await serveTcp(emulated.bus);
  return {
    ...{ emulated, port, reference, calibrationFile, folder },
    async close() {
      emulated.hand.release();
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type EmulatedArm = Awaited<ReturnType<typeof emulatedArm>>;

/** Everything that an arm went through is over. */
export async function heal({ emulated }: EmulatedArm): Promise<void> {
  await obeyLine(emulated, 'clear');
  for (const servo of emulated.bus.servos) servo.set('torque_enable', 0);
}

/** Torque on, where the shafts stand. */
export function turnOn({ emulated }: EmulatedArm): void {
  for (const servo of emulated.bus.servos) {
    servo.set('goal_position', servo.get('present_position'));
    servo.set('torque_enable', 1);
  }
}

/** Runs `work` with a standard input that lines can be typed into. */
export async function typing<T>(work: (type: (line: string) => void) => Promise<T>): Promise<T> {
  const before = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  const input = new PassThrough();
  Object.defineProperty(process, 'stdin', { configurable: true, value: input });
  try {
    return await work((line) => {
      if (!input.writableEnded) input.write(`${line}\n`);
    });
  } finally {
    Object.defineProperty(process, 'stdin', before);
    input.end();
  }
}

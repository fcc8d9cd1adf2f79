import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Calibration } from '#src/hardware/calibration';
import { saveCalibration } from '#src/hardware/calibration-file';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** Steps of an episode after which it is in full motion. */
const STEPS = 10;

/** Where runs of a bench lie, with the calibration of their robot. */
export async function runsFolder(calibration: Calibration) {
  const path = await mkdtemp(join(tmpdir(), 'premotor-bench-'));
  const calibrationFile = await saveCalibration(calibration, join(path, 'calibration.json'));
  return { path, calibrationFile, remove: () => rm(path, { recursive: true, force: true }) };
}
export type RunsFolder = Awaited<ReturnType<typeof runsFolder>>;

/** `premotor run reach` itself, learning from nothing, in a process group of its own. */
export class PremotorRun {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  #steps = 0;
  #waiting: (() => void)[] = [];

  constructor(port: string, { path, calibrationFile }: RunsFolder) {
    const flags = ['--robot', 'so101', '--port', port, '--calibration', calibrationFile];
    const others = ['--recoveries', '1000', '--threads', '1', '--no-record', '--out', path, '--json'];
    this.child = spawn(process.execPath, [main, 'run', 'reach', ...flags, ...others], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const { event, step } = JSON.parse(line) as { event: string; step?: number };
      if (event !== 'step') return;
      this.#steps = step ?? 0;
      if (this.#steps >= STEPS) for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  /** It moves the robot. Throws when it ends before. */
  async moving(): Promise<void> {
    if (this.#steps >= STEPS) return;
    const ended = this.ended.then((code) => {
      throw new Error(`premotor run ended with ${code} before it moved`);
    });
    await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), ended]);
  }
}

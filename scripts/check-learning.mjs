// A seeded guard: from nothing, the best of three cartpole trials (the first is random) must reach a return of 50.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const needed = 50;
// Half a minute on two quiet cores; a busy machine may take longer, a hanging run may not.
const patience = 180_000;
const command = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'premotor-guard-'));
const started = Date.now();
const args = ['train', 'cartpole-swingup', '--trials', '3', '--seed', '1', '--json', '--out', folder];
const { status, stdout, stderr, error } = spawnSync(process.execPath, [command, ...args], {
  encoding: 'utf8',
  timeout: patience,
  maxBuffer: 1 << 28,
});
rmSync(folder, { recursive: true, force: true });
const wall = (Date.now() - started) / 1000;
if (error || status !== 0) {
  console.error(`premotor ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}\n${stderr}`);
  process.exit(1);
}
const returns = stdout
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line))
  .filter(({ event }) => event === 'trial')
  .map((trial) => trial.return);
const best = Math.max(...returns);
console.log(`returns ${returns.map((value) => value.toFixed(1)).join(', ')} in ${wall.toFixed(0)} s`);
if (returns.length !== 3 || !(best >= needed)) {
  console.error(`best of ${returns.length} trials is ${best}, it must reach ${needed}`);
  process.exit(1);
}

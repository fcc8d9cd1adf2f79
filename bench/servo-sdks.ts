/**
 * Do the makers' own SDKs (Python) drive the emulated buses? Each opens a pseudo-terminal as it would a USB adapter and
 * goes through ping, read, write, sync read, sync write and more; a check that does not hold ends with an error. Once:
 *
 *   python3 -m venv .cache/servo-sdks
 *   .cache/servo-sdks/bin/pip install dynamixel-sdk==4.1.0 ftservo-python-sdk==2.0.1 pyserial==3.5
 *   npm run bench servo-sdks -- --write
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { EmulatedBus } from '#src/hardware/emulator/emulated-bus';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { servePty } from '#src/hardware/emulator/serve-pty';
import { type Row, writeResults } from './lib/results.ts';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: '.cache/servo-sdks/bin/python' },
    write: { type: 'boolean', default: false },
  },
});
if (!existsSync(values.python)) {
  console.error(
    `${values.python}: no such program; bench/servo-sdks.ts begins with the commands that make it`,
  );
  process.exit(2);
}
const ids = [1, 2, 3, 4, 5, 6];
const rows: Row[] = [];
for (const [family, baud, sdk] of [
  ['feetech', 0, 'ftservo-python-sdk 2.0.1'],
  ['dynamixel', 3, 'dynamixel-sdk 4.1.0'],
] as const) {
  const bus = new EmulatedBus({
    family,
    motors: new FirstOrderMotors(ids.map(() => 0)),
    servos: ids.map((id) => ({ id, registers: { baud } })),
  });
  const { address, close } = await servePty(bus);
  const python = spawn(values.python, [`bench/servo-sdks/${family}.py`, address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  python.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const code = await new Promise((resolve, reject) => python.once('error', reject).once('close', resolve));
  await close();
  const checks = said.trim().split('\n');
  console.log(`${sdk}: ${checks.length} checks held: ${checks.join(', ')}`);
  if (code !== 0) throw new Error(`${family}.py ended with code ${code}`);
  rows.push({ family, sdk, checks: checks.length });
}
if (values.write) writeResults('servo-sdks', rows, ['family'], 'npm run bench servo-sdks');

// What a user gets: packs the package, installs it into an empty folder as npm would, trains there by the command
// line, and compiles and runs a strict TypeScript program (examples/library) against it.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'premotor-package-'));
const user = join(scratch, 'user');
mkdirSync(user);

function fail(message) {
  throw new Error(message);
}

function run(command, args, cwd) {
  const started = Date.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = `${command} ${args.join(' ')}`;
  if (error || status !== 0) fail(`${said}: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`);
  console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${said}`);
  return stdout;
}

try {
  // prepare would build again what is tested here.
  const [packed] = JSON.parse(
    run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', scratch], root),
  );
  const files = packed.files.map(({ path }) => path);
  const wanted = ['dist/page/index.html', 'robots/cartpole/robot.urdf', 'NOTICE', 'dist/src/index.d.ts'];
  const missing = wanted.filter((path) => !files.includes(path));
  if (!files.some((path) => /^dist\/src\/kernels\/.*\.wasm$/.test(path))) missing.push('kernels');
  if (missing.length > 0) fail(`the package lacks ${missing.join(', ')}`);
  const odd = files.filter(
    (path) => !/^(dist|robots)\//.test(path) && !/^(package\.json|[A-Z]+(\.md)?)$/.test(path),
  );
  const sources = files.filter((path) => /(?<!\.d)\.ts$|\.test\.|mujoco|chromium/i.test(path));
  if (odd.length + sources.length > 0) fail(`the package has what it should not: ${[...odd, ...sources]}`);
  console.log(`          ${files.length} files, ${(packed.unpackedSize / 1e6).toFixed(1)} MB unpacked`);

  writeFileSync(join(user, 'package.json'), '{ "private": true, "type": "module" }\n');
  run('npm', ['install', '--no-audit', '--no-fund', join(scratch, packed.filename)], user);
  const installed = readdirSync(join(user, 'node_modules'));
  const tools = installed.filter((name) =>
    ['typescript', 'assemblyscript', 'vite', 'vitest', '@mujoco', '@sparticuz', 'playwright-core'].includes(
      name,
    ),
  );
  if (tools.length > 0) fail(`a user's install brings tools of ours: ${tools.join(', ')}`);

  const train = ['premotor', 'train', 'cartpole-swingup', '--trials', '2', '--seed', '1', '--json'];
  const events = run('npx', ['--no', ...train], user)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const trials = events.filter(({ event }) => event === 'trial');
  if (trials.length !== 2) fail(`premotor train reported ${trials.length} trials, not 2`);

  for (const file of ['balance.ts', 'learn.ts'])
    copyFileSync(join(root, 'examples/library', file), join(user, file));
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2023',
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
    lib: ['es2023', 'dom', 'dom.iterable'],
  };
  // Every entry point has types that hold without the declarations of others being skipped.
  const entries = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports)
    .filter((name) => name !== './package.json')
    .map((name) => name.replace('.', 'premotor'));
  writeFileSync(
    join(user, 'entries.ts'),
    entries.map((name, i) => `import * as entry${i} from '${name}';\nexport { entry${i} };\n`).join(''),
  );
  writeFileSync(
    join(user, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['balance.ts', 'learn.ts', 'entries.ts'] }),
  );
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], user);
  const said = run(process.execPath, ['learn.js'], user);
  if (!/evaluated: -?\d/.test(said)) fail(`examples/library/learn.ts said:\n${said}`);
  const version = JSON.parse(readFileSync(join(user, 'node_modules/premotor/package.json'), 'utf8')).version;
  console.log(`premotor ${version} installs, trains and compiles for its users`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

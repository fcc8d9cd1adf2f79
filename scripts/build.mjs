// Builds everything: kernels (AssemblyScript → dist/src/kernels/*.wasm), library (tsc → dist), page (vite → dist/page).
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
mkdirSync('dist', { recursive: true });

function run(label, script, args) {
  const started = Date.now();
  const { status } = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  console.log(`${label.padEnd(8)} ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

const only = process.argv[2];
const wanted = (name) => only === undefined || only === name;
if (wanted('kernels') && existsSync('scripts/build-kernels.mjs'))
  run('kernels', 'scripts/build-kernels.mjs', []);
if (wanted('library')) {
  run('library', 'node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
  if (existsSync('dist/src/cli/main.js')) chmodSync('dist/src/cli/main.js', 0o755);
}
if (wanted('page') && existsSync('viewer/vite.config.ts')) {
  run('page', 'node_modules/vite/bin/vite.js', [
    'build',
    '--config',
    'viewer/vite.config.ts',
    '--logLevel',
    'warn',
  ]);
}

// Builds everything: kernels (AssemblyScript → dist/src/kernels/*.wasm), library (tsc → dist), page (tsc → dist/viewer
// for those who embed it, vite → dist/page for the live server).
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
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
if (wanted('kernels')) run('kernels', 'scripts/build-kernels.mjs', []);
if (wanted('library')) {
  run('library', 'node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
  chmodSync('dist/src/cli/main.js', 0o755);
}
if (wanted('page')) {
  run('viewer', 'node_modules/typescript/bin/tsc', ['-p', 'viewer/tsconfig.build.json']);
  run('page', 'node_modules/vite/bin/vite.js', [
    'build',
    '--config',
    'viewer/vite.config.ts',
    '--logLevel',
    'warn',
  ]);
}

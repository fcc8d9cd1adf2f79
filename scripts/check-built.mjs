// Says whether `npm ci` left everything built: kernels, library and page.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const has = (path) => existsSync(root + path);
const missing = [
  'dist/src/index.js',
  'dist/src/index.d.ts',
  'dist/src/cli/main.js',
  'dist/sim/index.js',
  'dist/viewer/index.js',
  'dist/page/index.html',
].filter((path) => !has(path));
const kernels = has('dist/src/kernels') ? readdirSync(`${root}dist/src/kernels`) : [];
if (!kernels.some((name) => name.endsWith('.wasm'))) missing.push('dist/src/kernels/*.wasm');
if (missing.length > 0) {
  console.error(`not built: ${missing.join(', ')}`);
  process.exit(1);
}

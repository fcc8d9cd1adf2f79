// Compiles the kernels (src/kernels/assembly) into dist/src/kernels/*.wasm, four builds from one source:
// with relaxed SIMD (fused multiply-add) or plain SIMD, for memory that threads share or for a page that may not share.
import { mkdirSync, renameSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const SHARED = ['--enable', 'threads', '--sharedMemory'];
const builds = {
  'kernels-relaxed': ['--enable', 'relaxed-simd', ...SHARED],
  'kernels-simd': SHARED,
  'kernels-relaxed-unshared': ['--enable', 'relaxed-simd'],
  'kernels-simd-unshared': [],
};

mkdirSync('dist/src/kernels', { recursive: true });
for (const [name, flags] of Object.entries(builds)) {
  const file = `dist/src/kernels/${name}.wasm`;
  // Whole or not at all: a running program may be about to load it.
  const fresh = `${file}.new`;
  const { error, stderr, stdout } = await asc.main([
    'src/kernels/assembly/index.ts',
    ...['--outFile', fresh, '-O3', '--noAssert', '--converge'],
    ...['--runtime', 'stub', '--use', 'abort='],
    ...['--enable', 'simd', '--importMemory', '--initialMemory', '1', '--maximumMemory', '32768'],
    ...flags,
  ]);
  process.stdout.write(stdout.toString());
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
    process.exit(1);
  }
  renameSync(fresh, file);
}

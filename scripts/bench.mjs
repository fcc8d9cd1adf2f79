// npm run bench <name> -- <arguments>: bundles bench/<name>.ts and runs it against the built package in dist/.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const [name, ...args] = process.argv.slice(2);
const source = `bench/${name}.ts`;
if (name === undefined || !existsSync(source)) {
  const names = readdirSync('bench')
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -3));
  if (name !== undefined) console.error(`no bench named ${name}`);
  console.error(`npm run bench <name> -- <arguments>, with one of: ${names.join(', ')}`);
  process.exit(2);
}

// Inside the package, so that its own #imports resolve; not below node_modules, where they would not.
const outfile = `.cache/bench/${name}.mjs`;
mkdirSync('.cache/bench', { recursive: true });
await build({
  entryPoints: [source],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  external: ['#src/*', '#sim/*', '#viewer/*'],
  logLevel: 'warning',
});
const { status, signal } = spawnSync(process.execPath, [outfile, ...args], { stdio: 'inherit' });
process.exit(signal === null ? (status ?? 1) : 1);

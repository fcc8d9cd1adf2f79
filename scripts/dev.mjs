// For working on the sources: the library is recompiled at every change, and the page is served with hot reload.
// Start a run beside it (npm start, again after a change); the page here shows that run. Kernels take their time, so
// after a change of theirs: node scripts/build.mjs kernels.
//
//   npm run dev            PREMOTOR_PORT=9000 npm run dev   (the run's --http-port, if it is not 8765)
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createServer } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const run = Number(process.env.PREMOTOR_PORT ?? 8765);

const build = (part) => spawnSync(process.execPath, ['scripts/build.mjs', part], { stdio: 'inherit' }).status;
if (!existsSync('dist/src/kernels/kernels-simd.wasm') && build('kernels') !== 0) process.exit(1);
build('library');
const compiler = spawn(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'],
  // tsc starts a program of its own: as a process group both can be ended.
  { stdio: 'inherit', detached: process.platform !== 'win32' },
);

const { rememberedToken } = await import(pathToFileURL(`${root}dist/src/stream/token.js`).href);
const token = await rememberedToken();

/** The proxy carries the token, so it serves nobody but the page that it serves itself. */
function fromOwnPage({ headers }) {
  const { host, origin } = headers;
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? '') && origin === `http://${host}`;
}

const server = await createServer({
  configFile: 'viewer/vite.config.ts',
  server: {
    host: '127.0.0.1',
    fs: { allow: [root] },
    proxy: {
      // The page's socket is the root path, like the page itself; only the socket goes to the run.
      '^/(\\?|$)': {
        target: `ws://127.0.0.1:${run}`,
        ws: true,
        rewrite: () => `/?token=${token}`,
        bypass(request) {
          if (request.headers.upgrade === undefined) return request.url;
          return fromOwnPage(request) ? undefined : false;
        },
      },
    },
  },
});
await server.listen();
server.printUrls();
console.log(`  ➜  shows the run on port ${run}; start one with npm start in another terminal\n`);

async function stop() {
  if (process.platform === 'win32') compiler.kill();
  else process.kill(-compiler.pid);
  await server.close();
  process.exit(0);
}
process.once('SIGINT', stop);
process.once('SIGTERM', stop);

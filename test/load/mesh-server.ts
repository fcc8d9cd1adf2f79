import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MeshList } from '#src/load/mesh-list';

export type Handle = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** Bytes that differ from seed to seed. */
export const content = (length: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 255));

/** As a server that knows ranges does. */
export const serve: Handle = (request, response, body) => {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start >= body.length) response.writeHead(416).end();
  else if (start > 0)
    response
      .writeHead(206, { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` })
      .end(body.subarray(start));
  else response.writeHead(200, { 'content-length': body.length }).end(body);
};

/** A robot's pinned files by path, served on this machine. */
export async function meshServer(files: Readonly<Record<string, Buffer>>) {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/pinned\//, '');
    served.requests.push({ path, range: request.headers.range });
    served.handle(request, response, files[path] ?? Buffer.alloc(0));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const list: MeshList = {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/pinned/`,
    licence: 'Apache-2.0',
    files: Object.entries(files).map(([path, body]) => ({
      path,
      bytes: body.length,
      sha256: createHash('sha256').update(body).digest('hex'),
    })),
    shapes: [],
  };
  const served = {
    list,
    requests: [] as { path: string; range: string | undefined }[],
    handle: serve,
    /** Nothing was asked, and it answers as it should. */
    reset(): void {
      served.requests = [];
      served.handle = serve;
    },
    /** Nobody answers at its address any more when this resolves. */
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return served;
}

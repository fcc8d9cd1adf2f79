import { randomUUID } from 'node:crypto';
import { createServer, type Server, STATUS_CODES } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { InputError } from '../core/errors.ts';
import { Access, newToken } from './access.ts';
import type { Clock } from './clock.ts';
import type { Hub } from './hub.ts';
import type { Assets } from './meshes.ts';
import { answerWithPage, requestUrl } from './page-answer.ts';
import { readPage } from './page-files.ts';
import type { ServiceSpec } from './schemas.ts';
import { serveClient } from './session.ts';
import { subprotocols } from './wire.ts';

/** Where the page and its socket are. */
export interface PageAddress {
  /** Address to listen on. Anything but loopback lets others in who know the token. */
  readonly host: string;
  /** Left out: 8765, or the next free port after it. */
  readonly port: number | undefined;
  readonly version: string;
  /** Lets clients in; default: a new random one. A token that stays lets an open page find a restarted server. */
  readonly token?: string;
  /** Folder of the built page; default: the one of this package. */
  readonly page?: string;
}

export interface Served {
  readonly hub: Hub;
  readonly meshes: Assets;
  /** Name of the robot, for clients. */
  readonly robot: string;
  readonly services: readonly ServiceSpec[];
  /** Calls a service with a JSON payload; throws PremotorError with words for the caller. */
  answer(service: string, payload: Uint8Array): object;
  /** Of the machine, for signs of life. */
  readonly clock: Clock;
  /** Said to clients when it closes. */
  readonly goodbye: string;
}

export interface PageServer {
  /** Opens the page; holds the token. */
  readonly url: string;
  readonly port: number;
  /** Why it died; undefined while it lives. */
  readonly failure: Error | undefined;
  /** Says goodbye to clients and frees the port; throws when the server had died, with the cause. May be called twice. */
  close(): Promise<void>;
}

const FIRST_PORT = 8765;
const PORTS_TRIED = 100;
const MOST_CLIENTS = 64;
const LARGEST_CLIENT_FRAME = 64 * 1024;

/** Serves the page and the Foxglove WebSocket protocol on one port. */
export async function servePage(address: PageAddress, served: Served): Promise<PageServer> {
  const { hub, meshes, services, clock } = served;
  const token = address.token ?? newToken();
  const page = await readPage(address.page ?? fileURLToPath(new URL('../../page/', import.meta.url)));
  const access = new Access(token, address.host);
  const http = createServer((request, response) => answerWithPage(request, response, access, page, meshes));
  http.headersTimeout = 10_000;
  http.requestTimeout = 20_000;
  http.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  });
  const port = await listen(http, address.host, address.port);
  access.port = port;
  const serverInfo = {
    op: 'serverInfo',
    name: `premotor ${address.version}`,
    capabilities: ['time', 'services', 'assets'],
    supportedEncodings: ['json'],
    metadata: { version: address.version, robot: served.robot, build: page.build },
    sessionId: randomUUID(),
  };

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LARGEST_CLIENT_FRAME,
    perMessageDeflate: false,
    handleProtocols: (offered) => subprotocols.find((name) => offered.has(name)) ?? false,
  });
  http.on('upgrade', (request, socket: Duplex, head) => {
    socket.on('error', () => socket.destroy());
    const url = requestUrl(request);
    if (url?.pathname !== '/') return turnAway(socket, 404, 'the socket is at /');
    const verdict = access.judge(request, url, true);
    if (verdict.status !== 0) return turnAway(socket, verdict.status, verdict.message);
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!subprotocols.some((name) => offered.includes(name)))
      return turnAway(socket, 400, `offer subprotocol ${subprotocols.join(' or ')}`);
    if (hub.clients >= MOST_CLIENTS) return turnAway(socket, 503, 'too many clients');
    sockets.handleUpgrade(request, socket, head, (client) =>
      serveClient(client, {
        ...{ hub, meshes, serverInfo, services, clock },
        answer: (service, payload) => served.answer(service, payload),
      }),
    );
  });

  let failure: Error | undefined;
  let closed: Promise<void> | undefined;
  http.on('error', (error) => {
    failure ??= new Error(`the live server died: ${error.message}`, { cause: error });
  });
  http.on('close', () => {
    if (closed === undefined) failure ??= new Error('the live server died: it stopped listening');
  });

  async function shut(): Promise<void> {
    for (const client of sockets.clients) client.close(1001, served.goodbye);
    await Promise.race([
      Promise.all([...sockets.clients].map((client) => new Promise((done) => client.once('close', done)))),
      new Promise<void>((done) => setTimeout(done, 300)),
    ]);
    for (const client of sockets.clients) client.terminate();
    if (http.listening)
      await new Promise<void>((done) => {
        http.close(() => done());
        http.closeAllConnections();
      });
    if (failure) throw failure;
  }

  const shownHost = address.host === '0.0.0.0' || address.host === '::' ? '127.0.0.1' : address.host;
  return {
    port,
    url: `http://${isIPv6(shownHost) ? `[${shownHost}]` : shownHost}:${port}/?token=${encodeURIComponent(token)}`,
    get failure() {
      return failure;
    },
    close() {
      closed ??= shut();
      return closed;
    },
  };
}

/** Listens and returns the port. */
async function listen(http: Server, host: string, port: number | undefined): Promise<number> {
  const first = port ?? FIRST_PORT;
  const last = port === undefined ? FIRST_PORT + PORTS_TRIED - 1 : port;
  for (let candidate = first; candidate <= last; candidate++) {
    const error = await attempt(candidate);
    if (!error) {
      const address = http.address();
      return typeof address === 'object' && address ? address.port : candidate;
    }
    const refused = error.code === 'EACCES' || error.code === 'EPERM';
    if (error.code === 'EADDRINUSE' || (refused && port === undefined)) continue;
    if (refused)
      throw new InputError(`--http-port ${candidate}: no permission to listen there; choose one above 1023`);
    throw new InputError(`--host ${host}: cannot listen there (${error.code ?? error.message})`, {
      cause: error,
    });
  }
  throw new InputError(
    port === undefined
      ? `ports ${first} to ${last} are all in use; free one or choose another with --http-port`
      : `--http-port ${port} is in use; choose another, or leave it out to take the next free one`,
  );

  function attempt(candidate: number): Promise<NodeJS.ErrnoException | undefined> {
    return new Promise((resolve) => {
      const failed = (error: NodeJS.ErrnoException) => {
        http.off('listening', listening);
        resolve(error);
      };
      const listening = () => {
        http.off('error', failed);
        resolve(undefined);
      };
      http.once('error', failed).once('listening', listening);
      http.listen({ host, port: candidate, exclusive: true });
    });
  }
}

function turnAway(socket: Duplex, status: number, message: string): void {
  const body = `${message}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

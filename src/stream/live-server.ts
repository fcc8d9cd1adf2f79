import { randomUUID } from 'node:crypto';
import { createServer, type Server, STATUS_CODES } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { InputError } from '../core/errors.ts';
import type { RobotModel } from '../core/robot.ts';
import type { WorldSpec } from '../core/task.ts';
import type { RunCommand, TelemetryEvent, TelemetrySink } from '../core/telemetry.ts';
import { Access, newToken } from './access.ts';
import { Broadcast } from './broadcast.ts';
import { type Clock, systemClock } from './clock.ts';
import { Control } from './control.ts';
import { Hub } from './hub.ts';
import { Inspection } from './inspection.ts';
import { Meshes } from './meshes.ts';
import { answerWithPage, requestUrl } from './page-answer.ts';
import { readPage } from './page-files.ts';
import { inspectionServices, runServices } from './schemas.ts';
import { serveClient } from './session.ts';
import { type RecordingState, services, subprotocols } from './wire.ts';

export interface LiveServerOptions {
  /** Address to listen on. Anything but loopback lets others in who know the token. */
  readonly host: string;
  /** Left out: 8765, or the next free port after it. */
  readonly port: number | undefined;
  readonly robot: RobotModel;
  readonly world?: WorldSpec;
  readonly version: string;
  /**
   * What a person asks for, from the page or a Foxglove client. What it throws is the answer they get. Left out: nothing
   * runs; the page shows the robot at its home pose with a slider for each joint.
   */
  onCommand?(command: RunCommand): void;
  /** How the recording of the run stands; left out: nothing is recorded. */
  recording?(): RecordingState | null;
  /** Lets clients in; default: a new random one. A token that stays lets an open page find a restarted server. */
  readonly token?: string;
  /** Folder of the built page; default: the one of this package. */
  readonly page?: string;
  readonly clock?: Clock;
}

/** Telemetry goes in, the page and the Foxglove WebSocket protocol come out, on one port. */
export interface LiveServer extends TelemetrySink {
  /** Opens the page; holds the token. */
  readonly url: string;
  readonly port: number;
  /** Who listens at the moment. */
  readonly clients: number;
  /** Never waits for a client. Throws when the server has died, with the cause. */
  emit(event: TelemetryEvent): void;
  /** Says goodbye to clients and frees the port; throws when the server had died, with the cause. May be called twice. */
  close(): Promise<void>;
}

const FIRST_PORT = 8765;
const PORTS_TRIED = 100;
const MOST_CLIENTS = 64;
const LARGEST_CLIENT_FRAME = 64 * 1024;

export async function startLiveServer(options: LiveServerOptions): Promise<LiveServer> {
  const clock = options.clock ?? systemClock;
  const token = options.token ?? newToken();
  const page = await readPage(options.page ?? fileURLToPath(new URL('../../page/', import.meta.url)));
  const access = new Access(token, options.host);
  const meshes = await Meshes.open(options.robot, options.world);
  const { robot, world } = meshes;
  const http = createServer((request, response) => answerWithPage(request, response, access, page, meshes));
  http.headersTimeout = 10_000;
  http.requestTimeout = 20_000;
  http.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  });
  const port = await listen(http, options.host, options.port);
  access.port = port;

  const hub = new Hub(clock);
  const { onCommand } = options;
  const control = new Control((command) => onCommand?.(command));
  const broadcast = new Broadcast(hub, clock, robot, world, control, {
    inspected: onCommand === undefined,
    recording: options.recording,
  });
  const inspection = new Inspection(robot, (position) => broadcast.hold(position));
  for (const message of meshes.notes) broadcast.emit({ type: 'log', level: 'warning', message });
  const serverInfo = {
    op: 'serverInfo',
    name: `premotor ${options.version}`,
    capabilities: ['time', 'services', 'assets'],
    supportedEncodings: ['json'],
    metadata: { version: options.version, robot: robot.name, build: page.build },
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
        ...{ hub, meshes, serverInfo, clock },
        services: onCommand ? runServices : inspectionServices,
        answer,
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

  function answer(service: string, payload: Uint8Array): object {
    if (!onCommand) return inspection.call(service, payload);
    const state = control.call(service, payload);
    if (service === services.speed) broadcast.speedChanged();
    broadcast.controlChanged();
    return state;
  }

  async function shut(): Promise<void> {
    broadcast.close();
    for (const client of sockets.clients) client.close(1001, 'the run is over');
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

  const shownHost = options.host === '0.0.0.0' || options.host === '::' ? '127.0.0.1' : options.host;
  return {
    port,
    url: `http://${isIPv6(shownHost) ? `[${shownHost}]` : shownHost}:${port}/?token=${encodeURIComponent(token)}`,
    get clients() {
      return hub.clients;
    },
    emit(event) {
      if (closed) return;
      if (failure) throw failure;
      broadcast.emit(event);
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

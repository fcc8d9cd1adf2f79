import type { RawData, WebSocket } from 'ws';
import { InputError, PremotorError } from '../core/errors.ts';
import { Client } from './client.ts';
import { type Clock, every } from './clock.ts';
import { assetResponse, ProtocolError, parseClientFrame, serviceResponse } from './frames.ts';
import type { Hub } from './hub.ts';
import type { Assets } from './meshes.ts';
import type { ServiceSpec } from './schemas.ts';
import { assetPackage } from './wire.ts';

interface Parts {
  readonly hub: Hub;
  readonly services: readonly ServiceSpec[];
  /** Calls a service with a JSON payload; throws PremotorError with words for the caller. */
  answer(service: string, payload: Uint8Array): object;
  readonly meshes: Assets;
  readonly serverInfo: object;
  readonly clock: Clock;
}

/** Files that a client may wait for at once. */
const MOST_ASSETS = 1024;

/** ms between pings; a client that answered none for three of them is gone. */
const PING_INTERVAL = 10_000;

/** Talks the Foxglove WebSocket protocol with one client until it leaves. */
export function serveClient(socket: WebSocket, parts: Parts): void {
  const { hub, serverInfo, services, clock } = parts;
  const client = new Client({
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    // A socket that is closing drops what is sent; its 'close' follows.
    send: (data, sent) =>
      socket.send(data, (error) => {
        if (error) socket.terminate();
        else client.flush();
        sent?.();
      }),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  });
  let unanswered = 0;
  const stopPings = every(clock, PING_INTERVAL, () => {
    if (unanswered++ >= 3) socket.terminate();
    else socket.ping();
  });
  socket.on('pong', () => {
    unanswered = 0;
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    stopPings();
    hub.leave(client);
  });
  const assets = new AssetQueue(client, parts.meshes);
  socket.on('message', (data, binary) => receive(client, assets, bytesOf(data), binary, parts));
  hub.join(client);
  client.reply(serverInfo);
  client.reply(hub.advertisement);
  client.reply({ op: 'advertiseServices', services });
}

/** Answers whatever a client sends; never throws. */
function receive(client: Client, assets: AssetQueue, data: Uint8Array, binary: boolean, parts: Parts): void {
  try {
    const frame = parseClientFrame(data, binary);
    if (frame.op === 'subscribe')
      for (const { id, channelId } of frame.subscriptions) parts.hub.subscribe(client, id, channelId);
    else if (frame.op === 'unsubscribe') {
      for (const id of frame.subscriptionIds)
        if (!client.unsubscribe(id)) client.complain(`there is no subscription ${id}`);
    } else if (frame.op === 'fetchAsset') assets.ask(frame.uri, frame.requestId);
    else call(client, frame, parts);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    client.complain(error.message);
  }
}

/** The mesh files that one client asks for, one after the other: at most one of them is in memory. */
class AssetQueue {
  readonly #client: Client;
  readonly #meshes: Assets;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(client: Client, meshes: Assets) {
    this.#client = client;
    this.#meshes = meshes;
  }

  ask(uri: string, request: number): void {
    if (this.#waiting >= MOST_ASSETS) {
      this.#client.complain('too many assets asked for at once');
      return;
    }
    this.#waiting++;
    this.#last = this.#last.then(async () => {
      const path = uri.startsWith(assetPackage) ? uri.slice(assetPackage.length) : '';
      const file = await this.#meshes.read(path);
      await this.#client.sendAsset(
        assetResponse(request, file?.body ?? `no such asset: ${uri.slice(0, 200)}`),
      );
      this.#waiting--;
    });
  }
}

interface Call {
  readonly service: number;
  readonly call: number;
  readonly encoding: string;
  readonly payload: Uint8Array;
}

/** Calls a service and replies with what holds now, or with why not. */
function call(client: Client, request: Call, { services, answer }: Parts): void {
  const service = services[request.service - 1];
  try {
    if (!service) throw new InputError(`there is no service ${request.service}`);
    if (request.encoding !== 'json') throw new InputError('requests are encoded as json');
    const payload = new TextEncoder().encode(JSON.stringify(answer(service.name, request.payload)));
    client.reply(serviceResponse(request.service, request.call, payload));
  } catch (error) {
    client.reply({
      op: 'serviceCallFailure',
      serviceId: request.service,
      callId: request.call,
      message: error instanceof PremotorError ? error.message : `${service?.name} failed: ${error}`,
    });
  }
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

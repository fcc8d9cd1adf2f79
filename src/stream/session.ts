import type { RawData, WebSocket } from 'ws';
import { InputError, PremotorError } from '../core/errors.ts';
import type { Broadcast } from './broadcast.ts';
import { Client } from './client.ts';
import { type Clock, every } from './clock.ts';
import type { Control } from './control.ts';
import { ProtocolError, parseClientFrame, serviceResponse } from './frames.ts';
import type { Hub } from './hub.ts';
import { serviceAdvertisements } from './schemas.ts';
import { services } from './wire.ts';

interface Parts {
  readonly hub: Hub;
  readonly control: Control;
  readonly broadcast: Broadcast;
  readonly serverInfo: object;
  readonly clock: Clock;
}

/** ms between pings; a client that answered none for three of them is gone. */
const PING_INTERVAL = 10_000;

/** Talks the Foxglove WebSocket protocol with one client until it leaves. */
export function serveClient(socket: WebSocket, parts: Parts): void {
  const { hub, serverInfo, clock } = parts;
  const client = new Client({
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    // A socket that is closing drops what is sent; its 'close' follows.
    send: (data) => socket.send(data, (error) => (error ? socket.terminate() : client.flush())),
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
  socket.on('message', (data, binary) => receive(client, bytesOf(data), binary, parts));
  hub.join(client);
  client.reply(serverInfo);
  client.reply(hub.advertisement);
  client.reply({ op: 'advertiseServices', services: serviceAdvertisements });
}

/** Answers whatever a client sends; never throws. */
function receive(client: Client, data: Uint8Array, binary: boolean, parts: Parts): void {
  try {
    const frame = parseClientFrame(data, binary);
    if (frame.op === 'subscribe')
      for (const { id, channelId } of frame.subscriptions) parts.hub.subscribe(client, id, channelId);
    else if (frame.op === 'unsubscribe') {
      for (const id of frame.subscriptionIds)
        if (!client.unsubscribe(id)) client.complain(`there is no subscription ${id}`);
    } else call(client, frame, parts);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    client.complain(error.message);
  }
}

interface Call {
  readonly service: number;
  readonly call: number;
  readonly encoding: string;
  readonly payload: Uint8Array;
}

/** Calls a service and replies with what holds now, or with why not. */
function call(client: Client, request: Call, { control, broadcast }: Parts): void {
  const service = serviceAdvertisements[request.service - 1];
  try {
    if (!service) throw new InputError(`there is no service ${request.service}`);
    if (request.encoding !== 'json') throw new InputError('requests are encoded as json');
    const state = control.call(service.name, request.payload);
    if (service.name === services.speed) broadcast.speedChanged();
    broadcast.controlChanged();
    const payload = new TextEncoder().encode(JSON.stringify(state));
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

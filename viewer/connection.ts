import { type ControlState, subprotocols } from '../src/stream/wire.ts';

export interface ServerInfo {
  readonly name: string;
  readonly sessionId?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface ConnectionEvents {
  /** The server has introduced itself; messages follow. */
  open(info: ServerInfo): void;
  /** @param sent ms since the Unix epoch, by the server's clock */
  message(topic: string, message: unknown, sent: number): void;
  /** No connection. `refused`: who answers does not let us in. Another attempt follows by itself. */
  lost(refused: boolean): void;
}

const RETRY = 1000;
/** The server speaks ten times a second: this much silence is a dead one. */
const SILENCE = 2500;

interface Call {
  resolve(state: ControlState): void;
  reject(error: Error): void;
}

/** A Foxglove WebSocket client that subscribes to what it is asked for and comes back when the server does. */
export class Connection {
  readonly #url: string;
  readonly #topics: ReadonlySet<string>;
  readonly #events: ConnectionEvents;
  readonly #decoder = new TextDecoder();
  #socket: WebSocket | undefined;
  /** Topic by subscription id, which is the channel id. */
  #subscribed = new Map<number, string>();
  #services = new Map<string, number>();
  #calls = new Map<number, Call>();
  #nextCall = 1;
  #heard = 0;
  /** What the last answer to a plain request was. */
  #refused = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #watchdog: ReturnType<typeof setInterval>;
  #closed = false;

  constructor(url: string, topics: Iterable<string>, events: ConnectionEvents) {
    this.#url = url;
    this.#topics = new Set(topics);
    this.#events = events;
    this.#watchdog = setInterval(() => {
      if (this.#socket && performance.now() - this.#heard > SILENCE) this.#drop(this.#socket);
    }, 500);
    this.#connect();
  }

  /** Tries again now instead of in a second. */
  retry(): void {
    if (this.#socket || this.#closed) return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#watchdog);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    this.#failCalls();
  }

  /** Calls a service; rejects with the server's words, or when the connection goes. */
  call(service: string, request: object = {}): Promise<ControlState> {
    const id = this.#services.get(service);
    const socket = this.#socket;
    if (id === undefined || socket?.readyState !== WebSocket.OPEN)
      return Promise.reject(new Error('not connected'));
    const call = this.#nextCall++;
    const encoder = new TextEncoder();
    const encoding = encoder.encode('json');
    const payload = encoder.encode(JSON.stringify(request));
    const frame = new Uint8Array(13 + encoding.length + payload.length);
    const view = new DataView(frame.buffer);
    frame[0] = 2;
    view.setUint32(1, id, true);
    view.setUint32(5, call, true);
    view.setUint32(9, encoding.length, true);
    frame.set(encoding, 13);
    frame.set(payload, 13 + encoding.length);
    socket.send(frame);
    return new Promise((resolve, reject) => this.#calls.set(call, { resolve, reject }));
  }

  #connect(): void {
    this.#heard = performance.now();
    const socket = new WebSocket(this.#url, [...subprotocols]);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return;
      this.#heard = performance.now();
      if (typeof data === 'string') this.#receiveText(socket, data);
      else this.#receiveBinary(data as ArrayBuffer);
    };
    socket.onclose = () => this.#drop(socket);
  }

  #drop(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#subscribed.clear();
    this.#services.clear();
    socket.onclose = null;
    socket.close();
    this.#failCalls();
    this.#events.lost(this.#refused);
    this.#retry = setTimeout(() => this.#connect(), RETRY);
    void this.#askWhy();
  }

  /** A handshake hides its status from scripts; a plain request to our own server does not. */
  async #askWhy(): Promise<void> {
    const url = new URL(this.#url.replace(/^ws/, 'http'));
    if (url.host !== location.host) return;
    const answer = await fetch(url, { method: 'HEAD', cache: 'no-store' }).catch(() => undefined);
    if (this.#closed || this.#socket?.readyState === WebSocket.OPEN) return;
    // An answer that takes longer than the next attempt counts all the same.
    this.#refused = answer?.status === 401 || answer?.status === 403;
    this.#events.lost(this.#refused);
  }

  #failCalls(): void {
    for (const { reject } of this.#calls.values()) reject(new Error('the connection was lost'));
    this.#calls.clear();
  }

  #receiveText(socket: WebSocket, data: string): void {
    const message = JSON.parse(data);
    if (message.op === 'serverInfo') {
      this.#refused = false;
      this.#events.open(message);
    } else if (message.op === 'advertise') {
      const subscriptions: { id: number; channelId: number }[] = [];
      for (const { id, topic } of message.channels as { id: number; topic: string }[]) {
        if (!this.#topics.has(topic)) continue;
        this.#subscribed.set(id, topic);
        subscriptions.push({ id, channelId: id });
      }
      socket.send(JSON.stringify({ op: 'subscribe', subscriptions }));
    } else if (message.op === 'advertiseServices') {
      for (const { id, name } of message.services) this.#services.set(name, id);
    } else if (message.op === 'serviceCallFailure') {
      this.#calls.get(message.callId)?.reject(new Error(message.message));
      this.#calls.delete(message.callId);
    }
  }

  #receiveBinary(data: ArrayBuffer): void {
    const view = new DataView(data);
    const opcode = view.getUint8(0);
    if (opcode === 1) {
      const topic = this.#subscribed.get(view.getUint32(1, true));
      if (topic === undefined) return;
      const sent = Number(view.getBigUint64(5, true)) / 1e6;
      this.#events.message(topic, this.#json(data, 13), sent);
    } else if (opcode === 3) {
      const call = view.getUint32(5, true);
      this.#calls.get(call)?.resolve(this.#json(data, 13 + view.getUint32(9, true)) as ControlState);
      this.#calls.delete(call);
    }
  }

  #json(data: ArrayBuffer, offset: number): unknown {
    return JSON.parse(this.#decoder.decode(new Uint8Array(data, offset)));
  }
}

import { messageData } from './frames.ts';

/** The part of a WebSocket that a client needs. */
export interface ClientSocket {
  /** Bytes handed over and not yet taken by the operating system. */
  readonly bufferedAmount: number;
  /** `sent` is called when the data has left, or never will. */
  send(data: string | Uint8Array, sent?: () => void): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** One message of one topic, encoded once for all clients. */
export interface Frame {
  readonly channel: number;
  readonly kind: 'state' | 'event';
  /** ns since the Unix epoch. */
  readonly time: bigint;
  readonly payload: Uint8Array;
}

/** Above this many unsent bytes frames wait here instead of in the socket. */
const HIGH_WATER = 128 * 1024;
/** Answers to a client's own questions are never dropped, so one that asks without reading is cut off. */
const CUT_OFF = 4 * 1024 * 1024;
const EVENTS_WAITING = 512;
const BAD_FRAMES = 20;

/**
 * Somebody who listens. A slow one misses frames, and they are counted: of a state topic the newest waits, of an event
 * topic the newest 512. Sending never blocks and never throws.
 */
export class Client {
  dropped = 0;
  readonly #socket: ClientSocket;
  /** Channel id → subscription id. */
  readonly #subscriptions = new Map<number, number>();
  #waiting: Frame[] = [];
  #events = 0;
  #badFrames = 0;
  /** Bytes of assets that the socket still has; how fast they go is no fault of the client's. */
  #assetBytes = 0;

  constructor(socket: ClientSocket) {
    this.#socket = socket;
  }

  subscribed(channel: number): boolean {
    return this.#subscriptions.has(channel);
  }

  /** False when the id or the channel is taken already. */
  subscribe(id: number, channel: number): boolean {
    if (this.#subscriptions.has(channel)) return false;
    for (const taken of this.#subscriptions.values()) if (taken === id) return false;
    this.#subscriptions.set(channel, id);
    return true;
  }

  unsubscribe(id: number): boolean {
    for (const [channel, subscription] of this.#subscriptions) {
      if (subscription === id) {
        this.#waiting = this.#waiting.filter((frame) => frame.channel !== channel);
        this.#events = this.#waiting.filter((frame) => frame.kind === 'event').length;
        return this.#subscriptions.delete(channel);
      }
    }
    return false;
  }

  /** Sends a frame of a subscribed topic, now or when the socket has drained. */
  deliver(frame: Frame): void {
    if (!this.#subscriptions.has(frame.channel)) return;
    this.flush();
    if (this.#waiting.length === 0 && this.#socket.bufferedAmount <= HIGH_WATER) {
      this.#send(frame);
      return;
    }
    if (frame.kind === 'state') {
      const older = this.#waiting.findIndex(({ channel }) => channel === frame.channel);
      if (older >= 0) {
        this.#waiting.splice(older, 1);
        this.dropped++;
      }
    } else if (++this.#events > EVENTS_WAITING) {
      this.#waiting.splice(
        this.#waiting.findIndex(({ kind }) => kind === 'event'),
        1,
      );
      this.#events--;
      this.dropped++;
    }
    this.#waiting.push(frame);
  }

  /** Sends what waits, as far as the socket takes it. */
  flush(): void {
    let sent = 0;
    while (sent < this.#waiting.length && this.#socket.bufferedAmount <= HIGH_WATER) {
      const frame = this.#waiting[sent++];
      if (frame.kind === 'event') this.#events--;
      this.#send(frame);
    }
    if (sent > 0) this.#waiting.splice(0, sent);
  }

  /** Sends an answer or an announcement. */
  reply(message: object | Uint8Array): void {
    if (this.#socket.bufferedAmount - this.#assetBytes > CUT_OFF) {
      this.#socket.terminate();
      return;
    }
    this.#socket.send(message instanceof Uint8Array ? message : JSON.stringify(message));
  }

  /** Sends a file it asked for; resolves when the operating system has taken it, or the connection is gone. */
  async sendAsset(frame: Uint8Array): Promise<void> {
    this.#assetBytes += frame.length;
    await new Promise<void>((done) => this.#socket.send(frame, () => done()));
    this.#assetBytes -= frame.length;
  }

  /** Skipped when the socket is behind: the next one will do. */
  replyIfKeepingUp(message: Uint8Array): void {
    if (this.#socket.bufferedAmount <= HIGH_WATER) this.#socket.send(message);
  }

  /** Answers a frame that should not have been sent; one too many closes the connection. */
  complain(message: string): void {
    if (++this.#badFrames > BAD_FRAMES) this.#socket.close(1008, 'too many bad frames');
    else this.reply({ op: 'status', level: 2, message });
  }

  #send(frame: Frame): void {
    const subscription = this.#subscriptions.get(frame.channel);
    if (subscription === undefined) return;
    this.#socket.send(messageData(subscription, frame.time, frame.payload));
  }
}

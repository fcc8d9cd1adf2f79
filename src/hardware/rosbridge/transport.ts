import { WebSocket } from 'ws';
import { Fragments } from './fragments.ts';
import { AbstractTransport, type OpMessage } from './roslib.ts';

export interface TransportOptions {
  readonly url: string;
  /** Longest message, bytes, also when it came in fragments. */
  readonly maxMessage: number;
  /** Whether compressed messages are asked for, and so may come. */
  readonly png: boolean;
}

/** What may wait for a peer that does not read, bytes. */
const MAX_WAITING = 1 << 18;

/**
 * The socket under roslib: its own decoding, with bounds on what a peer may send (size, fragments, images) and on what
 * waits to be sent. Above them the connection ends, as one that does not keep to them cannot be trusted.
 */
export class SocketTransport extends AbstractTransport {
  /** Why it closed, for people. */
  cause = 'the other side closed the connection';
  readonly #socket: WebSocket;
  readonly #fragments: Fragments;
  readonly #png: boolean;
  #alive = true;

  constructor(options: TransportOptions) {
    super();
    this.#fragments = new Fragments(options.maxMessage);
    this.#png = options.png;
    this.#socket = new WebSocket(options.url, {
      maxPayload: options.maxMessage,
      perMessageDeflate: false,
      handshakeTimeout: 3000,
    });
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.on('open', () => this.emit('open', {}));
    this.#socket.on('error', (error) => {
      this.cause = error.message || (error as NodeJS.ErrnoException).code || 'it failed';
    });
    this.#socket.on('close', () => this.emit('close', {}));
    this.#socket.on('pong', () => {
      this.#alive = true;
    });
    this.#socket.on('message', (data, binary) => {
      this.#alive = true;
      this.handleRawMessage(binary ? data : String(data));
    });
  }

  send(message: OpMessage): void {
    if (!this.isOpen()) return;
    if (this.#socket.bufferedAmount > MAX_WAITING) this.break('the other side does not read');
    else this.#socket.send(JSON.stringify(message));
  }

  /** Asks whether the other side is there; one that has not been heard of since the last time is given up. */
  ping(): void {
    if (!this.isOpen()) return;
    if (this.#alive) {
      this.#alive = false;
      this.#socket.ping();
      return;
    }
    // What came while this process stood still is read first.
    setImmediate(() =>
      setImmediate(() => {
        if (!this.#alive && this.isOpen()) this.break('the other side does not answer');
      }),
    );
  }

  break(cause: string): void {
    this.cause = cause;
    this.#socket.terminate();
  }

  close(): void {
    this.cause = 'closed';
    this.#socket.terminate();
  }

  isConnecting(): boolean {
    return this.#socket.readyState === WebSocket.CONNECTING;
  }
  isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }
  isClosing(): boolean {
    return this.#socket.readyState === WebSocket.CLOSING;
  }
  isClosed(): boolean {
    return this.#socket.readyState === WebSocket.CLOSED;
  }

  override handleRawMessage(data: unknown): void {
    if (typeof data !== 'string') {
      super.handleRawMessage(data);
      return;
    }
    try {
      const message = this.#fragments.take(JSON.parse(data));
      if (message === undefined) return;
      if ((message as { op?: unknown } | null)?.op === 'png' && !this.#png)
        throw new Error('an image nobody asked for');
      if (typeof message !== 'object') throw new Error('no message');
      super.handleRawMessage(message);
    } catch (error) {
      this.emit('error', error);
    }
  }
}

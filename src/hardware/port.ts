/** A line of bytes in both directions: serial, TCP, pseudo-terminal or memory. */
export interface BytePort {
  /** For people: the device or address. */
  readonly name: string;
  /** Never blocks. Does nothing on a closed port; who wrote learns it by `onClose`. */
  write(bytes: Uint8Array): void;
  /** One listener; the bytes are its to keep. */
  onBytes(listener: (bytes: Uint8Array) => void): void;
  /** Called once when the port is gone, at once when it already is; `cause` says why, for people. */
  onClose(listener: (cause: string) => void): void;
  /** May be called twice. */
  close(): Promise<void>;
}

/** A port's address as people may see it: without its query, where a token may be. */
export function portName(address: string): string {
  return address.split('?')[0];
}

/** Bytes that may wait for a device or peer that does not take them; above it the line counts as broken. */
export const MAX_WAITING = 1 << 16;

/** The listeners of a port and what each is owed; every kind of port has one. */
export class PortEvents {
  #bytes: ((bytes: Uint8Array) => void) | undefined;
  #close: ((cause: string) => void) | undefined;
  #cause: string | undefined;

  get closed(): boolean {
    return this.#cause !== undefined;
  }

  onBytes(listener: (bytes: Uint8Array) => void): void {
    this.#bytes = listener;
  }

  onClose(listener: (cause: string) => void): void {
    if (this.#cause !== undefined) listener(this.#cause);
    else this.#close = listener;
  }

  bytes(bytes: Uint8Array): void {
    if (!this.closed) this.#bytes?.(bytes);
  }

  /** The first cause counts. */
  close(cause: string): void {
    if (this.closed) return;
    this.#cause = cause;
    this.#close?.(cause);
  }
}

/** Two ends of a line in memory; closing one end closes both. Bytes arrive before `write` returns. */
export function loopback(name = 'loopback'): [BytePort, BytePort] {
  const events = [new PortEvents(), new PortEvents()];
  const end = (mine: PortEvents, other: PortEvents): BytePort => ({
    name,
    write(bytes) {
      if (!mine.closed) other.bytes(bytes.slice());
    },
    onBytes: (listener) => mine.onBytes(listener),
    onClose: (listener) => mine.onClose(listener),
    async close() {
      mine.close('closed');
      other.close('the other end was closed');
    },
  });
  return [end(events[0], events[1]), end(events[1], events[0])];
}

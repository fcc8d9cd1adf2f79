/** How packets of a protocol are told from other bytes. */
export interface Framing {
  /** Bytes of the longest packet. */
  readonly longest: number;
  /**
   * Length of the packet whose header begins at `start`; 0 when bytes up to `end` are too few to say, −1 when no
   * packet can begin there.
   */
  lengthAt(buffer: Uint8Array, start: number, end: number): number;
  /** Whether the checksum of a whole packet holds. */
  intact(packet: Uint8Array): boolean;
}

/**
 * Cuts a stream of bytes into packets with good checksums. A header that turns out false costs one byte: the search
 * goes on right behind its first, so the next good packet is found whatever came before it. Memory is two packets.
 */
export class Framer {
  /** Bytes that belong to no packet, and whole packets whose checksum was wrong. */
  skipped = 0;
  corrupted = 0;
  readonly #framing: Framing;
  readonly #buffer: Uint8Array;
  #start = 0;
  #end = 0;

  constructor(framing: Framing) {
    this.#framing = framing;
    this.#buffer = new Uint8Array(2 * framing.longest);
  }

  /** Bytes that may yet become a packet. */
  get pending(): number {
    return this.#end - this.#start;
  }

  /** `accept` is called with each packet, a copy, in order. */
  push(bytes: Uint8Array, accept: (packet: Uint8Array) => void): void {
    for (let offset = 0; offset < bytes.length; ) {
      if (this.#end === this.#buffer.length) {
        this.#buffer.copyWithin(0, this.#start, this.#end);
        this.#end -= this.#start;
        this.#start = 0;
      }
      const part = bytes.subarray(offset, offset + this.#buffer.length - this.#end);
      this.#buffer.set(part, this.#end);
      this.#end += part.length;
      offset += part.length;
      this.#scan(accept);
    }
  }

  /** The line fell silent: what is incomplete never was a packet; there may be whole ones behind its header. */
  flush(accept: (packet: Uint8Array) => void): void {
    while (this.pending > 0) {
      this.#start++;
      this.skipped++;
      this.#scan(accept);
    }
  }

  /** Forgets what is pending. */
  reset(): void {
    this.skipped += this.pending;
    this.#start = 0;
    this.#end = 0;
  }

  #scan(accept: (packet: Uint8Array) => void): void {
    while (this.#start < this.#end) {
      const length = this.#framing.lengthAt(this.#buffer, this.#start, this.#end);
      if (length === 0 || length > this.pending) return;
      if (length > 0) {
        const packet = this.#buffer.slice(this.#start, this.#start + length);
        if (this.#framing.intact(packet)) {
          this.#start += length;
          accept(packet);
          continue;
        }
        this.corrupted++;
      }
      this.#start++;
      this.skipped++;
    }
    this.#start = 0;
    this.#end = 0;
  }
}

/** 32-bit words of the header. */
const WORD = {
  /** Index of the buffer that lies between writer and reader; + FRESH when the reader has not had it. */
  between: 0,
  /** Messages of an older epoch are dropped. */
  epoch: 1,
  /** Grows with every message: what a reader waits on. */
  count: 2,
} as const;
const FRESH = 4;
const HEADER_BYTES = 16;
/** Float64 values before a message's own: epoch and length. */
const PREFIX = 2;

/**
 * A queue of length one in shared memory: of what one thread writes, another reads the newest, and neither ever waits.
 * Three buffers go round: one is written, one is read, one lies between, and an atomic exchange swaps it for either.
 *
 * A message belongs to an epoch. `begin` starts a new one; what is left of an older one is never delivered.
 */
export class LatestSlot {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly #messages: readonly Float64Array[];
  /** The buffer that is this side's own. */
  #own: number;

  /** @param side each side is held once. */
  constructor(buffer: SharedArrayBuffer, side: 'write' | 'read') {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, HEADER_BYTES / 4);
    const length = (buffer.byteLength - HEADER_BYTES) / 24;
    this.#messages = [0, 1, 2].map((i) => new Float64Array(buffer, HEADER_BYTES + 8 * i * length, length));
    this.#own = side === 'write' ? 0 : 2;
  }

  /** Memory for messages of up to `capacity` values. */
  static allocate(capacity: number): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer(HEADER_BYTES + 24 * (capacity + PREFIX));
    new Int32Array(buffer)[WORD.between] = 1;
    return buffer;
  }

  get capacity(): number {
    return this.#messages[0].length - PREFIX;
  }

  /** Index into `words` of what changes with every message. */
  static readonly countWord = WORD.count;

  /** Either side may begin a new epoch, a greater number than the last. */
  begin(epoch: number): void {
    Atomics.store(this.words, WORD.epoch, epoch);
  }

  /** False when the message is of an older epoch and was dropped. */
  put(epoch: number, values: ArrayLike<number>): boolean {
    if (values.length > this.capacity)
      throw new RangeError(`a message of ${values.length} values in a slot for ${this.capacity}`);
    if (epoch < Atomics.load(this.words, WORD.epoch)) return false;
    const message = this.#messages[this.#own];
    message[0] = epoch;
    message[1] = values.length;
    message.set(values, PREFIX);
    this.#own = Atomics.exchange(this.words, WORD.between, this.#own | FRESH) & ~FRESH;
    Atomics.add(this.words, WORD.count, 1);
    Atomics.notify(this.words, WORD.count);
    return true;
  }

  /** The newest message of the present epoch, valid until the next call; null when there is none that is new. */
  take(): Float64Array | null {
    if ((Atomics.load(this.words, WORD.between) & FRESH) === 0) return null;
    this.#own = Atomics.exchange(this.words, WORD.between, this.#own) & ~FRESH;
    const message = this.#messages[this.#own];
    if (message[0] !== Atomics.load(this.words, WORD.epoch)) return null;
    return message.subarray(PREFIX, PREFIX + message[1]);
  }
}

/** Messages in pieces at a time, at most. */
const MAX_PARTIAL = 8;

/** Puts fragmented messages together, within bounds: the oldest incomplete one makes room. */
export class Fragments {
  readonly #maxLength: number;
  readonly #partial = new Map<
    string,
    { readonly pieces: Map<number, string>; total: number; length: number }
  >();

  /** @param maxLength of a whole message, characters. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** The message itself when it is none of a fragment, a whole one when this was its last; undefined: more is to come. @throws on nonsense */
  take(message: unknown): unknown {
    if ((message as { op?: unknown } | null)?.op !== 'fragment') return message;
    const { id, data, num, total } = message as Record<string, unknown>;
    if ((typeof id !== 'string' && typeof id !== 'number') || typeof data !== 'string')
      throw new Error('a fragment without id or data');
    if (!isCount(total) || !isCount(num) || num >= total || total > this.#maxLength)
      throw new Error('a fragment that is none of its message');
    const key = String(id);
    const partial = this.#partial.get(key) ?? { pieces: new Map(), total, length: 0 };
    if (partial.total !== total) {
      this.#partial.delete(key);
      throw new Error('fragments of two messages with one id');
    }
    if (!partial.pieces.has(num)) partial.length += data.length;
    partial.pieces.set(num, data);
    this.#partial.set(key, partial);
    if (partial.length > this.#maxLength) {
      this.#partial.delete(key);
      throw new Error('a message that is too long, in fragments');
    }
    if (partial.pieces.size < total) {
      for (const oldest of this.#partial.keys()) {
        if (this.#partial.size <= MAX_PARTIAL) break;
        this.#partial.delete(oldest);
      }
      return undefined;
    }
    this.#partial.delete(key);
    const whole = Array.from({ length: total }, (_, i) => partial.pieces.get(i)).join('');
    const inner: unknown = JSON.parse(whole);
    if ((inner as { op?: unknown } | null)?.op === 'fragment') throw new Error('fragments in fragments');
    return inner;
  }
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** Cuts a message's JSON into fragments of at most `size` characters of it each. */
export function cut(json: string, size: number, id: string): string[] {
  const total = Math.ceil(json.length / size);
  return Array.from({ length: total }, (_, num) =>
    JSON.stringify({ op: 'fragment', id, data: json.slice(num * size, (num + 1) * size), num, total }),
  );
}

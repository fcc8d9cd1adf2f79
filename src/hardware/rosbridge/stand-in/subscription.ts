import type { BusClock } from '../../clock.ts';

export interface Request {
  /** Least time between two messages, ms. */
  readonly throttle: number;
  /** Messages that may wait for that time; 0 = those between are dropped. */
  readonly queue: number;
  /** Characters of a fragment. */
  readonly fragment: number | undefined;
  readonly compression: 'none' | 'png' | 'cbor';
}

/** A client's requests for one topic, as rosbridge joins them: lowest throttle, longest queue, smallest fragments. */
export class Subscription {
  readonly #requests = new Map<unknown, Request>();
  readonly #clock: BusClock;
  readonly #send: (message: unknown, how: Request) => void;
  readonly #waiting: unknown[] = [];
  #last = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: BusClock, send: (message: unknown, how: Request) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  get empty(): boolean {
    return this.#requests.size === 0;
  }

  add(id: unknown, request: Request): void {
    this.#requests.set(id, request);
  }

  /** All of them where no id is given. */
  remove(id: unknown): void {
    if (id === undefined) this.#requests.clear();
    else this.#requests.delete(id);
    if (this.empty) this.end();
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting.length = 0;
  }

  take(message: unknown): void {
    const how = this.#joint();
    const wait = this.#last + how.throttle / 1000 - this.#clock.now();
    if (wait <= 0 && this.#waiting.length === 0) this.#now(message, how);
    else if (how.queue > 0) {
      this.#waiting.push(message);
      while (this.#waiting.length > how.queue) this.#waiting.shift();
      this.#cancel ??= this.#clock.at(this.#clock.now() + wait, () => this.#next());
    }
  }

  #next(): void {
    this.#cancel = undefined;
    if (this.#waiting.length === 0) return;
    const how = this.#joint();
    this.#now(this.#waiting.shift(), how);
    if (this.#waiting.length > 0)
      this.#cancel = this.#clock.at(this.#clock.now() + how.throttle / 1000, () => this.#next());
  }

  #now(message: unknown, how: Request): void {
    this.#last = this.#clock.now();
    this.#send(message, how);
  }

  #joint(): Request {
    const all = [...this.#requests.values()];
    const fragments = all.flatMap(({ fragment }) => fragment ?? []);
    const asked = new Set(all.map(({ compression }) => compression));
    return {
      throttle: Math.min(...all.map(({ throttle }) => throttle)),
      queue: Math.max(...all.map(({ queue }) => queue)),
      fragment: fragments.length > 0 ? Math.min(...fragments) : undefined,
      compression: asked.has('cbor') ? 'cbor' : asked.has('png') ? 'png' : 'none',
    };
  }
}

import { RobotFault } from '../core/errors.ts';
import type { BusTiming } from './bus-timing.ts';
import { type BusClock, wallClock } from './clock.ts';
import { Line } from './line.ts';
import { type MotorHealth, MotorRecords } from './motor-records.ts';
import type { BytePort } from './port.ts';
import type { Entry, Protocol, Span, Status } from './protocol.ts';
import { decodeCounts, encodeCounts, type Register } from './register.ts';

export interface BusOptions extends Partial<BusTiming> {
  /** Names of motors in messages. */
  readonly nameOf?: (id: number) => string | undefined;
  /** Allowance for schedulers on top of the bus's own time, s; default 0.005. */
  readonly margin?: number;
  /** Immediate retries of what was not answered; default 2. */
  readonly retries?: number;
  /** How long polling forgives a motor that does not answer, s; default 0.5. */
  readonly window?: number;
  /** Whether the adapter hands back what it sends; default `auto`. */
  readonly echo?: boolean | 'auto';
  /** False when the motors are set to answer pings and reads only. */
  readonly answersWrites?: boolean;
  /** Whatever would change a motor throws, and is not sent; default false. */
  readonly readOnly?: boolean;
  readonly clock?: BusClock;
}

export interface BusStatistics {
  readonly exchanges: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly retries: number;
  readonly misses: number;
  /** Packets with a wrong checksum; bytes outside packets; packets that answered nothing. */
  readonly corrupted: number;
  readonly skipped: number;
  readonly stray: number;
  /** Time of an exchange, ms. */
  readonly milliseconds: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly echo: boolean | 'auto';
}

/** Goes before everything that waits; a request in progress gives up its retries for it. */
export interface CallOptions {
  readonly urgent?: boolean;
}

interface Exchange {
  /** For messages: `read of present_position at 56 (2 bytes)`. */
  readonly what: string;
  /** Bytes of data owed by each motor. */
  readonly awaited: ReadonlyMap<number, number>;
  readonly request: (ids: readonly number[]) => Uint8Array;
}

/**
 * A servo bus: one request at a time, in order. What is not answered within the bus's own time is asked again at
 * once, twice, of those who owe it. After that `ping`, `read`, `write` and their like, for setting up, throw a
 * `RobotFault`; `poll`, `syncRead` and `bulkRead`, for loops, count a miss, leave the motor out and throw only when it
 * has been missing for longer than `window`. A fault names motor, register and cause. Once the port is gone every call
 * throws.
 */
export class Bus {
  readonly protocol: Protocol;
  /** Whatever would change a motor throws, and is not sent. */
  readonly readOnly: boolean;
  readonly #line: Line;
  readonly #clock: BusClock;
  readonly #retries: number;
  readonly #window: number;
  readonly #quiet: number;
  readonly #answersWrites: boolean;
  readonly #motors: MotorRecords;
  readonly #queue: { readonly run: () => Promise<void>; readonly urgent: boolean }[] = [];
  #running = false;

  constructor(port: BytePort, protocol: Protocol, options: BusOptions = {}) {
    const timing = {
      baud: options.baud ?? 1_000_000,
      returnDelay: options.returnDelay ?? 0.0005,
      latency: options.latency ?? 0.016,
    };
    this.protocol = protocol;
    this.#clock = options.clock ?? wallClock;
    this.#retries = options.retries ?? 2;
    this.#window = options.window ?? 0.5;
    this.#quiet = timing.latency + 0.001;
    this.#answersWrites = options.answersWrites ?? true;
    this.readOnly = options.readOnly ?? false;
    this.#motors = new MotorRecords({
      ...{ clock: this.#clock, tries: this.#retries + 1, nameOf: options.nameOf ?? (() => undefined) },
    });
    this.#line = new Line(port, protocol, {
      ...timing,
      ...{ margin: options.margin ?? 0.005, echo: options.echo ?? 'auto', clock: this.#clock },
    });
  }

  /** What schedulers are allowed on top of the bus's own time from the next exchange on, s. */
  get margin(): number {
    return this.#line.margin;
  }
  set margin(seconds: number) {
    this.#line.margin = seconds;
  }

  /** The data of the answer: Dynamixel tells model and firmware, Feetech nothing. */
  async ping(id: number, options?: CallOptions): Promise<Uint8Array> {
    const { pingSize, ping } = this.protocol;
    return this.#one(id, 'ping', pingSize, () => ping(id), options);
  }

  /** Which of `ids` answer a ping; each is asked once. */
  async find(ids: Iterable<number>): Promise<number[]> {
    const found: number[] = [];
    for (const id of ids) {
      const awaited = new Map([[id, this.protocol.pingSize]]);
      await this.#enqueue(false, async () => {
        const { statuses, missing } = await this.#line.attempt(this.protocol.ping(id), awaited);
        if (statuses.has(id)) found.push(id);
        else this.#motors.of(id).lastMiss = missing.get(id);
      });
    }
    return found;
  }

  /**
   * How many motors answer to an id, as the same answer to most of five pings says: several garble one another, or the
   * adapter hands over one answer behind the other. Without a majority: several, which makes callers leave the id alone.
   */
  async countOf(id: number): Promise<'none' | 'one' | 'several'> {
    const seen = { none: 0, one: 0, several: 0 };
    for (;;) {
      await this.#enqueue(false, async () => {
        seen[await this.#countOnce(id)]++;
      });
      for (const verdict of ['none', 'one', 'several'] as const) if (seen[verdict] === 3) return verdict;
      if (seen.none + seen.one + seen.several === 5) return 'several';
    }
  }

  async #countOnce(id: number): Promise<'none' | 'one' | 'several'> {
    const line = this.#line;
    const { protocol } = this;
    const request = protocol.ping(id);
    const before = line.bytesIn;
    const { statuses, missing } = await line.attempt(request, new Map([[id, protocol.pingSize]]));
    await line.settle(this.#quiet);
    if (!statuses.has(id)) return missing.get(id) === 'no answer' ? 'none' : 'several';
    const owed = protocol.statusLength(protocol.pingSize) + (line.echo === true ? request.length : 0);
    return line.bytesIn - before > owed ? 'several' : 'one';
  }

  read(id: number, address: number, size: number, options?: CallOptions): Promise<Uint8Array> {
    const request = () => this.protocol.read(id, address, size);
    return this.#one(id, this.#what('read', address, size), size, request, options);
  }

  /** Counts of a register, by its name. @throws RangeError when there is none of this name. */
  async get(id: number, name: string, options?: CallOptions): Promise<number> {
    const register = this.#register(name);
    return decodeCounts(register, await this.read(id, register.address, register.size, options));
  }

  /** @throws RangeError when there is none of this name, or it cannot hold `counts`. */
  async set(id: number, name: string, counts: number, options?: CallOptions): Promise<void> {
    const register = this.#register(name);
    await this.write(id, register.address, encodeCounts(register, counts), options);
  }

  /** Like `read`, in a loop: undefined when the motor did not answer and is forgiven. */
  async poll(id: number, address: number, size: number): Promise<Uint8Array | undefined> {
    const exchange = {
      what: this.#what('read', address, size),
      awaited: new Map([[id, size]]),
      request: () => this.protocol.read(id, address, size),
    };
    return (await this.#run(exchange, false)).get(id)?.data;
  }

  /** Done when the motor confirms it, or at once where motors do not answer writes. */
  async write(id: number, address: number, data: Uint8Array, options?: CallOptions): Promise<void> {
    const request = () => this.protocol.write(id, address, data);
    await this.#told(id, this.#what('write', address, data.length), request, options);
  }

  /** A write that the motor keeps until `action`. */
  async regWrite(id: number, address: number, data: Uint8Array): Promise<void> {
    const request = () => this.protocol.regWrite(id, address, data);
    await this.#told(id, this.#what('registered write', address, data.length), request);
  }

  /** Carries out registered writes; all motors' unless an id is given. */
  async action(id = this.protocol.broadcast): Promise<void> {
    await this.#told(id, 'action', () => this.protocol.action(id));
  }

  /** The motor is away for a while after it. @throws RangeError where the protocol has no reboot. */
  async reboot(id: number): Promise<void> {
    const { reboot, name } = this.protocol;
    if (reboot === undefined) throw new RangeError(`${name} motors have no reboot`);
    await this.#told(id, 'reboot', () => reboot(id));
  }

  /** Back to the maker's settings, but for the id (and Dynamixel's baud). */
  async factoryReset(id: number): Promise<void> {
    await this.#told(id, 'factory reset', () => this.protocol.factoryReset(id));
  }

  /** The same span of each motor, in one exchange. Motors that did not answer and are forgiven are left out. */
  async syncRead(
    address: number,
    size: number,
    ids: readonly number[],
    options?: CallOptions,
  ): Promise<Map<number, Uint8Array>> {
    const exchange: Exchange = {
      what: this.#what('sync read', address, size),
      awaited: new Map(ids.map((id) => [id, size])),
      request: (left) => this.protocol.syncRead(address, size, left),
    };
    return dataOf(await this.#run(exchange, false, options));
  }

  /** A span of each motor's own, in one exchange. @throws RangeError where the protocol has no bulk read. */
  async bulkRead(spans: readonly Span[]): Promise<Map<number, Uint8Array>> {
    const { bulkRead, name, registers } = this.protocol;
    if (bulkRead === undefined) throw new RangeError(`${name} motors have no bulk read`);
    const places = [...new Set(spans.map(({ address, size }) => registers.describe(address, size)))];
    const exchange: Exchange = {
      what: `bulk read of ${places.join(' and ')}`,
      awaited: new Map(spans.map(({ id, size }) => [id, size])),
      request: (left) => bulkRead(spans.filter(({ id }) => left.includes(id))),
    };
    return dataOf(await this.#run(exchange, false));
  }

  /** Nobody answers a sync write: what it did shows in what is read next. */
  async syncWrite(address: number, entries: readonly Entry[], options?: CallOptions): Promise<void> {
    const size = entries[0]?.data.length ?? 0;
    const what = this.#what('sync write', address, size);
    this.#mayWrite(what);
    const exchange: Exchange = {
      what,
      awaited: new Map(),
      request: () => this.protocol.syncWrite(address, entries),
    };
    await this.#run(exchange, true, options);
  }

  health(id: number): MotorHealth {
    return { ...this.#motors.of(id) };
  }

  statistics(): BusStatistics {
    const line = this.#line;
    return {
      exchanges: line.exchange.count,
      ...{ bytesOut: line.bytesOut, bytesIn: line.bytesIn },
      retries: this.#motors.sum('retries'),
      misses: this.#motors.sum('misses'),
      ...{ corrupted: line.corrupted, skipped: line.skipped, stray: line.stray, echo: line.echo },
      milliseconds: line.exchange.percentiles ?? { p50: 0, p99: 0, max: 0 },
    };
  }

  /** Closes the port; what waits fails. May be called twice. */
  close(): Promise<void> {
    return this.#line.close();
  }

  async #one(
    id: number,
    what: string,
    size: number,
    request: () => Uint8Array,
    options?: CallOptions,
  ): Promise<Uint8Array> {
    const answers = await this.#run({ what, awaited: new Map([[id, size]]), request }, true, options);
    return answers.get(id)!.data;
  }

  async #told(id: number, what: string, request: () => Uint8Array, options?: CallOptions): Promise<void> {
    this.#mayWrite(what);
    const silent = id === this.protocol.broadcast || !this.#answersWrites;
    await this.#run({ what, awaited: new Map(silent ? [] : [[id, 0]]), request }, true, options);
  }

  /** @throws RobotFault */
  #mayWrite(what: string): void {
    if (this.readOnly) throw new RobotFault(`${what}: this bus is read alone, nothing is written to it`);
  }

  async #run(exchange: Exchange, strict: boolean, options?: CallOptions): Promise<Map<number, Status>> {
    let answers = new Map<number, Status>();
    await this.#enqueue(options?.urgent ?? false, async () => {
      answers = await this.#perform(exchange, strict);
    });
    return answers;
  }

  async #perform(exchange: Exchange, strict: boolean): Promise<Map<number, Status>> {
    const answers = new Map<number, Status>();
    let left = [...exchange.awaited.keys()];
    for (let retry = 0; ; retry++) {
      const awaited = new Map(left.map((id) => [id, exchange.awaited.get(id)!]));
      const { statuses, missing } = await this.#line.attempt(exchange.request(left), awaited);
      for (const [id, cause] of missing) this.#motors.of(id).lastMiss = cause;
      for (const status of statuses.values()) this.#take(status, exchange, answers);
      left = left.filter((id) => !answers.has(id));
      if (left.length === 0) return answers;
      await this.#line.settle(this.#quiet);
      if (retry === this.#retries || this.#queue[0]?.urgent) break;
      for (const id of left) this.#motors.of(id).retries++;
    }
    const now = this.#clock.now();
    for (const id of left) {
      const health = this.#motors.of(id);
      health.misses++;
      health.missed = exchange.what;
      health.missingSince ??= now;
    }
    const lost = left.filter((id) => strict || now - this.#motors.of(id).missingSince! >= this.#window);
    if (lost.length === 0) return answers;
    const line = lost.length > 1 && lost.length === exchange.awaited.size ? this.silence(lost) : undefined;
    throw new RobotFault(line ?? this.#motors.silenceOf(lost[0], exchange.what), { passing: true });
  }

  #take(status: Status, exchange: Exchange, answers: Map<number, Status>): void {
    const { verdict, text } = this.protocol.judge(status.error);
    const health = this.#motors.of(status.id);
    if (verdict === 'garbled') {
      health.lastMiss = 'garbled answer';
      return;
    }
    health.answers++;
    health.missingSince = undefined;
    health.error = status.error;
    health.errorText = text;
    if (verdict === 'refused')
      throw new RobotFault(`${this.motor(status.id)} refused ${exchange.what}: ${text}`);
    answers.set(status.id, status);
  }

  /**
   * Why nothing is heard of these motors: who, what they were asked for, the cause. Several that are all silent have one
   * cause, the line. Undefined while one of them answers.
   */
  silence(ids: readonly number[]): string | undefined {
    return this.#motors.silence(ids);
  }

  /** A motor in words: `motor 3 (elbow_flex)`. */
  motor(id: number): string {
    return this.#motors.name(id);
  }

  #register(name: string): Register {
    const { registers, name: family } = this.protocol;
    if (!registers.has(name)) throw new RangeError(`${family} motors have no register ${name}`);
    return registers.get(name);
  }

  #what(verb: string, address: number, size: number): string {
    return `${verb} of ${this.protocol.registers.describe(address, size)}`;
  }

  #enqueue(urgent: boolean, run: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const job = { urgent, run: () => run().then(resolve, reject) };
      const place = urgent ? this.#queue.findIndex((other) => !other.urgent) : -1;
      if (place < 0) this.#queue.push(job);
      else this.#queue.splice(place, 0, job);
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) await job.run();
    this.#running = false;
  }
}

function dataOf(answers: ReadonlyMap<number, Status>): Map<number, Uint8Array> {
  return new Map(Array.from(answers, ([id, { data }]) => [id, data]));
}

import { RobotFault } from '../core/errors.ts';
import { Histogram } from '../core/histogram.ts';
import { type BusTiming, exchangeTime, wireTime } from './bus-timing.ts';
import type { BusClock } from './clock.ts';
import type { Framer } from './framer.ts';
import type { BytePort } from './port.ts';
import type { Protocol, Status } from './protocol.ts';

export interface LineOptions extends BusTiming {
  /** What the schedulers of both sides are allowed on top of the bus's own time, s. */
  readonly margin: number;
  /** Whether the adapter hands back what it sends; `auto` finds out with the first answer. */
  readonly echo: boolean | 'auto';
  readonly clock: BusClock;
}

/** Why a motor's answer is not there. */
export type Miss = 'no answer' | 'garbled answer' | 'incomplete answer';

export interface Answers {
  readonly statuses: ReadonlyMap<number, Status>;
  readonly missing: ReadonlyMap<number, Miss>;
}

interface Pending {
  readonly request: Uint8Array;
  readonly awaited: ReadonlyMap<number, number>;
  readonly statuses: Map<number, Status>;
  readonly begun: number;
  readonly corruptedBefore: number;
  echoed: boolean;
  heard: number;
  /** When request and answers so far have left the wire, at the earliest. */
  wire: number;
  readonly finish: (answers: Answers) => void;
  readonly fail: (error: Error) => void;
  deadline: number;
  cancel: () => void;
}

/** A deadline noticed later than this, s, was noticed by a program that slept: answers may lie there unread. */
const OVERSLEPT = 0.002;

/**
 * One exchange at a time over a half-duplex port: a request, the answers it is owed, a deadline from the bus's own
 * time. An echo is known by being the request, byte for byte, so an adapter with echo never passes a request off as
 * an answer. While `echo` is `auto` and nothing was answered yet, a Feetech motor's answer that equals its ping (a
 * ping answered with the error "voltage") is taken for an echo.
 */
export class Line {
  bytesOut = 0;
  bytesIn = 0;
  /** Packets that answered nothing that was asked. */
  stray = 0;
  readonly exchange = new Histogram();
  /** What the schedulers of both sides are allowed from the next attempt on, s. */
  margin: number;
  readonly #port: BytePort;
  readonly #protocol: Protocol;
  readonly #options: LineOptions;
  readonly #framer: Framer;
  #echo: boolean | 'auto';
  #pending: Pending | undefined;
  #free = 0;
  #lastHeard = 0;
  #gone: string | undefined;

  constructor(port: BytePort, protocol: Protocol, options: LineOptions) {
    this.#port = port;
    this.#protocol = protocol;
    this.margin = options.margin;
    this.#options = options;
    this.#framer = protocol.createFramer();
    this.#echo = options.echo;
    port.onBytes((bytes) => this.#hear(bytes));
    port.onClose((cause) => {
      this.#gone = cause;
      this.#end()?.fail(this.#fault());
    });
  }

  /** Packets with a wrong checksum. */
  get corrupted(): number {
    return this.#framer.corrupted;
  }

  /** Bytes outside packets. */
  get skipped(): number {
    return this.#framer.skipped;
  }

  get echo(): boolean | 'auto' {
    return this.#echo;
  }

  /**
   * Sends `request` and waits for a status with so many bytes of data from each id of `awaited`; without any, it is
   * done at once. @throws RobotFault when the port is gone.
   */
  attempt(request: Uint8Array, awaited: ReadonlyMap<number, number>): Promise<Answers> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== undefined) {
        reject(this.#fault());
        return;
      }
      const { clock, baud } = this.#options;
      const begun = Math.max(clock.now(), this.#free);
      this.#free = begun + wireTime(request.length, baud);
      this.bytesOut += request.length;
      this.#framer.reset();
      if (awaited.size > 0) {
        const lengths = Array.from(awaited.values(), (size) => this.#protocol.statusLength(size));
        const deadline = begun + exchangeTime(request.length, lengths, this.#options) + this.margin;
        this.#pending = {
          ...{ request, awaited, statuses: new Map(), begun, wire: this.#free },
          ...{ corruptedBefore: this.#framer.corrupted, echoed: false, heard: 0 },
          ...{ finish: resolve, fail: reject },
          ...{ deadline, cancel: clock.at(deadline, () => this.#expire()) },
        };
      }
      this.#port.write(request);
      if (awaited.size === 0) resolve({ statuses: new Map(), missing: new Map() });
    });
  }

  /** Waits until nothing was heard for `quiet` s: what was late must not answer the next request. */
  settle(quiet: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const wait = (from: number) => {
        clock.at(from + quiet, () => {
          if (this.#lastHeard > from && this.#gone === undefined) wait(this.#lastHeard);
          else resolve();
        });
      };
      wait(clock.now());
    });
  }

  close(): Promise<void> {
    return this.#port.close();
  }

  #fault(): RobotFault {
    return new RobotFault(`port ${this.#port.name}: ${this.#gone}; check the cable and open it again`);
  }

  #hear(bytes: Uint8Array): void {
    const now = this.#options.clock.now();
    this.bytesIn += bytes.length;
    this.#lastHeard = now;
    const pending = this.#pending;
    if (pending === undefined) {
      this.stray++;
      return;
    }
    pending.heard += bytes.length;
    this.#framer.push(bytes, (packet) => this.#accept(packet));
  }

  #accept(packet: Uint8Array): void {
    const pending = this.#pending;
    if (pending === undefined) {
      this.stray++;
      return;
    }
    if (this.#echo !== false && !pending.echoed && equal(packet, pending.request)) {
      pending.echoed = true;
      pending.heard -= packet.length;
      return;
    }
    const status = this.#protocol.status(packet);
    const size = status && pending.awaited.get(status.id);
    if (status === undefined || size === undefined || pending.statuses.has(status.id)) {
      this.stray++;
      return;
    }
    const { verdict } = this.#protocol.judge(status.error);
    const carried = verdict === 'fine' || verdict === 'alert';
    if (carried && status.data.length !== size) {
      this.stray++;
      return;
    }
    // What is there before the wire could carry it answers an earlier request, or is a second copy.
    const earliest = pending.wire + wireTime(packet.length, this.#options.baud);
    if (this.#options.clock.now() < earliest - 1e-9) {
      this.stray++;
      return;
    }
    pending.wire = earliest;
    pending.statuses.set(status.id, status);
    if (pending.statuses.size === pending.awaited.size) this.#finish();
  }

  #expire(): void {
    const { clock } = this.#options;
    const pending = this.#pending;
    if (pending && clock.now() - pending.deadline > OVERSLEPT) {
      pending.deadline = Infinity;
      pending.cancel = clock.at(clock.now() + this.margin, () => this.#expire());
      return;
    }
    this.#framer.flush((packet) => this.#accept(packet));
    if (this.#pending) this.#finish();
  }

  #finish(): void {
    const pending = this.#end();
    if (pending === undefined) return;
    const { statuses, awaited, heard, echoed } = pending;
    if (this.#echo === 'auto' && statuses.size > 0) this.#echo = echoed;
    const spoiled = this.#framer.corrupted > pending.corruptedBefore;
    const miss = spoiled ? 'garbled answer' : heard > 0 ? 'incomplete answer' : 'no answer';
    const missing = Array.from(awaited.keys()).filter((id) => !statuses.has(id));
    this.exchange.add((this.#options.clock.now() - pending.begun) * 1000);
    // Whoever answered whole did not answer in part.
    const cause = miss === 'incomplete answer' && statuses.size > 0 ? 'no answer' : miss;
    pending.finish({ statuses, missing: new Map(missing.map((id) => [id, cause])) });
  }

  #end(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.cancel();
    return pending;
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

import { InputError, RobotFault } from '../../core/errors.ts';
import type { BusClock } from '../clock.ts';
import { portName } from '../port.ts';
import { type OpMessage, Ros, Topic, type Transport } from './roslib.ts';
import { SocketTransport, type TransportOptions } from './transport.ts';

/** s between attempts: twice as long each time, up to the last. */
const BACKOFF = { first: 0.1, last: 2 };
/** Answers that are waited for at most; the oldest is given up. */
const MAX_AWAITED = 1000;
/** s between pings; one without an answer until the next ends the connection. rosbridge itself never asks. */
const PING_PERIOD = 2;

/** What came back from an action: `error` undefined = it succeeded. */
export type GoalEnd = (result: {
  readonly status: number;
  readonly values: unknown;
  readonly failed: boolean;
}) => void;

export interface ConnectionOptions extends TransportOptions {
  readonly clock: BusClock;
}

/**
 * A connection to rosbridge that opens itself again. Topics are subscribed and advertised anew by roslib; nothing else
 * outlives a connection: calls and goals in progress fail, and what would be published is refused, not kept.
 */
export class Connection {
  /** The port as people may see it: without its query, where a token may be. */
  readonly name: string;
  /** Messages that could not be read, and that nobody asked for. */
  malformed = 0;
  unexpected = 0;
  /** Times that it was opened again. */
  reopened = 0;
  /** The last thing the server complained of. */
  complaint: string | undefined;
  readonly #options: ConnectionOptions;
  readonly #ros: Ros;
  readonly #topics = new Map<string, Topic>();
  readonly #awaited = new Map<string, (message: OpMessage | undefined) => void>();
  #transport: SocketTransport | undefined;
  #lost: string | undefined = 'it is not open yet';
  #delay = BACKOFF.first;
  #cancelTimer: () => void = () => {};
  #closed = false;
  #count = 0;
  /** Called when the connection is gone; `cause` is for people. */
  onLost: (cause: string) => void = () => {};

  /** @throws InputError when nobody answers there. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(options);
    await connection.#first();
    return connection;
  }

  private constructor(options: ConnectionOptions) {
    this.#options = options;
    this.name = nameOf(options.url);
    this.#ros = new Ros({ transportFactory: async () => this.#guarded() });
    this.#ros.on('error', () => {
      this.malformed++;
    });
  }

  /** Why it is not open; undefined while it is. */
  get lost(): string | undefined {
    return this.#lost;
  }

  subscribe(
    topic: string,
    type: string,
    options: { readonly throttle: number; readonly compression: string },
    listener: (message: unknown) => void,
  ): void {
    const subscription = new Topic({
      ...{ ros: this.#ros, name: topic, messageType: type },
      // Of what waits for the throttle the newest counts.
      ...{ throttle_rate: options.throttle, compression: options.compression, queue_length: 1 },
    });
    this.#topics.set(topic, subscription);
    subscription.subscribe(listener);
  }

  advertise(topic: string, type: string): void {
    const publisher = new Topic({ ros: this.#ros, name: topic, messageType: type, queue_size: 1 });
    this.#topics.set(topic, publisher);
    publisher.advertise();
  }

  /** @throws RobotFault when it is not open. */
  publish(topic: string, message: unknown): void {
    this.#mustBeOpen();
    this.#topics.get(topic)!.publish(message);
  }

  /** Calls a service. @param timeout s. @throws RobotFault when it fails, or there is no answer in time. */
  call(service: string, type: string, args: unknown, timeout: number): Promise<Record<string, unknown>> {
    this.#mustBeOpen();
    const id = this.#id(`call_service:${service}`);
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new RobotFault(`${this.name}: service ${service}: ${why}`));
      const cancel = this.#options.clock.at(this.#options.clock.now() + timeout, () => {
        this.#awaited.delete(id);
        fail(`no answer within ${timeout} s`);
      });
      this.#await(id, (message) => {
        cancel();
        this.#awaited.delete(id);
        if (message === undefined) fail('the connection was lost');
        else if (message.op !== 'service_response') fail('an answer of another kind');
        else if (!message.result) fail(String(message.values ?? 'it failed').slice(0, 200));
        else
          resolve(typeof message.values === 'object' && message.values !== null ? { ...message.values } : {});
      });
      const request = { op: 'call_service' as const, id, service, type, args, timeout };
      this.#ros.callOnConnection(request);
    });
  }

  /** Sends a goal and returns its id. `end` is called once, with what came of it, unless the connection goes before. */
  sendGoal(action: string, type: string, goal: unknown, end: GoalEnd): string {
    this.#mustBeOpen();
    const id = this.#id(`send_action_goal:${action}`);
    this.#await(id, (message) => {
      if (message !== undefined && message.op !== 'action_result') return;
      this.#awaited.delete(id);
      if (message)
        end({ status: Number(message.status), values: message.values, failed: message.result !== true });
    });
    this.#ros.callOnConnection({
      op: 'send_action_goal',
      id,
      action,
      action_type: type,
      args: goal,
      feedback: false,
    });
    return id;
  }

  /** @throws RobotFault when it is not open. */
  cancelGoal(action: string, id: string): void {
    this.#mustBeOpen();
    this.#ros.callOnConnection({ op: 'cancel_action_goal', id, action });
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#ros.removeAllListeners();
    this.#transport?.close();
    this.#forget();
    this.#lost = 'it was closed';
  }

  #mustBeOpen(): void {
    if (this.#lost !== undefined)
      throw new RobotFault(`${this.name}: ${this.#lost}`, { passing: !this.#closed });
  }

  #id(prefix: string): string {
    return `${prefix}:${++this.#count}`;
  }

  #await(id: string, listener: (message: OpMessage | undefined) => void): void {
    this.#awaited.set(id, listener);
    if (this.#awaited.size <= MAX_AWAITED) return;
    const [oldest] = this.#awaited;
    this.#awaited.delete(oldest[0]);
    oldest[1](undefined);
  }

  #forget(): void {
    const waiting = [...this.#awaited.values()];
    this.#awaited.clear();
    for (const listener of waiting) listener(undefined);
  }

  #first(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ros.on('connection', () => {
        this.#opened();
        resolve();
      });
      this.#ros.on('close', () => {
        const cause = this.#transport?.cause ?? 'it failed';
        if (this.#lost === 'it is not open yet') {
          this.close();
          reject(
            new InputError(
              `port ${this.name}: ${cause}; start rosbridge_server there (docs/ros.md) or mend the address`,
            ),
          );
        } else this.#closedBy(cause);
      });
      this.#connect();
    });
  }

  #connect(): void {
    // A factory that throws (no such address) is an attempt that failed.
    this.#ros.connect(this.#options.url).catch((error: unknown) => {
      this.#transport = undefined;
      this.#ros.emit('close', error);
    });
  }

  #opened(): void {
    if (this.#lost !== 'it is not open yet') this.reopened++;
    this.#lost = undefined;
    this.#delay = BACKOFF.first;
    this.#ping();
  }

  #ping(): void {
    this.#schedule(PING_PERIOD, () => {
      this.#transport?.ping();
      if (this.#lost === undefined) this.#ping();
    });
  }

  #closedBy(cause: string): void {
    const known = this.#lost !== undefined;
    this.#lost = `the connection is gone (${cause}); it is being opened again`;
    this.#forget();
    this.#schedule(this.#delay, () => this.#connect());
    this.#delay = Math.min(2 * this.#delay, BACKOFF.last);
    if (!known) this.onLost(cause);
  }

  #schedule(delay: number, run: () => void): void {
    this.#cancelTimer();
    const { clock } = this.#options;
    if (!this.#closed) this.#cancelTimer = clock.at(clock.now() + delay, run);
  }

  /** The transport as roslib sees it. roslib takes a message's topic or id for an event of its own, so only awaited ones pass. */
  #guarded(): Transport {
    const transport = new SocketTransport(this.#options);
    this.#transport = transport;
    const guarded: Transport = {
      on(event, listener) {
        transport.on(event, event === 'message' ? sort(listener) : listener);
        return guarded;
      },
      send: (message) => transport.send(message),
      close: () => transport.close(),
      isConnecting: () => transport.isConnecting(),
      isOpen: () => transport.isOpen(),
      isClosing: () => transport.isClosing(),
      isClosed: () => transport.isClosed(),
    };
    const sort = (pass: (message: never) => void) => (message: OpMessage) => this.#sort(message, pass);
    return guarded;
  }

  #sort(message: OpMessage, pass: (message: never) => void): void {
    const { op, topic, id } = message;
    const listener = typeof id === 'string' ? this.#awaited.get(id) : undefined;
    if (op === 'publish' && typeof topic === 'string' && this.#topics.has(topic)) pass(message as never);
    else if (op === 'status') {
      if (message.level === 'error' || message.level === 'warning')
        this.complaint = String(message.msg).slice(0, 200);
    } else if (listener) listener(message);
    else this.unexpected++;
  }
}

/** @throws InputError when it is no `ws://host:port`. */
function nameOf(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^wss?:$/.test(url.protocol) || url.hostname === '')
    throw new InputError(`port ${portName(address)}: write it as ws://host:port, e.g. ws://127.0.0.1:9090`);
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}

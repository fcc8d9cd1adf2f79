import type { BusClock } from '../../clock.ts';
import { cut, Fragments } from '../fragments.ts';
import { goalStatus } from '../messages.ts';
import { encodeCbor } from './cbor.ts';
import type { RosGraph } from './graph.ts';
import { encodePng } from './png.ts';
import { type Request, Subscription } from './subscription.ts';

/** What rosbridge_server takes at most, bytes. */
export const MAX_MESSAGE = 10_000_000;

const levels = ['info', 'warning', 'error', 'none'] as const;

type Message = Readonly<Record<string, unknown>>;

export interface SessionOptions {
  readonly graph: RosGraph;
  readonly clock: BusClock;
  /** Its node's name in the graph. */
  readonly node: string;
  send(data: string | Uint8Array): void;
}

/** One client of rosbridge: the protocol's operations, each against the graph. What cannot be done is told as a status. */
export class Session {
  readonly #options: SessionOptions;
  readonly #subscriptions = new Map<string, { readonly joint: Subscription; readonly leave: () => void }>();
  readonly #advertised = new Map<string, () => void>();
  readonly #goals = new Map<unknown, () => void>();
  readonly #fragments = new Fragments(MAX_MESSAGE);
  #level: (typeof levels)[number] = 'error';
  #fragmentCount = 0;
  #ended = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** One message of the client. Never throws. */
  take(text: string): void {
    let message: Message | undefined;
    try {
      const parsed = this.#fragments.take(JSON.parse(text));
      if (parsed === undefined) return;
      if (typeof parsed !== 'object' || parsed === null || typeof (parsed as Message).op !== 'string')
        throw new Error("Received a message without an op. All messages require an 'op' field");
      message = parsed as Message;
      this.#obey(message);
    } catch (error) {
      this.#tell('error', `${message?.op ?? 'message'}: ${(error as Error).message}`, message?.id);
    }
  }

  /** The client is gone. Goals go on, as nobody cancelled them. */
  end(): void {
    this.#ended = true;
    for (const { joint, leave } of this.#subscriptions.values()) {
      joint.end();
      leave();
    }
    for (const leave of this.#advertised.values()) leave();
    this.#subscriptions.clear();
    this.#advertised.clear();
  }

  #obey(message: Message): void {
    const { graph, node } = this.#options;
    switch (message.op) {
      case 'subscribe':
        this.#subscribe(message);
        break;
      case 'unsubscribe':
        this.#unsubscribe(message);
        break;
      case 'advertise': {
        const topic = text(message, 'topic');
        if (!this.#advertised.has(topic))
          this.#advertised.set(topic, graph.advertise(node, topic, text(message, 'type')));
        break;
      }
      case 'unadvertise': {
        const topic = text(message, 'topic');
        if (!this.#advertised.has(topic))
          this.#tell('warning', `unadvertise: ${topic} is not advertised`, message.id);
        this.#advertised.get(topic)?.();
        this.#advertised.delete(topic);
        break;
      }
      case 'publish':
        graph.publish(text(message, 'topic'), message.msg ?? {});
        break;
      case 'call_service':
        this.#call(message);
        break;
      case 'send_action_goal':
        this.#sendGoal(message);
        break;
      case 'cancel_action_goal':
        this.#goals.get(message.id)?.();
        break;
      case 'set_level':
        this.#level = choice(message, 'level', levels, 'error');
        break;
      case 'auth':
        break;
      default:
        throw new Error(`Unknown operation: ${String(message.op).slice(0, 80)}`);
    }
  }

  #subscribe(message: Message): void {
    const { graph, node, clock } = this.#options;
    const topic = text(message, 'topic');
    const request: Request = {
      throttle: count(message, 'throttle_rate') ?? 0,
      queue: count(message, 'queue_length') ?? 0,
      fragment: count(message, 'fragment_size') || undefined,
      compression: choice(message, 'compression', ['none', 'png', 'cbor'] as const, 'none'),
    };
    const type = message.type === undefined ? undefined : text(message, 'type');
    let entry = this.#subscriptions.get(topic);
    if (!entry) {
      const joint = new Subscription(clock, (msg, how) => this.#send({ op: 'publish', topic, msg }, how));
      entry = { joint, leave: graph.subscribe(node, topic, type, (msg) => joint.take(msg)) };
      this.#subscriptions.set(topic, entry);
    }
    entry.joint.add(message.id, request);
    this.#tell('info', `Subscribed to ${topic}`, message.id);
  }

  #unsubscribe(message: Message): void {
    const topic = text(message, 'topic');
    const entry = this.#subscriptions.get(topic);
    if (!entry) return;
    entry.joint.remove(message.id);
    if (!entry.joint.empty) return;
    entry.leave();
    this.#subscriptions.delete(topic);
  }

  async #call(message: Message): Promise<void> {
    const { id, fragment_size } = message;
    const service = typeof message.service === 'string' ? message.service : '';
    let values: unknown;
    let result = true;
    try {
      const { args = {} } = message;
      values = await this.#options.graph
        .service(text(message, 'service'))
        .call(typeof args === 'object' && args !== null && !Array.isArray(args) ? (args as Message) : {});
    } catch (error) {
      values = (error as Error).message;
      result = false;
    }
    this.#send(
      { op: 'service_response', service, values, result, ...(id === undefined ? {} : { id }) },
      { fragment: typeof fragment_size === 'number' ? fragment_size : undefined, compression: 'none' },
    );
  }

  #sendGoal(message: Message): void {
    const { id, feedback } = message;
    const action = text(message, 'action');
    const answer = (op: string, rest: object) =>
      this.#send({ op, action, ...rest, ...(id === undefined ? {} : { id }) });
    try {
      const server = this.#options.graph.action(action, text(message, 'action_type'));
      let ended = false;
      const cancel = server.accept(message.args ?? {}, {
        feedback: (values) => {
          if (feedback === true) answer('action_feedback', { values });
        },
        end: (status, values) => {
          ended = true;
          this.#goals.delete(id);
          answer('action_result', { values, status, result: true });
        },
      });
      if (!ended) this.#goals.set(id, cancel);
    } catch (error) {
      const values = (error as Error).message;
      answer('action_result', { values, status: goalStatus.unknown, result: false });
    }
  }

  #tell(level: 'info' | 'warning' | 'error', msg: string, id: unknown): void {
    if (levels.indexOf(level) < levels.indexOf(this.#level)) return;
    this.#send({ op: 'status', level, msg, ...(id === undefined ? {} : { id }) });
  }

  #send(
    message: object,
    how: Pick<Request, 'fragment' | 'compression'> = { fragment: undefined, compression: 'none' },
  ) {
    if (this.#ended) return;
    const { send } = this.#options;
    if (how.compression === 'cbor') {
      send(encodeCbor(message));
      return;
    }
    // NaN and infinities become null.
    const json = JSON.stringify(message, (_, value) =>
      value instanceof Float64Array ? Array.from(value) : value,
    );
    const whole = how.compression === 'png' ? JSON.stringify({ op: 'png', data: encodePng(json) }) : json;
    if (how.fragment === undefined || whole.length <= how.fragment) send(whole);
    else for (const fragment of cut(whole, how.fragment, String(this.#fragmentCount++))) send(fragment);
  }
}

function text(message: Message, key: string): string {
  const value = message[key];
  if (typeof value !== 'string' || value === '') throw new Error(`Expected field ${key} to be a string`);
  return value;
}

function count(message: Message, key: string): number | undefined {
  const value = message[key];
  if (value === undefined || value === null) return undefined;
  if (!Number.isInteger(value) || (value as number) < 0)
    throw new Error(`Expected field ${key} to be an integer`);
  return value as number;
}

function choice<T extends string>(message: Message, key: string, of: readonly T[], otherwise: T): T {
  const value = message[key] ?? otherwise;
  if (!of.includes(value as T)) throw new Error(`Expected field ${key} to be one of ${of.join(', ')}`);
  return value as T;
}

import { conform, shortType } from './message-types.ts';

/** What a goal's sender hears of it; `end` once, status as in `action_msgs/GoalStatus`. */
export interface GoalEvents {
  feedback(values: unknown): void;
  end(status: number, values: unknown): void;
}

export interface ActionServer {
  readonly type: string;
  /** @returns how to cancel it. @throws Error when it is rejected */
  accept(goal: unknown, events: GoalEvents): () => void;
}

export interface ServiceServer {
  readonly type: string;
  /** @throws Error when it fails */
  call(args: Readonly<Record<string, unknown>>): unknown;
}

interface TopicEntry {
  readonly type: string;
  readonly publishers: Map<object, string>;
  readonly subscribers: Map<object, { readonly node: string; readonly listener: (message: unknown) => void }>;
}

/** Nodes, topics, services and actions of a ROS system, in this process. */
export class RosGraph {
  readonly #topics = new Map<string, TopicEntry>();
  readonly #services = new Map<string, ServiceServer>();
  readonly #actions = new Map<string, ActionServer>();

  /** @returns how to end it. @throws Error when the topic has another type, or none is known */
  subscribe(
    node: string,
    topic: string,
    type: string | undefined,
    listener: (message: unknown) => void,
  ): () => void {
    const { subscribers } = this.#topic(topic, type);
    const key = {};
    subscribers.set(key, { node, listener });
    return () => this.#leave(topic, subscribers, key);
  }

  /** @returns how to end it. @throws Error when the topic has another type */
  advertise(node: string, topic: string, type: string): () => void {
    const { publishers } = this.#topic(topic, type);
    const key = {};
    publishers.set(key, node);
    return () => this.#leave(topic, publishers, key);
  }

  /** @throws Error when nobody advertises the topic, or the message is none of its type */
  publish(topic: string, message: unknown): void {
    const entry = this.#topics.get(full(topic));
    if (!entry || entry.publishers.size === 0)
      throw new Error(`Cannot publish to ${topic}: it is not advertised`);
    const whole = conform(entry.type, message);
    for (const { listener } of [...entry.subscribers.values()]) listener(whole);
  }

  serve(service: string, server: ServiceServer): void {
    this.#services.set(full(service), server);
  }

  offer(action: string, server: ActionServer): void {
    this.#actions.set(full(action), server);
  }

  /** @throws Error when there is none of that name */
  service(name: string): ServiceServer {
    const found = this.#services.get(full(name));
    if (!found) throw new Error(`Service ${name} does not exist`);
    return found;
  }

  /** @throws Error when there is none of that name and type */
  action(name: string, type: string): ActionServer {
    const found = this.#actions.get(full(name));
    if (!found || shortType(found.type) !== shortType(type)) throw new Error('No action server available');
    return found;
  }

  names(of: 'topics' | 'services' | 'actions'): string[] {
    return [...{ topics: this.#topics, services: this.#services, actions: this.#actions }[of].keys()].sort();
  }

  typeOf(topic: string): string {
    return this.#topics.get(full(topic))?.type ?? '';
  }

  nodesOn(topic: string, as: 'publishers' | 'subscribers'): string[] {
    const entry = this.#topics.get(full(topic));
    if (!entry) return [];
    const nodes =
      as === 'publishers' ? entry.publishers.values() : [...entry.subscribers.values()].map((s) => s.node);
    return [...new Set(nodes)].sort();
  }

  #topic(name: string, type: string | undefined): TopicEntry {
    const known = this.#topics.get(full(name));
    if (known) {
      if (type !== undefined && shortType(type) !== shortType(known.type))
        throw new Error(`Topic ${name} already has type ${known.type}, not ${type}`);
      return known;
    }
    if (type === undefined)
      throw new Error(`Cannot infer topic type for topic ${name} as it is not yet advertised`);
    if (!/^[A-Za-z]\w*(\/(msg|srv|action))?\/[A-Za-z]\w*$/.test(type))
      throw new Error(`${type} is no message type`);
    const entry: TopicEntry = { type, publishers: new Map(), subscribers: new Map() };
    this.#topics.set(full(name), entry);
    return entry;
  }

  #leave(topic: string, role: Map<object, unknown>, key: object): void {
    role.delete(key);
    const entry = this.#topics.get(full(topic));
    if (entry && entry.publishers.size + entry.subscribers.size === 0) this.#topics.delete(full(topic));
  }
}

/** A relative name is one of the root namespace. */
const full = (name: string): string => (name.startsWith('/') ? name : `/${name}`);

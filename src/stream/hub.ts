import type { Client, Frame } from './client.ts';
import { type Clock, nanoseconds } from './clock.ts';
import { timeFrame } from './frames.ts';
import type { Outlet } from './outlet.ts';
import { type TopicSpec, topicSpecs } from './schemas.ts';

/** A message that is built when somebody wants it, at most once. */
class Message {
  readonly #topic: Topic;
  readonly #time: bigint;
  #build: (() => unknown) | undefined;
  #frame: Frame | undefined;

  constructor(topic: Topic, time: bigint, build: () => unknown) {
    this.#topic = topic;
    this.#time = time;
    this.#build = build;
  }

  get frame(): Frame {
    if (!this.#frame && this.#build) {
      const built = this.#build();
      const payload = built instanceof Uint8Array ? built : new TextEncoder().encode(JSON.stringify(built));
      this.#frame = { channel: this.#topic.id, kind: this.#topic.kind, time: this.#time, payload };
      this.#build = undefined;
    }
    return this.#frame as Frame;
  }
}

interface Topic extends TopicSpec {
  readonly id: number;
  retained: Message[];
}

/** Topics on one side, clients on the other: what is published goes to whoever subscribed, and is kept for late joiners. */
export class Hub implements Outlet {
  readonly #clock: Clock;
  readonly #clients = new Set<Client>();
  readonly #topics: readonly Topic[];
  readonly #byName: ReadonlyMap<string, Topic>;
  /** Drops of clients that have left. */
  #dropped = 0;

  constructor(clock: Clock, topics: readonly TopicSpec[] = topicSpecs) {
    this.#clock = clock;
    this.#topics = topics.map((spec, index) => ({ ...spec, id: index + 1, retained: [] }));
    this.#byName = new Map(this.#topics.map((topic) => [topic.topic, topic]));
  }

  get clients(): number {
    return this.#clients.size;
  }

  get dropped(): number {
    let sum = this.#dropped;
    for (const client of this.#clients) sum += client.dropped;
    return sum;
  }

  get advertisement(): object {
    return {
      op: 'advertise',
      channels: this.#topics.map(({ id, topic, schemaName, schema }) => ({
        id,
        topic,
        encoding: 'json',
        schemaName,
        schema: JSON.stringify(schema),
        schemaEncoding: 'jsonschema',
      })),
    };
  }

  /**
   * `build` is called when the message is first wanted, perhaps never: what it reads must not change. It returns the
   * message, or its JSON as bytes.
   */
  publish(name: string, build: () => unknown, retain = true): void {
    const topic = this.#byName.get(name);
    if (!topic) throw new Error(`no topic ${name}`);
    const message = new Message(topic, this.#time(), build);
    if (retain) {
      topic.retained.push(message);
      if (topic.retained.length > topic.retain) topic.retained.shift();
    }
    for (const client of this.#clients) if (client.subscribed(topic.id)) client.deliver(message.frame);
  }

  /** Late joiners no longer hear what was published so far. */
  forget(name: string): void {
    const topic = this.#byName.get(name);
    if (topic) topic.retained = [];
  }

  /** Tells every client the time, subscribed or not, and sends on what waits for slow ones. */
  tick(): void {
    const frame = timeFrame(this.#time());
    for (const client of this.#clients) {
      client.replyIfKeepingUp(frame);
      client.flush();
    }
  }

  join(client: Client): void {
    this.#clients.add(client);
  }

  leave(client: Client): void {
    if (this.#clients.delete(client)) this.#dropped += client.dropped;
  }

  subscribe(client: Client, id: number, channel: number): void {
    const topic = this.#topics[channel - 1];
    if (!topic) client.complain(`there is no channel ${channel}`);
    else if (!client.subscribe(id, channel))
      client.complain(`subscription ${id} or channel ${channel} is taken`);
    else for (const message of topic.retained) client.deliver(message.frame);
  }

  #time(): bigint {
    return nanoseconds(this.#clock.now());
  }
}

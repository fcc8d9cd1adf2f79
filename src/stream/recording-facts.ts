import { jsonOf, type Recording } from './recording.ts';
import { type ExchangeMessage, topics } from './wire.ts';

export interface TopicFacts {
  readonly topic: string;
  readonly schema: string;
  readonly messages: number;
  /** Messages a second from the first to the last; null for fewer than two. */
  readonly rate: number | null;
  /** The longest silence between two of them, s; null for fewer than two. */
  readonly gap: number | null;
}

/** Cycles of a bridge's grid. */
export interface RecordedCycles {
  readonly recorded: number;
  /** Those that did not take place, because the bridge was late, or activated or stopped the robot. */
  readonly left: number;
  /** Those that took place and are not here; null of a bridge that did not count them: then they are among `left`. */
  readonly lost: number | null;
}

export interface RecordingFacts {
  readonly file: string;
  readonly bytes: number;
  /** ISO 8601. */
  readonly from: string;
  /** s */
  readonly duration: number;
  readonly cut: boolean;
  readonly notes: readonly string[];
  /** Left out by the recorder because the disk was behind; null where the recording did not end by itself. */
  readonly dropped: number | null;
  /** Of the bridge, null where there was none. */
  readonly cycles: RecordedCycles | null;
  /** Those with messages. */
  readonly topics: readonly TopicFacts[];
}

/** Reads a whole recording and says what is in it. Throws InputError where it is damaged. */
export async function recordingFacts(recording: Recording): Promise<RecordingFacts> {
  const { file, size, from, to, cut, notes } = recording;
  const found = new Map<string, { messages: number; first: number; last: number; gap: number }>();
  const counted = new CycleCount();
  const uncounted = new CycleCount();
  for await (const message of recording.messages()) {
    const { topic, time } = message;
    const facts = found.get(topic);
    if (!facts) found.set(topic, { messages: 1, first: time, last: time, gap: 0 });
    else {
      facts.messages++;
      facts.gap = Math.max(facts.gap, time - facts.last);
      facts.last = time;
    }
    if (topic !== topics.exchange) continue;
    const exchange = jsonOf(file, message) as ExchangeMessage;
    (exchange.count === undefined ? uncounted : counted).add(exchange);
  }
  const dropped = (await recording.metadata('recording'))?.get('dropped');
  return {
    ...{ file, bytes: size, from: new Date(from).toISOString(), duration: (to - from) / 1000, cut, notes },
    ...{ dropped: dropped === undefined ? null : Number(dropped), cycles: counted.found ?? uncounted.found },
    topics: recording.topics.flatMap(({ topic, schema }) => {
      const facts = found.get(topic);
      if (!facts) return [];
      const { messages, first, last: end, gap } = facts;
      const several = messages > 1;
      const rate = several && end > first ? ((messages - 1) * 1000) / (end - first) : null;
      return { topic, schema, messages, rate, gap: several ? gap / 1000 : null };
    }),
  };
}

class CycleCount {
  #recorded = 0;
  #gaps = 0;
  #lost = 0;
  #last: ExchangeMessage | undefined;

  add(message: ExchangeMessage): void {
    const { cycle, count = 0 } = message;
    const last = this.#last;
    // What goes with a cycle has its number.
    if (cycle === last?.cycle) return;
    this.#last = message;
    this.#recorded++;
    // A bridge that begins anew counts from 0 again.
    if (last === undefined || cycle < last.cycle) return;
    this.#gaps += cycle - last.cycle - 1;
    if (last.count !== undefined) this.#lost += count - last.count - 1;
  }

  get found(): RecordedCycles | null {
    if (this.#last === undefined) return null;
    const lost = this.#last.count === undefined ? null : this.#lost;
    return { recorded: this.#recorded, left: this.#gaps - (lost ?? 0), lost };
  }
}

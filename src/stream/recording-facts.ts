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
  /** Of the bridge, null where there was none; `missing`: those that it left out because it was late, or that were lost. */
  readonly cycles: { readonly recorded: number; readonly missing: number } | null;
  /** Those with messages. */
  readonly topics: readonly TopicFacts[];
}

/** Reads a whole recording and says what is in it. Throws InputError where it is damaged. */
export async function recordingFacts(recording: Recording): Promise<RecordingFacts> {
  const { file, size, from, to, cut, notes } = recording;
  const found = new Map<string, { messages: number; first: number; last: number; gap: number }>();
  let cycles: { recorded: number; missing: number } | null = null;
  let last: number | undefined;
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
    const { cycle } = jsonOf(file, message) as ExchangeMessage;
    cycles ??= { recorded: 0, missing: 0 };
    cycles.recorded++;
    // A bridge that begins anew counts from 0 again.
    if (last !== undefined && cycle > last + 1) cycles.missing += cycle - last - 1;
    last = cycle;
  }
  const dropped = (await recording.metadata('recording'))?.get('dropped');
  return {
    ...{ file, bytes: size, from: new Date(from).toISOString(), duration: (to - from) / 1000, cut, notes },
    ...{ dropped: dropped === undefined ? null : Number(dropped), cycles },
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

import type { Course } from './episodes.ts';
import { jsonOf, type RecordedMessage, type Recording } from './recording.ts';
import { replayTopics } from './schemas.ts';
import { topics } from './wire.ts';

/** What a late joiner hears of events, ms or a count. */
const TIMING_PAST = 60_000;
const FIT_PAST = 400;
const LOG_PAST = 50;

/** The newest message of each tells how things stand. */
const states = replayTopics
  .filter(({ topic, kind }) => kind === 'state' && topic !== topics.status && topic !== topics.run)
  .map(({ topic }) => topic);

/** What a late joiner would have heard at a time, ms since the Unix epoch. Throws InputError where a recording is damaged. */
export async function retainedAt(
  recording: Recording,
  { episodes, trials }: Course,
  time: number,
): Promise<RecordedMessage[]> {
  const found: RecordedMessage[] = [];
  const newest = async (topic: string, most: number, last = (_: RecordedMessage) => false) => {
    const some: RecordedMessage[] = [];
    for await (const message of recording.messages({ topics: [topic], to: time, reverse: true })) {
      some.push(message);
      if (some.length >= most || last(message)) break;
    }
    found.push(...some.reverse());
  };
  const since = async (topic: string, from: number) => {
    for await (const message of recording.messages({ topics: [topic], from, to: time })) found.push(message);
  };
  for (const topic of [topics.run, topics.status]) await newest(topic, 1);
  found.push(...trials.filter((trial) => trial.time <= time));
  const at = (time - recording.from) / 1000;
  const episode = episodes.findLast(({ from }) => from <= at);
  if (episode) await since(topics.step, recording.from + 1000 * episode.from);
  await since(topics.timing, Math.max(recording.from, time - TIMING_PAST));
  const begins = (message: RecordedMessage) =>
    (jsonOf(recording.file, message) as { epoch?: number }).epoch === 0;
  await newest(topics.fit, FIT_PAST, begins);
  await newest(topics.log, LOG_PAST);
  for (const topic of states) await newest(topic, 1);
  return found;
}

import { jsonOf, type RecordedMessage, type Recording } from './recording.ts';
import { type ReplayMessage, topics } from './wire.ts';

export type Episode = ReplayMessage['episodes'][number];

/** The course of a recording's trials. */
export interface Course {
  /** In order, each from one reset to its trial's end, or to the next reset; s since the recording's beginning. */
  readonly episodes: readonly Episode[];
  /** Every trial's end. */
  readonly trials: readonly RecordedMessage[];
}

/** Reads which episodes a recording has. Throws InputError where it is damaged. */
export async function readCourse(recording: Recording): Promise<Course> {
  const episodes: { trial: number | null; from: number; to: number | undefined }[] = [];
  const trials: RecordedMessage[] = [];
  for await (const message of recording.messages({ topics: [topics.scene, topics.trial] })) {
    const at = (message.time - recording.from) / 1000;
    const last = episodes.at(-1);
    if (message.topic === topics.scene) {
      if (last) last.to ??= at;
      episodes.push({ trial: null, from: at, to: undefined });
      continue;
    }
    trials.push(message);
    if (last?.trial !== null) continue;
    const { trial } = jsonOf(recording.file, message) as { trial: unknown };
    last.trial = typeof trial === 'number' ? trial : null;
    last.to = at;
  }
  const [first] = episodes;
  // Before the first reset the robot stands at home.
  if (first && first.trial === null && !(await hasSteps(recording, first.from, first.to))) episodes.shift();
  for (const [i, episode] of episodes.entries()) {
    const before = episodes[i - 1]?.trial ?? null;
    if (before !== null) episode.trial ??= before + 1;
  }
  const end = (recording.to - recording.from) / 1000;
  return { trials, episodes: episodes.map((episode) => ({ ...episode, to: episode.to ?? end })) };
}

/** @param from s since the recording's beginning, as `to`; left out: up to its end */
async function hasSteps(recording: Recording, from: number, to: number | undefined): Promise<boolean> {
  const range = {
    from: recording.from + 1000 * from,
    to: to === undefined ? recording.to : recording.from + 1000 * to,
  };
  for await (const _ of recording.messages({ topics: [topics.step], ...range })) return true;
  return false;
}

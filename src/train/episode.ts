import { confirmed } from './confirm.ts';
import type { Episode } from './episode-parts.ts';
import type { EpisodeKey } from './plant-thread.ts';
import type { Session } from './session.ts';
import { attemptOnSimClock } from './sim-episode.ts';
import { attemptOnWallClock } from './wall-episode.ts';

/**
 * One episode of the session's agent in its environment. Returns null when the person stopped the run; when they
 * asked for a reset, or a real robot had a fault that passed, the episode is begun anew from the same start.
 */
export async function runEpisode(
  session: Session,
  trial: number,
  start: EpisodeKey,
  purpose: 'learn' | 'act',
): Promise<Episode | null> {
  const attempt = session.plant ? attemptOnWallClock : attemptOnSimClock;
  for (;;) {
    if (session.confirm && !(await confirmed(session))) return null;
    try {
      const episode = await attempt(session, trial, start, purpose);
      if (episode !== 'reset') return episode;
    } catch (error) {
      if (!session.recoveries) throw error;
      await session.recoveries.after(error);
    }
  }
}

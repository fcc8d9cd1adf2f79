import type { RunProgress, RunStore } from '../core/run-store.ts';
import type { TrialReport } from '../core/telemetry.ts';
import { closeAfter } from './close-after.ts';
import { describe } from './describe.ts';
import { runEpisode } from './episode.ts';
import { type Episode, reportOf } from './episode-parts.ts';
import { learn } from './learn.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';

export interface TrainingOptions extends SessionOptions {
  /** The random trial counts. */
  readonly trials: number;
  readonly store: RunStore;
  /** What happens behind the last trial: the learned controller may go on acting until it is stopped. */
  readonly afterwards: 'stop' | 'keep-acting';
}

export interface TrainingResult {
  readonly trials: readonly TrialReport[];
  readonly reason: 'done' | 'interrupted';
}

/**
 * The main job: act for an episode, learn from all experience, commit, again. The first trial is random. After a
 * crash the run continues behind the last committed trial and ends with the same bits as an undisturbed one.
 */
export async function runTraining(options: TrainingOptions): Promise<TrainingResult> {
  const session = await openSession(options);
  const { telemetry, control } = session;
  return closeAfter(session, async () => {
    telemetry.emit({
      type: 'start',
      run: describe(options, session, { trials: options.trials, directory: options.store.directory }),
    });
    const reports: TrialReport[] = [];
    if (options.store.progress) reports.push(...resume(session, options.store.progress));
    const began = session.clock();
    const before = reports.at(-1)?.wallSeconds ?? 0;

    while (reports.length < options.trials) {
      const trial = reports.length + 1;
      const episode = await runEpisode(session, trial, { seed: options.seed, episode: trial - 1 }, 'learn');
      if (!episode) return finish(session, reports, 'interrupted');
      const fitSeconds = episode.fitSeconds + (await learn(session, 'episodeEnd'));
      const report = reportOf(session, episode, {
        trial,
        envSteps: (reports.at(-1)?.envSteps ?? 0) + episode.transitions.length,
        wallSeconds: before + (session.clock() - began) / 1000,
        fitSeconds,
      });
      await commit(options.store, session, report, episode);
      reports.push(report);
      if (control.stopping) return finish(session, reports, 'interrupted');
    }
    if (options.afterwards === 'keep-acting') await keepActing(session, options);
    return finish(session, reports, 'done');
  });
}

async function commit(store: RunStore, { agent, telemetry }: Session, report: TrialReport, episode: Episode) {
  const { steps, transitions } = episode;
  await store.commitTrial({ report, steps, transitions, checkpoint: agent.save(), fit: agent.report });
  telemetry.emit({ type: 'trial', report });
}

/** The learned controller acts in fresh episodes until it is stopped; nothing is learned or kept. */
async function keepActing(session: Session, { trials, seed }: TrainingOptions): Promise<void> {
  for (let trial = trials + 1; ; trial++) {
    if (!(await runEpisode(session, trial, { seed, episode: trial - 1 }, 'act'))) return;
  }
}

function resume(
  { agent, telemetry }: Session,
  { trials, transitions, checkpoint }: RunProgress,
): readonly TrialReport[] {
  let start = 0;
  for (const { envSteps } of trials) {
    agent.observe(transitions.slice(start, envSteps), true);
    start = envSteps;
  }
  agent.load(checkpoint);
  for (const report of trials) telemetry.emit({ type: 'trial', report });
  return trials;
}

function finish(
  { telemetry }: Session,
  trials: readonly TrialReport[],
  reason: 'done' | 'interrupted',
): TrainingResult {
  telemetry.emit({ type: 'activity', activity: 'ended' });
  telemetry.emit({ type: 'end', reason });
  return { trials, reason };
}

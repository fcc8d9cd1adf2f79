import type { Checkpoint } from '../core/agent.ts';
import type { TimingReport } from '../core/telemetry.ts';
import { closeAfter } from './close-after.ts';
import { describe } from './describe.ts';
import { runEpisode } from './episode.ts';
import { reportOf } from './episode-parts.ts';
import { openSession, type SessionOptions } from './session.ts';

export interface EvaluationOptions extends SessionOptions {
  /** What was learned; null only with `model: 'true'`. */
  readonly checkpoint: Checkpoint | null;
  readonly episodes: number;
}

export interface EvaluationResult {
  readonly returns: readonly number[];
  readonly scores: readonly (number | null)[];
  /** Mean over episodes. */
  readonly score: number | null;
  /** Whether each episode ended in success; null when the task does not say. */
  readonly successes: readonly (boolean | null)[];
  /** Share of them; null when the task does not say. */
  readonly successRate: number | null;
  readonly planMs: readonly number[];
  /** Of each episode, on the wall clock or with a modelled delay; else empty. */
  readonly timing: readonly TimingReport[];
  readonly interrupted: boolean;
}

/** Evaluation episodes start where no training episode of the same seed did. */
const FIRST_EPISODE = 1_000_000;

/** Lets a learned controller act in fresh episodes, without learning. */
export async function runEvaluation(options: EvaluationOptions): Promise<EvaluationResult> {
  const session = await openSession(options);
  const { telemetry, agent } = session;
  return closeAfter(session, async () => {
    const run = describe(options, session, {
      trials: options.episodes,
      directory: null,
      evaluation: true,
    });
    telemetry.emit({ type: 'start', run });
    if (options.checkpoint) agent.load(options.checkpoint);
    const returns: number[] = [];
    const successes: (boolean | null)[] = [];
    const planMs: number[] = [];
    const timing: TimingReport[] = [];
    let interrupted = false;
    let envSteps = 0;
    const began = session.clock();
    for (let i = 0; i < options.episodes; i++) {
      const start = { seed: options.seed, episode: FIRST_EPISODE + i };
      const episode = await runEpisode(session, i + 1, start, 'act');
      if (!episode) {
        interrupted = true;
        break;
      }
      returns.push(episode.return);
      successes.push(episode.success);
      if (episode.planMs) planMs.push(episode.planMs.p99);
      if (episode.timing) timing.push(episode.timing);
      envSteps += episode.transitions.length;
      const wallSeconds = (session.clock() - began) / 1000;
      const report = reportOf(session, episode, { trial: i + 1, envSteps, wallSeconds, fitSeconds: 0 });
      telemetry.emit({ type: 'trial', report });
    }
    telemetry.emit({ type: 'end', reason: interrupted ? 'interrupted' : 'done' });
    const scores = returns.map((value) => session.score(value));
    const known = scores.filter((score) => score !== null);
    const told = successes.filter((success) => success !== null);
    return {
      returns,
      scores,
      score: known.length > 0 ? known.reduce((sum, score) => sum + score, 0) / known.length : null,
      successes,
      successRate: told.length > 0 ? told.filter(Boolean).length / told.length : null,
      planMs,
      timing,
      interrupted,
    };
  });
}

import type { Session } from './session.ts';

/** Lets the agent learn if it wants to; returns the seconds it took. */
export async function learn(
  { agent, telemetry, clock }: Session,
  moment: 'step' | 'episodeEnd',
): Promise<number> {
  const started = clock();
  const before = agent.ensemble.fits;
  await agent.learn(moment);
  if (agent.ensemble.fits === before) return 0;
  if (agent.report) telemetry.emit({ type: 'fit', report: agent.report });
  if (moment === 'step') telemetry.emit({ type: 'activity', activity: 'acting' });
  return (clock() - started) / 1000;
}

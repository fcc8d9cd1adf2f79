import type { RunControl, TelemetrySink } from '../core/telemetry.ts';

/** What a person is asked before an episode. */
export const QUESTION = 'Put back what has to be put back and keep clear of the robot, then go on.';

/**
 * Waits for a person before an episode: the run pauses itself with a question, and goes on when it is resumed. False
 * when they stopped it.
 */
export async function confirmed(session: {
  readonly control: RunControl;
  readonly telemetry: TelemetrySink;
}): Promise<boolean> {
  const { control, telemetry } = session;
  if (control.stopping) return false;
  control.pause();
  telemetry.emit({ type: 'activity', activity: 'paused', detail: QUESTION });
  while (control.paused && !control.stopping) await control.changed();
  // What was to be begun anew has not begun.
  control.takeReset();
  if (control.stopping) return false;
  telemetry.emit({ type: 'activity', activity: 'acting' });
  return true;
}

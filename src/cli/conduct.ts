import { InputError, type TelemetryEvent } from '../core/index.ts';
import { type LiveServer, type Recorder, startLiveServer } from '../stream/index.ts';
import { openBrowser } from './browser.ts';
import { Confirmation } from './confirmation.ts';
import type { Arguments } from './flags.ts';
import { JsonReporter } from './json-events.ts';
import { pageOptions } from './page.ts';
import { PlanWatch } from './plan-watch.ts';
import type { Prepared } from './prepare.ts';
import type { Reporter } from './reporter.ts';
import { startSession } from './session.ts';
import type { SessionOutcome, SessionRequest } from './session-messages.ts';
import { sessionRecorder } from './session-recorder.ts';
import { TerminalReporter } from './terminal.ts';

export function reporterFor(args: Arguments): Reporter {
  return args.has('json') ? new JsonReporter() : new TerminalReporter();
}

export function isWatched(args: Arguments): boolean {
  return args.has('view') || args.has('open');
}

/**
 * Runs a session to its end while this thread keeps the terminal and the live page. The first Ctrl-C asks the session
 * to stop, which saves; the second one ends the process.
 * @param record whether all of it is recorded, in the run's folder
 */
export async function conduct<R extends SessionRequest>(
  { request, robot, world }: Prepared<R>,
  args: Arguments,
  reporter: Reporter,
  record = args.has('record'),
): Promise<SessionOutcome<R>> {
  let server: LiveServer | undefined;
  let recorder: Recorder | undefined;
  let failure: unknown;
  const watch = request.robot && robot.hardware && new PlanWatch({ ...robot, hardware: robot.hardware });
  const onEvent = (event: TelemetryEvent) => {
    for (const each of watch?.look(event) ?? [event]) tell(each);
  };
  const tell = (event: TelemetryEvent) => {
    reporter.event(event);
    confirmation?.hear(event);
    recorder?.emit(event);
    try {
      server?.emit(event);
    } catch (error) {
      failure ??= error;
      session?.command({ type: 'stop' });
    }
  };
  let session: ReturnType<typeof startSession<R>> | undefined;
  let asked = 0;
  const onSignal = () => {
    asked++;
    if (asked > 1) process.exit(130);
    reporter.print('stopping: what was learned is being saved; Ctrl-C again to end at once');
    session?.command({ type: 'stop' });
  };
  const confirmation = request.robot?.confirm
    ? new Confirmation(
        () => session?.command({ type: 'resume' }),
        () => {
          if (request.view) return;
          failure ??= new InputError(
            '--confirm: standard input has ended, so nobody can answer; --view asks on the page',
          );
          session?.command({ type: 'stop' });
        },
      )
    : undefined;
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    if (record) {
      recorder = await sessionRecorder(request, robot, world, (message) =>
        onEvent({ type: 'log', level: 'error', message }),
      );
    }
    if (request.view) {
      server = await startLiveServer({
        ...{ robot, world, ...(await pageOptions(args)) },
        onCommand: (command) => session?.command(command),
        recording: () => recorder?.state ?? null,
      });
      reporter.page(server.url);
      if (args.has('open')) openBrowser(server.url);
    }
    session = startSession({ ...request, record }, onEvent);
    if (asked > 0) session.command({ type: 'stop' });
    const outcome = await session.outcome;
    if (failure) throw failure;
    return outcome;
  } finally {
    confirmation?.close();
    reporter.finish();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await recorder?.close();
    if (recorder?.path !== undefined && recorder.state?.failed === null)
      reporter.print(`recorded in ${recorder.path}: premotor replay shows it`);
    await server?.close();
  }
}

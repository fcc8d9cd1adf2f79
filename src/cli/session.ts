import { getPriority, setPriority } from 'node:os';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { askForPriority } from '../control/priority.node.ts';
import {
  InputError,
  Interrupted,
  PremotorError,
  RobotFault,
  type RunCommand,
  type TelemetryEvent,
} from '../core/index.ts';
import type {
  Failure,
  FromSession,
  SessionOutcome,
  SessionRequest,
  SessionStart,
} from './session-messages.ts';
import { TwoVoices } from './two-voices.ts';

export interface SessionHandle<R extends SessionRequest> {
  /** Rejects with the session's error; a `PremotorError` keeps its kind. */
  readonly outcome: Promise<SessionOutcome<R>>;
  command(command: RunCommand): void;
}

/** How long a new run's task may take to be checked before its functions count as never returning, s. */
const defaultPatience = 60;

/** Runs a session in a thread of its own, so that the thread that asks is never blocked. */
export function startSession<R extends SessionRequest>(
  request: R,
  onEvent: (event: TelemetryEvent) => void,
  patience = defaultPatience,
): SessionHandle<R> {
  const { port1: display, port2: port } = new MessageChannel();
  const heart = request.robot && new Heart();
  const worker = new Worker(new URL('./session-thread.js', import.meta.url), {
    workerData: {
      ...{ request, display: { port, sent: new SharedArrayBuffer(4) } },
      beat: heart?.beat,
    } satisfies SessionStart,
    transferList: [port],
    execArgv: [],
  });
  // Threads inherit it: only now.
  heart?.start();
  const hear = (events: readonly TelemetryEvent[]) => {
    for (const event of events) onEvent(event);
  };
  const voices = new TwoVoices(hear);
  display.on('message', (message) => voices.plant(message));
  // What the plant told before the session did is heard before it, whichever message came first.
  const hearPlant = () => {
    for (let next = receiveMessageOnPort(display); next; next = receiveMessageOnPort(display))
      voices.plant(next.message);
  };
  const outcome = new Promise<SessionOutcome<R>>((resolve, reject) => {
    let result: SessionOutcome<R> | undefined;
    // A thread in a loop hears no command; only from here can it be ended.
    const endless = setTimeout(() => {
      const what = `its build, reset, reward or what goes with it has not returned after ${patience} s`;
      reject(new InputError(`${request.taskLabel}: ${what}; is there a loop without an end?`));
      void worker.terminate();
    }, 1000 * patience);
    if (request.kind !== 'train' || !('out' in request.place)) clearTimeout(endless);
    worker.on('message', (message: FromSession) => {
      hearPlant();
      if (message.type === 'events') hear(message.events);
      else if (message.type === 'checked') clearTimeout(endless);
      else if (message.type === 'failed') reject(revive(message.failure));
      else {
        result = message.outcome as SessionOutcome<R>;
        // It ends by itself; a handle left open by a task's code must not keep the process.
        setTimeout(() => void worker.terminate(), 5000).unref();
      }
      voices.session();
    });
    worker.on('error', (error) => {
      const failure = new Error(`the session thread failed: ${error.message}`, { cause: error });
      // Where it failed, not where that was heard.
      if (error.stack) failure.stack = error.stack;
      reject(failure);
    });
    // Everything the session holds is released when its thread is gone.
    worker.on('exit', (code) => {
      clearTimeout(endless);
      heart?.stop();
      display.close();
      if (result) resolve(result);
      // 13 is a promise of ours that nothing will settle; any other end was asked for, by the only foreign code there.
      else if (code === 13) reject(new Error('the session thread waits for something that never comes'));
      else
        reject(new InputError(`${request.taskLabel} ends the thread it runs in: no process.exit in a task`));
    });
  });
  // Whoever awaits it sees the failure; nobody awaiting it yet must not end the process.
  outcome.catch(() => {});
  return { outcome, command: (command) => worker.postMessage(command) };
}

/** How often the main thread shows a real robot's bridge that it lives, ms. */
const BEAT = 20;

/** The bridge stops a robot whose program stands still, so this thread goes before others where that is allowed. */
class Heart {
  readonly beat = new SharedArrayBuffer(4);
  #timer: NodeJS.Timeout | undefined;
  #before = 0;

  start(): void {
    const count = new Int32Array(this.beat);
    this.#timer = setInterval(() => Atomics.add(count, 0, 1), BEAT);
    this.#before = getPriority();
    askForPriority();
  }

  stop(): void {
    clearInterval(this.#timer);
    if (getPriority() !== this.#before) setPriority(this.#before);
  }
}

function revive({ message, stack, exitCode }: Failure): Error {
  const error =
    exitCode === 2
      ? new InputError(message)
      : exitCode === 3
        ? new RobotFault(message)
        : exitCode === 130
          ? new Interrupted(message)
          : exitCode === null
            ? new Error(message)
            : new PremotorError(message, exitCode);
  if (stack) error.stack = stack;
  return error;
}

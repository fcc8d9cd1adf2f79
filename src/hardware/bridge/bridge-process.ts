/**
 * The program of a bridge's process: owns the port, and stops the robot when the program that started it ends, hangs or
 * is killed. It is a process group of its own and ignores SIGINT, so that Ctrl-C in a terminal does not reach it; it ends
 * when the robot was stopped and, where its policy says so, released.
 */
import { writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { askForPriority, askForRealTime } from '../../control/priority.node.ts';
import { InputError, RobotFault } from '../../core/errors.ts';
import type { Bridge } from './bridge.ts';
import { createBridge } from './create-bridge.ts';
import type { FromBridge, ToBridge } from './messages.ts';
import { Outbox } from './outbox.ts';

let bridge: Bridge | undefined;
let ending: Promise<void> | undefined;

const outbox = new Outbox((message, taken) => process.send?.(message, undefined, undefined, taken));

function send(message: FromBridge): void {
  // Who left hears nothing; `disconnect` follows.
  if (process.connected) outbox.send(message);
}

/** The robot is stopped, its port closed, and this process ends. */
function end(reason: string, code: number, told?: () => void): Promise<void> {
  ending ??= (async () => {
    try {
      const stop = await bridge?.finalize(reason);
      told?.();
      if (stop && !stop.stopped) complain(`the robot may still move or hold: ${stop.how}`);
      await bridge?.close();
    } catch (error) {
      complain(inspect(error));
    }
    process.exit(code);
  })();
  return ending;
}

/** To the program if it is there, else to whoever reads the terminal. */
function complain(message: string): void {
  if (process.connected) send({ type: 'log', level: 'error', message });
  else process.stderr.write(`premotor bridge: ${message}\n`);
}

async function answer(message: Extract<ToBridge, { readonly call: number }>): Promise<FromBridge> {
  const { call } = message;
  if (message.type === 'configure') {
    bridge ??= await createBridge(message.options, send);
    const identity = await bridge.configure();
    // Its loop sleeps most of the time; what came before did not.
    askForRealTime();
    return { type: 'configured', call, identity };
  }
  if (bridge === undefined) throw new RobotFault('the bridge is not configured');
  if (message.type === 'activate') await bridge.activate(message.exploring);
  else if (message.type === 'move') await bridge.move(message.target);
  else if (message.type === 'stop') return { type: 'done', call, stop: await bridge.stop(message.how) };
  return { type: 'done', call };
}

process.on('message', (message: ToBridge) => {
  if (message.type === 'heartbeat') bridge?.heartbeat(message.beat);
  else if (message.type === 'command') bridge?.command(message.command, message.beat);
  else if (message.type === 'finalize') {
    const { call } = message;
    const stopped = bridge?.finalize() ?? Promise.resolve(null);
    void stopped.then((stop) => {
      send({ type: 'done', call, ...(stop && { stop }) });
      void end('the program ended', 0);
    });
  } else {
    const { call } = message;
    answer(message).then(send, (error: unknown) => {
      const { message: text, stack } = error instanceof Error ? error : new Error(String(error));
      const fault = error instanceof RobotFault;
      send({
        ...{ type: 'refused', call, message: text, stack },
        kind: fault ? 'fault' : error instanceof InputError ? 'input' : 'bug',
        ...(fault && { passing: error.passing }),
      });
    });
  }
});
process.on('disconnect', () => void end('the controlling program has ended', 0));
process.on('SIGINT', () => {});
process.on('SIGTERM', () => void end('the bridge was told to end', 0));
process.on('SIGHUP', () => void end('the terminal was closed', 0));
for (const kind of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(kind, (error: unknown) => {
    complain(`failed: ${inspect(error)}`);
    void end('the bridge failed', 1);
  });
// A terminal that is gone takes no words.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
askForPriority();
// Linux may share processors between sessions before nice values count, and this process is a session of its own. The
// threads that carry the bytes are not in real time.
try {
  writeFileSync('/proc/self/autogroup', '-10');
} catch {
  // It goes without.
}

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { InputError, RobotFault } from '../../core/errors.ts';
import type { Exchange, HardwareReport, StopHow } from '../../core/hardware.ts';
import type { StopReport } from '../../core/lifecycle.ts';
import type { Identity } from '../driver.ts';
import type { BridgeOptions, FromBridge, TickReading, ToBridge } from './messages.ts';

/** ms between heartbeats. */
const HEARTBEAT = 25;
/** ms that a call may take. The bridge bounds what a robot does; these are for a bridge that hangs. */
const PATIENCE = {
  configure: 30_000,
  activate: 15_000,
  move: 300_000,
  stop: 10_000,
  finalize: 10_000,
} as const;

/** Hears what a bridge tells of its own accord. */
export interface BridgeListener {
  /** The controller acts on this reading. */
  tick?(reading: TickReading): void;
  exchange?(exchange: Exchange): void;
  report?(report: HardwareReport): void;
  /** An active robot was stopped, though nobody asked for it; or its bridge is gone. */
  halted?(fault: RobotFault): void;
  log?(level: 'info' | 'warning' | 'error', message: string): void;
}

export interface BridgeClientOptions {
  readonly options: BridgeOptions;
  readonly listener?: BridgeListener;
  /**
   * An Int32 that the main thread of this process counts up at least every 50 ms; while it stands still the robot is
   * stopped. Left out: this thread's own timer.
   */
  readonly beat?: SharedArrayBuffer;
}

interface Waiting {
  readonly resolve: (answer: FromBridge) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The controlling side of a bridge, which runs in a process of its own. Calls throw `InputError`, or a `RobotFault` that
 * says why; once the bridge is gone every call does. The robot is stopped when this process ends, however it ends.
 */
export class BridgeClient {
  readonly #options: BridgeClientOptions;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #beat: Int32Array | undefined;
  readonly #exited: Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #beats = 0;
  #calls = 0;
  #report: HardwareReport | null = null;
  /** It was asked to activate the robot. */
  #activated = false;
  #finalized: Promise<StopReport | null> | undefined;
  /** Why no call can succeed any more. */
  #gone: RobotFault | undefined;
  /** The same, where nobody had told the bridge to end. */
  #lost: RobotFault | undefined;

  /** Starts the process; the robot is not touched before `configure`. */
  constructor(options: BridgeClientOptions) {
    this.#options = options;
    this.#beat = options.beat && new Int32Array(options.beat);
    const program = fileURLToPath(new URL('bridge-process.js', import.meta.url));
    this.#child = spawn(process.execPath, [program], {
      detached: true,
      serialization: 'advanced',
      // A driver that prints must not garble what this program prints.
      stdio: ['ignore', 2, 2, 'ipc'],
      windowsHide: true,
    });
    this.#child.on('message', (message: FromBridge) => this.#hear(message));
    this.#exited = new Promise((resolve) => {
      const gone = (how: string) => {
        this.#lose(how);
        resolve();
      };
      this.#child.on('exit', (code, signal) => gone(signal === null ? `with code ${code}` : `by ${signal}`));
      this.#child.on('error', (error) => {
        if (this.#child.pid === undefined) gone(error.message);
      });
    });
    this.#timer = setInterval(() => this.#send({ type: 'heartbeat', beat: this.#pulse() }), HEARTBEAT);
  }

  /** Of the bridge. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The newest report; null before the first. */
  get report(): HardwareReport | null {
    return this.#report;
  }

  /** Opens the robot, or opens it anew after a fault. Nothing moves. */
  async configure(): Promise<Identity> {
    const { options } = this.#options;
    const answer = await this.#call({ type: 'configure', options });
    return (answer as FromBridge & { readonly type: 'configured' }).identity;
  }

  /** @param exploring with exploration's limits */
  async activate(exploring = false): Promise<void> {
    this.#activated = true;
    await this.#call({ type: 'activate', exploring });
  }

  /** Leads the joints to `target` [J]; the robot is active. */
  async move(target: Float64Array): Promise<void> {
    await this.#call({ type: 'move', target });
  }

  /** @param how undefined: as the robot's policy says. */
  async stop(how?: StopHow): Promise<StopReport> {
    const answer = await this.#call({ type: 'stop', how });
    return (answer as FromBridge & { readonly type: 'done' }).stop!;
  }

  /** The newest wins. Never blocks. @param command [J] */
  command(command: Float64Array): void {
    this.#send({ type: 'command', command, beat: this.#pulse() });
  }

  /**
   * Stops the robot as its policy says and lets the bridge end, which it does once the policy is carried out. Null:
   * there was nothing to stop. May be called twice.
   */
  finalize(): Promise<StopReport | null> {
    this.#finalized ??= this.#finalize();
    return this.#finalized;
  }

  /** Resolves when the bridge's process has ended and the port is free. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  async #finalize(): Promise<StopReport | null> {
    if (this.#gone) return null;
    try {
      const answer = await this.#call({ type: 'finalize' });
      return (answer as FromBridge & { readonly type: 'done' }).stop ?? null;
    } finally {
      this.#gone ??= new RobotFault('the bridge is closed');
      clearInterval(this.#timer);
      // It goes on by itself for as long as the policy says.
      this.#child.disconnect?.();
      this.#child.unref();
    }
  }

  #pulse(): number {
    return this.#beat ? Atomics.load(this.#beat, 0) : ++this.#beats;
  }

  #send(message: ToBridge): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #call(message: CallWithoutNumber): Promise<FromBridge> {
    if (this.#gone) return Promise.reject(this.#gone);
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      const seconds = PATIENCE[message.type] / 1000;
      const timer = setTimeout(() => {
        this.#waiting.delete(call);
        reject(new RobotFault(`the bridge has not answered ${message.type} for ${seconds} s`));
      }, PATIENCE[message.type]);
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          then(value);
        };
      this.#waiting.set(call, { resolve: settle(resolve), reject: settle(reject) });
      this.#send({ ...message, call } as ToBridge);
    });
  }

  #hear(message: FromBridge): void {
    const { listener } = this.#options;
    if (message.type === 'tick') listener?.tick?.(message.tick);
    else if (message.type === 'exchange') listener?.exchange?.(message.exchange);
    else if (message.type === 'log') listener?.log?.(message.level, message.message);
    else if (message.type === 'halted')
      listener?.halted?.(new RobotFault(message.reason, { passing: message.passing }));
    else if (message.type === 'report') this.#take(message.report);
    else {
      const waiting = this.#waiting.get(message.call);
      this.#waiting.delete(message.call);
      if (message.type === 'refused') waiting?.reject(revive(message));
      else waiting?.resolve(message);
    }
  }

  #take(report: HardwareReport): void {
    this.#report = this.#lost ? this.#last(report, this.#lost) : report;
    this.#options.listener?.report?.(this.#report);
  }

  /** A report that nobody can give any more, as it stands from then on. */
  #last(report: HardwareReport, { message }: RobotFault): HardwareReport {
    const unknown = { stopped: false, how: 'its bridge ended without having stopped it' };
    const stop = report.stop ?? (this.#activated ? unknown : null);
    return { ...report, lifecycle: 'finalized', fault: message, stop };
  }

  #lose(how: string): void {
    clearInterval(this.#timer);
    const expected = this.#gone !== undefined;
    this.#gone ??= new RobotFault(
      `the bridge's process ended ${how}: nobody watches the robot, and its motors keep what they were told last; cut its power if it must not`,
    );
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
    if (expected) return;
    this.#lost = this.#gone;
    // Reports that it sent before may still come.
    if (this.#report) this.#take(this.#report);
    this.#options.listener?.halted?.(this.#gone);
  }
}

type Call = Extract<ToBridge, { readonly call: number }>;
type CallWithoutNumber = Call extends infer C ? (C extends Call ? Omit<C, 'call'> : never) : never;

function revive({ kind, message, stack, passing }: FromBridge & { readonly type: 'refused' }): Error {
  const error =
    kind === 'input'
      ? new InputError(message)
      : kind === 'fault'
        ? new RobotFault(message, { passing })
        : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

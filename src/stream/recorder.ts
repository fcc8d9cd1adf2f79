import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { HardwareReport } from '../core/hardware.ts';
import type { RobotModel } from '../core/robot.ts';
import type { WorldSpec } from '../core/task.ts';
import type { TelemetryEvent, TelemetrySink } from '../core/telemetry.ts';
import { Broadcast, type Pace } from './broadcast.ts';
import { type Clock, every, nanoseconds, systemClock } from './clock.ts';
import { Control } from './control.ts';
import { exchangeMessage } from './hardware-messages.ts';
import { McapFile } from './mcap-writer.ts';
import { Meshes } from './meshes.ts';
import type { Outlet } from './outlet.ts';
import { RecordingClock } from './recording-clock.ts';
import { clockTopic, topicSpecs } from './schemas.ts';
import { type RecordingState, topics } from './wire.ts';

export interface RecorderOptions {
  readonly robot: RobotModel;
  readonly world?: WorldSpec;
  readonly version: string;
  /** Folder in which `recordings/<date>.mcap` is made; left out: the run's, as its start tells. */
  readonly folder?: string;
  /** Kept with the recording, by name, e.g. the run's manifest. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Told once, in words, when nothing can be recorded any more. */
  onFailure?(reason: string): void;
  readonly clock?: Clock;
  /** ms of the machine's monotonic clock. */
  monotonic?(): number;
}

/** All poses and reports; of what is drawn of plans, which is most of the bytes, what one can follow. */
const pace: Pace = { pose: 0, plan: 200, exchange: 0, hardware: 0, status: 1000, paced: false };
/** ms between the ends of chunks: what a process that is killed loses at most. */
const FLUSH_INTERVAL = 1000;
/** So many bytes behind, what is only drawn is left out; and so many behind, the disk is given up. */
const BEHIND = 8 * 1024 * 1024;
const GIVEN_UP = 256 * 1024 * 1024;
/** Bytes of mesh files that are kept with a recording at most. */
const MOST_MESHES = 48 * 1024 * 1024;

/** What the picture alone needs. */
const display: ReadonlySet<string> = new Set<string>([
  topics.tf,
  topics.jointStates,
  topics.contacts,
  topics.plan,
  topics.imagined,
  topics.belief,
  topics.timing,
  topics.status,
]);

const library = (version: string) => `premotor ${version}`;

/**
 * Writes what a run tells to an MCAP file: the wire's topics with the wire's schemas and JSON, and every cycle of a bridge.
 * `log_time` is on a time line of the Unix clock that goes with the machine's monotonic one (see `RecordingClock`), that of
 * an exchange when its reading was complete; `publish_time` is the wall's. Never blocks and never throws: a disk that is
 * behind costs what is only drawn, which is counted.
 */
export class Recorder implements TelemetrySink {
  readonly #options: RecorderOptions;
  readonly #meshes: Meshes;
  readonly #system: Clock;
  readonly #monotonic: () => number;
  readonly #clock: RecordingClock;
  readonly #channels = new Map(
    [...topicSpecs, clockTopic].map(({ topic }, index) => [topic as string, index]),
  );
  readonly #encoder = new TextEncoder();
  readonly #file: McapFile;
  /** What is missing of the picture, for people. */
  readonly #notes: string[];
  #path: string | undefined;
  #broadcast: Broadcast | undefined;
  #stop: (() => void) | undefined;
  #began = 0;
  #dropped = 0;
  #failed: string | null = null;
  #closed: Promise<void> | undefined;
  /** The run's plant goes as fast as it can. */
  #simulated = false;
  #report: HardwareReport['clock'] | undefined;
  /** Time line − the bridge's clock, ms. */
  #bridgeOffset: number | undefined;

  /**
   * Reads the robot's mesh files, which takes a while: all that a recording begins with is made ready here. It begins
   * with the run, when a robot's bridge no longer bears a thread that stands still.
   */
  static async create(options: RecorderOptions): Promise<Recorder> {
    const recorder = new Recorder(options, await Meshes.open(options.robot, options.world));
    await recorder.#keepMeshes();
    return recorder;
  }

  private constructor(options: RecorderOptions, meshes: Meshes) {
    this.#options = options;
    this.#meshes = meshes;
    this.#notes = [...meshes.notes];
    this.#system = options.clock ?? systemClock;
    this.#monotonic = options.monotonic ?? (() => Number(process.hrtime.bigint()) / 1e6);
    this.#clock = new RecordingClock(this.#system);
    const { version, metadata = {} } = options;
    const { robot, world = null } = meshes;
    this.#file = new McapFile([...topicSpecs, clockTopic], library(version));
    this.#file.addMetadata(
      'premotor',
      new Map([
        ['version', version],
        ['node', process.version],
      ]),
    );
    for (const [name, value] of Object.entries({ robot, world, ...metadata }))
      this.#file.addMetadata(name, new Map([['json', JSON.stringify(value)]]));
  }

  /** null before the run has begun. */
  get state(): RecordingState | null {
    if (this.#path === undefined) return null;
    return {
      file: basename(this.#path),
      seconds: (this.#clock.now() - this.#began) / 1000,
      bytes: this.#file.bytes,
      dropped: this.#dropped,
      failed: this.#failed,
    };
  }

  /** Whole path of the file; undefined before the run has begun. */
  get path(): string | undefined {
    return this.#path;
  }

  emit(event: TelemetryEvent): void {
    if (event.type === 'start') this.#begin(event.run.directory, event.run.clock === 'sim');
    if (!this.#broadcast || this.#failed !== null || this.#closed) return;
    if (this.#simulated) this.#clock.follow(event);
    if (event.type === 'exchange') this.#writeExchange(event);
    else this.#broadcast.emit(event);
    if (event.type === 'hardware') this.#report = event.report.clock;
    this.#clock.wake();
  }

  /** Ends the file, so that it can be opened anywhere; may be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    this.#stop?.();
    this.#broadcast?.close();
    if (this.#path === undefined) return;
    if (this.#failed === null) {
      this.#tellClocks();
      this.#file.addMetadata('recording', new Map([['dropped', String(this.#dropped)]]));
    }
    await this.#file.end().catch((error) => this.#fail(error.message));
  }

  #begin(directory: string | null, simulated: boolean): void {
    const folder = this.#options.folder ?? directory;
    if (this.#path !== undefined || folder === null) return;
    this.#simulated = simulated;
    this.#began = this.#clock.now();
    const date = nameOf(new Date(this.#system.now()));
    let path = join(folder, 'recordings', `${date}.mcap`);
    for (let copy = 2; existsSync(path); copy++) path = join(folder, 'recordings', `${date}-${copy}.mcap`);
    this.#path = path;
    this.#file.begin(path);
    const { robot, world } = this.#meshes;
    const outlet: Outlet = {
      ...{ clients: 0, dropped: 0 },
      publish: (topic, build, news = true) => news && this.#write(topic, build, this.#clock.now()),
      forget() {},
      tick() {},
    };
    const control = new Control(() => {});
    this.#broadcast = new Broadcast(outlet, this.#clock, robot, world, control, { pace });
    for (const message of this.#notes) this.#broadcast.emit({ type: 'log', level: 'warning', message });
    this.#tellClocks();
    this.#stop = every(this.#system, FLUSH_INTERVAL, () => this.#flush());
  }

  /** Files that the picture needs, so that a recording shows on any machine what it showed on this one. */
  async #keepMeshes(): Promise<void> {
    let bytes = 0;
    for (const path of this.#meshes.paths) {
      const mesh = await this.#meshes.read(path);
      if (!mesh) continue;
      bytes += mesh.body.length;
      if (bytes > MOST_MESHES) {
        this.#notes.push(`the recording keeps ${MOST_MESHES / 1024 / 1024} MiB of meshes; there are more`);
        return;
      }
      this.#file.addAttachment(path, mesh.type, nanoseconds(this.#clock.now()), mesh.body);
    }
  }

  #writeExchange({ epoch, exchange }: Extract<TelemetryEvent, { type: 'exchange' }>): void {
    const now = this.#clock.now();
    const plausible = (offset: number | undefined): offset is number => {
      const late = now - exchange.readAt - (offset ?? Number.NaN);
      return late > -5 && late < 2000;
    };
    // One offset as long as it can be right: a step of the Unix clock is no step of a motor.
    if (!plausible(this.#bridgeOffset)) {
      const told = this.#report?.unixOffset;
      this.#bridgeOffset = plausible(told) ? told : now - exchange.readAt;
    }
    const at = this.#bridgeOffset + exchange.readAt;
    this.#write(topics.exchange, () => exchangeMessage(epoch, exchange), at);
  }

  /** @param time ms on the time line */
  #write(topic: string, build: () => unknown, time: number): void {
    const file = this.#file;
    const channel = this.#channels.get(topic);
    if (channel === undefined) return;
    if (file.waiting > BEHIND && display.has(topic)) {
      this.#dropped++;
      return;
    }
    const data = this.#encoder.encode(JSON.stringify(build()));
    file.add(channel, nanoseconds(time), nanoseconds(this.#system.now()), data);
    if (file.waiting > GIVEN_UP) this.#fail(`the disk is ${GIVEN_UP / 1024 / 1024} MiB behind`);
  }

  #flush(): void {
    if (this.#failed !== null) return;
    this.#clock.wake();
    this.#tellClocks();
    this.#file.flush();
    if (this.#file.failure) this.#fail(this.#file.failure.message);
  }

  #tellClocks(): void {
    const monotonic = this.#monotonic();
    const message = {
      monotonic,
      unixOffset: Date.now() - monotonic,
      recordingOffset: this.#clock.now() - monotonic,
      bridgeOffset: this.#bridgeOffset ?? null,
      robotOffset: this.#report?.robotOffset ?? null,
    };
    this.#write(clockTopic.topic, () => message, this.#clock.now());
  }

  #fail(reason: string): void {
    if (this.#failed !== null) return;
    this.#failed = reason;
    this.#stop?.();
    this.#options.onFailure?.(`${this.#path}: recording has stopped: ${reason}`);
  }
}

/** Local time as 20261122-150405. */
function nameOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

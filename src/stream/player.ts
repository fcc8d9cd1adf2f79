import { type Clock, every } from './clock.ts';
import { controlState } from './control.ts';
import { type Course, readCourse } from './episodes.ts';
import type { Hub } from './hub.ts';
import { logMessage } from './messages.ts';
import { ReadAhead } from './read-ahead.ts';
import { jsonOf, type RecordedMessage, type Recording } from './recording.ts';
import { retainedAt } from './retained.ts';
import { replayTopics } from './schemas.ts';
import {
  type ControlState,
  type ReplayMessage,
  type StatusMessage,
  type StepMessage,
  topics,
} from './wire.ts';

/** ms of the recording that are read ahead, at speed 1. */
const AHEAD = 2000;
/** Messages that are told in one go before others have their turn. */
const BATCH = 500;
const STATUS_INTERVAL = 100;
/** ms, where there are no control steps. */
const STEP = 20;

/**
 * Tells a hub what a recording holds, at the recording's pace. Time stands still where the disk is slower, nothing is made
 * up for by running faster. After a jump everything is told anew, as a late joiner would have heard it at that moment; what
 * belonged to another time is not told any more.
 */
export class Player {
  readonly #recording: Recording;
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #course: Course;
  readonly #stop: () => void;
  /** Recorded time of what is being told, ms since the Unix epoch: the time of the hub. */
  #told: number;
  /** Where the recording was at wall time `#since`. */
  #at: number;
  #since: number;
  #playing = false;
  #speed = 1;
  #ahead: ReadAhead;
  /** Grows with every jump. */
  #seeks = 0;
  #jumping: Promise<void> = Promise.resolve();
  #wanted: number | undefined;
  #cancel: (() => void) | undefined;
  #status: Partial<StatusMessage> = {};
  #poseAt: number | null = null;
  #failure: Error | undefined;
  #closed = false;

  /**
   * @param hub one whose clock is `() => player.time`
   * @param clock the machine's
   */
  static async open(recording: Recording, hub: (time: () => number) => Hub, clock: Clock): Promise<Player> {
    const course = await readCourse(recording);
    const player: Player = new Player(
      recording,
      hub(() => player?.time ?? recording.from),
      clock,
      course,
    );
    await player.seek(0);
    return player;
  }

  private constructor(recording: Recording, hub: Hub, clock: Clock, course: Course) {
    this.#recording = recording;
    this.#hub = hub;
    this.#clock = clock;
    this.#course = course;
    this.#ahead = new ReadAhead(recording, recording.from);
    this.#told = recording.from;
    this.#at = recording.from;
    this.#since = clock.now();
    this.#stop = every(clock, STATUS_INTERVAL, () => {
      this.#pump();
      this.#tellStatus();
    });
  }

  get hub(): Hub {
    return this.#hub;
  }

  /** Time of what is being told, ms since the Unix epoch. */
  get time(): number {
    return this.#told;
  }

  /** s since the recording's beginning. */
  get position(): number {
    return (this.#now() - this.#recording.from) / 1000;
  }

  get duration(): number {
    return (this.#recording.to - this.#recording.from) / 1000;
  }

  get playing(): boolean {
    return this.#playing;
  }

  get speed(): number {
    return this.#speed;
  }

  /** Recorded seconds per second; Infinity: as fast as the disk gives it. */
  set speed(speed: number) {
    this.#anchor(this.#now());
    this.#speed = speed;
    this.#pump();
    this.#tellStatus();
  }

  get state(): ControlState {
    return controlState(!this.#playing, this.#speed);
  }

  /** Why the recording cannot be read any further. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  play(): void {
    if (this.#now() >= this.#recording.to) void this.seek(0);
    this.#anchor(this.#now());
    this.#playing = true;
    this.#pump();
    this.#tellStatus();
  }

  pause(): void {
    this.#anchor(this.#now());
    this.#playing = false;
    this.#pump();
    this.#tellStatus();
  }

  /** Jumps; of jumps that are asked for meanwhile the last is made. @param time s since the recording's beginning */
  seek(time: number): Promise<void> {
    const first = this.#wanted === undefined;
    this.#wanted = Math.min(
      this.#recording.to,
      Math.max(this.#recording.from, this.#recording.from + 1000 * time),
    );
    if (first) {
      this.#jumping = this.#jumping.then(async () => {
        while (this.#wanted !== undefined && !this.#closed) await this.#jump(this.#wanted);
      });
    }
    return this.#jumping;
  }

  /** Goes on or back by control steps, and pauses there. */
  async step(count: number): Promise<void> {
    this.pause();
    await this.#jumping;
    const now = this.#now();
    const reverse = count < 0;
    // The newest up to now is the one that is shown.
    const range = reverse ? { to: now } : { from: now + 1e-3 };
    let target = now + count * STEP;
    let left = reverse ? 1 - count : count;
    try {
      for await (const { time } of this.#recording.messages({ topics: [topics.step], reverse, ...range })) {
        target = time;
        if (--left <= 0) break;
      }
    } catch (error) {
      this.#fail(error as Error);
    }
    if (reverse) await this.seek((target - this.#recording.from) / 1000);
    else await this.#goOn(Math.min(target, this.#recording.to));
  }

  /** Tells all up to a time that is ahead. */
  async #goOn(target: number): Promise<void> {
    const ahead = this.#ahead;
    this.#anchor(target);
    while (ahead === this.#ahead && !this.#closed) {
      while (this.#tellNext(target)) {}
      if (ahead.next || this.#ended) break;
      await this.#read();
    }
    this.#tellStatus();
  }

  /** Goes to the beginning of the episode that is shown, or, within half a second of it, of the one before. */
  restartEpisode(): Promise<void> {
    const from = this.#course.episodes
      .map((episode) => episode.from)
      .filter((begin) => begin <= this.position - 0.5);
    return this.seek(from.at(-1) ?? 0);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#stop();
    this.#ahead.close();
  }

  /** Where the recording is, ms since the Unix epoch. */
  #now(): number {
    if (!this.#playing) return this.#at;
    if (this.#speed === Infinity) return this.#told;
    const now = this.#at + (this.#clock.now() - this.#since) * this.#speed;
    return Math.min(now, this.#recording.to);
  }

  #anchor(at: number): void {
    this.#at = at;
    this.#since = this.#clock.now();
  }

  /** Tells what is due, and comes back when more is. */
  #pump(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#closed || this.#wanted !== undefined) return;
    const now = this.#speed === Infinity && this.#playing ? Infinity : this.#now();
    let count = 0;
    while (count < BATCH && this.#tellNext(now)) count++;
    void this.#read();
    if (!this.#playing) return;
    const { next } = this.#ahead;
    if (!next) {
      if (this.#ended) this.#arrive();
      // Nothing to tell yet: time waits for the disk.
      else this.#anchor(Math.min(now, this.#told));
      return;
    }
    const wait = count === BATCH ? 0 : (next.time - now) / this.#speed;
    this.#cancel = this.#clock.after(Math.max(0, Math.min(STATUS_INTERVAL, wait)), () => this.#pump());
  }

  /** The recording is over. */
  #arrive(): void {
    if (this.#speed !== Infinity && this.#now() < this.#recording.to) {
      const wait = (this.#recording.to - this.#now()) / this.#speed;
      this.#cancel = this.#clock.after(Math.min(STATUS_INTERVAL, wait), () => this.#pump());
      return;
    }
    this.#anchor(this.#recording.to);
    this.#playing = false;
    this.#tellStatus();
  }

  /** Nothing comes after what is in memory. */
  get #ended(): boolean {
    return this.#failure !== undefined || this.#ahead.ended;
  }

  async #read(): Promise<void> {
    const ahead = this.#ahead;
    const starved = !ahead.next;
    const far = () => this.#now() + AHEAD * Math.min(16, Math.max(1, this.#speed));
    if (this.#failure || !(await ahead.read(far)) || ahead !== this.#ahead) return;
    if (ahead.failure) this.#fail(ahead.failure);
    else if (starved && this.#playing) this.#anchor(this.#at);
    if (this.#playing) this.#pump();
  }

  async #jump(to: number): Promise<void> {
    const seeks = ++this.#seeks;
    this.#ahead.close();
    let past: RecordedMessage[] = [];
    try {
      past = await retainedAt(this.#recording, this.#course, to);
    } catch (error) {
      this.#fail(error as Error);
    }
    if (this.#closed) return;
    if (this.#wanted === to) this.#wanted = undefined;
    else return;
    this.#ahead = new ReadAhead(this.#recording, to + 1e-3);
    this.#anchor(to);
    this.#told = to;
    this.#poseAt = null;
    for (const { topic } of replayTopics) this.#hub.forget(topic);
    const { name, from, notes } = this.#recording;
    const replay: ReplayMessage = {
      ...{ file: name, began: from / 1000, duration: this.duration },
      ...{ notes, episodes: this.#course.episodes, seeks },
    };
    this.#hub.publish(topics.replay, () => replay);
    for (const message of past) this.#tell(message);
    this.#told = to;
    this.#tellStatus();
    this.#pump();
  }

  /** False where nothing in memory is due at a time, ms since the Unix epoch. */
  #tellNext(due: number): boolean {
    const message = this.#ahead.take(due);
    if (message) this.#tell(message);
    return message !== undefined;
  }

  #tell(message: RecordedMessage): void {
    const { topic, time, data } = message;
    this.#told = time;
    try {
      if (topic === topics.status) {
        this.#status = jsonOf(this.#recording.file, message) as StatusMessage;
        return;
      }
      if (topic === topics.step) {
        const { trial, step, time: plant } = jsonOf(this.#recording.file, message) as StepMessage;
        this.#status = { ...this.#status, trial, step, time: plant };
      }
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    if (topic === topics.tf) this.#poseAt = time;
    this.#hub.publish(topic, () => data);
  }

  #tellStatus(): void {
    if (this.#closed) return;
    const now = this.#now();
    if (this.#playing && this.#speed !== Infinity) this.#told = Math.max(this.#told, now);
    const { activity = 'connected', detail = null, since = 0, ended = null } = this.#status;
    const { trial = null, step = null, time = null } = this.#status;
    const status: StatusMessage = {
      ...{ activity, detail, since, ended, trial, step, time },
      ...this.state,
      poseAge: this.#playing && this.#poseAt !== null ? Math.max(0, now - this.#poseAt) / 1000 : null,
      realTimeFactor: this.#playing && this.#speed !== Infinity ? this.#speed : null,
      ...{ clients: this.#hub.clients, dropped: this.#hub.dropped },
      recording: null,
      replay: { at: (now - this.#recording.from) / 1000, duration: this.duration },
    };
    this.#hub.tick();
    this.#hub.publish(topics.status, () => status);
  }

  /** What was read so far is still shown; a damaged rest is not. */
  #fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    const told = this.#told;
    this.#hub.publish(topics.log, () => logMessage('error', error.message, told));
  }
}

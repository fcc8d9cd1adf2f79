import type { Clock } from './clock.ts';
import { every } from './clock.ts';
import type { Hub } from './hub.ts';
import { jsonOf, type RecordedMessage, type Recording } from './recording.ts';
import { replayTopics } from './schemas.ts';
import { type ReplayMessage, type StatusMessage, type StepMessage, topics } from './wire.ts';

/** ms of the recording that are read ahead, at speed 1. */
const AHEAD = 2000;
/** Read ahead is no more than this, bytes. */
const MOST_AHEAD = 16 * 1024 * 1024;
/** Messages that are told in one go before others have their turn. */
const BATCH = 500;
const STATUS_INTERVAL = 100;
/** ms, where there are no control steps. */
const STEP = 20;
/** What a late joiner hears of events, ms or a count. */
const TIMING_PAST = 60_000;
const FIT_PAST = 400;
const LOG_PAST = 50;

const known: ReadonlySet<string> = new Set(replayTopics.map(({ topic }) => topic));
/** The newest message of each tells how things stand. */
const states = replayTopics
  .filter(({ topic, kind }) => kind === 'state' && topic !== topics.status)
  .map(({ topic }) => topic);

type Episode = ReplayMessage['episodes'][number];

/**
 * Tells a hub what a recording holds, at the recording's pace. Time stands still where the disk is slower, nothing is made
 * up for by running faster. After a jump everything is told anew, as a late joiner would have heard it at that moment; what
 * belonged to another time is not told any more.
 */
export class Player {
  readonly #recording: Recording;
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #episodes: readonly Episode[];
  /** Every trial's end. */
  readonly #trials: readonly RecordedMessage[];
  readonly #stop: () => void;
  /** Recorded time of what is being told, ms since the Unix epoch: the time of the hub. */
  #told: number;
  /** Where the recording was at wall time `#since`. */
  #at: number;
  #since: number;
  #playing = false;
  #speed = 1;
  #ahead: RecordedMessage[] = [];
  #aheadBytes = 0;
  #source: AsyncGenerator<RecordedMessage, void, void> | undefined;
  #reading = false;
  #exhausted = false;
  /** Grows with every jump: what was asked of the disk before it is not told. */
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
    const marks: RecordedMessage[] = [];
    for await (const message of recording.messages({ topics: [topics.scene, topics.trial] }))
      marks.push(message.topic === topics.trial ? message : { ...message, data: new Uint8Array() });
    const trials = marks.filter(({ topic }) => topic === topics.trial);
    const episodes = await episodesOf(recording, marks);
    const player: Player = new Player(
      recording,
      hub(() => player?.time ?? recording.from),
      clock,
      episodes,
      trials,
    );
    await player.seek(0);
    return player;
  }

  private constructor(
    recording: Recording,
    hub: Hub,
    clock: Clock,
    episodes: readonly Episode[],
    trials: readonly RecordedMessage[],
  ) {
    this.#recording = recording;
    this.#hub = hub;
    this.#clock = clock;
    this.#episodes = episodes;
    this.#trials = trials;
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
    const seeks = this.#seeks;
    this.#anchor(target);
    while (seeks === this.#seeks && !this.#closed) {
      while (this.#ahead.length > 0 && this.#ahead[0].time <= target) this.#tellNext();
      if (this.#ahead.length > 0 || this.#exhausted) break;
      await this.#read();
      // Somebody else reads.
      if (this.#reading) await new Promise((done) => setImmediate(done));
    }
    this.#tellStatus();
  }

  /** Goes to the beginning of the episode that is shown, or, within half a second of it, of the one before. */
  restartEpisode(): Promise<void> {
    const from = this.#episodes
      .map((episode) => episode.from)
      .filter((begin) => begin <= this.position - 0.5);
    return this.seek(from.at(-1) ?? 0);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#stop();
    void this.#source?.return();
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
    while (this.#ahead.length > 0 && this.#ahead[0].time <= now && count < BATCH) {
      this.#tellNext();
      count++;
    }
    void this.#read();
    if (!this.#playing) return;
    if (this.#ahead.length === 0) {
      if (this.#exhausted) this.#arrive();
      // Nothing to tell yet: time waits for the disk.
      else this.#anchor(Math.min(now, this.#told));
      return;
    }
    const wait = count === BATCH ? 0 : (this.#ahead[0].time - now) / this.#speed;
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

  async #read(): Promise<void> {
    const source = this.#source;
    if (!source || this.#reading || this.#exhausted) return;
    const seeks = this.#seeks;
    const enough = () => {
      const far = this.#now() + AHEAD * Math.min(16, Math.max(1, this.#speed));
      return this.#aheadBytes > MOST_AHEAD || (this.#ahead.at(-1)?.time ?? -Infinity) > far;
    };
    if (enough()) return;
    this.#reading = true;
    try {
      const starved = this.#ahead.length === 0;
      while (!enough()) {
        const next = await source.next();
        if (seeks !== this.#seeks) return;
        if (next.done) {
          this.#exhausted = true;
          break;
        }
        if (!known.has(next.value.topic)) continue;
        this.#ahead.push(next.value);
        this.#aheadBytes += next.value.data.length;
      }
      if (starved && this.#playing) this.#anchor(this.#at);
    } catch (error) {
      if (seeks === this.#seeks) this.#fail(error as Error);
    } finally {
      if (seeks === this.#seeks) {
        this.#reading = false;
        if (this.#playing) this.#pump();
      }
    }
  }

  async #jump(to: number): Promise<void> {
    const seeks = ++this.#seeks;
    void this.#source?.return();
    let past: RecordedMessage[];
    try {
      past = await this.#past(to);
    } catch (error) {
      past = [];
      this.#fail(error as Error);
    }
    if (this.#closed) return;
    if (this.#wanted === to) this.#wanted = undefined;
    else return;
    this.#ahead = [];
    this.#aheadBytes = 0;
    this.#reading = false;
    this.#exhausted = this.#failure !== undefined;
    this.#source = this.#recording.messages({ from: to + 1e-3 });
    this.#anchor(to);
    this.#told = to;
    this.#poseAt = null;
    for (const { topic } of replayTopics) this.#hub.forget(topic);
    const { name, from, notes } = this.#recording;
    const replay: ReplayMessage = {
      ...{ file: name, began: from / 1000, duration: this.duration },
      ...{ notes, episodes: this.#episodes, seeks },
    };
    this.#hub.publish(topics.replay, () => replay);
    for (const message of past) this.#tell(message);
    this.#told = to;
    this.#tellStatus();
    this.#pump();
  }

  /** What a late joiner would have heard at a time. */
  async #past(to: number): Promise<RecordedMessage[]> {
    const recording = this.#recording;
    const found: RecordedMessage[] = [];
    const newest = async (topic: string, most: number, last = (_: RecordedMessage) => false) => {
      const some: RecordedMessage[] = [];
      for await (const message of recording.messages({ topics: [topic], to, reverse: true })) {
        some.push(message);
        if (some.length >= most || last(message)) break;
      }
      found.push(...some.reverse());
    };
    const since = async (topic: string, from: number) => {
      for await (const message of recording.messages({ topics: [topic], from, to })) found.push(message);
    };
    for (const topic of [topics.run, topics.status]) await newest(topic, 1);
    found.push(...this.#trials.filter(({ time }) => time <= to));
    const at = (to - recording.from) / 1000;
    const episode = this.#episodes.findLast(({ from }) => from <= at);
    if (episode) await since(topics.step, recording.from + 1000 * episode.from);
    await since(topics.timing, Math.max(recording.from, to - TIMING_PAST));
    const begins = (message: RecordedMessage) =>
      (jsonOf(recording.file, message) as { epoch?: number }).epoch === 0;
    await newest(topics.fit, FIT_PAST, begins);
    await newest(topics.log, LOG_PAST);
    for (const topic of states) if (topic !== topics.run) await newest(topic, 1);
    return found;
  }

  #tellNext(): void {
    const message = this.#ahead.shift() as RecordedMessage;
    this.#aheadBytes -= message.data.length;
    this.#tell(message);
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
      ...{ paused: !this.#playing, speed: this.#speed === Infinity ? 'max' : this.#speed },
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
    this.#exhausted = true;
    if (this.#failure) return;
    this.#failure = error;
    const sec = Math.floor(this.#told / 1000);
    const log = { level: 4, message: error.message, name: 'premotor', file: '', line: 0 };
    this.#hub.publish(topics.log, () => ({ timestamp: { sec, nsec: 0 }, ...log }));
  }
}

/** From one reset to the trial's end, or to the next reset. @param marks scenes and ends of trials, in order */
async function episodesOf(recording: Recording, marks: readonly RecordedMessage[]): Promise<Episode[]> {
  const episodes: { trial: number | null; from: number; to: number }[] = [];
  const seconds = (time: number) => (time - recording.from) / 1000;
  for (const message of marks) {
    const at = seconds(message.time);
    const last = episodes.at(-1);
    if (message.topic === topics.scene) {
      if (last && last.to === Infinity) last.to = at;
      episodes.push({ trial: null, from: at, to: Infinity });
    } else if (last && last.trial === null) {
      const { trial } = jsonOf(recording.file, message) as { trial: unknown };
      last.trial = typeof trial === 'number' ? trial : null;
      last.to = at;
    }
  }
  const [first] = episodes;
  // Before the first reset the robot stands at home.
  if (first && first.trial === null) {
    const range = { from: recording.from + 1000 * first.from, to: recording.from + 1000 * first.to };
    const to = first.to === Infinity ? recording.to : range.to;
    const steps = recording.messages({ topics: [topics.step], from: range.from, to });
    if ((await steps.next()).done) episodes.shift();
    await steps.return();
  }
  const last = episodes.at(-1);
  if (last && last.to === Infinity) last.to = seconds(recording.to);
  for (const [i, episode] of episodes.entries())
    if (episode.trial === null && i > 0 && episodes[i - 1].trial !== null)
      episode.trial = (episodes[i - 1].trial as number) + 1;
  return episodes;
}

import type { RecordedMessage, Recording } from './recording.ts';
import { replayTopics } from './schemas.ts';

/** Read ahead is no more than this, bytes. */
const MOST = 16 * 1024 * 1024;

const known = replayTopics.map(({ topic }) => topic);

/** The messages of our topics in a recording from a time on, in order; the next of them are in memory. */
export class ReadAhead {
  readonly #source: AsyncGenerator<RecordedMessage, void, void>;
  #messages: RecordedMessage[] = [];
  #bytes = 0;
  #reading: Promise<void> | undefined;
  #ended = false;
  #failure: Error | undefined;

  /** @param from ms since the Unix epoch */
  constructor(recording: Pick<Recording, 'messages'>, from: number) {
    this.#source = recording.messages({ topics: known, from });
  }

  /** The next in memory. */
  get next(): RecordedMessage | undefined {
    return this.#messages[0];
  }

  /** Nothing comes after what is in memory. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Why it ended before the recording did. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The next in memory where it is due; it stays there no longer. @param due ms since the Unix epoch; may be Infinity */
  take(due: number): RecordedMessage | undefined {
    const [message] = this.#messages;
    if (!message || message.time > due) return undefined;
    this.#messages.shift();
    this.#bytes -= message.data.length;
    return message;
  }

  /**
   * Reads until something in memory is later than a time, which may move meanwhile, or memory is full. Who asks while it
   * reads waits with whoever asked first. Never rejects.
   * @param until ms since the Unix epoch
   * @returns whether this call made it read
   */
  async read(until: () => number): Promise<boolean> {
    if (this.#reading) {
      await this.#reading;
      return false;
    }
    if (this.#ended || this.#enough(until())) return false;
    this.#reading = this.#fill(until);
    await this.#reading;
    return true;
  }

  /** Forgets what is in memory; what the disk still gives is not kept. */
  close(): void {
    this.#ended = true;
    this.#messages = [];
    this.#bytes = 0;
    void this.#source.return();
  }

  #enough(until: number): boolean {
    return this.#bytes > MOST || (this.#messages.at(-1)?.time ?? -Infinity) > until;
  }

  async #fill(until: () => number): Promise<void> {
    try {
      while (!this.#enough(until())) {
        const { done, value } = await this.#source.next();
        if (done) this.#ended = true;
        if (done || this.#ended) return;
        this.#messages.push(value);
        this.#bytes += value.data.length;
      }
    } catch (error) {
      if (!this.#ended) this.#failure = error as Error;
      this.#ended = true;
    } finally {
      this.#reading = undefined;
    }
  }
}

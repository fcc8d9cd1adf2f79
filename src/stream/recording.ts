import { basename } from 'node:path';
import { McapIndexedReader } from '@mcap/core';
import { InputError } from '../core/errors.ts';
import { nanoseconds } from './clock.ts';
import { FileBytes } from './mcap-reading.ts';
import { MAGIC_LENGTH, salvage } from './mcap-salvage.ts';

export interface RecordedMessage {
  readonly topic: string;
  /** ms since the Unix epoch: `log_time`. */
  readonly time: number;
  readonly sequence: number;
  /** JSON, in recordings of ours. */
  readonly data: Uint8Array;
}

export interface Selection {
  /** Left out: all. */
  readonly topics?: readonly string[];
  /** ms since the Unix epoch, both inclusive. */
  readonly from?: number;
  readonly to?: number;
  /** The newest first. */
  readonly reverse?: boolean;
}

export interface RecordedTopicInfo {
  readonly topic: string;
  readonly schema: string;
  readonly encoding: string;
}

/** An MCAP file, whole or cut off. What cannot be read is an InputError of one line. */
export class Recording {
  readonly file: string;
  /** Its name, without folders. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** ms since the Unix epoch, of the first and last message. */
  readonly from: number;
  readonly to: number;
  readonly topics: readonly RecordedTopicInfo[];
  /** The file was cut off or damaged, and this is what was left. */
  readonly cut: boolean;
  /** What is missing, for people. */
  readonly notes: readonly string[];
  readonly #bytes: FileBytes;
  readonly #reader: McapIndexedReader;
  readonly #topicOf = new Map<number, string>();

  static async open(file: string): Promise<Recording> {
    const bytes = await FileBytes.open(file);
    try {
      if (!(await hasMagic(bytes))) throw new InputError(`${file}: not an MCAP file`);
      const whole = await McapIndexedReader.Initialize({ readable: bytes }).catch(() => undefined);
      if (whole) return new Recording(file, bytes, whole, []);
      const { bytes: mended, chunks, kept } = await salvage(bytes);
      if (chunks === 0) throw new InputError(`${file}: cut off before the first second was written`);
      const reader = await McapIndexedReader.Initialize({ readable: mended });
      const lost = bytes.length - kept;
      const end = new Date(Number((reader.chunkIndexes.at(-1)?.messageEndTime ?? 0n) / 1_000_000n));
      const till = end.toLocaleTimeString([], { hour12: false });
      const note = `the recording was cut off: everything up to ${till} is here, ${lost} bytes after it are lost`;
      return new Recording(file, bytes, reader, [note]);
    } catch (error) {
      await bytes.close();
      throw error instanceof InputError ? error : damaged(file, error);
    }
  }

  private constructor(file: string, bytes: FileBytes, reader: McapIndexedReader, notes: string[]) {
    this.file = file;
    this.name = basename(file);
    this.size = bytes.length;
    this.cut = notes.length > 0;
    this.notes = notes;
    this.#bytes = bytes;
    this.#reader = reader;
    const { chunkIndexes, channelsById, schemasById } = reader;
    let [from, to] = [Infinity, -Infinity];
    for (const { messageStartTime, messageEndTime } of chunkIndexes) {
      from = Math.min(from, milliseconds(messageStartTime));
      to = Math.max(to, milliseconds(messageEndTime));
    }
    if (!(from <= to)) throw new InputError(`${file}: there is no message in it`);
    this.from = from;
    this.to = to;
    for (const { id, topic } of channelsById.values()) this.#topicOf.set(id, topic);
    this.topics = [...channelsById.values()].map(({ topic, schemaId, messageEncoding }) => ({
      topic,
      schema: schemasById.get(schemaId)?.name ?? '',
      encoding: messageEncoding,
    }));
  }

  /** In the order of their times. */
  async *messages({
    topics,
    from,
    to,
    reverse,
  }: Selection = {}): AsyncGenerator<RecordedMessage, void, void> {
    const startTime = from === undefined ? undefined : nanoseconds(from);
    const endTime = to === undefined ? undefined : nanoseconds(to) + 999n;
    try {
      const found = this.#reader.readMessages({ topics, startTime, endTime, reverse });
      for await (const { channelId, logTime, sequence, data } of found)
        yield { topic: this.#topicOf.get(channelId) ?? '', time: milliseconds(logTime), sequence, data };
    } catch (error) {
      throw damaged(this.file, error);
    }
  }

  /** A metadata record by its name. */
  async metadata(name: string): Promise<ReadonlyMap<string, string> | undefined> {
    try {
      for await (const { metadata } of this.#reader.readMetadata({ name })) return metadata;
    } catch (error) {
      throw damaged(this.file, error);
    }
    return undefined;
  }

  /** An attachment by its name. */
  async attachment(name: string): Promise<{ readonly type: string; readonly data: Uint8Array } | undefined> {
    const index = this.#reader.attachmentIndexes.find((other) => other.name === name);
    if (!index) return undefined;
    try {
      for await (const { mediaType, data } of this.#reader.readAttachments({ name }))
        return { type: mediaType, data };
    } catch (error) {
      throw damaged(this.file, error);
    }
    return undefined;
  }

  close(): Promise<void> {
    return this.#bytes.close();
  }
}

/** The JSON of a message. Throws InputError. */
export function jsonOf(file: string, { topic, data }: RecordedMessage): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    throw new InputError(`${file}: a message of ${topic} is not JSON`);
  }
}

async function hasMagic(bytes: FileBytes): Promise<boolean> {
  if (bytes.length < MAGIC_LENGTH) return false;
  const magic = await bytes.read(0n, BigInt(MAGIC_LENGTH));
  return [0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a].every((byte, i) => magic[i] === byte);
}

function damaged(file: string, error: unknown): InputError {
  const reason = error instanceof Error ? error.message : String(error);
  return new InputError(`${file}: damaged: ${reason.replace(/\s*\[library=[^\]]*\]/, '')}`, { cause: error });
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n) / 1000;
}

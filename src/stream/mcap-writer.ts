import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { McapChunkBuilder, McapRecordBuilder, type McapTypes, Opcode } from '@mcap/core';

/** A topic as a recording names it. */
export interface RecordedTopic {
  readonly topic: string;
  readonly schemaName: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** A chunk is closed when it is so large, bytes. */
const CHUNK = 512 * 1024;

/**
 * Writes an MCAP file (mcap.dev/spec): chunks with CRCs and message indexes, a summary at its end. What was flushed can
 * be read whatever becomes of this process: the system has it. Nothing here waits for the disk; `waiting` says how far it
 * is behind.
 */
export class McapFile {
  #file: string | undefined;
  #handle: FileHandle | undefined;
  readonly #topics: readonly RecordedTopic[];
  readonly #chunk = new McapChunkBuilder({ useMessageIndex: true });
  readonly #chunkIndexes: McapTypes.ChunkIndex[] = [];
  readonly #metadataIndexes: McapTypes.MetadataIndex[] = [];
  readonly #attachmentIndexes: McapTypes.AttachmentIndex[] = [];
  readonly #counts = new Map<number, bigint>();
  readonly #sequence: number[];
  #first = 0n;
  #last = 0n;
  /** What was added before there was a file. */
  readonly #head: Uint8Array[] = [];
  readonly #queue: Uint8Array[] = [];
  #waiting = 0;
  #position = 0n;
  #crc = 0;
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;

  /** @param topics channel and schema ids are places in it, from 1 */
  constructor(topics: readonly RecordedTopic[], library: string) {
    this.#topics = topics;
    this.#sequence = topics.map(() => 0);
    const records = new McapRecordBuilder();
    records.writeMagic();
    records.writeHeader({ profile: '', library });
    // Told before any message, so that a cut file has them.
    this.#declare(records);
    this.#push(records);
  }

  /**
   * Makes the file and its folder as soon as it can; one that is there already is left alone, which is a failure. What
   * was added before is its beginning.
   */
  begin(file: string): void {
    this.#file = file;
    this.#advance();
  }

  /** Bytes added since the file's beginning that the disk has not taken yet, without the chunk that is being filled. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Bytes written or waiting. */
  get bytes(): number {
    return Number(this.#position) + this.#chunk.byteLength;
  }

  /** Why the file cannot be written any more. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** @param channel place in the topics, from 0. Times in ns since the Unix epoch. */
  add(channel: number, logTime: bigint, publishTime: bigint, data: Uint8Array): void {
    const channelId = channel + 1;
    const sequence = this.#sequence[channel]++;
    this.#chunk.addMessage({ channelId, sequence, logTime, publishTime, data });
    const before = this.#counts.get(channelId);
    this.#counts.set(channelId, (before ?? 0n) + 1n);
    if (this.#first === 0n || logTime < this.#first) this.#first = logTime;
    if (logTime > this.#last) this.#last = logTime;
    if (this.#chunk.byteLength >= CHUNK) this.flush();
  }

  addMetadata(name: string, metadata: ReadonlyMap<string, string>): void {
    this.flush();
    const records = new McapRecordBuilder();
    const offset = this.#position;
    const length = records.writeMetadata({ name, metadata: new Map(metadata) });
    this.#metadataIndexes.push({ name, offset, length });
    this.#push(records);
  }

  addAttachment(name: string, mediaType: string, time: bigint, data: Uint8Array): void {
    this.flush();
    const records = new McapRecordBuilder();
    const offset = this.#position;
    const times = { logTime: time, createTime: time };
    const length = records.writeAttachment({ ...times, name, mediaType, data });
    const dataSize = BigInt(data.byteLength);
    this.#attachmentIndexes.push({ ...times, name, mediaType, offset, length, dataSize });
    this.#push(records);
  }

  /** Closes the chunk: a reader finds what was added so far. */
  flush(): void {
    const chunk = this.#chunk;
    if (chunk.numMessages === 0) return;
    const data = chunk.buffer;
    const records = new McapRecordBuilder();
    const chunkStartOffset = this.#position;
    const { messageStartTime, messageEndTime } = chunk;
    const uncompressedSize = BigInt(data.byteLength);
    const times = { messageStartTime, messageEndTime, uncompressedSize, compression: '' };
    const chunkLength = records.writeChunk({ ...times, uncompressedCrc: crc32(data), records: data });
    const messageIndexOffsets = new Map<number, bigint>();
    let messageIndexLength = 0n;
    for (const index of chunk.indices) {
      messageIndexOffsets.set(index.channelId, chunkStartOffset + chunkLength + messageIndexLength);
      messageIndexLength += records.writeMessageIndex(index);
    }
    this.#chunkIndexes.push({
      ...{ ...times, chunkStartOffset, chunkLength, compressedSize: uncompressedSize },
      ...{ messageIndexOffsets, messageIndexLength },
    });
    chunk.reset();
    this.#push(records);
  }

  /** Writes the summary, waits for the disk and closes the file. Throws what went wrong with it at any time. */
  async end(): Promise<void> {
    this.flush();
    this.#pushSummary();
    await this.#writing;
    await this.#handle?.close();
    if (this.#failure) throw this.#failure;
  }

  #declare(records: McapRecordBuilder): void {
    for (const [index, { schemaName, schema }] of this.#topics.entries()) {
      const data = new TextEncoder().encode(JSON.stringify(schema));
      records.writeSchema({ id: index + 1, name: schemaName, encoding: 'jsonschema', data });
    }
    for (const [index, { topic }] of this.#topics.entries()) {
      const id = index + 1;
      records.writeChannel({ id, schemaId: id, topic, messageEncoding: 'json', metadata: new Map() });
    }
  }

  #pushSummary(): void {
    const data = new McapRecordBuilder();
    data.writeDataEnd({ dataSectionCrc: this.#crc });
    this.#push(data);
    const summaryStart = this.#position;
    const records = new McapRecordBuilder();
    this.#declare(records);
    records.writeStatistics({
      messageCount: [...this.#counts.values()].reduce((sum, count) => sum + count, 0n),
      schemaCount: this.#topics.length,
      channelCount: this.#topics.length,
      attachmentCount: this.#attachmentIndexes.length,
      metadataCount: this.#metadataIndexes.length,
      chunkCount: this.#chunkIndexes.length,
      messageStartTime: this.#first,
      messageEndTime: this.#last,
      channelMessageCounts: this.#counts,
    });
    for (const index of this.#metadataIndexes) records.writeMetadataIndex(index);
    for (const index of this.#attachmentIndexes) records.writeAttachmentIndex(index);
    for (const index of this.#chunkIndexes) records.writeChunkIndex(index);
    this.#push(closing(records, summaryStart));
  }

  #push(records: McapRecordBuilder): void {
    // The builder's buffer is its own, and larger.
    const bytes = records.buffer.slice();
    this.#position += BigInt(bytes.length);
    this.#crc = crc32(bytes, this.#crc);
    if (this.#file === undefined) {
      this.#head.push(bytes);
      return;
    }
    this.#waiting += bytes.length;
    this.#queue.push(bytes);
    this.#advance();
  }

  #advance(): void {
    this.#writing ??= this.#drain(this.#file as string);
  }

  async #drain(file: string): Promise<void> {
    for (let next = this.#head.shift(); next; next = this.#head.shift()) await this.#write(file, next);
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      await this.#write(file, next);
      this.#waiting -= next.length;
    }
    // At once: what is added after the loop's last look begins another.
    this.#writing = undefined;
  }

  async #write(file: string, bytes: Uint8Array): Promise<void> {
    if (this.#failure) return;
    try {
      if (!this.#handle) {
        await mkdir(dirname(file), { recursive: true });
        this.#handle = await open(file, 'wx');
      }
      await this.#handle.writeFile(bytes);
    } catch (error) {
      this.#failure = error as Error;
    }
  }
}

/** Adds footer and magic to the records of a summary that begins at `summaryStart`. */
export function closing(summary: McapRecordBuilder, summaryStart: bigint): McapRecordBuilder {
  // Its CRC goes up to and includes the footer's own beginning.
  const footer = new DataView(new ArrayBuffer(25));
  footer.setUint8(0, Opcode.FOOTER);
  footer.setBigUint64(1, 20n, true);
  footer.setBigUint64(9, summaryStart, true);
  const summaryCrc = crc32(footer, crc32(summary.buffer));
  summary.writeFooter({ summaryStart, summaryOffsetStart: 0n, summaryCrc });
  summary.writeMagic();
  return summary;
}

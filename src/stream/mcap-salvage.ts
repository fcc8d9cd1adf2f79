import { McapRecordBuilder, McapStreamReader, type McapTypes, Opcode } from '@mcap/core';
import type { FileBytes } from './mcap-reading.ts';
import { closing } from './mcap-writer.ts';

/** Bytes of a record before its content: opcode and length. */
const HEAD = 9;
export const MAGIC_LENGTH = 8;
/** A record longer than this in a damaged file is damage, bytes. */
const LARGEST = 128 * 1024 * 1024;

export interface Salvaged {
  /** The file up to its damage, with a summary made anew: as whole as it can be. */
  readonly bytes: McapTypes.IReadable;
  readonly chunks: number;
  /** How much of the file counts, bytes. */
  readonly kept: number;
}

/**
 * Reads a file that was cut off, or whose summary is damaged, record by record up to the first that is not whole, and
 * makes the summary that it lacks. A chunk counts when its CRC is right.
 */
export async function salvage(file: FileBytes): Promise<Salvaged> {
  const found = new Findings();
  let offset = MAGIC_LENGTH;
  while (offset + HEAD <= file.length) {
    const head = await file.read(BigInt(offset), BigInt(HEAD));
    const opcode = head[0];
    const length = new DataView(head.buffer).getBigUint64(1, true);
    const end = offset + HEAD + Number(length);
    if (end > file.length || length > BigInt(LARGEST)) break;
    if (opcode === 0 || opcode === Opcode.DATA_END || opcode === Opcode.FOOTER) break;
    const record = await file.read(BigInt(offset), BigInt(end - offset));
    if (!found.add(record, offset)) break;
    offset = end;
  }
  const tail = found.tail(offset);
  const bytes: McapTypes.IReadable = {
    size: async () => BigInt(offset + tail.length),
    async read(from, size) {
      const start = Number(from);
      const stop = start + Number(size);
      if (start < 0 || stop > offset + tail.length) throw new Error(`${size} bytes at ${from} are not there`);
      if (start >= offset) return tail.slice(start - offset, stop - offset);
      if (stop <= offset) return file.read(from, size);
      const first = await file.read(from, BigInt(offset - start));
      return new Uint8Array(Buffer.concat([first, tail.subarray(0, stop - offset)]));
    },
  };
  return { bytes, chunks: found.chunks, kept: offset };
}

interface FoundChunk {
  readonly index: McapTypes.ChunkIndex;
  /** Which channels have messages in it, with their times and places. */
  readonly messages: Map<number, [logTime: bigint, offset: bigint][]>;
}

/** What a damaged file holds. */
class Findings {
  readonly #reader = new McapStreamReader({ noMagicPrefix: true, includeChunks: true });
  readonly #schemas = new Map<number, McapTypes.Schema>();
  readonly #channels = new Map<number, McapTypes.Channel>();
  readonly #chunks: FoundChunk[] = [];
  readonly #metadata: McapTypes.MetadataIndex[] = [];
  readonly #attachments: McapTypes.AttachmentIndex[] = [];

  get chunks(): number {
    return this.#chunks.length;
  }

  /** False where a record is not what it says. */
  add(record: Uint8Array, offset: number): boolean {
    try {
      if (record[0] === Opcode.MESSAGE_INDEX) this.#addIndex(record, offset);
      else this.#read(record, offset);
      return true;
    } catch {
      return false;
    }
  }

  #read(record: Uint8Array, at: number): void {
    this.#reader.append(record);
    const offset = BigInt(at);
    const length = BigInt(record.length);
    let chunk: McapTypes.TypedMcapRecords['Chunk'] | undefined;
    for (let next = this.#reader.nextRecord(); next; next = this.#reader.nextRecord()) {
      if (next.type === 'Schema') this.#schemas.set(next.id, next);
      else if (next.type === 'Channel') this.#channels.set(next.id, next);
      else if (next.type === 'Metadata') this.#metadata.push({ name: next.name, offset, length });
      else if (next.type === 'Attachment') {
        const { name, mediaType, logTime, createTime, data } = next;
        const dataSize = BigInt(data.byteLength);
        this.#attachments.push({ name, mediaType, logTime, createTime, dataSize, offset, length });
      } else if (next.type === 'Chunk') chunk = next;
    }
    if (!chunk) return;
    const { compression, messageStartTime, messageEndTime, uncompressedSize, records } = chunk;
    this.#chunks.push({
      messages: messagesOf(records),
      index: {
        ...{ messageStartTime, messageEndTime, compression, uncompressedSize },
        ...{ chunkStartOffset: offset, chunkLength: length },
        compressedSize: BigInt(records.byteLength),
        messageIndexOffsets: new Map(),
        messageIndexLength: 0n,
      },
    });
  }

  #addIndex(record: Uint8Array, offset: number): void {
    const chunk = this.#chunks.at(-1);
    if (!chunk) return;
    const channel = record[HEAD] | (record[HEAD + 1] << 8);
    chunk.index.messageIndexOffsets.set(channel, BigInt(offset));
    chunk.index.messageIndexLength += BigInt(record.length);
  }

  /** What goes behind the data, which ends at `offset`. */
  tail(offset: number): Uint8Array {
    const records = new McapRecordBuilder();
    for (const { index, messages } of this.#chunks) {
      if ([...messages.keys()].every((channel) => index.messageIndexOffsets.has(channel))) continue;
      index.messageIndexOffsets.clear();
      index.messageIndexLength = 0n;
      for (const [channelId, places] of messages) {
        index.messageIndexOffsets.set(channelId, BigInt(offset + records.length));
        index.messageIndexLength += records.writeMessageIndex({ channelId, records: places });
      }
    }
    records.writeDataEnd({ dataSectionCrc: 0 });
    const data = records.buffer.slice();
    const summary = new McapRecordBuilder();
    for (const schema of this.#schemas.values()) summary.writeSchema(schema);
    for (const channel of this.#channels.values()) summary.writeChannel(channel);
    for (const index of this.#metadata) summary.writeMetadataIndex(index);
    for (const index of this.#attachments) summary.writeAttachmentIndex(index);
    for (const { index } of this.#chunks) summary.writeChunkIndex(index);
    closing(summary, BigInt(offset + data.length));
    return new Uint8Array(Buffer.concat([data, summary.buffer]));
  }
}

/** Times and places of the messages in an uncompressed chunk, by channel. */
function messagesOf(records: Uint8Array): FoundChunk['messages'] {
  const messages: FoundChunk['messages'] = new Map();
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0; at + HEAD <= records.byteLength; ) {
    const length = Number(view.getBigUint64(at + 1, true));
    if (records[at] === Opcode.MESSAGE) {
      const channel = view.getUint16(at + HEAD, true);
      const logTime = view.getBigUint64(at + HEAD + 6, true);
      const places = messages.get(channel) ?? [];
      places.push([logTime, BigInt(at)]);
      messages.set(channel, places);
    }
    at += HEAD + length;
  }
  return messages;
}

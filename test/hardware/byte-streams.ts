import { Random } from '#src/core/random';
import type { Framer } from '#src/hardware/framer';

/** What the fuzz of both codecs shares. */
export interface Codec {
  createFramer(): Framer;
  /** A good packet of either direction. */
  packet(random: Random): Uint8Array;
  /** Bytes of the longest packet. */
  readonly longest: number;
  /** The rules of header, id and length, written a second time: bytes of the packet that would begin at `start`; 0 = none can. */
  sizeAt(bytes: Uint8Array, start: number): number;
  /** The checksum rule, written a second time, bit by bit. */
  holds(packet: Uint8Array): boolean;
}

interface Placed {
  readonly start: number;
  readonly packet: Uint8Array;
}

/** Bytes as a bad line delivers them: noise rich in headers, good packets, damaged, cut and doubled ones. */
export function stream(random: Random, codec: Codec): { bytes: Uint8Array; good: Placed[] } {
  const bytes: number[] = [];
  const good: Placed[] = [];
  const pieces = 1 + random.integer(8);
  for (let i = 0; i < pieces; i++) {
    const packet = Array.from(codec.packet(random));
    switch (random.integer(6)) {
      case 0:
        for (let n = random.integer(24); n > 0; n--) bytes.push(random.integer(256));
        break;
      case 1:
        for (let n = random.integer(12); n > 0; n--)
          bytes.push([0xff, 0xfd, 0x00, 0x01, 0xfa][random.integer(5)]);
        break;
      case 2:
        packet[random.integer(packet.length)] ^= 1 << random.integer(8);
        bytes.push(...packet);
        break;
      case 3:
        bytes.push(...packet.slice(0, random.integer(packet.length)));
        break;
      default:
        good.push({ start: bytes.length, packet: Uint8Array.from(packet) });
        bytes.push(...packet);
    }
  }
  return { bytes: Uint8Array.from(bytes), good };
}

/** Feeds a stream in random pieces. @throws Error when more than one packet is held. */
function cut({ createFramer, longest }: Codec, bytes: Uint8Array, random: Random): Uint8Array[] {
  const framer = createFramer();
  const packets: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.integer(16);
    framer.push(bytes.subarray(at, at + size), (packet) => packets.push(packet));
    at += size;
    if (framer.pending > longest) throw new Error(`${framer.pending} bytes are held`);
  }
  framer.flush((packet) => packets.push(packet));
  return packets;
}

/** By brute force over the whole stream: at each place a good packet begins, or one byte is skipped. */
export function reference(bytes: Uint8Array, codec: Codec): Placed[] {
  const found: Placed[] = [];
  for (let start = 0; start < bytes.length; ) {
    const size = codec.sizeAt(bytes, start);
    const packet = bytes.slice(start, start + size);
    if (size > 0 && packet.length === size && codec.holds(packet)) {
      found.push({ start, packet });
      start += size;
    } else start++;
  }
  return found;
}

export interface FuzzCount {
  streams: number;
  bytes: number;
  packets: number;
  /** Good packets that were found; that lie under a false packet whose checksum holds by chance. */
  found: number;
  covered: number;
}

/** @throws Error at the first stream that is not read as the reference reads it. */
export function fuzz(codec: Codec, streams: number, seed: number, name: string): FuzzCount {
  const count: FuzzCount = { streams, bytes: 0, packets: 0, found: 0, covered: 0 };
  for (let index = 0; index < streams; index++) {
    const random = new Random(seed, `fuzz-${name}`, index);
    const { bytes, good } = stream(random, codec);
    const packets = cut(codec, bytes, random);
    const wanted = reference(bytes, codec);
    const say = (what: string) =>
      `stream ${index} of seed ${seed}: ${what}: ${Buffer.from(bytes).toString('hex')}`;
    const wrong = packets.find((packet) => !codec.holds(packet));
    if (wrong) throw new Error(say('accepted a bad checksum'));
    if (packets.length !== wanted.length)
      throw new Error(say(`${packets.length} packets, not ${wanted.length}`));
    packets.forEach((packet, i) => {
      if (Buffer.compare(packet, wanted[i].packet) !== 0) throw new Error(say(`packet ${i} differs`));
    });
    for (const { start, packet } of good) {
      const end = start + packet.length;
      if (wanted.some((other) => other.start === start)) count.found++;
      else if (wanted.some((other) => other.start < end && other.start + other.packet.length > start))
        count.covered++;
      else throw new Error(say(`the good packet at ${start} was lost`));
    }
    count.bytes += bytes.length;
    count.packets += packets.length;
  }
  return count;
}

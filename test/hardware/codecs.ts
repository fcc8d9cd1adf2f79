import type { Random } from '#src/core/random';
import * as dynamixel from '#src/hardware/dynamixel/codec';
import * as feetech from '#src/hardware/feetech/codec';
import type { Codec } from './byte-streams.ts';

/** Parameters rich in what headers and stuffing are made of. */
const params = (random: Random) =>
  Array.from({ length: random.integer(20) }, () =>
    random.integer(3) === 0 ? [0xff, 0xff, 0xfd, 0x00][random.integer(4)] : random.integer(256),
  );

export const feetechCodec: Codec = {
  framing: feetech.framing,
  createFramer: feetech.createFramer,
  packet: (random) => feetech.encodePacket(random.integer(254), random.integer(256), params(random)),
  holds(packet) {
    let sum = 0;
    for (const byte of packet.subarray(2)) sum += byte;
    return packet[0] === 0xff && packet[1] === 0xff && packet[3] === packet.length - 4 && sum % 256 === 255;
  },
};

export const dynamixelCodec: Codec = {
  framing: dynamixel.framing,
  createFramer: dynamixel.createFramer,
  packet: (random) => dynamixel.encodePacket(random.integer(253), random.integer(256), params(random)),
  holds(packet) {
    // A CRC over message and checksum, high byte first, leaves no remainder.
    const end = packet.length - 2;
    return (
      bitwiseCrc([...packet.subarray(0, end), packet[end + 1], packet[end]]) === 0 &&
      packet.length === 7 + packet[5] + 256 * packet[6]
    );
  },
};

/** CRC-16 with polynomial 8005 from 0, one bit after the other. */
export function bitwiseCrc(bytes: readonly number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const carry = (crc >> 15) ^ ((byte >> bit) & 1);
      crc = (crc << 1) & 0xffff;
      if (carry) crc ^= 0x8005;
    }
  }
  return crc;
}

export const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
export const bytesOf = (text: string) =>
  Uint8Array.from(text.trim().split(/\s+/), (word) => Number.parseInt(word, 16));

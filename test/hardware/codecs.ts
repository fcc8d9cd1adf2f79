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
  // FF FF | id | n + 2 | instruction or error | n parameters | sum. Ids up to FE, lengths up to 250 (the vendor's SDK).
  longest: 254,
  sizeAt(bytes, start) {
    const [first, second, id, length] = bytes.subarray(start, start + 4);
    const begins = first === 0xff && second === 0xff && id <= 0xfe;
    return begins && length >= 2 && length <= 250 ? 4 + length : 0;
  },
  createFramer: feetech.createFramer,
  packet: (random) => feetech.encodePacket(random.integer(254), random.integer(256), params(random)),
  holds(packet) {
    let sum = 0;
    for (const byte of packet.subarray(2)) sum += byte;
    return sum % 256 === 255;
  },
};

export const dynamixelCodec: Codec = {
  // FF FF FD 00 | id | n + 3, low byte first | instruction | n parameters | CRC. Ids up to 252, and 254 for all; 1024
  // bytes at most (DynamixelSDK).
  longest: 1024,
  sizeAt(bytes, start) {
    const [a, b, c, reserved, id, low, high] = bytes.subarray(start, start + 7);
    const begins = a === 0xff && b === 0xff && c === 0xfd && reserved === 0;
    const size = 7 + low + 256 * high;
    return begins && (id <= 252 || id === 254) && size >= 10 && size <= 1024 ? size : 0;
  },
  createFramer: dynamixel.createFramer,
  packet: (random) => dynamixel.encodePacket(random.integer(253), random.integer(256), params(random)),
  holds(packet) {
    // A CRC over message and checksum, high byte first, leaves no remainder.
    const end = packet.length - 2;
    return bitwiseCrc([...packet.subarray(0, end), packet[end + 1], packet[end]]) === 0;
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

import { describe, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import {
  crc16,
  createFramer,
  decodeInstruction,
  decodePacket,
  decodeStatus,
  encode,
  encodePacket,
  encodeStatus,
  errorText,
  type Instruction,
} from '#src/hardware/dynamixel/codec';
import { fuzz } from './byte-streams.ts';
import { bitwiseCrc, bytesOf, dynamixelCodec, hex } from './codecs.ts';

const entry = (id: number, text: string) => ({ id, data: bytesOf(text) });
const vectors: [string, Instruction, string][] = [
  ['ping of motor 1', { kind: 'ping', id: 1 }, 'FF FF FD 00 01 03 00 01 19 4E'],
  ['ping of all', { kind: 'ping', id: 254 }, 'FF FF FD 00 FE 03 00 01 31 42'],
  [
    'read of the position',
    { kind: 'read', id: 1, address: 132, size: 4 },
    'FF FF FD 00 01 07 00 02 84 00 04 00 1D 15',
  ],
  [
    'write of the goal',
    { kind: 'write', id: 1, address: 116, data: bytesOf('00 02 00 00') },
    'FF FF FD 00 01 09 00 03 74 00 00 02 00 00 CA 89',
  ],
  [
    'sync read of two positions',
    { kind: 'syncRead', address: 132, size: 4, ids: [1, 2] },
    'FF FF FD 00 FE 09 00 82 84 00 04 00 01 02 CE FA',
  ],
  [
    'sync write of two goals',
    { kind: 'syncWrite', address: 116, entries: [entry(1, '96 00 00 00'), entry(2, 'AA 00 00 00')] },
    'FF FF FD 00 FE 11 00 83 74 00 04 00 01 96 00 00 00 02 AA 00 00 00 82 87',
  ],
  ['reboot', { kind: 'reboot', id: 1 }, 'FF FF FD 00 01 03 00 08 2F 4E'],
  ['clear', { kind: 'clear', id: 1 }, 'FF FF FD 00 01 08 00 10 01 44 58 4C 22 B1 DC'],
  [
    'bulk read',
    {
      kind: 'bulkRead',
      spans: [
        { id: 1, address: 144, size: 2 },
        { id: 2, address: 146, size: 1 },
      ],
    },
    'FF FF FD 00 FE 0D 00 92 01 90 00 02 00 02 92 00 01 00 1A 05',
  ],
];
const answers: [string, number, number, string, string][] = [
  ['ping', 1, 0, '06 04 26', 'FF FF FD 00 01 07 00 55 00 06 04 26 65 5D'],
  ['read', 1, 0, 'A6 00 00 00', 'FF FF FD 00 01 08 00 55 00 A6 00 00 00 8C C0'],
  ['sync read', 2, 0, '1F 08 00 00', 'FF FF FD 00 02 08 00 55 00 1F 08 00 00 BA BE'],
];

describe('Dynamixel packets', () => {
  it.each(vectors)('encode and decode the published %s byte for byte', (_name, instruction, text) => {
    expect(hex(encode(instruction))).toBe(text);
    expect(decodeInstruction(bytesOf(text))).toEqual(instruction);
  });

  it.each(answers)('encode and decode the published answer to a %s', (_name, id, error, data, text) => {
    expect(hex(encodeStatus(id, error, bytesOf(data)))).toBe(text);
    expect(decodeStatus(bytesOf(text))).toEqual({ id, error, data: bytesOf(data) });
  });

  it('encode and decode the published answer to a write', () => {
    const text = 'FF FF FD 00 01 04 00 55 00 A1 0C';
    expect(hex(encodeStatus(1, 0))).toBe(text);
    expect(decodeStatus(bytesOf(text))).toEqual({ id: 1, error: 0, data: new Uint8Array() });
  });

  it.each<[string, Instruction]>([
    ['registered write', { kind: 'regWrite', id: 7, address: 116, data: bytesOf('01 02 03 04') }],
    ['action', { kind: 'action', id: 254 }],
    ['factory reset', { kind: 'factoryReset', id: 1, spare: 'idAndBaud' }],
    [
      'bulk write',
      {
        kind: 'bulkWrite',
        entries: [
          { ...entry(1, '01'), address: 64 },
          { ...entry(2, '01 02'), address: 102 },
        ],
      },
    ],
  ])('carry a %s there and back', (_name, instruction) => {
    expect(decodeInstruction(encode(instruction))).toEqual(instruction);
  });

  it('have FF FF FD in the body followed by one more FD, counted by length and checksum', () => {
    const data = bytesOf('FF FF FD 01 FF FF FD FF FF FD FD FF FD');
    const packet = encode({ kind: 'write', id: 1, address: 116, data });
    expect(hex(packet.subarray(7, -2))).toBe('03 74 00 FF FF FD FD 01 FF FF FD FD FF FF FD FD FD FF FD');
    expect(packet[5]).toBe(packet.length - 7);
    expect(decodeInstruction(packet)).toEqual({ kind: 'write', id: 1, address: 116, data });
  });

  it('have the same body after any stuffing', () => {
    const random = new Random(1, 'stuffing');
    for (let i = 0; i < 2000; i++) {
      const body = Uint8Array.from(
        { length: random.integer(30) },
        () => [0xff, 0xfd, 0x00][random.integer(3)],
      );
      expect(decodePacket(encodePacket(1, 3, body))?.params).toEqual(body);
    }
  });

  it('have the checksum that a division bit by bit gives', () => {
    const random = new Random(2, 'crc');
    for (let i = 0; i < 500; i++) {
      const bytes = Array.from({ length: random.integer(40) }, () => random.integer(256));
      expect(crc16(Uint8Array.from(bytes))).toBe(bitwiseCrc(bytes));
    }
  });

  it('say an error in words, the alert beside it', () => {
    expect(errorText(0x87)).toEqual(['register read-only, or locked while torque is on', 'hardware alert']);
    expect(errorText(0x80)).toEqual(['hardware alert']);
    expect(errorText(0)).toEqual([]);
  });

  it('are none with a wrong checksum, a byte too few or a byte too many', () => {
    expect(decodePacket(bytesOf('FF FF FD 00 01 03 00 01 19 4F'))).toBeUndefined();
    expect(decodePacket(bytesOf('FF FF FD 00 01 03 00 01 19'))).toBeUndefined();
    expect(decodePacket(bytesOf('FF FF FD 00 01 03 00 01 19 4E 00'))).toBeUndefined();
  });

  it('refuse what does not fit', () => {
    expect(() => encodePacket(1, 3, new Uint8Array(1015))).toThrow('too long');
    expect(() => encode({ kind: 'read', id: 1, address: 70_000, size: 1 })).toThrow('no byte');
  });

  it('of a clear without its key are understood by no motor', () => {
    expect(decodeInstruction(encodePacket(1, 0x10, [1, 0, 0, 0, 0]))).toBeUndefined();
  });
});

describe('the reader of a Dynamixel stream', () => {
  it('finds the packet behind a header that lies about its length, when the line falls silent', () => {
    const framer = createFramer();
    const packets: string[] = [];
    const accept = (packet: Uint8Array) => packets.push(hex(packet));
    framer.push(bytesOf('FF FF FD 00 01 00 02 55 FF FF FD 00 01 03 00 01 19 4E'), accept);
    expect(packets).toEqual([]);
    framer.flush(accept);
    expect(packets).toEqual(['FF FF FD 00 01 03 00 01 19 4E']);
  });

  it('never holds more than a packet, whatever comes', () => {
    const framer = createFramer();
    const noise = Uint8Array.from({ length: 50_000 }, (_, i) => [0xff, 0xff, 0xfd, 0x00, 1, 0xf0, 3][i % 7]);
    for (let at = 0; at < noise.length; at += 1000) {
      framer.push(noise.subarray(at, at + 1000), () => {});
      expect(framer.pending).toBeLessThanOrEqual(1024);
    }
  });

  it('reads 3,000 bad streams as brute force does', () => {
    const { found, packets } = fuzz(dynamixelCodec, 3000, 1, 'dynamixel');
    expect(found).toBeGreaterThan(3000);
    expect(packets).toBeGreaterThanOrEqual(found);
  });
});

import { describe, expect, it } from 'vitest';
import {
  createFramer,
  decodeInstruction,
  decodePacket,
  decodeStatus,
  encode,
  encodePacket,
  encodeStatus,
  errorText,
  type Instruction,
} from '#src/hardware/feetech/codec';
import { fuzz } from './byte-streams.ts';
import { bytesOf, feetechCodec, hex } from './codecs.ts';

const goal = Uint8Array.of(0x00, 0x08);
const vectors: [string, Instruction, string][] = [
  ['ping of motor 1', { kind: 'ping', id: 1 }, 'FF FF 01 02 01 FB'],
  ['read of the position', { kind: 'read', id: 1, address: 0x38, size: 2 }, 'FF FF 01 04 02 38 02 BE'],
  ['read of the state', { kind: 'read', id: 1, address: 0x38, size: 8 }, 'FF FF 01 04 02 38 08 B8'],
  ['torque on', { kind: 'write', id: 1, address: 0x28, data: Uint8Array.of(1) }, 'FF FF 01 04 03 28 01 CE'],
  ['goal 2048', { kind: 'write', id: 1, address: 0x2a, data: goal }, 'FF FF 01 05 03 2A 00 08 C4'],
  [
    'sync read of six positions',
    { kind: 'syncRead', address: 0x38, size: 2, ids: [1, 2, 3, 4, 5, 6] },
    'FF FF FE 0A 82 38 02 01 02 03 04 05 06 26',
  ],
  [
    'sync write of two goals',
    { kind: 'syncWrite', address: 0x2a, entries: [1, 2].map((id) => ({ id, data: goal })) },
    'FF FF FE 0A 83 2A 02 01 00 08 02 00 08 35',
  ],
];

describe('Feetech packets', () => {
  it.each(vectors)('encode and decode the published %s byte for byte', (_name, instruction, text) => {
    expect(hex(encode(instruction))).toBe(text);
    expect(decodeInstruction(bytesOf(text))).toEqual(instruction);
  });

  it.each<[string, Instruction]>([
    ['registered write', { kind: 'regWrite', id: 7, address: 42, data: goal }],
    ['action', { kind: 'action', id: 254 }],
    ['reset', { kind: 'reset', id: 3 }],
    ['offset calibration', { kind: 'offsetCalibration', id: 3 }],
  ])('carry a %s there and back', (_name, instruction) => {
    expect(decodeInstruction(encode(instruction))).toEqual(instruction);
  });

  it('carry a status with error bits, and say them in words', () => {
    const packet = encodeStatus(3, 0x24, [1, 2]);
    expect(hex(packet)).toBe('FF FF 03 04 24 01 02 D1');
    expect(decodeStatus(packet)).toEqual({ id: 3, error: 0x24, data: Uint8Array.of(1, 2) });
    expect(errorText(0x24)).toEqual(['overheated', 'overload']);
    expect(errorText(0)).toEqual([]);
  });

  it('are none with a wrong checksum, a byte too few or a byte too many', () => {
    expect(decodePacket(bytesOf('FF FF 01 02 01 FA'))).toBeUndefined();
    expect(decodePacket(bytesOf('FF FF 01 02 01'))).toBeUndefined();
    expect(decodePacket(bytesOf('FF FF 01 02 01 FB 00'))).toBeUndefined();
  });

  it('from the master are no status where the code is above 7F', () => {
    expect(decodeStatus(bytesOf('FF FF FE 0A 82 38 02 01 02 03 04 05 06 26'))).toBeUndefined();
  });

  it('refuse what does not fit', () => {
    expect(() => encodePacket(1, 3, new Uint8Array(249))).toThrow('too long');
    expect(() => encodePacket(256, 1)).toThrow('no byte');
    const entries = [
      { id: 1, data: goal },
      { id: 2, data: Uint8Array.of(1) },
    ];
    expect(() => encode({ kind: 'syncWrite', address: 42, entries })).toThrow('as many bytes');
  });

  it('of an instruction with too few parameters are understood by no motor', () => {
    expect(decodeInstruction(encodePacket(1, 2, [56]))).toBeUndefined();
    expect(decodeInstruction(encodePacket(254, 0x83, [42, 2, 1, 0]))).toBeUndefined();
    expect(decodeInstruction(encodePacket(1, 0x55, [1]))).toBeUndefined();
  });
});

describe('the reader of a Feetech stream', () => {
  const read = (...pieces: string[]) => {
    const framer = createFramer();
    const packets: string[] = [];
    for (const piece of pieces) framer.push(bytesOf(piece), (packet) => packets.push(hex(packet)));
    return { framer, packets };
  };

  it('finds a packet that comes byte by byte', () => {
    expect(read('FF', 'FF', '01', '02', '01', 'FB').packets).toEqual(['FF FF 01 02 01 FB']);
  });

  it('finds a packet behind a stray FF', () => {
    expect(read('FF FF FF 01 02 01 FB').packets).toEqual(['FF FF 01 02 01 FB']);
  });

  it('finds the packet that a false header had swallowed, as soon as its checksum fails', () => {
    const { packets, framer } = read('FF FF 05 06 00 FF FF 01 02 01 FB');
    expect(packets).toEqual(['FF FF 01 02 01 FB']);
    expect(framer.skipped).toBe(5);
  });

  it('gives up a false header when the line falls silent', () => {
    const { packets, framer } = read('FF FF 05 F0 00 FF FF 01 02 01 FB');
    expect(packets).toEqual([]);
    framer.flush((packet) => packets.push(hex(packet)));
    expect(packets).toEqual(['FF FF 01 02 01 FB']);
    expect(framer.pending).toBe(0);
  });

  it('never holds more than a packet, whatever comes', () => {
    const framer = createFramer();
    const noise = Uint8Array.from({ length: 100_000 }, (_, i) => [0xff, 0xff, 1, 250, 0][i % 5]);
    for (let at = 0; at < noise.length; at += 1000) {
      framer.push(noise.subarray(at, at + 1000), () => {});
      expect(framer.pending).toBeLessThanOrEqual(254);
    }
  });

  it('reads 5,000 bad streams as brute force does', () => {
    const { found, packets } = fuzz(feetechCodec, 5000, 1, 'feetech');
    expect(found).toBeGreaterThan(5000);
    expect(packets).toBeGreaterThanOrEqual(found);
  });
});

import { Framer, type Framing } from '../framer.ts';

/**
 * Feetech's STS/SMS protocol: bytes ↔ packets, nothing else. Little endian; checksums are the inverted sum.
 *
 *     instruction  FF FF id length instruction parameters… sum
 *     status       FF FF id length error       parameters… sum        length = parameters + 2
 *
 * After the vendor's FTServo_Python (`scservo_sdk`) and lerobot (`motors/feetech`).
 */
export const BROADCAST = 0xfe;
export const MAX_ID = 0xfc;
/** Largest value of the length byte that the vendor's SDK accepts. */
export const MAX_LENGTH = 250;

export const instructions = {
  ping: 0x01,
  read: 0x02,
  write: 0x03,
  regWrite: 0x04,
  action: 0x05,
  reset: 0x0a,
  offsetCalibration: 0x0b,
  syncRead: 0x82,
  syncWrite: 0x83,
} as const;

/** Error bits of a status packet, by what the motor complains of. */
export const errorBits = {
  voltage: 0x01,
  angleSensor: 0x02,
  overheat: 0x04,
  overcurrent: 0x08,
  overload: 0x20,
} as const;

export interface Packet {
  readonly id: number;
  /** Instruction, or error bits of a status: only the direction tells which. */
  readonly code: number;
  readonly params: Uint8Array;
}

/** What a master asks of motors. `reset` restores the motor's own settings. */
export type Instruction =
  | { readonly kind: 'ping' | 'action' | 'reset' | 'offsetCalibration'; readonly id: number }
  | { readonly kind: 'read'; readonly id: number; readonly address: number; readonly size: number }
  | {
      readonly kind: 'write' | 'regWrite';
      readonly id: number;
      readonly address: number;
      readonly data: Uint8Array;
    }
  | {
      readonly kind: 'syncRead';
      readonly address: number;
      readonly size: number;
      readonly ids: readonly number[];
    }
  | {
      readonly kind: 'syncWrite';
      readonly address: number;
      readonly entries: readonly { readonly id: number; readonly data: Uint8Array }[];
    };

/** @throws RangeError when the packet is longer than the protocol carries or a value is no byte. */
export function encodePacket(id: number, code: number, params: ArrayLike<number> = []): Uint8Array {
  const length = params.length + 2;
  if (length > MAX_LENGTH) throw new RangeError(`a packet of ${params.length} parameters is too long`);
  for (const value of [id, code, ...Array.from(params)]) {
    if (!(value >= 0 && value <= 255 && Number.isInteger(value))) throw new RangeError(`${value} is no byte`);
  }
  const packet = Uint8Array.of(0xff, 0xff, id, length, code, ...Array.from(params), 0);
  packet[packet.length - 1] = checksum(packet);
  return packet;
}

export function encode(instruction: Instruction): Uint8Array {
  switch (instruction.kind) {
    case 'ping':
    case 'action':
    case 'reset':
    case 'offsetCalibration':
      return encodePacket(instruction.id, instructions[instruction.kind]);
    case 'read':
      return encodePacket(instruction.id, instructions.read, [instruction.address, instruction.size]);
    case 'write':
    case 'regWrite':
      return encodePacket(instruction.id, instructions[instruction.kind], [
        instruction.address,
        ...instruction.data,
      ]);
    case 'syncRead':
      return encodePacket(BROADCAST, instructions.syncRead, [
        instruction.address,
        instruction.size,
        ...instruction.ids,
      ]);
    case 'syncWrite': {
      const size = instruction.entries[0]?.data.length ?? 0;
      if (instruction.entries.some(({ data }) => data.length !== size)) {
        throw new RangeError('a sync write gives every motor as many bytes');
      }
      const entries = instruction.entries.flatMap(({ id, data }) => [id, ...data]);
      return encodePacket(BROADCAST, instructions.syncWrite, [instruction.address, size, ...entries]);
    }
  }
}

export function encodeStatus(id: number, error: number, data: ArrayLike<number> = []): Uint8Array {
  return encodePacket(id, error, data);
}

/** A whole packet's parts; undefined when it is none or its checksum is wrong. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  if (framing.lengthAt(bytes, 0, bytes.length) !== bytes.length || !framing.intact(bytes)) return undefined;
  return { id: bytes[2], code: bytes[4], params: bytes.slice(5, -1) };
}

/** What a packet from the master asks; undefined when it is none that a motor understands. */
export function decodeInstruction(bytes: Uint8Array): Instruction | undefined {
  const packet = decodePacket(bytes);
  if (packet === undefined) return undefined;
  const { id, code, params } = packet;
  const [address, size] = params;
  switch (code) {
    case instructions.ping:
      return { kind: 'ping', id };
    case instructions.action:
      return { kind: 'action', id };
    case instructions.reset:
      return { kind: 'reset', id };
    case instructions.offsetCalibration:
      return { kind: 'offsetCalibration', id };
    case instructions.read:
      return params.length === 2 ? { kind: 'read', id, address, size } : undefined;
    case instructions.write:
    case instructions.regWrite:
      if (params.length < 2) return undefined;
      return { kind: code === instructions.write ? 'write' : 'regWrite', id, address, data: params.slice(1) };
    case instructions.syncRead:
      return params.length >= 2
        ? { kind: 'syncRead', address, size, ids: Array.from(params.subarray(2)) }
        : undefined;
    case instructions.syncWrite: {
      if (params.length < 2 || (params.length - 2) % (size + 1) !== 0) return undefined;
      const entries = Array.from({ length: (params.length - 2) / (size + 1) }, (_, i) => {
        const start = 2 + i * (size + 1);
        return { id: params[start], data: params.slice(start + 1, start + 1 + size) };
      });
      return { kind: 'syncWrite', address, entries };
    }
    default:
      return undefined;
  }
}

/** A motor's answer; undefined when the packet cannot be one (the vendor's rule: id ≤ FD, error ≤ 7F). */
export function decodeStatus(
  bytes: Uint8Array,
): { readonly id: number; readonly error: number; readonly data: Uint8Array } | undefined {
  const packet = decodePacket(bytes);
  if (packet === undefined || packet.id > 0xfd || packet.code > 0x7f) return undefined;
  return { id: packet.id, error: packet.code, data: packet.params };
}

/** What error bits say, in words; none for 0. */
export function errorText(error: number): string[] {
  const names = Object.keys(errorBits) as (keyof typeof errorBits)[];
  return names.filter((name) => error & errorBits[name]).map((name) => errorWords[name]);
}

const errorWords: Readonly<Record<keyof typeof errorBits, string>> = {
  voltage: 'voltage out of limits',
  angleSensor: 'angle sensor fails',
  overheat: 'overheated',
  overcurrent: 'over-current',
  overload: 'overload',
};

export const framing: Framing = {
  longest: MAX_LENGTH + 4,
  lengthAt(buffer, start, end) {
    for (let i = start; i < Math.min(end, start + 2); i++) if (buffer[i] !== 0xff) return -1;
    if (end - start > 2 && buffer[start + 2] > BROADCAST) return -1;
    if (end - start <= 3) return 0;
    const length = buffer[start + 3];
    return length < 2 || length > MAX_LENGTH ? -1 : length + 4;
  },
  intact: (packet) => packet[packet.length - 1] === checksum(packet),
};

/** Reads a stream of either direction; a half-duplex line may carry both. */
export const createFramer = () => new Framer(framing);

function checksum(packet: Uint8Array): number {
  let sum = 0;
  for (let i = 2; i < packet.length - 1; i++) sum += packet[i];
  return ~sum & 0xff;
}

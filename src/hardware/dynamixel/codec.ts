import { Framer, type Framing } from '../framer.ts';

/**
 * ROBOTIS' Dynamixel protocol 2.0: bytes ↔ packets, nothing else. Little endian.
 *
 *     instruction  FF FF FD 00 id length(2) instruction parameters… crc(2)
 *     status       FF FF FD 00 id length(2) 55 error    parameters… crc(2)      length = what follows it
 *
 * Between length and checksum every FF FF FD is followed by one more FD, which length and checksum count. The
 * checksum is CRC-16 (polynomial 8005, from 0, not reflected) over everything before it. After ROBOTIS' e-manual,
 * "Protocol 2.0", and DynamixelSDK.
 */
export const BROADCAST = 0xfe;
export const MAX_ID = 0xfc;
/** Bytes of the longest packet that DynamixelSDK sends or takes. */
const MAX_PACKET = 1024;

export const instructions = {
  ping: 0x01,
  read: 0x02,
  write: 0x03,
  regWrite: 0x04,
  action: 0x05,
  factoryReset: 0x06,
  reboot: 0x08,
  clear: 0x10,
  status: 0x55,
  syncRead: 0x82,
  syncWrite: 0x83,
  bulkRead: 0x92,
  bulkWrite: 0x93,
} as const;

/** The low bits of a status' error: why an instruction was not carried out. */
export const errors = {
  none: 0,
  resultFail: 1,
  instruction: 2,
  checksum: 3,
  dataRange: 4,
  dataLength: 5,
  dataLimit: 6,
  access: 7,
} as const;

/** Bit 7 of a status' error: something is wrong with the motor, its hardware error status says what. */
export const ALERT = 0x80;

/** What a factory reset spares. */
const resetScope = { nothing: 0xff, id: 0x01, idAndBaud: 0x02 } as const;

export interface Packet {
  readonly id: number;
  readonly instruction: number;
  readonly params: Uint8Array;
}

export interface Span {
  readonly id: number;
  readonly address: number;
  readonly size: number;
}

/** What a master asks of motors. */
export type Instruction =
  | { readonly kind: 'ping' | 'action' | 'reboot'; readonly id: number }
  | { readonly kind: 'read'; readonly id: number; readonly address: number; readonly size: number }
  | {
      readonly kind: 'write' | 'regWrite';
      readonly id: number;
      readonly address: number;
      readonly data: Uint8Array;
    }
  | { readonly kind: 'factoryReset'; readonly id: number; readonly spare: keyof typeof resetScope }
  /** Sets the count of whole turns to 0. */
  | { readonly kind: 'clear'; readonly id: number }
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
    }
  | { readonly kind: 'bulkRead'; readonly spans: readonly Span[] }
  | {
      readonly kind: 'bulkWrite';
      readonly entries: readonly {
        readonly id: number;
        readonly address: number;
        readonly data: Uint8Array;
      }[];
    };

/** "Clear" takes effect only with this key, and with 1 for the multi-turn position. */
const CLEAR = [0x01, 0x44, 0x58, 0x4c, 0x22];

/** @throws RangeError when the packet is longer than the protocol carries or a value is no byte. */
export function encodePacket(id: number, instruction: number, params: ArrayLike<number> = []): Uint8Array {
  const values = Array.from(params);
  for (const value of [id, instruction, ...values]) {
    if (!(value >= 0 && value <= 255 && Number.isInteger(value))) throw new RangeError(`${value} is no byte`);
  }
  const body = stuff([instruction, ...values]);
  const length = body.length + 2;
  if (length + 7 > MAX_PACKET) throw new RangeError(`a packet of ${values.length} parameters is too long`);
  const packet = Uint8Array.of(0xff, 0xff, 0xfd, 0, id, length & 0xff, length >> 8, ...body, 0, 0);
  const crc = crc16(packet, packet.length - 2);
  packet[packet.length - 2] = crc & 0xff;
  packet[packet.length - 1] = crc >> 8;
  return packet;
}

export function encode(instruction: Instruction): Uint8Array {
  switch (instruction.kind) {
    case 'ping':
    case 'action':
    case 'reboot':
      return encodePacket(instruction.id, instructions[instruction.kind]);
    case 'clear':
      return encodePacket(instruction.id, instructions.clear, CLEAR);
    case 'factoryReset':
      return encodePacket(instruction.id, instructions.factoryReset, [resetScope[instruction.spare]]);
    case 'read':
      return encodePacket(instruction.id, instructions.read, [
        ...word(instruction.address),
        ...word(instruction.size),
      ]);
    case 'write':
    case 'regWrite':
      return encodePacket(instruction.id, instructions[instruction.kind], [
        ...word(instruction.address),
        ...instruction.data,
      ]);
    case 'syncRead':
      return encodePacket(BROADCAST, instructions.syncRead, [
        ...word(instruction.address),
        ...word(instruction.size),
        ...instruction.ids,
      ]);
    case 'syncWrite': {
      const size = instruction.entries[0]?.data.length ?? 0;
      if (instruction.entries.some(({ data }) => data.length !== size)) {
        throw new RangeError('a sync write gives every motor as many bytes');
      }
      const entries = instruction.entries.flatMap(({ id, data }) => [id, ...data]);
      const head = [...word(instruction.address), ...word(size)];
      return encodePacket(BROADCAST, instructions.syncWrite, [...head, ...entries]);
    }
    case 'bulkRead': {
      const spans = instruction.spans.flatMap(({ id, address, size }) => [
        id,
        ...word(address),
        ...word(size),
      ]);
      return encodePacket(BROADCAST, instructions.bulkRead, spans);
    }
    case 'bulkWrite': {
      const entries = instruction.entries.flatMap(({ id, address, data }) => [
        ...[id, ...word(address), ...word(data.length)],
        ...data,
      ]);
      return encodePacket(BROADCAST, instructions.bulkWrite, entries);
    }
  }
}

export function encodeStatus(id: number, error: number, data: ArrayLike<number> = []): Uint8Array {
  return encodePacket(id, instructions.status, [error, ...Array.from(data)]);
}

/** A whole packet's parts, without stuffing; undefined when it is none or its checksum is wrong. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  if (framing.lengthAt(bytes, 0, bytes.length) !== bytes.length || !framing.intact(bytes)) return undefined;
  const [instruction, ...params] = unstuff(bytes.subarray(7, -2));
  return { id: bytes[4], instruction, params: Uint8Array.from(params) };
}

/** What a packet from the master asks; undefined when it is none that a motor understands. */
export function decodeInstruction(bytes: Uint8Array): Instruction | undefined {
  const packet = decodePacket(bytes);
  if (packet === undefined) return undefined;
  const { id, instruction, params } = packet;
  const at = (offset: number) => params[offset] | (params[offset + 1] << 8);
  switch (instruction) {
    case instructions.ping:
      return { kind: 'ping', id };
    case instructions.action:
      return { kind: 'action', id };
    case instructions.reboot:
      return { kind: 'reboot', id };
    case instructions.clear:
      return CLEAR.every((value, i) => params[i] === value) ? { kind: 'clear', id } : undefined;
    case instructions.factoryReset: {
      const scopes = Object.keys(resetScope) as (keyof typeof resetScope)[];
      const spare = scopes.find((name) => resetScope[name] === params[0]);
      return spare && { kind: 'factoryReset', id, spare };
    }
    case instructions.read:
      return params.length === 4 ? { kind: 'read', id, address: at(0), size: at(2) } : undefined;
    case instructions.write:
    case instructions.regWrite: {
      const kind = instruction === instructions.write ? 'write' : 'regWrite';
      return params.length > 2 ? { kind, id, address: at(0), data: params.slice(2) } : undefined;
    }
    case instructions.syncRead:
      if (params.length < 4) return undefined;
      return { kind: 'syncRead', address: at(0), size: at(2), ids: Array.from(params.subarray(4)) };
    case instructions.syncWrite: {
      const size = at(2);
      if (params.length < 4 || (params.length - 4) % (size + 1) !== 0) return undefined;
      const entries = Array.from({ length: (params.length - 4) / (size + 1) }, (_, i) => {
        const start = 4 + i * (size + 1);
        return { id: params[start], data: params.slice(start + 1, start + 1 + size) };
      });
      return { kind: 'syncWrite', address: at(0), entries };
    }
    case instructions.bulkRead: {
      if (params.length % 5 !== 0) return undefined;
      const spans = Array.from({ length: params.length / 5 }, (_, i) => ({
        id: params[5 * i],
        address: at(5 * i + 1),
        size: at(5 * i + 3),
      }));
      return { kind: 'bulkRead', spans };
    }
    case instructions.bulkWrite: {
      const entries: { id: number; address: number; data: Uint8Array }[] = [];
      for (let start = 0; start < params.length; ) {
        const end = start + 5 + at(start + 3);
        if (start + 5 > params.length || end > params.length) return undefined;
        entries.push({ id: params[start], address: at(start + 1), data: params.slice(start + 5, end) });
        start = end;
      }
      return { kind: 'bulkWrite', entries };
    }
    default:
      return undefined;
  }
}

/** A motor's answer; undefined when the packet is none. */
export function decodeStatus(
  bytes: Uint8Array,
): { readonly id: number; readonly error: number; readonly data: Uint8Array } | undefined {
  const packet = decodePacket(bytes);
  if (packet === undefined || packet.instruction !== instructions.status || packet.params.length === 0) {
    return undefined;
  }
  return { id: packet.id, error: packet.params[0], data: packet.params.slice(1) };
}

/** What a status' error says, in words; none for 0. */
export function errorText(error: number): string[] {
  const code = error & ~ALERT;
  const word = code === errors.none ? [] : [errorWords[code] ?? `error ${code}`];
  return error & ALERT ? [...word, 'hardware alert'] : word;
}

const errorWords = [
  '',
  'the instruction failed',
  'unknown instruction',
  'checksum of the instruction wrong',
  'value out of range',
  'too few bytes',
  'value beyond a limit of the motor',
  'register read-only, or locked while torque is on',
];

export const framing: Framing = {
  longest: MAX_PACKET,
  lengthAt(buffer, start, end) {
    const known = Math.min(end - start, HEADER.length);
    for (let i = 0; i < known; i++) if (buffer[start + i] !== HEADER[i]) return -1;
    if (end - start > 4 && buffer[start + 4] > MAX_ID && buffer[start + 4] !== BROADCAST) return -1;
    if (end - start < 7) return 0;
    const length = buffer[start + 5] | (buffer[start + 6] << 8);
    return length < 3 || length + 7 > MAX_PACKET ? -1 : length + 7;
  },
  intact(packet) {
    const end = packet.length - 2;
    return crc16(packet, end) === (packet[end] | (packet[end + 1] << 8));
  },
};

const HEADER = [0xff, 0xff, 0xfd, 0x00];

/** Reads a stream of either direction; a half-duplex line may carry both. */
export const createFramer = () => new Framer(framing);

const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x8005 : crc << 1;
  return crc;
});

/** CRC-16 of the first `length` bytes. */
export function crc16(bytes: Uint8Array, length = bytes.length): number {
  let crc = 0;
  for (let i = 0; i < length; i++) crc = ((crc << 8) & 0xffff) ^ crcTable[(crc >> 8) ^ bytes[i]];
  return crc;
}

function stuff(body: readonly number[]): number[] {
  return body.flatMap((value, i) =>
    value === 0xfd && body[i - 1] === 0xff && body[i - 2] === 0xff ? [value, 0xfd] : [value],
  );
}

function unstuff(body: Uint8Array): number[] {
  const out: number[] = [];
  for (let i = 0; i < body.length; i++) {
    out.push(body[i]);
    const marked = body[i] === 0xfd && body[i - 1] === 0xff && body[i - 2] === 0xff;
    if (marked && body[i + 1] === 0xfd) i++;
  }
  return out;
}

const word = (value: number) => [value & 0xff, value >> 8];

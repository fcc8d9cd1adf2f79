/** One value in a motor's control table. Values on the wire are little endian. */
export interface Register {
  readonly name: string;
  readonly address: number;
  /** Bytes. */
  readonly size: 1 | 2 | 4;
  readonly access: 'read' | 'write';
  /** EEPROM keeps its value without power. */
  readonly memory: 'eeprom' | 'ram';
  /** How a negative value is written: never, in two's complement, or as magnitude with this bit set. */
  readonly sign: 'none' | 'twos' | number;
  /** What one count is worth: value = counts · scale, in `unit`. */
  readonly scale: number;
  readonly unit: string;
  /** Counts of a motor as it is delivered; what it measures begins anywhere. */
  readonly initial: number;
}

/** What a table's row says beyond name, address and size; else: writable, RAM, unsigned, bare counts, 0. */
export type RegisterNotes = Partial<Omit<Register, 'name' | 'address' | 'size'>>;

/** The registers of a motor, by name and by address. */
export class RegisterTable<Name extends string = string> {
  readonly all: readonly Register[];
  readonly #named: ReadonlyMap<string, Register>;

  constructor(rows: Readonly<Record<Name, readonly [number, 1 | 2 | 4, RegisterNotes?]>>) {
    this.all = Object.entries<readonly [number, 1 | 2 | 4, RegisterNotes?]>(rows).map(
      ([name, [address, size, notes]]) => ({
        ...({ name, address, size, access: 'write', memory: 'ram', sign: 'none' } as const),
        ...{ scale: 1, unit: '', initial: 0 },
        ...notes,
      }),
    );
    this.#named = new Map(this.all.map((register) => [register.name, register]));
  }

  get(name: Name): Register {
    return this.#named.get(name)!;
  }

  /** Whether there is a register of this name: names from outside. */
  has(name: string): name is Name {
    return this.#named.has(name);
  }

  /** The registers that lie in a span of addresses, whole or in part. */
  within(address: number, size: number): Register[] {
    return this.all.filter((item) => item.address < address + size && item.address + item.size > address);
  }

  /** A span in words for people: `present_position at 56 (2 bytes)`. */
  describe(address: number, size: number): string {
    const [first, ...others] = this.within(address, size);
    const bytes = `${size} byte${size === 1 ? '' : 's'}`;
    if (first === undefined) return `address ${address} (${bytes})`;
    const last = others.at(-1);
    return `${first.name}${last ? ` … ${last.name}` : ''} at ${address} (${bytes})`;
  }
}

/** Bytes of `counts`. @throws RangeError when the register cannot hold it. */
export function encodeCounts(register: Register, counts: number): Uint8Array {
  const { name, size, sign } = register;
  const span = 2 ** (8 * size);
  let raw = counts;
  if (!Number.isInteger(counts)) throw new RangeError(`${name}: ${counts} is no whole number of counts`);
  if (typeof sign === 'number') {
    if (Math.abs(counts) >= 2 ** sign) throw new RangeError(`${name}: |${counts}| is above ${2 ** sign - 1}`);
    raw = counts < 0 ? 2 ** sign - counts : counts;
  } else {
    const low = sign === 'twos' ? -span / 2 : 0;
    if (counts < low || counts >= low + span) {
      throw new RangeError(`${name}: ${counts} is outside ${low} … ${low + span - 1}`);
    }
    if (counts < 0) raw = counts + span;
  }
  return Uint8Array.from({ length: size }, (_, i) => Math.floor(raw / 256 ** i) & 0xff);
}

/** Counts, signed as the register is, from the bytes at `offset`. */
export function decodeCounts(register: Register, bytes: Uint8Array, offset = 0): number {
  const { size, sign } = register;
  let raw = 0;
  for (let i = size - 1; i >= 0; i--) raw = raw * 256 + bytes[offset + i];
  if (typeof sign === 'number') {
    const magnitude = raw % 2 ** sign;
    return Math.floor(raw / 2 ** sign) % 2 === 1 ? 0 - magnitude : magnitude;
  }
  return sign === 'twos' && raw >= 2 ** (8 * size - 1) ? raw - 2 ** (8 * size) : raw;
}

/** Steps of the encoder in a turn, and the one in the middle of a turn: angle 0. STS3215 and Dynamixel X alike. */
export const TICKS_PER_TURN = 4096;
export const MIDDLE_TICK = 2048;
/** rad between two of them. */
export const RADIAN_PER_TICK = (2 * Math.PI) / TICKS_PER_TURN;

/** rad at the motor's shaft, 0 at tick 2048, positive as ticks grow. */
export function radianOfTick(tick: number): number {
  return ((tick - MIDDLE_TICK) * 2 * Math.PI) / TICKS_PER_TURN;
}

/** Within one turn, 0 … 4095. */
export function tickInTurn(tick: number): number {
  return ((tick % TICKS_PER_TURN) + TICKS_PER_TURN) % TICKS_PER_TURN;
}

/** The nearest tick; beyond 0 … 4095 when the angle is outside the middle turn. */
export function tickOfRadian(radian: number): number {
  return MIDDLE_TICK + Math.round((radian * TICKS_PER_TURN) / (2 * Math.PI));
}

import { decodeCounts, encodeCounts, type Register, type RegisterTable } from '../register.ts';

/** A motor's memory: what is live, what power-off leaves, what the maker set. */
export class ControlTable {
  readonly registers: RegisterTable;
  readonly size: number;
  readonly #live: Uint8Array;
  readonly #saved: Uint8Array;
  readonly #factory: Uint8Array;

  /** @param own counts that differ from the table's, of this motor as it is delivered. */
  constructor(registers: RegisterTable, own: Readonly<Record<string, number>>) {
    this.registers = registers;
    this.size = Math.max(...registers.all.map(({ address, size }) => address + size));
    this.#factory = new Uint8Array(this.size);
    for (const register of registers.all) {
      this.#factory.set(encodeCounts(register, own[register.name] ?? register.initial), register.address);
    }
    this.#saved = this.#factory.slice();
    this.#live = this.#factory.slice();
  }

  get(name: string): number {
    const register = this.registers.get(name);
    return decodeCounts(register, this.#live, register.address);
  }

  /** Counts beyond what the register holds become the largest it does; `kept` writes EEPROM for good. */
  set(name: string, counts: number, kept = false): void {
    const register = this.registers.get(name);
    const bytes = encodeCounts(register, Math.max(lowest(register), Math.min(highest(register), counts)));
    this.#live.set(bytes, register.address);
    if (kept) this.#saved.set(bytes, register.address);
  }

  /** Zeros beyond the end. */
  read(address: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    bytes.set(this.#live.subarray(address, address + size));
    return bytes;
  }

  /** Writes what may be written; bytes that no register owns, or a read-only one, stay as they are. */
  write(address: number, data: Uint8Array, kept: boolean): void {
    for (const register of this.registers.within(address, data.length)) {
      if (register.access === 'read') continue;
      for (let i = register.address; i < register.address + register.size; i++) {
        if (i < address || i >= address + data.length) continue;
        this.#live[i] = data[i - address];
        if (kept && register.memory === 'eeprom') this.#saved[i] = data[i - address];
      }
    }
  }

  /** Power off and on: RAM as the maker set it, EEPROM as it was kept. */
  powerCycle(): void {
    for (const { address, size, memory } of this.registers.all) {
      const source = memory === 'eeprom' ? this.#saved : this.#factory;
      this.#live.set(source.subarray(address, address + size), address);
    }
  }

  /** EEPROM as the maker set it, but for some registers; then power off and on. */
  restore(spare: readonly string[]): void {
    const kept = spare.map((name) => [name, this.get(name)] as const);
    this.#saved.set(this.#factory);
    for (const [name, counts] of kept) this.set(name, counts, true);
    this.powerCycle();
  }
}

function highest({ size, sign }: Register): number {
  if (typeof sign === 'number') return 2 ** sign - 1;
  return sign === 'twos' ? 2 ** (8 * size - 1) - 1 : 2 ** (8 * size) - 1;
}

function lowest(register: Register): number {
  if (register.sign === 'none') return 0;
  return register.sign === 'twos' ? -highest(register) - 1 : -highest(register);
}

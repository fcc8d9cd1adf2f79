import { InputError } from '../core/errors.ts';
import type { Protocol } from './protocol.ts';
import type { RegisterTable } from './register.ts';

/** What a motor is to be in a robot. */
export interface MotorRole {
  readonly kind: 'position' | 'velocity';
  /** Largest effort, as a share of what the motor has. */
  readonly effort: number;
  /** Largest rate and its largest change, rad/s and rad/s². */
  readonly velocity: number;
  readonly acceleration: number;
  /** Of the position loop, counts of the motor's registers; where absent, the family's own choice. */
  readonly gains: { readonly p?: number; readonly i?: number; readonly d?: number };
}

/** Registers that a motor must hold, counts by name. */
export interface MotorSettings {
  /** Kept without power; written with torque off alone. */
  readonly eeprom: Readonly<Record<string, number>>;
  /** Lost with power; set again at every activation. */
  readonly ram: Readonly<Record<string, number>>;
}

/** A span of registers, read by one sync read. */
export interface RegisterSpan {
  readonly address: number;
  readonly size: number;
}

/** What the servo driver must know of a family beyond its protocol. Registers named alike in both: see `registers.ts`. */
export interface ServoFamily {
  readonly name: 'feetech' | 'dynamixel';
  readonly protocol: Protocol;
  /** bits/s by code of register `baud`. */
  readonly bauds: readonly number[];
  /** Number in register `model`. @throws InputError for a name that it does not know. */
  modelNumber(name: string): number;
  modelName(number: number): string | undefined;
  /** Bytes from address 0 that hold every register that set-up looks at. */
  readonly tableSize: number;
  /** Read in every cycle: position, velocity, load, voltage, temperature. */
  readonly state: RegisterSpan;
  /** Read now and then: whether torque is on, what the motor complains of. */
  readonly guard: RegisterSpan;
  /** present = actual + this · homing offset. */
  readonly offsetSign: 1 | -1;
  /** Largest magnitude of the homing offset. */
  readonly maxOffset: number;
  /** Whether goals beyond one turn are possible. */
  readonly multiTurn: boolean;
  /** Response level at which a motor answers all that is asked of it alone. */
  readonly answersAll: number;
  /** Whether EEPROM is kept only while register `lock` is 0. */
  readonly locks: boolean;
  /** rad/s a count of speeds; undefined where it must be found out. */
  readonly velocityUnit: number | undefined;
  /** A of a count of current; NaN where the model tells none. */
  ampere(model: number): number;
  /** @param held all registers that the motor holds, counts by name. */
  settings(role: MotorRole, held: Readonly<Record<string, number>>): MotorSettings;
  /** What is wrong now, in words; empty = nothing. @param held registers: errors, the voltage and its limits */
  complaint(held: Readonly<Record<string, number>>): string;
  /** Register of errors that stay until the motor reboots, where there is one. */
  readonly latched?: string;
  /** Of the motor's own watchdog, where it has one; counts = time / scale. */
  readonly watchdog?: { readonly register: string; readonly scale: number };
  /** Firmware for people. */
  firmware(held: Readonly<Record<string, number>>): string;
}

/** The bytes from the start of one register to the end of another. */
export function span(registers: RegisterTable, first: string, last: string): RegisterSpan {
  const [from, to] = [registers.get(first), registers.get(last)];
  return { address: from.address, size: to.address + to.size - from.address };
}

/** A family's models by the names that robot.json may use. */
export function modelFinder(family: string, models: Readonly<Record<string, number>>) {
  return {
    modelNumber(name: string): number {
      const number = models[name.toLowerCase()];
      if (number !== undefined) return number;
      const known = Object.keys(models).join(', ');
      throw new InputError(`hardware.motors: unknown ${family} model "${name}"; known: ${known}`);
    },
    modelName: (number: number) => Object.keys(models).find((name) => models[name] === number),
  };
}

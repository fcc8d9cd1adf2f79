import type { ControlTable } from './control-table.ts';
import type { Motors } from './motors.ts';
import type { Condition } from './servo.ts';

/** s a count of `return_delay`, in both families. */
const RETURN_DELAY_UNIT = 2e-6;

/** V of the supply, unless that is more than the motor takes. */
const SUPPLY = 12;

/** What servos of both families are: a table of registers before a motor, and what they suffer from outside. */
export abstract class TableServo {
  readonly condition: Condition;
  protected readonly table: ControlTable;
  protected readonly motors: Motors;
  protected readonly motor: number;
  /** A write that waits for an action. */
  protected registered: { readonly address: number; readonly data: Uint8Array } | undefined;

  constructor(motors: Motors, motor: number, table: ControlTable) {
    this.motors = motors;
    this.motor = motor;
    this.table = table;
    const voltage = Math.min(SUPPLY, table.get('max_voltage') / 10);
    this.condition = { voltage, temperature: 30, overload: false, dead: false };
  }

  get id(): number {
    return this.table.get('id');
  }

  get returnDelay(): number {
    return this.table.get('return_delay') * RETURN_DELAY_UNIT;
  }

  get(register: string): number {
    this.refresh();
    return this.table.get(register);
  }

  set(register: string, counts: number): void {
    this.table.set(register, counts, true);
    this.apply();
  }

  abstract refresh(): void;

  /** Hands the registers' meaning to the motor. */
  protected abstract apply(): void;

  /** The family's bits of what is wrong with it now. */
  protected complaints(bits: {
    readonly voltage: number;
    readonly overheat: number;
    readonly overload: number;
  }): number {
    const { voltage, temperature, overload } = this.condition;
    const volts = Math.round(voltage * 10);
    const outside = volts < this.table.get('min_voltage') || volts > this.table.get('max_voltage');
    return (
      (outside ? bits.voltage : 0) |
      (temperature > this.table.get('max_temperature') ? bits.overheat : 0) |
      (overload ? bits.overload : 0)
    );
  }
}

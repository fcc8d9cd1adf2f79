import { encodeStatus, errorBits, type Instruction, MAX_LENGTH } from '../feetech/codec.ts';
import { BAUD_RATES, radianPerSecond, sts3215 } from '../feetech/registers.ts';
import { MIDDLE_TICK, radianOfTick, TICKS_PER_TURN, tickInTurn, tickOfRadian } from '../register.ts';
import { ControlTable } from './control-table.ts';
import type { Motors } from './motors.ts';
import type { Answer, Servo } from './servo.ts';
import { TableServo } from './table-servo.ts';

/** First address that is not EEPROM. */
const RAM = 40;
/** A at full duty on 12 V. */
const STALL_CURRENT = 2.7;

/**
 * An STS3215. Writes to EEPROM are ignored while torque is on, and forgotten at power-off while `lock` is 1. Turning
 * torque on takes up the last goal, wherever the shaft is by then, as the less friendly of what such motors do. Error
 * bits follow the condition; those of `unloading_condition` turn torque off.
 */
export class FeetechServo extends TableServo implements Servo {
  /** steps/s a count of speed. */
  readonly #velocitySteps: number;
  /** The goal of mode "step", ticks of the shaft. */
  #stepGoal = 0;

  constructor(
    motors: Motors,
    motor: number,
    registers: Readonly<Record<string, number>>,
    velocitySteps: number,
  ) {
    super(motors, motor, new ControlTable(sts3215, registers));
    this.#velocitySteps = velocitySteps;
    this.powerCycle();
  }

  get baud(): number {
    return BAUD_RATES[this.table.get('baud')] ?? BAUD_RATES[0];
  }

  /** It has no watchdog. */
  heard(): undefined {}

  lapse(): void {}

  powerCycle(): void {
    this.registered = undefined;
    this.table.powerCycle();
    this.refresh();
    this.table.set('goal_position', this.table.get('present_position'));
    this.apply();
  }

  refresh(): void {
    const { table } = this;
    const load = this.motors.load(this.motor);
    const steps = (this.motors.velocity(this.motor) * TICKS_PER_TURN) / (2 * Math.PI);
    const position = this.#shaft() - table.get('homing_offset');
    const wraps = (table.get('phase') & 0x10) === 0;
    table.set('present_position', wraps ? tickInTurn(position) : position);
    table.set('present_velocity', Math.round(steps / this.#velocitySteps));
    table.set('present_load', Math.round(load * 1000));
    table.set('present_current', Math.round((Math.abs(load) * STALL_CURRENT) / 0.0065));
    table.set('present_voltage', Math.round(this.condition.voltage * 10));
    table.set('present_temperature', Math.round(this.condition.temperature));
    table.set('moving', Math.abs(steps) > 50 ? 1 : 0);
    const error = this.complaints(errorBits);
    table.set('status', error);
    const unload = (error & table.get('unloading_condition')) !== 0 || this.condition.dead;
    if (unload && table.get('torque_enable') === 1) {
      table.set('torque_enable', 0);
      this.apply();
    }
  }

  /** What is asked of this servo, alone (`id`, which may be broadcast) or among others; its answer, if it gives one. */
  obey(instruction: Instruction, broadcast: boolean): Answer<FeetechServo>[] {
    this.refresh();
    const id = this.id;
    const answer = (data: Uint8Array | number[] = []) => {
      this.refresh();
      return [{ servo: this, bytes: encodeStatus(id, this.complaints(errorBits), data) }];
    };
    // More than an answer carries is not answered.
    const tell = ({ address, size }: { readonly address: number; readonly size: number }) =>
      size > MAX_LENGTH - 2 ? [] : answer(this.table.read(address, size));
    const confirm = () => (broadcast || this.table.get('response_level') === 0 ? [] : answer());
    switch (instruction.kind) {
      case 'ping':
        return answer();
      case 'read':
        return broadcast ? [] : tell(instruction);
      case 'write':
        this.write(instruction.address, instruction.data);
        return confirm();
      case 'regWrite':
        this.registered = instruction;
        return confirm();
      case 'action':
        if (this.registered) this.write(this.registered.address, this.registered.data);
        this.registered = undefined;
        return confirm();
      case 'reset':
        this.table.restore(['id']);
        this.powerCycle();
        return confirm();
      case 'offsetCalibration':
        this.#centre();
        return confirm();
      case 'syncRead':
        return tell(instruction);
      case 'syncWrite':
        for (const entry of instruction.entries)
          if (entry.id === id) this.write(instruction.address, entry.data);
        return [];
    }
  }

  write(address: number, data: Uint8Array): void {
    const { table } = this;
    const covers = (name: string) =>
      table.registers.within(address, data.length).some((item) => item.name === name);
    if (address < RAM && table.get('torque_enable') === 1) return;
    table.write(address, data, table.get('lock') === 0);
    if (covers('torque_enable') && table.get('torque_enable') === 128) this.#centre();
    if (covers('goal_position')) this.#stepGoal = this.#shaft() + table.get('goal_position');
    this.apply();
  }

  /** Where it stands becomes tick 2048: present = actual − offset. */
  #centre(): void {
    this.table.set('homing_offset', this.#shaft() - MIDDLE_TICK, true);
    this.table.set('torque_enable', 0);
    this.apply();
  }

  /** Ticks of the shaft, before any offset. */
  #shaft(): number {
    return tickOfRadian(this.motors.position(this.motor));
  }

  protected apply(): void {
    const { table } = this;
    const drive = (how: Parameters<Motors['drive']>[1]) => this.motors.drive(this.motor, how);
    if (table.get('torque_enable') !== 1) {
      drive({ kind: 'free' });
      return;
    }
    const effort = Math.min(table.get('torque_limit'), table.get('max_torque')) / 1000;
    const speed = radianPerSecond(table.get('goal_velocity'), this.#velocitySteps);
    const mode = table.get('mode');
    if (mode === 1) drive({ kind: 'velocity', velocity: speed, effort });
    else if (mode === 2) {
      const raw = table.get('goal_time');
      const share = ((raw & 0x3ff) / 1000) * (raw & 0x400 ? -1 : 1);
      drive({ kind: 'effort', share: Math.max(-effort, Math.min(effort, share)) });
    } else {
      const [low, high] = [table.get('min_position'), table.get('max_position')];
      const limited = low === 0 && high === 0 ? undefined : [low, high];
      const wanted = table.get('goal_position');
      const goal = limited ? Math.max(limited[0], Math.min(limited[1], wanted)) : wanted;
      const shaft = mode === 3 ? this.#stepGoal : goal + table.get('homing_offset');
      const maxVelocity = speed === 0 ? Infinity : Math.abs(speed);
      drive({ kind: 'position', goal: radianOfTick(shaft), maxVelocity, effort });
    }
  }
}

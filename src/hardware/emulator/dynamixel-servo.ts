import { ALERT, encodeStatus, errors, type Instruction } from '../dynamixel/codec.ts';
import { BAUD_RATES, hardwareErrors, xSeries } from '../dynamixel/registers.ts';
import { decodeCounts, radianOfTick, TICKS_PER_TURN, tickOfRadian } from '../register.ts';
import { ControlTable } from './control-table.ts';
import type { Drive, Motors } from './motors.ts';
import type { Answer, Servo } from './servo.ts';
import { TableServo } from './table-servo.ts';

const goals = ['goal_pwm', 'goal_current', 'goal_velocity', 'goal_position'];
const MAX_DUTY = 885;
/** s a count. */
const WATCHDOG_UNIT = 0.02;
/** What it draws at full duty, in units of `present_current`. */
const STALL_COUNTS = 850;

/**
 * A Dynamixel of the X series. Refuses writes to EEPROM while torque is on, to read-only registers, beyond limits,
 * and to goals once its bus watchdog has tripped; says so in the status' error. Hardware errors stay until a reboot,
 * those of `shutdown` turn torque off. Turning torque on takes up the last goal, as the less friendly of what such
 * motors do. Not modelled: profiles by time, indirect addresses, the secondary id.
 */
export class DynamixelServo extends TableServo implements Servo {
  /** Whole turns that it has not counted, ticks. */
  #uncounted = 0;

  constructor(motors: Motors, motor: number, registers: Readonly<Record<string, number>>) {
    super(motors, motor, new ControlTable(xSeries, registers));
    this.powerCycle();
  }

  get baud(): number {
    return BAUD_RATES[this.table.get('baud')] ?? BAUD_RATES[1];
  }

  heard(time: number): number | undefined {
    const watchdog = this.table.get('bus_watchdog');
    return watchdog > 0 ? time + watchdog * WATCHDOG_UNIT : undefined;
  }

  lapse(): void {
    this.table.set('bus_watchdog', -1);
    this.apply();
  }

  powerCycle(): void {
    this.registered = undefined;
    this.table.powerCycle();
    this.#forgetTurns();
    this.refresh();
    this.table.set('goal_position', this.table.get('present_position'));
    this.apply();
  }

  refresh(): void {
    const { table } = this;
    const load = this.motors.load(this.motor) * this.#direction;
    const turns = (this.motors.velocity(this.motor) * this.#direction * 60) / (2 * Math.PI);
    if (table.get('mode') === 3) this.#forgetTurns();
    table.set('present_position', this.#shaft() - this.#uncounted + table.get('homing_offset'));
    table.set('present_velocity', Math.round(turns / 0.229));
    table.set('present_current', Math.round(load * STALL_COUNTS));
    table.set('present_pwm', Math.round(load * MAX_DUTY));
    table.set('present_voltage', Math.round(this.condition.voltage * 10));
    table.set('present_temperature', Math.round(this.condition.temperature));
    table.set('moving', Math.abs(turns / 0.229) > table.get('moving_threshold') ? 1 : 0);
    table.set('registered_instruction', this.registered ? 1 : 0);
    table.set('hardware_error', table.get('hardware_error') | this.complaints(hardwareErrors));
    const off = (table.get('hardware_error') & table.get('shutdown')) !== 0 || this.condition.dead;
    if (off && table.get('torque_enable') === 1) {
      table.set('torque_enable', 0);
      this.apply();
    }
  }

  /** What is asked of this servo, alone or among others; its answer, if it gives one. */
  obey(instruction: Instruction, broadcast: boolean): Answer<DynamixelServo>[] {
    this.refresh();
    const id = this.id;
    const level = this.table.get('response_level');
    const answer = (error: number, data: Uint8Array | number[] = []) => {
      this.refresh();
      const alert = this.table.get('hardware_error') === 0 ? 0 : ALERT;
      return [{ servo: this, bytes: encodeStatus(id, error | alert, data) }];
    };
    const confirm = (error: number) => (broadcast || level < 2 ? [] : answer(error));
    switch (instruction.kind) {
      case 'ping':
        return answer(errors.none, [...this.table.read(0, 2), this.table.get('firmware')]);
      case 'read':
        return broadcast || level < 1 ? [] : this.#tell(instruction, answer);
      case 'syncRead':
        return level < 1 ? [] : this.#tell(instruction, answer);
      case 'bulkRead': {
        const span = instruction.spans.find((item) => item.id === id)!;
        return level < 1 ? [] : this.#tell(span, answer);
      }
      case 'write':
        return confirm(this.write(instruction.address, instruction.data));
      case 'regWrite': {
        const error = this.#objection(instruction.address, instruction.data);
        if (error === errors.none) this.registered = instruction;
        return confirm(error);
      }
      case 'action': {
        const kept = this.registered;
        this.registered = undefined;
        return confirm(kept ? this.write(kept.address, kept.data) : errors.resultFail);
      }
      case 'reboot': {
        const before = confirm(errors.none);
        this.powerCycle();
        return before;
      }
      case 'factoryReset': {
        const before = confirm(errors.none);
        const { spare } = instruction;
        this.table.restore(spare === 'nothing' ? [] : spare === 'id' ? ['id'] : ['id', 'baud']);
        this.powerCycle();
        return before;
      }
      case 'clear':
        this.#forgetTurns();
        return confirm(errors.none);
      case 'syncWrite':
        for (const entry of instruction.entries)
          if (entry.id === id) this.write(instruction.address, entry.data);
        return [];
      case 'bulkWrite':
        for (const entry of instruction.entries) if (entry.id === id) this.write(entry.address, entry.data);
        return [];
    }
  }

  /** Carries a write out, or says why not. */
  write(address: number, data: Uint8Array): number {
    const error = this.#objection(address, data);
    if (error !== errors.none) return error;
    this.table.write(address, data, true);
    this.apply();
    return errors.none;
  }

  #tell(
    { address, size }: { address: number; size: number },
    answer: (error: number, data?: Uint8Array) => Answer<DynamixelServo>[],
  ): Answer<DynamixelServo>[] {
    if (address + size > this.table.size) return answer(errors.dataRange);
    return answer(errors.none, this.table.read(address, size));
  }

  #objection(address: number, data: Uint8Array): number {
    const { table } = this;
    if (address + data.length > table.size) return errors.dataRange;
    const touched = table.registers.within(address, data.length);
    const torque = table.get('torque_enable') === 1;
    const tripped = table.get('bus_watchdog') < 0;
    for (const { name, access, memory, address: start, size } of touched) {
      if (access === 'read' || (memory === 'eeprom' && torque)) return errors.access;
      if (tripped && goals.includes(name)) return errors.access;
      if (start < address || start + size > address + data.length) return errors.dataLength;
      const value = decodeCounts(table.registers.get(name), data, start - address);
      if (name === 'id' && value > 252) return errors.dataRange;
      if (name === 'baud' && value >= BAUD_RATES.length) return errors.dataRange;
      if (name === 'mode' && ![0, 1, 3, 4, 5, 16].includes(value)) return errors.dataRange;
      if (name === 'torque_enable' && value === 1 && table.get('hardware_error') & table.get('shutdown')) {
        return errors.resultFail;
      }
      if (name === 'goal_position' && table.get('mode') === 3) {
        if (value < table.get('min_position') || value > table.get('max_position')) return errors.dataLimit;
      }
      if (name === 'goal_velocity' && Math.abs(value) > table.get('max_velocity')) return errors.dataLimit;
      if (name === 'goal_current' && Math.abs(value) > table.get('max_current')) return errors.dataLimit;
      if (name === 'goal_pwm' && Math.abs(value) > table.get('max_pwm')) return errors.dataLimit;
    }
    return errors.none;
  }

  /** +1, or −1 in the reverse mode. */
  get #direction(): number {
    return this.table.get('drive_mode') & 1 ? -1 : 1;
  }

  /** Ticks of the shaft, before any offset. */
  #shaft(): number {
    return tickOfRadian(this.#direction * this.motors.position(this.motor));
  }

  #forgetTurns(): void {
    this.#uncounted = Math.floor(this.#shaft() / TICKS_PER_TURN) * TICKS_PER_TURN;
  }

  protected apply(): void {
    this.motors.drive(this.motor, this.#driveOf());
  }

  #driveOf(): Drive {
    const { table } = this;
    const direction = this.#direction;
    if (table.get('torque_enable') !== 1) return { kind: 'free' };
    if (table.get('bus_watchdog') < 0) return { kind: 'velocity', velocity: 0, effort: 1 };
    const speed = (counts: number) => (counts * 0.229 * 2 * Math.PI) / 60;
    const effort = Math.abs(table.get('goal_pwm')) / MAX_DUTY;
    switch (table.get('mode')) {
      case 0:
        return { kind: 'effort', share: direction * clamp(table.get('goal_current') / STALL_COUNTS) };
      case 1:
        return { kind: 'velocity', velocity: direction * speed(table.get('goal_velocity')), effort };
      case 16:
        return { kind: 'effort', share: direction * clamp(table.get('goal_pwm') / MAX_DUTY) };
      default: {
        const shaft = table.get('goal_position') - table.get('homing_offset') + this.#uncounted;
        const profile = table.get('profile_velocity');
        return {
          kind: 'position',
          goal: direction * radianOfTick(shaft),
          maxVelocity: profile === 0 ? Infinity : speed(profile),
          effort,
        };
      }
    }
  }
}

function clamp(share: number): number {
  return Math.max(-1, Math.min(1, share));
}

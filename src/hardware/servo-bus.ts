import { InputError, RobotFault } from '../core/errors.ts';
import type { HardwareSpec, MotorSpec } from '../core/hardware.ts';
import { adapterOf, latencyOf } from './adapter.ts';
import { Bus, type CallOptions } from './bus.ts';
import { type BusClock, sleep, wallClock } from './clock.ts';
import { openPort } from './open-port.ts';
import type { BytePort } from './port.ts';
import { decodeCounts, encodeCounts, type RegisterTable } from './register.ts';
import type { RegisterSpan, ServoFamily } from './servo-family.ts';
import { readServoOptions } from './servo-options.ts';

/** What stands between a servo bus and its hardware; tests put memory and a clock of their own there. */
export interface ServoBusPorts {
  readonly open?: (address: string, baud: number) => Promise<BytePort>;
  readonly clock?: BusClock;
  readonly adapter?: typeof adapterOf;
}

export interface ServoBusOptions extends ServoBusPorts {
  /** Motors are pinged and read; whatever would change one throws, and is not sent. Default: false. */
  readonly readOnly?: boolean;
}

/** Counts by register name. */
export type Counts = Readonly<Record<string, number>>;

/** s between the calls to a motor that did not answer. */
const RECALL = 0.08;
/** What schedulers are allowed for each answer while a robot is set up, s. */
const UNHURRIED = 0.05;
/** How often a write that nobody confirms is repeated until it reads back. */
const TRIES = 4;

/** The motors of one robot on their bus, and what every step with them is made of: written, then read back. */
export class ServoBus {
  readonly family: ServoFamily;
  readonly bus: Bus;
  readonly clock: BusClock;
  /** Serial number of the adapter; null where it has none. */
  readonly serial: string | null;
  readonly #registers: RegisterTable;

  private constructor(family: ServoFamily, bus: Bus, { clock, serial }: Pick<ServoBus, 'clock' | 'serial'>) {
    this.family = family;
    this.bus = bus;
    this.clock = clock;
    this.serial = serial;
    this.#registers = family.protocol.registers;
  }

  /** Opens the port; asks nobody. @throws InputError */
  static async connect(
    family: ServoFamily,
    hardware: Pick<HardwareSpec, 'driver' | 'baud' | 'options' | 'motors'>,
    port: string,
    {
      open = openPort,
      clock = wallClock,
      adapter: lookUp = adapterOf,
      readOnly = false,
    }: ServoBusOptions = {},
  ): Promise<ServoBus> {
    const options = readServoOptions(hardware);
    const adapter = await lookUp(port);
    const latency = options.latency ?? latencyOf(adapter);
    const bus = new Bus(await open(port, hardware.baud), family.protocol, {
      ...{ baud: hardware.baud, latency, echo: options.echo, clock, readOnly },
      nameOf: (id) => hardware.motors.find((motor) => motor.id === id)?.joint,
    });
    return new ServoBus(family, bus, { clock, serial: adapter?.serialNumber ?? null });
  }

  /** Opens the port and finds all motors of a robot. @throws InputError, RobotFault when one does not answer */
  static async open(
    family: ServoFamily,
    hardware: HardwareSpec,
    port: string,
    options?: ServoBusOptions,
  ): Promise<ServoBus> {
    const link = await ServoBus.connect(family, hardware, port, options);
    try {
      await link.unhurried(() => rollCall(link, hardware, port));
      return link;
    } catch (error) {
      await link.bus.close();
      throw error;
    }
  }

  /** Set-up has time: what a busy machine holds up must not look like a motor that is not there. */
  async unhurried<T>(work: () => Promise<T>): Promise<T> {
    const { margin } = this.bus;
    this.bus.margin = UNHURRIED;
    try {
      return await work();
    } finally {
      this.bus.margin = margin;
    }
  }

  /** Every register that set-up looks at. @throws RobotFault where a motor does not tell them */
  async table(id: number): Promise<Counts> {
    const span = { address: 0, size: this.family.tableSize };
    try {
      return this.decode(span, await this.bus.read(id, span.address, span.size));
    } catch (error) {
      if (this.bus.readOnly) {
        if ((await this.bus.find([id])).length === 0) throw error;
        throw new RobotFault(
          `${this.bus.motor(id)} answers pings alone; a run would set response_level ${this.family.answersAll}`,
          { cause: error },
        );
      }
      // A motor that answers pings alone: told to answer reads too, it does.
      await this.send('response_level', [[id, this.family.answersAll]]);
      return this.decode(span, await this.bus.read(id, span.address, span.size));
    }
  }

  /** @throws InputError when a motor is not what robot.json says */
  checkModel({ id, model }: Pick<MotorSpec, 'id' | 'model'>, held: Counts): void {
    if (held.model === this.family.modelNumber(model)) return;
    const found = this.family.modelName(held.model) ?? `model ${held.model}`;
    throw new InputError(
      `${this.bus.motor(id)} is a ${found}, and robot.json says ${model}; mend hardware.motors, or the wiring`,
    );
  }

  /** A span of all motors by id; those that did not answer are left out. */
  async look(
    span: RegisterSpan,
    ids: readonly number[],
    options?: CallOptions,
  ): Promise<Map<number, Counts>> {
    const found = await this.bus.syncRead(span.address, span.size, ids, options);
    return new Map(Array.from(found, ([id, bytes]) => [id, this.decode(span, bytes)]));
  }

  /** `look` that motors which are missing for long do not spoil for the others. @throws RobotFault when the port is gone */
  async lookAround(
    span: RegisterSpan,
    ids: readonly number[],
    options?: CallOptions,
  ): Promise<Map<number, Counts>> {
    for (let asked = ids; ; ) {
      try {
        return await this.look(span, asked, options);
      } catch (error) {
        const heard = asked.filter((id) => this.bus.health(id).missingSince === undefined);
        if (heard.length === asked.length) throw error;
        if (heard.length === 0) return new Map();
        asked = heard;
      }
    }
  }

  /** One register of many motors, in one packet that nobody confirms. */
  send(
    register: string,
    values: readonly (readonly [id: number, counts: number])[],
    options?: CallOptions,
  ): Promise<void> {
    const { address } = this.#registers.get(register);
    const entries = values.map(([id, counts]) => ({
      id,
      data: encodeCounts(this.#registers.get(register), counts),
    }));
    return this.bus.syncWrite(address, entries, options);
  }

  /**
   * `send`, until every motor's register reads back as written. Returns the ids of those that never did, or did not
   * answer. `beforeEach` may throw, and nothing is sent any more.
   */
  async settle(
    register: string,
    values: readonly (readonly [id: number, counts: number])[],
    options?: CallOptions & { readonly beforeEach?: () => void },
  ): Promise<number[]> {
    const { address, size } = this.#registers.get(register);
    let left = values;
    for (let i = 0; i < TRIES && left.length > 0; i++) {
      options?.beforeEach?.();
      await this.send(register, left, options);
      const ids = left.map(([id]) => id);
      const found = await this.lookAround({ address, size }, ids, options);
      left = left.filter(([id, counts]) => found.get(id)?.[register] !== counts);
    }
    return left.map(([id]) => id);
  }

  /** `settle`. @throws RobotFault when a register does not take it. */
  async ensure(...written: Parameters<ServoBus['settle']>): Promise<void> {
    const lost = await this.settle(...written);
    if (lost.length > 0) throw this.unsettled(written[0], lost);
  }

  /** Names the motors that `settle` returned. */
  unsettled(register: string, ids: readonly number[]): RobotFault {
    const named = ids.map((id) => {
      const { errorText, missingSince } = this.bus.health(id);
      const cause = missingSince === undefined ? errorText : 'no answer';
      return cause ? `${this.bus.motor(id)} (${cause})` : this.bus.motor(id);
    });
    return new RobotFault(`${named.join(', ')}: ${register} was written and does not read back`);
  }

  /** `settle` for one motor. @throws RobotFault when the register does not take it. */
  async put(id: number, register: string, counts: number): Promise<void> {
    const lost = await this.settle(register, [[id, counts]]);
    if (lost.length === 0) return;
    const held = await this.bus.get(id, register);
    throw new RobotFault(
      `${this.bus.motor(id)}: ${register} was set to ${counts} and still holds ${held}; is its torque on, or the value beyond its limits?`,
    );
  }

  /**
   * Writes to EEPROM, one register after the other.
   * @throws InputError when torque is on: turning it off would let the robot drop. RobotFault
   */
  async keep(id: number, changes: Counts): Promise<void> {
    const names = Object.keys(changes);
    if (names.length === 0) return;
    if ((await this.bus.get(id, 'torque_enable')) !== 0) {
      throw new InputError(
        `${this.bus.motor(id)} holds, and ${names.join(', ')} can be set without torque only; support the robot and turn torque off: premotor hardware stop --port … --release`,
      );
    }
    if (this.family.locks) await this.put(id, 'lock', 0);
    for (const [name, counts] of Object.entries(changes)) await this.put(id, name, counts);
    if (this.family.locks) await this.put(id, 'lock', 1);
  }

  /** The registers that lie whole in the bytes of a span. */
  decode({ address, size }: RegisterSpan, bytes: Uint8Array): Counts {
    const whole = this.#registers
      .within(address, size)
      .filter((item) => item.address >= address && item.address + item.size <= address + size);
    return Object.fromEntries(
      whole.map((item) => [item.name, decodeCounts(item, bytes, item.address - address)]),
    );
  }

  sleep(seconds: number): Promise<void> {
    return sleep(this.clock, seconds);
  }
}

/** The wanted registers that hold something else. */
export function differences(wanted: Counts, held: Counts): Counts {
  return Object.fromEntries(Object.entries(wanted).filter(([name, counts]) => held[name] !== counts));
}

async function rollCall(link: ServoBus, { motors, baud }: HardwareSpec, port: string): Promise<void> {
  const { bus } = link;
  const ids = motors.map(({ id }) => id);
  let missing = [...ids];
  for (let i = 0; i < 3 && missing.length > 0; i++) {
    // A machine that was busy elsewhere must not look like a motor that is not there.
    if (i > 0) await link.sleep(RECALL);
    const found = await bus.find(missing);
    missing = missing.filter((id) => !found.includes(id));
  }
  if (missing.length === 0) return;
  if (missing.length === ids.length) {
    throw new RobotFault(
      `no motor answers on ${port} at ${baud} baud (asked ${ids.join(', ')}); is the supply on, and is this the port? premotor hardware scan looks at every baud`,
      { passing: true },
    );
  }
  const lost = missing.map((id) => bus.motor(id)).join(', ');
  const there = ids.filter((id) => !missing.includes(id)).join(', ');
  throw new RobotFault(
    `${lost}: no answer on ${port} at ${baud} baud, while ${there} answer; check the cable to it, its id and its baud: premotor hardware scan`,
    { passing: true },
  );
}

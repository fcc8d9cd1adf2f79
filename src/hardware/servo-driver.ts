import { InputError, RobotFault } from '../core/errors.ts';
import type { StopHow } from '../core/hardware.ts';
import type { StopReport } from '../core/lifecycle.ts';
import type { CallOptions } from './bus.ts';
import { checkCalibration, compareWithMotors } from './calibration.ts';
import type { Driver, DriverModule, DriverOptions, Identity, Reading } from './driver.ts';
import { type Counts, differences, motorsByActuator, ServoBus, type ServoBusPorts } from './servo-bus.ts';
import type { ServoFamily } from './servo-family.ts';
import { ServoJoint } from './servo-joint.ts';
import { readServoOptions, type ServoOptions } from './servo-options.ts';

/** How often torque and complaints are looked at, s; sooner after a motor missed or complained. */
const GUARD_PERIOD = 0.1;
/** A joint farther outside its calibrated range than this, rad, says that the calibration is wrong. */
const OUTSIDE = (2 * Math.PI) / 180;
/** A joint that moved so far between the reading that a bridge acts on and its activation, rad, is not at rest. */
const MOVED = 0.1;
/** At rest: no more ticks than this in so many s. */
const REST_TICKS = 2;
const REST_TIME = 0.05;
/** How long a stop is tried, s. */
const STOP_TIME = 1;
/** How long a motor may take to boot, s. */
const BOOT_TIME = 1.5;
const URGENT: CallOptions = { urgent: true };

/** The module of a family. */
export function servoDriver(family: ServoFamily): DriverModule {
  return {
    name: family.name,
    calibrated: true,
    create: (options) => new ServoDriver(family, options),
  };
}

/**
 * A robot on a bus of servos, Feetech STS or Dynamixel X. One sync read a cycle; ten times a second, and after every
 * miss or complaint, one more that tells whether torque is still on. Set-up writes only what differs, reads back all
 * that it writes, and never turns torque off: a robot that holds goes on holding.
 */
export class ServoDriver implements Driver {
  readonly watchdog: number | null;
  readonly #family: ServoFamily;
  readonly #options: DriverOptions;
  readonly #servoOptions: ServoOptions;
  readonly #ports: ServoBusPorts;
  readonly #joints: readonly ServoJoint[];
  readonly #ids: readonly number[];
  readonly #reading: {
    readonly position: Float64Array;
    readonly velocity: Float64Array;
    readonly effort: Float64Array;
    readonly age: Float64Array;
  };
  #link: ServoBus | undefined;
  #active = false;
  /** Counts stops and beginnings: what was begun before one must not go on after it. */
  #epoch = 0;
  #guardedAt = Number.NEGATIVE_INFINITY;
  /** A motor missed or began to complain. */
  #suspicious = false;

  /** @throws InputError when robot.json, URDF and calibration do not fit this family */
  constructor(family: ServoFamily, options: DriverOptions, ports: ServoBusPorts = {}) {
    const { robot, hardware, calibration } = options;
    this.#family = family;
    this.#options = options;
    this.#ports = ports;
    this.#servoOptions = readServoOptions(hardware);
    if (calibration === undefined) {
      throw new InputError(
        `robot ${robot.name} is not calibrated; run premotor hardware calibrate ${robot.name} --port ${options.port}`,
      );
    }
    checkCalibration(calibration, robot, hardware);
    const names = robot.actuators.map(({ joint }) => joint);
    this.#joints = motorsByActuator(robot.name, names, hardware.motors).map(
      (motor, j) =>
        new ServoJoint(robot, hardware, robot.actuators[j], motor, family, calibration, this.#servoOptions),
    );
    this.#ids = this.#joints.map(({ id }) => id);
    this.watchdog = family.watchdog === undefined ? null : this.#servoOptions.watchdog;
    const empty = () => new Float64Array(names.length).fill(Number.NaN);
    this.#reading = { position: empty(), velocity: empty(), effort: empty(), age: empty() };
  }

  async configure(): Promise<Identity> {
    await this.close();
    const { hardware, port, calibration } = this.#options;
    const link = await ServoBus.open(this.#family, hardware, port, this.#ports);
    this.#link = link;
    for (const joint of this.#joints) {
      joint.held = await link.table(joint.id);
      link.checkModel(joint.motor, joint.held);
    }
    const held = this.#joints.map((joint) => [joint.motor.joint, joint.held] as const);
    compareWithMotors(calibration!, Object.fromEntries(held));
    const notes = this.#notes(link);
    for (const joint of this.#joints) {
      const changes = differences(this.#family.settings(joint.role, joint.held).eeprom, joint.held);
      await link.keep(joint.id, changes);
      for (const [register, counts] of Object.entries(changes)) {
        notes.push(`${link.bus.motor(joint.id)}: ${register} ${joint.held[register]} → ${counts}`);
      }
    }
    const models = new Set(this.#joints.map(({ motor }) => motor.model));
    const motors = models.size === 1 ? [...models][0] : 'motors';
    return { description: `${this.#ids.length} × ${motors} on ${port}`, serial: link.serial, notes };
  }

  async read(): Promise<Reading> {
    const link = this.#connected();
    this.#take(link, await link.look(this.#family.state, this.#ids));
    if (this.#suspicious || link.clock.now() - this.#guardedAt >= GUARD_PERIOD) await this.#guard(link);
    return this.#report(link);
  }

  async activate(command: Float64Array): Promise<void> {
    const link = this.#connected();
    const epoch = ++this.#epoch;
    const goOn = () => {
      if (epoch !== this.#epoch) throw new RobotFault('stopped while it was being activated');
    };
    for (const joint of this.#joints) {
      await this.#clearComplaint(link, joint);
      joint.held = await link.table(joint.id);
      goOn();
    }
    await this.#clearWatchdogs(link);
    goOn();
    const state = await link.look(this.#family.state, this.#ids);
    this.#take(link, state);
    this.#joints.forEach((joint, j) => {
      if (!state.has(joint.id)) {
        throw new RobotFault(`${link.bus.motor(joint.id)}: no answer; check its cable`, { passing: true });
      }
      this.#checkStart(link, joint, command[j]);
    });
    for (const [register, joints] of this.#goals()) {
      const values = joints.map((joint) => [joint.id, joint.holding] as const);
      this.#refuse(link, register, await link.settle(register, values, { beforeEach: goOn }));
    }
    for (const joint of this.#joints) {
      const { ram } = this.#family.settings(joint.role, joint.held);
      for (const [register, counts] of Object.entries(differences(ram, await link.table(joint.id)))) {
        goOn();
        await link.put(joint.id, register, counts);
      }
    }
    goOn();
    await this.#torqueOn(link, goOn);
    const { watchdog } = this.#family;
    if (watchdog) {
      const counts = Math.round(this.#servoOptions.watchdog / watchdog.scale);
      const values = this.#all(counts);
      this.#refuse(
        link,
        watchdog.register,
        await link.settle(watchdog.register, values, { beforeEach: goOn }),
      );
      goOn();
    }
    this.#guardedAt = link.clock.now();
    this.#active = true;
  }

  async write(command: Float64Array): Promise<void> {
    const link = this.#connected();
    if (!this.#active) throw new RobotFault('nothing is written to a robot that is not active');
    const goals = this.#joints.map((joint, j) => joint.goal(command[j]));
    for (const [register, joints] of this.#goals()) {
      // A stop may have come between the two.
      if (!this.#active) return;
      await link.send(
        register,
        joints.map((joint) => [joint.id, goals[this.#joints.indexOf(joint)]]),
      );
    }
  }

  async stop(how: StopHow): Promise<StopReport> {
    this.#active = false;
    this.#epoch++;
    const link = this.#link;
    if (link === undefined) return { stopped: false, how: 'no motor is connected that could be told' };
    try {
      return how === 'release' ? await this.#release(link) : await this.#hold(link);
    } catch (error) {
      const own = this.watchdog === null ? '' : `; the motors' own watchdog acts after ${this.watchdog} s`;
      return { stopped: false, how: `${(error as Error).message}${own}` };
    }
  }

  async close(): Promise<void> {
    this.#active = false;
    this.#epoch++;
    this.#guardedAt = Number.NEGATIVE_INFINITY;
    this.#suspicious = false;
    const link = this.#link;
    this.#link = undefined;
    await link?.bus.close();
  }

  /** Torque on where it is off; where one does not take it, those are limp again. */
  async #torqueOn(link: ServoBus, goOn: () => void): Promise<void> {
    const limp = this.#joints.filter(({ held }) => held.torque_enable !== 1).map(({ id }) => id);
    const off = await link.settle('torque_enable', this.#all(1), { beforeEach: goOn });
    goOn();
    if (off.length === 0) return;
    const back = limp.map((id) => [id, 0] as const);
    await link.settle('torque_enable', back, URGENT);
    this.#refuse(link, 'torque_enable', off);
  }

  async #release(link: ServoBus): Promise<StopReport> {
    const deadline = link.clock.now() + STOP_TIME;
    let left = this.#all(0);
    do {
      const on = await link.settle('torque_enable', left, URGENT);
      if (on.length === 0)
        return { stopped: true, how: `torque off, read back from all ${this.#ids.length} motors` };
      left = left.filter(([id]) => on.includes(id));
    } while (link.clock.now() < deadline);
    const motors = left.map(([id]) => link.bus.motor(id)).join(', ');
    return { stopped: false, how: `torque off was sent and not confirmed by ${motors}` };
  }

  /** Each motor gets where it is as its goal; then they are watched until they rest. */
  async #hold(link: ServoBus): Promise<StopReport> {
    const deadline = link.clock.now() + STOP_TIME;
    const goals = new Map<number, number>();
    let before = new Map<number, Counts>();
    await this.#clearWatchdogs(link, URGENT);
    for (;;) {
      const now = await link.lookAround(this.#family.state, this.#ids, URGENT);
      this.#take(link, now);
      for (const { id, holding } of this.#joints) if (now.has(id) && !goals.has(id)) goals.set(id, holding);
      for (const [register, joints] of this.#goals()) {
        const told = joints.filter(({ id }) => goals.has(id));
        const values = told.map(({ id }) => [id, goals.get(id)!] as const);
        if (values.length > 0) await link.send(register, values, URGENT);
      }
      const guard = await link.lookAround(this.#family.guard, this.#ids, URGENT);
      const named = (ids: readonly number[]) => ids.map((id) => link.bus.motor(id)).join(', ');
      const deaf = this.#ids.filter((id) => !now.has(id) || !guard.has(id));
      const moving = this.#ids.filter((id) => {
        const ticks = (now.get(id)?.present_position ?? 0) - (before.get(id)?.present_position ?? Number.NaN);
        return !deaf.includes(id) && !(Math.abs(ticks) <= REST_TICKS);
      });
      if (deaf.length === 0 && moving.length === 0) {
        const limp = this.#ids.filter((id) => guard.get(id)!.torque_enable !== 1);
        const torque = limp.length === 0 ? 'torque on' : `torque is off on ${named(limp)}`;
        return { stopped: true, how: `at rest, ${torque}, read back from all ${this.#ids.length} motors` };
      }
      if (link.clock.now() >= deadline) {
        const faults = [
          ...(deaf.length > 0 ? [`no answer from ${named(deaf)}`] : []),
          ...(moving.length > 0 ? [`${named(moving)} still moving`] : []),
        ];
        return { stopped: false, how: `told to hold; ${faults.join('; ')}` };
      }
      before = now;
      await link.sleep(REST_TIME);
    }
  }

  /**
   * Watchdogs that tripped keep goals from being written; cleared, a motor may set off for its old goal. So a servo is
   * first made too slow to get anywhere, and a wheel loses its torque.
   */
  async #clearWatchdogs(link: ServoBus, options?: CallOptions): Promise<void> {
    const { watchdog, guard } = this.#family;
    if (watchdog === undefined) return;
    const found = await link.lookAround(guard, this.#ids, options);
    const tripped = this.#joints.filter(({ id }) => (found.get(id)?.[watchdog.register] ?? 0) < 0);
    for (const [kind, register, counts] of [
      ['position', 'profile_velocity', 1],
      ['velocity', 'torque_enable', 0],
    ] as const) {
      const values = tripped.filter(({ role }) => role.kind === kind).map(({ id }) => [id, counts] as const);
      this.#refuse(link, register, await link.settle(register, values, options));
    }
    const set = [...found].filter(([, counts]) => counts[watchdog.register] !== 0);
    const values = set.map(([id]) => [id, 0] as const);
    this.#refuse(link, watchdog.register, await link.settle(watchdog.register, values, options));
  }

  /** A motor that turned itself off keeps its complaint until it reboots; it is limp, so that moves nothing. */
  async #clearComplaint(link: ServoBus, { id }: ServoJoint): Promise<void> {
    const { guard, latched, answersAll } = this.#family;
    if (latched === undefined) return;
    const found = link.decode(guard, await link.bus.read(id, guard.address, guard.size));
    if (found[latched] === 0 || found.torque_enable === 1) return;
    await link.put(id, 'response_level', answersAll);
    await link.bus.reboot(id);
    const deadline = link.clock.now() + BOOT_TIME;
    do await link.sleep(BOOT_TIME / 10);
    while ((await link.bus.find([id])).length === 0 && link.clock.now() < deadline);
  }

  /** @throws RobotFault when a joint stands where it must not be activated */
  #checkStart(link: ServoBus, joint: ServoJoint, command: number): void {
    const name = link.bus.motor(joint.id);
    const degrees = (angle: number) => `${((angle * 180) / Math.PI).toFixed(1)}°`;
    if (joint.outside > OUTSIDE) {
      throw new RobotFault(
        `${name} stands ${degrees(joint.outside)} outside its calibrated range; move it back by hand, or calibrate again`,
      );
    }
    const moved = Math.abs(joint.position - command);
    if (joint.role.kind === 'position' && !(moved <= MOVED)) {
      throw new RobotFault(`${name} moved by ${degrees(moved)} while it was being activated`, {
        passing: true,
      });
    }
  }

  #refuse(link: ServoBus, register: string, ids: readonly number[]): void {
    if (ids.length === 0) return;
    const named = ids.map((id) => {
      const { errorText, missingSince } = link.bus.health(id);
      const cause = missingSince === undefined ? errorText : 'no answer';
      return cause ? `${link.bus.motor(id)} (${cause})` : link.bus.motor(id);
    });
    throw new RobotFault(`${named.join(', ')}: ${register} was written and does not read back`);
  }

  /** Firmware that differs among like motors, and an adapter that is not the one calibrated with. */
  #notes({ serial, bus }: ServoBus): string[] {
    const notes: string[] = [];
    const calibrated = this.#options.calibration!.serial;
    if (serial !== null && calibrated !== null && serial !== calibrated) {
      notes.push(
        `the adapter is ${serial}; the calibration, which the motors agree with, was made with ${calibrated}`,
      );
    }
    for (const model of new Set(this.#joints.map(({ held }) => held.model))) {
      const like = this.#joints.filter(({ held }) => held.model === model);
      const versions = like.map(({ held }) => this.#family.firmware(held));
      if (new Set(versions).size === 1) continue;
      const list = like.map(({ id }, i) => `${bus.motor(id)} ${versions[i]}`).join(', ');
      notes.push(`firmware differs: ${list}; update the motors to one version`);
    }
    return notes;
  }

  #take(link: ServoBus, found: ReadonlyMap<number, Counts>): void {
    const now = link.clock.now();
    for (const joint of this.#joints) {
      const state = found.get(joint.id);
      if (state === undefined) {
        joint.missed = true;
        continue;
      }
      joint.take(state, now);
      const { error } = link.bus.health(joint.id);
      if (joint.missed || error !== joint.alert) this.#suspicious = true;
      joint.missed = false;
      joint.alert = error;
    }
  }

  /** @throws RobotFault when a motor of an active robot has lost its torque */
  async #guard(link: ServoBus): Promise<void> {
    const { guard, watchdog, latched } = this.#family;
    const active = this.#active;
    const found = await link.look(guard, this.#ids);
    this.#guardedAt = link.clock.now();
    this.#suspicious = false;
    for (const joint of this.#joints) {
      const state = found.get(joint.id);
      if (state === undefined) continue;
      const said = latched === undefined ? link.bus.health(joint.id).errorText : '';
      joint.complaint = this.#family.complaint({ ...joint.held, ...joint.state, ...state }) || said;
      joint.takeCurrent(state);
    }
    // A stop may have come meanwhile.
    if (!active || !this.#active) return;
    for (const { id, complaint } of this.#joints) {
      const state = found.get(id);
      const name = link.bus.motor(id);
      if (state && state.torque_enable !== 1) {
        const cause = complaint || 'it rebooted or lost its power for a moment';
        throw new RobotFault(`${name} turned its torque off: ${cause}; check its load, supply and cable`);
      }
      if (watchdog && state && state[watchdog.register] < 0) {
        throw new RobotFault(`${name}: its watchdog stopped it, nothing was sent for ${this.watchdog} s`, {
          passing: true,
        });
      }
    }
  }

  #report(link: ServoBus): Reading {
    const reading = this.#reading;
    const now = link.clock.now();
    this.#joints.forEach((joint, j) => {
      reading.position[j] = joint.position;
      reading.velocity[j] = joint.velocity;
      reading.effort[j] = joint.effort;
      reading.age[j] = now - joint.readAt;
    });
    const motors = this.#joints.map(({ id, motor, temperature, voltage, current, load, complaint }) => {
      const { misses } = link.bus.health(id);
      return { joint: motor.joint, temperature, voltage, current, load, error: complaint, misses };
    });
    return { ...reading, motors };
  }

  /** The joints by the register that their goal goes to. */
  #goals(): ['goal_position' | 'goal_velocity', readonly ServoJoint[]][] {
    const byRegister = (['goal_position', 'goal_velocity'] as const).map(
      (register): [typeof register, readonly ServoJoint[]] => [
        register,
        this.#joints.filter(({ goalRegister }) => goalRegister === register),
      ],
    );
    return byRegister.filter(([, joints]) => joints.length > 0);
  }

  #all(counts: number): (readonly [id: number, counts: number])[] {
    return this.#ids.map((id) => [id, counts]);
  }

  #connected(): ServoBus {
    if (this.#link === undefined) throw new RobotFault('the robot is not connected; configure it first');
    return this.#link;
  }
}

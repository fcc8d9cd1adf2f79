import { wireTime } from '../bus-timing.ts';
import { type BusClock, wallClock } from '../clock.ts';
import type { Framer } from '../framer.ts';
import type { BytePort } from '../port.ts';
import { Agenda } from './agenda.ts';
import { byId, collide } from './collision.ts';
import { type Family, families, type ServoSpec } from './family.ts';
import { AnswerFaults, type PlannedFault } from './faults.ts';
import type { Motors } from './motors.ts';
import type { Condition, Servo } from './servo.ts';

export interface EmulatorOptions {
  readonly family: keyof typeof families;
  /** One servo for each of the motors, in their order. */
  readonly servos: readonly ServoSpec[];
  readonly motors: Motors;
  /** bits/s at which the master talks; servos set to another rate hear noise. Infinity: no time passes. Default 1 Mbit/s. */
  readonly baud?: number;
  /** s that the adapter holds an answer back; default 0.001. */
  readonly latency?: number;
  /** Whether the adapter hands back what it sends; default false. */
  readonly echo?: boolean;
  /** Servos whose own rate differs from the master's are deaf; default true, false where `baud` is Infinity. */
  readonly checkBaud?: boolean;
  /** s that a servo needs to boot; default 0.1. */
  readonly bootTime?: number;
  /** Keys random faults; default 0. */
  readonly seed?: number;
  readonly clock?: BusClock;
}

/** Motors and protections are looked at so often though nothing is asked, s. */
const TICK = 0.01;
/** After so long a pause servos forget half a packet, s. */
const PATIENCE = 0.02;

/**
 * A servo bus behind a port, byte for byte and in a real bus's time: a request's bytes take their time at the baud
 * rate, each answer comes its servo's return delay after the line fell silent, takes its time, and is handed over
 * `latency` later. A servo that is missing from a sync read leaves no gap: the next answers in its place. Servos of one
 * id answer at once and garble one another, but for a ping of all.
 */
export class EmulatedBus {
  readonly servos: readonly Servo[];
  readonly faults: AnswerFaults;
  /** bits/s of the master; a port does not tell. */
  lineBaud: number;
  readonly #family: Family;
  readonly #motors: Motors;
  readonly #clock: BusClock;
  readonly #agenda: Agenda;
  readonly #latency: number;
  readonly #echo: boolean;
  readonly #checkBaud: boolean;
  readonly #bootTime: number;
  readonly #framer: Framer;
  readonly #watchdogs = new Map<Servo, () => void>();
  readonly #booting = new Map<Servo, number>();
  #port: BytePort | undefined;
  #free = 0;
  #unplugged = false;
  #stopTicking: (() => void) | undefined;

  constructor(options: EmulatorOptions) {
    const { motors } = options;
    if (options.servos.length !== motors.count) {
      throw new RangeError(`${options.servos.length} servos for ${motors.count} motors`);
    }
    this.#family = families[options.family];
    this.#motors = motors;
    this.#clock = options.clock ?? wallClock;
    this.#agenda = new Agenda(this.#clock);
    this.lineBaud = options.baud ?? 1_000_000;
    this.#latency = options.latency ?? 0.001;
    this.#echo = options.echo ?? false;
    this.#checkBaud = options.checkBaud ?? Number.isFinite(this.lineBaud);
    this.#bootTime = options.bootTime ?? 0.1;
    this.#framer = this.#family.createFramer();
    this.faults = new AnswerFaults(options.seed ?? 0);
    motors.advance(this.#clock.now());
    this.servos = options.servos.map((spec, motor) => this.#family.createServo(spec, motors, motor));
  }

  /** The master's end; a former one is let go, not closed. */
  attach(port: BytePort): void {
    this.#port = port;
    port.onBytes((bytes) => {
      if (this.#port === port) this.#receive(bytes);
    });
    port.onClose(() => {
      if (this.#port === port) this.#port = undefined;
    });
  }

  /** Lets motors and protections go on when nobody asks either, until `close`; serving does it. */
  start(): void {
    if (this.#stopTicking) return;
    const tick = () => {
      this.#stopTicking = this.#clock.at(this.#clock.now() + TICK, () => {
        this.refresh();
        tick();
      });
    };
    tick();
  }

  /** @throws RangeError when there is none of this id. */
  servo(id: number): Servo {
    const found = this.servos.find((servo) => servo.id === id);
    if (found === undefined) throw new RangeError(`no servo ${id} on the emulated bus`);
    return found;
  }

  /** Brings motors and servos to the present, as a packet would. */
  refresh(): void {
    this.#motors.advance(this.#clock.now());
    for (const servo of this.servos) servo.refresh();
  }

  /** Dropped, corrupted, late and duplicated answers. */
  fault(plan: PlannedFault): void {
    this.faults.plan(plan);
  }

  /** Overheat, undervoltage, overload, death: what befalls a servo. One that comes back to life boots. */
  condition(id: number, change: Partial<Condition>): void {
    const servo = this.servo(id);
    this.#motors.advance(this.#clock.now());
    const revived = servo.condition.dead && change.dead === false;
    Object.assign(servo.condition, change);
    if (revived) this.reboot(id);
    else servo.refresh();
  }

  /** A motor loses power for a moment. */
  reboot(id: number): void {
    const servo = this.servo(id);
    this.#motors.advance(this.#clock.now());
    this.#booting.set(servo, this.#clock.now() + this.#bootTime);
    servo.powerCycle();
  }

  /** Pulls the motors' data line off the adapter, or puts it back; the port stays. */
  unplug(out: boolean): void {
    this.#unplugged = out;
  }

  /** Pulls the adapter: the port closes. */
  async close(): Promise<void> {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
    this.#agenda.clear();
    await this.#port?.close();
  }

  #receive(bytes: Uint8Array): void {
    const now = this.#clock.now();
    const pause = now - this.#free > PATIENCE;
    const end = Math.max(now, this.#free) + wireTime(bytes.length, this.lineBaud);
    this.#free = end;
    this.#agenda.at(end, () => {
      if (pause) this.#framer.reset();
      this.#motors.advance(end);
      if (this.#unplugged) return;
      this.#framer.push(bytes, (packet) => this.#obey(packet, end));
    });
    if (this.#echo) this.#deliver(bytes, end + this.#latency);
  }

  #obey(packet: Uint8Array, time: number): void {
    const awake = this.servos.filter((servo) => this.#hears(servo, time));
    const answers = this.#family.obey(packet, awake);
    for (const servo of awake) this.#watch(servo, time);
    const slots = this.#family.pingsAll(packet) ? answers.map((answer) => [answer]) : byId(answers);
    for (const together of slots) {
      const [{ servo }] = together;
      const bytes = together.length === 1 ? together[0].bytes : collide(together.map((each) => each.bytes));
      const fault = this.faults.next(servo.id);
      const copies = fault?.kind === 'duplicate' ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const begin = Math.max(time, this.#free) + (copy === 0 ? servo.returnDelay : 0);
        this.#free = begin + wireTime(bytes.length, this.lineBaud);
        if (fault?.kind === 'drop') continue;
        const sent = fault?.kind === 'corrupt' ? this.faults.flip(bytes) : bytes;
        const late = fault?.kind === 'late' ? fault.by : 0;
        this.#deliver(sent, this.#free + this.#latency + late);
      }
    }
  }

  #hears(servo: Servo, time: number): boolean {
    const booted = (this.#booting.get(servo) ?? 0) <= time;
    const tuned = !this.#checkBaud || servo.baud === this.lineBaud;
    return booted && tuned && !servo.condition.dead;
  }

  #watch(servo: Servo, time: number): void {
    this.#watchdogs.get(servo)?.();
    const lapses = servo.heard(time);
    if (lapses === undefined) return;
    const cancel = this.#agenda.at(lapses, () => {
      this.#motors.advance(lapses);
      servo.lapse();
    });
    this.#watchdogs.set(servo, cancel);
  }

  #deliver(bytes: Uint8Array, time: number): void {
    const port = this.#port;
    this.#agenda.at(time, () => {
      if (!this.#unplugged && port === this.#port) port?.write(bytes);
    });
  }
}

import { RobotFault } from '../../core/errors.ts';
import type { HardwareReport, StopHow } from '../../core/hardware.ts';
import type { Lifecycle, StopReport } from '../../core/lifecycle.ts';
import type { BusClock } from '../clock.ts';
import type { Driver, Identity } from '../driver.ts';
import { type Cycle, Cycles } from './cycles.ts';
import { coordinatesOf, holdCommand } from './joints.ts';
import { LoopMeter } from './loop-meter.ts';
import type { BridgeOptions, FromBridge } from './messages.ts';
import { Move } from './move.ts';
import { NewestReading } from './newest-reading.ts';
import { findRoute } from './route.ts';
import type { Safety } from './safety.ts';
import { sleep, stopVerified } from './stop-verified.ts';
import { Watchdog } from './watchdog.ts';

/** s without a command or heartbeat. */
const WATCHDOG = 0.15;
/** s between reports when nothing changes. */
const REPORT_EVERY = 0.2;
/** Readings beyond their bounds count as lasting when a robot is to be activated, s. */
const LASTING = 0.1;
/** s that a driver has to end what it is doing before it counts as hung. */
const PATIENCE = 1;

/** What a bridge tells of its own accord; answers to calls are what its methods return. */
export type Told = Extract<FromBridge, { readonly type: 'tick' | 'exchange' | 'halted' | 'report' | 'log' }>;

export interface BridgeParts {
  readonly driver: Driver;
  readonly safety: Safety;
  readonly clock: BusClock;
  /** The clock of day, ms. */
  readonly unix: () => number;
  /** What the machine's monotonic clock shows when `clock` shows 0, ms. */
  readonly origin: number;
  readonly tell: (message: Told) => void;
}

/**
 * Between a controller and a robot: owns the driver and has the last word on what is sent. Its loop reads, checks, limits
 * and writes at the robot's rate; a robot whose commands, controller, readings or time are not what they should be is
 * stopped as its policy says, and can be activated again once the cause is gone. Knows no transport: messages go to
 * `tell`, calls are methods. A call that cannot be done throws a `RobotFault` that says why.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #parts: BridgeParts;
  readonly #period: number;
  readonly #ticksEvery: number;
  readonly #names: readonly string[];
  readonly #home: Float64Array;
  readonly #cycles: Cycles;
  readonly #meter: LoopMeter;
  readonly #watchdog: Watchdog;
  #lifecycle: Lifecycle = 'unconfigured';
  #fault: string | null = null;
  #lastStop: StopReport | null = null;
  #identity: Identity | undefined;
  readonly #newest: NewestReading;
  /** What is asked while no command has come. */
  #hold: Float64Array;
  #command: Float64Array | null = null;
  #commandAt: number | null = null;
  #onCommand: (() => void) | undefined;
  #beat: number | undefined;
  #beatAt = 0;
  #move: Move | undefined;
  readonly #asked: Float64Array;
  readonly #sent: Float64Array;
  #sentAt: number | null = null;
  readonly #limited: Record<string, number> = {};
  #nextTick = 0;
  /** When the cycle in progress began, and its end. */
  #cycleAt: number | null = null;
  #cycle: Promise<void> = Promise.resolve();
  /** Above 0: cycles do nothing. */
  #held = 0;
  /** Grows with every stop: what was begun before it must not go on. */
  #generation = 0;
  /** A driver's `activate` or `write` that is under way. */
  #moving: Promise<void> | undefined;
  #calls: Promise<unknown> = Promise.resolve();
  #halting: Promise<StopReport | null> = Promise.resolve(null);
  #cancelRelease: (() => void) | undefined;
  #releasing: Promise<void> = Promise.resolve();
  #cancelReport: (() => void) | undefined;
  #finalizing = false;

  constructor(options: BridgeOptions, parts: BridgeParts) {
    const { robot, hardware, controlPeriod } = options;
    this.#options = options;
    this.#parts = parts;
    this.#period = 1 / hardware.rate;
    this.#ticksEvery = Math.max(1, Math.round(controlPeriod * hardware.rate));
    this.#names = robot.actuators.map(({ joint }) => joint);
    const coordinates = coordinatesOf(robot);
    this.#home = Float64Array.from(coordinates, (index) => robot.home[index]);
    const joints = this.#names.length;
    const values = (value: number) => new Float64Array(joints).fill(value);
    this.#newest = new NewestReading(joints);
    [this.#asked, this.#sent, this.#hold] = [values(Number.NaN), values(Number.NaN), values(0)];
    this.#meter = new LoopMeter(this.#period);
    this.#cycles = new Cycles(parts.clock, this.#period, (cycle) => this.#runCycle(cycle));
    this.#watchdog = new Watchdog(
      parts.clock,
      parts.unix,
      options.watchdog ?? WATCHDOG,
      () => ({
        active: this.#lifecycle === 'active',
        commandAt: this.#commandAt,
        beatAt: this.#beatAt,
        cycleAt: this.#cycleAt,
      }),
      (reason) => void this.#halt(reason, undefined, true),
    );
  }

  get lifecycle(): Lifecycle {
    return this.#lifecycle;
  }

  /** Opens the robot, or opens it anew after a fault; from then on it is read. Nothing moves. */
  configure(): Promise<Identity> {
    return this.#alone(() => this.#configure());
  }

  /** Torque on, holding where it stands; configures it first when a fault took it down. */
  activate(): Promise<void> {
    const generation = this.#generation;
    return this.#alone(() => this.#activate(generation));
  }

  /**
   * Leads an active robot to `target` [J] at `resetVelocity`, along a way that nothing blocks, and holds it there.
   * @throws RobotFault when there is no such way, when a joint does not get there, when it is stopped.
   */
  async move(target: Float64Array): Promise<void> {
    const { robot, hardware } = this.#options;
    if (this.#lifecycle !== 'active')
      throw new RobotFault(`it cannot move: ${this.#fault ?? 'it is not active'}`);
    const generation = this.#generation;
    this.#holdHere();
    const from = Move.start(robot, this.#newest.position, this.#sent);
    const goal = Move.goal(robot, hardware, target, this.#newest.position);
    const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
    const route = await findRoute(this.#parts.safety.guard, from, goal, this.#home, pause);
    if (generation !== this.#generation)
      throw new RobotFault(this.#fault ?? 'it was stopped', { passing: true });
    if (typeof route === 'string')
      throw new RobotFault(
        `no free way to the start: ${route}; lead it away by hand, or choose another start`,
      );
    const { clock } = this.#parts;
    const move = new Move({
      robot,
      hardware,
      postures: [from, ...route],
      now: clock.now(),
      arrives: !this.#options.dryRun,
    });
    this.#move = move;
    await move.done;
  }

  /** @param how undefined: as the robot's policy says. */
  async stop(how?: StopHow): Promise<StopReport> {
    if (this.#identity === undefined) return { stopped: false, how: 'it was never configured' };
    const idle = this.#lifecycle !== 'active' && this.#moving === undefined;
    if (idle && how === undefined) {
      // What waits to be activated stays as it is.
      this.#generation++;
      const last = await this.#halting;
      if (last?.stopped) return last;
      if (last === null)
        return { stopped: this.#newest.atRest, how: 'it was not active, and was left as it is' };
    }
    return this.#halt(null, how, false);
  }

  /** No further call is heard; resolves when the stop is verified or given up. Null: there was nothing to stop. */
  async finalize(reason: string | null = null): Promise<StopReport | null> {
    this.#finalizing = true;
    if (this.#lifecycle === 'active' || this.#moving) return this.#halt(reason, undefined, false);
    return this.#halting;
  }

  /** After `finalize`: waits until a torque that the policy releases is off, then leaves the motors and the port. */
  async close(): Promise<void> {
    await this.#calls;
    await this.finalize();
    await this.#releasing;
    this.#cycles.stop();
    this.#watchdog.stop();
    this.#held++;
    await this.#idle().catch(() => {});
    await this.#parts.driver.close();
    this.#lifecycle = 'finalized';
    this.#report();
    this.#cancelReport?.();
  }

  /** The newest wins; of a robot that is not active, or is being led, it is dropped. @param command [J] */
  command(command: Float64Array, beat: number): void {
    this.heartbeat(beat);
    if (this.#lifecycle !== 'active' || this.#move) return;
    if (command.length !== this.#names.length || !command.every(Number.isFinite)) {
      this.#count('a command that is not numbers');
      return;
    }
    this.#command = command;
    this.#commandAt = this.#now();
    this.#onCommand?.();
  }

  /** @param beat counts what the controlling process's main thread does; it lives while this changes. */
  heartbeat(beat: number): void {
    if (beat === this.#beat) return;
    this.#beat = beat;
    this.#beatAt = this.#now();
  }

  async #configure(): Promise<Identity> {
    const { driver } = this.#parts;
    if (this.#lifecycle === 'active') throw new RobotFault('it is active; stop it before it is configured');
    await this.#halting;
    this.#cycles.stop();
    this.#lifecycle = 'unconfigured';
    try {
      this.#identity = await driver.configure();
      await this.#read();
    } catch (error) {
      throw this.#failed(error);
    }
    this.#fault = null;
    this.#lifecycle = 'inactive';
    this.#cycles.start();
    this.#reportAgain();
    return this.#identity;
  }

  async #activate(generation: number): Promise<void> {
    if (this.#lifecycle === 'active') return;
    await this.#halting;
    if (this.#lifecycle === 'unconfigured') {
      if (this.#identity === undefined) throw new RobotFault('it is not configured');
      await this.#configure();
    }
    const { driver, safety } = this.#parts;
    const { robot, dryRun } = this.#options;
    await this.#alive();
    try {
      await this.#read();
    } catch (error) {
      throw this.#failed(error);
    }
    const unread = this.#newest.position.findIndex(Number.isNaN);
    if (unread >= 0)
      throw new RobotFault(`${this.#names[unread]}: the robot does not tell where it is`, { passing: true });
    const hold = holdCommand(robot, this.#newest.position);
    safety.trips.reset();
    this.#newest.forgive();
    const unfit = safety.trips.check(this.#newest.sensed, hold, LASTING);
    if (unfit !== null) throw this.#refuse(unfit);
    if (this.#finalizing || generation !== this.#generation)
      throw new RobotFault('it was stopped', { passing: true });
    this.#cancelRelease?.();
    if (!dryRun) {
      try {
        await this.#moves(() => driver.activate(hold));
      } catch (error) {
        void this.#halt(messageOf(error), undefined, passes(error));
        await this.#halting;
        throw this.#failed(error);
      }
    }
    if (generation !== this.#generation) throw new RobotFault('it was stopped', { passing: true });
    safety.limiter.reset(this.#newest.position);
    this.#hold = hold;
    this.#sent.set(hold);
    this.#sentAt = null;
    [this.#command, this.#commandAt, this.#move] = [null, null, undefined];
    this.#beatAt = this.#now();
    this.#fault = null;
    this.#lifecycle = 'active';
    this.#watchdog.start();
    this.#report();
  }

  /** Nobody leads a robot whose program stands still. */
  async #alive(): Promise<void> {
    const { watchdog = WATCHDOG } = this.#options;
    if (this.#beat === undefined) return;
    const begun = this.#now();
    while (this.#now() - this.#beatAt > watchdog) {
      if (this.#now() - begun > PATIENCE)
        throw new RobotFault('the controlling program stands still', { passing: true });
      await sleep(this.#parts.clock, this.#period);
    }
  }

  async #runCycle(cycle: Cycle): Promise<void> {
    if (this.#held > 0) {
      this.#meter.pause();
      return;
    }
    this.#meter.begin(cycle.began, cycle.skipped);
    this.#cycleAt = cycle.began;
    this.#cycle = this.#exchange(cycle).catch((error) => void this.#failed(error));
    await this.#cycle;
    this.#cycleAt = null;
    this.#meter.end(this.#now() - cycle.began);
  }

  /** One cycle: read, check, limit, write. */
  async #exchange({ index, began }: Cycle): Promise<void> {
    const { safety, tell } = this.#parts;
    const generation = this.#generation;
    await this.#read();
    const readAt = this.#now();
    this.#meter.read(readAt - began);
    if (generation === this.#generation && this.#lifecycle === 'active') {
      const trip = safety.trips.check(this.#newest.sensed, this.#sent, this.#period);
      if (trip !== null) void this.#halt(trip, undefined, false);
    }
    if (index >= this.#nextTick) {
      this.#nextTick = index - (index % this.#ticksEvery) + this.#ticksEvery;
      const { position, velocity, effort } = this.#newest.sensed;
      const answered = this.#commandAt === null ? null : this.#nextCommand(readAt + this.#period / 2);
      tell({
        type: 'tick',
        tick: {
          ...{ cycle: index, readAt: this.#machine(readAt), position: position.slice() },
          ...{ velocity: velocity.slice(), effort: effort.slice() },
        },
      });
      await answered;
    }
    const limited =
      generation === this.#generation && this.#lifecycle === 'active' ? await this.#send() : null;
    const none = () => new Float64Array(this.#names.length).fill(Number.NaN);
    tell({
      type: 'exchange',
      exchange: {
        ...{ cycle: index, began: this.#machine(began), readAt: this.#machine(readAt) },
        sentAt: limited ? this.#machine(this.#now()) : Number.NaN,
        ...{
          position: this.#newest.position.slice(),
          velocity: this.#newest.velocity.slice(),
          effort: this.#newest.effort.slice(),
        },
        asked: limited ? this.#asked.slice() : none(),
        sent: limited ? this.#sent.slice() : none(),
        limited: limited ?? [],
      },
    });
  }

  /** Limits what is asked and writes it; tells what was changed, null when nothing was sent. */
  async #send(): Promise<string[] | null> {
    const { driver, safety } = this.#parts;
    const now = this.#now();
    // Whole cycles: a command that waited for its controller counts as sent on the grid.
    const cycles = this.#sentAt === null ? 1 : Math.max(1, Math.round((now - this.#sentAt) / this.#period));
    const dt = cycles * this.#period;
    const asked = new Float64Array(this.#names.length);
    if (this.#move) this.#move.at(now, this.#newest.position, asked);
    else asked.set(this.#command ?? this.#hold);
    if (this.#command) this.#asked.set(asked);
    else this.#asked.fill(Number.NaN);
    const out = new Float64Array(asked.length);
    const limited = safety.limiter.limit(asked, this.#newest.sensed, dt, out);
    const blocked = safety.guard.check(this.#newest.position, this.#reached(out));
    if (blocked !== null) {
      limited.push(`path: ${blocked}`);
      safety.limiter.withdraw(out);
    }
    for (const reason of limited) this.#count(reason.startsWith('path: ') ? 'path' : reason);
    // Whatever came up meanwhile, nothing old or unwanted goes out.
    if (!this.#watchdog.look()) return null;
    this.#sent.set(out);
    this.#sentAt = now;
    if (!this.#options.dryRun) await this.#moves(() => driver.write(out));
    this.#endMove();
    return limited;
  }

  /** Where a command [J] takes the joints until the next one might be missing. */
  #reached(command: Float64Array): Float64Array {
    const { robot, watchdog = WATCHDOG } = this.#options;
    return Float64Array.from(robot.actuators, ({ kind }, i) => {
      if (kind === 'position') return command[i];
      return this.#newest.position[i] + (kind === 'velocity' ? command[i] * watchdog : 0);
    });
  }

  #endMove(): void {
    const move = this.#move;
    if (!move?.over(this.#now(), this.#newest.position, this.#newest.velocity)) return;
    this.#move = undefined;
    this.#hold = move.fault === null ? move.end : holdCommand(this.#options.robot, this.#newest.position);
    move.settle();
  }

  /** Stops a robot as its policy says, or as asked. @param reason why, when nobody asked for it. */
  #halt(reason: string | null, how: StopHow | undefined, passing: boolean): Promise<StopReport> {
    const { driver, clock, tell } = this.#parts;
    const { hardware, dryRun } = this.#options;
    this.#generation++;
    if (this.#lifecycle === 'active') this.#lifecycle = 'inactive';
    this.#watchdog.stop();
    [this.#command, this.#commandAt] = [null, null];
    this.#onCommand?.();
    this.#cancelRelease?.();
    const move = this.#move;
    this.#move = undefined;
    if (reason !== null) {
      this.#fault = reason;
      tell({ type: 'halted', reason, passing });
    }
    move?.fail(reason ?? 'it was stopped');
    this.#report();
    const release = hardware.stop.release;
    const first = how ?? (release === 0 ? 'release' : 'hold');
    const moving = this.#moving;
    this.#held++;
    const halting = this.#halting.then(async () => {
      let stop: StopReport;
      if (dryRun) stop = { stopped: this.#newest.atRest, how: 'dry run: nothing had been commanded' };
      else {
        stop = await stopVerified(driver, first, clock);
        // A command that was under way may have overtaken it.
        if (moving) {
          await Promise.race([moving, sleep(clock, PATIENCE)]);
          stop = await stopVerified(driver, first, clock);
        }
      }
      this.#lastStop = stop;
      this.#held--;
      if (!dryRun && how === undefined && release !== null && release > 0) this.#releaseAfter(release);
      this.#report();
      return stop;
    });
    this.#halting = halting;
    return halting;
  }

  #releaseAfter(seconds: number): void {
    const { driver, clock } = this.#parts;
    this.#releasing = new Promise((resolve) => {
      const cancel = clock.at(clock.now() + seconds, async () => {
        this.#cancelRelease = undefined;
        this.#held++;
        this.#lastStop = await stopVerified(driver, 'release', clock);
        this.#held--;
        this.#report();
        resolve();
      });
      this.#cancelRelease = () => {
        cancel();
        resolve();
      };
    });
  }

  /** The driver could not do what it was asked for: the robot is stopped as far as that goes, and must be configured anew. */
  #failed(error: unknown): RobotFault | Error {
    const message = messageOf(error);
    if (this.#lifecycle === 'active') void this.#halt(message, undefined, passes(error));
    this.#lifecycle = 'unconfigured';
    this.#cycles.stop();
    this.#fault = message;
    this.#report();
    return error instanceof Error ? error : new RobotFault(message);
  }

  #refuse(reason: string): RobotFault {
    this.#fault = reason;
    this.#report();
    return new RobotFault(reason);
  }

  async #read(): Promise<void> {
    const began = this.#now();
    this.#newest.take(await this.#parts.driver.read(), began, this.#now());
  }

  #holdHere(): void {
    if (this.#command) this.#hold = Float64Array.from(this.#sent);
    [this.#command, this.#commandAt] = [null, null];
    this.#move?.fail('it is led elsewhere');
    this.#move = undefined;
  }

  #nextCommand(until: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.at(until, () => done());
      const done = () => {
        cancel();
        this.#onCommand = undefined;
        resolve();
      };
      this.#onCommand = done;
    });
  }

  async #moves(work: () => Promise<void>): Promise<void> {
    let settle = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#moving = settled;
    try {
      await work();
    } finally {
      if (this.#moving === settled) this.#moving = undefined;
      settle();
    }
  }

  /** One call after the other, and no cycle meanwhile. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#calls.then(async () => {
      if (this.#finalizing) throw new RobotFault('the bridge is closing');
      this.#held++;
      try {
        await this.#idle();
        return await work();
      } finally {
        this.#held--;
      }
    });
    this.#calls = run.catch(() => {});
    return run;
  }

  /** The cycle in progress is over. */
  async #idle(): Promise<void> {
    const { clock } = this.#parts;
    let late = false;
    let cancel = () => {};
    const timeout = new Promise<void>((resolve) => {
      cancel = clock.at(clock.now() + PATIENCE, () => {
        late = true;
        resolve();
      });
    });
    await Promise.race([this.#cycle, timeout]);
    cancel();
    if (late)
      throw new RobotFault(`the driver has not answered for ${PATIENCE} s; end the program and begin anew`);
  }

  #count(reason: string): void {
    this.#limited[reason] = (this.#limited[reason] ?? 0) + 1;
  }

  #reportAgain(): void {
    this.#cancelReport?.();
    this.#report();
    const { clock } = this.#parts;
    this.#cancelReport = clock.at(clock.now() + REPORT_EVERY, () => this.#reportAgain());
  }

  #report(): void {
    this.#parts.tell({ type: 'report', report: this.report() });
  }

  report(): HardwareReport {
    const { hardware, port, dryRun } = this.#options;
    const { robotClock } = this.#newest;
    return {
      ...{
        lifecycle: this.#lifecycle,
        name: `${hardware.driver} on ${port.split('?')[0]}`,
        dryRun,
        motors: this.#newest.motors,
      },
      ...{
        loop: this.#meter.report,
        limited: { ...this.#limited },
        fault: this.#fault,
        stop: this.#lastStop,
      },
      clock: {
        unixOffset: this.#parts.unix() - this.#machine(this.#now()),
        robotOffset: robotClock && robotClock.shows - this.#machine(robotClock.at),
      },
    };
  }

  #now(): number {
    return this.#parts.clock.now();
  }

  /** A time of the bridge's clock, s, on the machine's monotonic clock, ms. */
  #machine(time: number): number {
    return this.#parts.origin + 1000 * time;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function passes(error: unknown): boolean {
  return error instanceof RobotFault && error.passing;
}

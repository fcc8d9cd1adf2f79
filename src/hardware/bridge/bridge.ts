import { RobotFault } from '../../core/errors.ts';
import type { HardwareReport, StopHow } from '../../core/hardware.ts';
import type { Lifecycle, StopReport } from '../../core/lifecycle.ts';
import type { Identity } from '../driver.ts';
import { BridgeLoop } from './bridge-loop.ts';
import { CommandSender } from './command-sender.ts';
import { Controller } from './controller.ts';
import type { Cycle } from './cycles.ts';
import { ExchangeCycle } from './exchange-cycle.ts';
import { holdCommand } from './joints.ts';
import type { BridgeOptions } from './messages.ts';
import { NewestReading } from './newest-reading.ts';
import type { BridgeParts } from './parts.ts';
import { Reporter } from './reporter.ts';
import { SafeStop } from './safe-stop.ts';
import { Setpoint } from './setpoint.ts';
import { WATCHDOG, Watchdog } from './watchdog.ts';

/** Readings beyond their bounds count as lasting when a robot is to be activated, s. */
const LASTING = 0.1;

/**
 * Between a controller and a robot: owns the driver and has the last word on what is sent. Its loop reads, checks, limits
 * and writes at the robot's rate; a robot whose commands, controller, readings or time are not what they should be is
 * stopped as its policy says, and can be activated again once the cause is gone. Knows no transport: messages go to
 * `tell`, calls are methods. A call that cannot be done throws a `RobotFault` that says why.
 *
 * Here is the lifecycle, and what takes a robot from one state to another.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #parts: BridgeParts;
  readonly #newest: NewestReading;
  readonly #controller: Controller;
  readonly #setpoint: Setpoint;
  readonly #sender: CommandSender;
  readonly #exchange: ExchangeCycle;
  readonly #loop: BridgeLoop;
  readonly #watchdog: Watchdog;
  readonly #stops: SafeStop;
  readonly #reporter: Reporter;
  #lifecycle: Lifecycle = 'unconfigured';
  #fault: string | null = null;
  /** Whether the fault may pass by itself. */
  #passing = false;
  #identity: Identity | undefined;
  #calls: Promise<unknown> = Promise.resolve();
  #finalizing = false;

  /** @throws InputError */
  constructor(options: BridgeOptions, parts: BridgeParts) {
    const { robot, hardware, dryRun } = options;
    const { driver, clock } = parts;
    this.#options = options;
    this.#parts = parts;
    const newest = new NewestReading(robot.actuators.length);
    const controller = new Controller(clock);
    const setpoint = new Setpoint(options, clock, newest, controller);
    const loop = new BridgeLoop(clock, 1 / hardware.rate, (cycle) => this.#cycle(cycle));
    const reporter = new Reporter(options, parts, () => ({
      ...{ lifecycle: this.#lifecycle, fault: this.#fault, stop: this.#stops.last },
      ...{ motors: newest.motors, robotClock: newest.robotClock },
      ...{ loop: loop.meter.report, limited: this.#sender.limited },
    }));
    const stops = new SafeStop({
      ...{ driver, clock, policy: hardware.stop, dryRun, loop },
      atRest: () => newest.atRest,
      changed: () => reporter.tell(),
    });
    const watchdog = new Watchdog(
      clock,
      parts.unix,
      options.watchdog ?? WATCHDOG,
      () => ({
        active: this.#lifecycle === 'active',
        commandAt: controller.commandAt,
        beatAt: controller.beatAt,
        cycleAt: loop.cycleAt,
      }),
      (reason) => void this.#halt(reason, undefined, true),
    );
    const sender = new CommandSender(options, {
      ...parts,
      ...{ newest, controller, setpoint, stops, watchdog },
    });
    this.#exchange = new ExchangeCycle(options, {
      ...parts,
      ...{ newest, controller, sender, stops, meter: loop.meter },
      active: () => this.#lifecycle === 'active',
      trip: ({ reason, passing }) => void this.#halt(reason, undefined, passing),
      stoodStill: (since) => watchdog.stoodStill(since),
    });
    this.#newest = newest;
    this.#controller = controller;
    this.#setpoint = setpoint;
    this.#sender = sender;
    this.#loop = loop;
    this.#watchdog = watchdog;
    this.#stops = stops;
    this.#reporter = reporter;
  }

  get lifecycle(): Lifecycle {
    return this.#lifecycle;
  }

  report(): HardwareReport {
    return this.#reporter.report;
  }

  /** Opens the robot, or opens it anew after a fault; from then on it is read. Nothing moves. */
  configure(): Promise<Identity> {
    return this.#alone(() => this.#configure());
  }

  /** Torque on, holding where it stands; configures it first when a fault took it down. @param exploring with exploration's limits */
  activate(exploring = false): Promise<void> {
    const { generation } = this.#stops;
    return this.#alone(() => this.#activate(generation, exploring));
  }

  /**
   * Leads an active robot to `target` [J] at `resetVelocity`, along a way that nothing blocks, and holds it there.
   * @throws RobotFault when there is no such way, when a joint does not get there, when it is stopped.
   */
  async move(target: Float64Array): Promise<void> {
    if (this.#lifecycle !== 'active')
      throw new RobotFault(`it cannot move: ${this.#fault ?? 'it is not active'}`, {
        passing: this.#fault !== null && this.#passing,
      });
    const { generation } = this.#stops;
    const { sent } = this.#sender;
    this.#setpoint.holdAt(sent);
    const way = await this.#setpoint.wayTo(target, sent, this.#parts.safety.guard);
    if (generation !== this.#stops.generation)
      throw new RobotFault(this.#fault ?? 'it was stopped', {
        passing: this.#fault === null || this.#passing,
      });
    if (typeof way === 'string')
      throw new RobotFault(`no free way to the start: ${way}; lead it away by hand, or choose another start`);
    await this.#setpoint.lead(way);
  }

  /** @param how undefined: as the robot's policy says. */
  async stop(how?: StopHow): Promise<StopReport> {
    if (this.#identity === undefined) return { stopped: false, how: 'it was never configured' };
    const idle = this.#lifecycle !== 'active' && !this.#stops.moving;
    if (idle && how === undefined) {
      // What waits to be activated stays as it is.
      this.#stops.revoke();
      const last = await this.#stops.settled;
      if (last?.stopped) return last;
      if (last === null)
        return { stopped: this.#newest.atRest, how: 'it was not active, and was left as it is' };
    }
    return this.#halt(null, how, false);
  }

  /** No further call is heard; resolves when the stop is verified or given up. Null: there was nothing to stop. */
  async finalize(reason: string | null = null): Promise<StopReport | null> {
    this.#finalizing = true;
    if (this.#lifecycle === 'active' || this.#stops.moving) return this.#halt(reason, undefined, false);
    return this.#stops.settled;
  }

  /** After `finalize`: waits until a torque that the policy releases is off, then leaves the motors and the port. */
  async close(): Promise<void> {
    await this.#calls;
    await this.finalize();
    await this.#stops.released();
    this.#loop.stop();
    this.#watchdog.stop();
    this.#loop.hold();
    await this.#loop.idle().catch(() => {});
    await this.#parts.driver.close();
    this.#lifecycle = 'finalized';
    this.#reporter.tell();
    this.#reporter.stop();
  }

  /** The newest wins; of a robot that is not active, or is being led, it is dropped. @param command [J] */
  command(command: Float64Array, beat: number): void {
    this.heartbeat(beat);
    if (this.#lifecycle !== 'active' || this.#setpoint.led) return;
    const joints = this.#options.robot.actuators.length;
    if (command.length === joints && command.every(Number.isFinite)) this.#controller.take(command);
    else {
      this.#sender.count('a command that is not numbers');
      this.#controller.refuse(joints);
    }
  }

  /** @param beat counts what the controlling process's main thread does; it lives while this changes. */
  heartbeat(beat: number): void {
    this.#controller.heartbeat(beat);
  }

  async #configure(): Promise<Identity> {
    const { driver, clock } = this.#parts;
    if (this.#lifecycle === 'active') throw new RobotFault('it is active; stop it before it is configured');
    await this.#stops.settled;
    this.#loop.stop();
    this.#lifecycle = 'unconfigured';
    try {
      this.#identity = await driver.configure();
      await this.#newest.read(driver, clock);
    } catch (error) {
      throw this.#failed(error);
    }
    this.#fault = null;
    this.#lifecycle = 'inactive';
    this.#loop.start();
    this.#reporter.start();
    return this.#identity;
  }

  /** @param generation of stops when this was asked for. */
  async #activate(generation: number, exploring: boolean): Promise<void> {
    if (this.#lifecycle === 'active') return;
    await this.#stops.settled;
    if (this.#lifecycle === 'unconfigured') {
      if (this.#identity === undefined) throw new RobotFault('it is not configured');
      await this.#configure();
    }
    await this.#controller.alive(this.#options.watchdog ?? WATCHDOG);
    const hold = await this.#checkFit();
    if (this.#finalizing || generation !== this.#stops.generation)
      throw new RobotFault('it was stopped', { passing: true });
    this.#stops.forget();
    this.#reporter.tell();
    if (!this.#options.dryRun) {
      try {
        const effort = exploring ? this.#options.hardware.exploration?.effort : undefined;
        await this.#stops.moves(() => this.#parts.driver.activate(hold, effort));
      } catch (error) {
        await this.#halt(messageOf(error), undefined, passes(error));
        throw this.#failed(error);
      }
    }
    if (generation !== this.#stops.generation) throw new RobotFault('it was stopped', { passing: true });
    this.#sender.begin(hold, exploring);
    this.#setpoint.begin(hold);
    this.#controller.begin();
    this.#fault = null;
    this.#lifecycle = 'active';
    this.#watchdog.start();
    this.#reporter.tell();
  }

  /** What holds the robot where it stands now. @throws RobotFault when it must not be activated there */
  async #checkFit(): Promise<Float64Array> {
    const { driver, safety, clock } = this.#parts;
    const { robot } = this.#options;
    const { generation } = this.#stops;
    try {
      await this.#newest.read(driver, clock);
    } catch (error) {
      throw this.#lost(error, generation);
    }
    const unread = this.#newest.position.findIndex(Number.isNaN);
    if (unread >= 0)
      throw new RobotFault(`${robot.actuators[unread].joint}: the robot does not tell where it is`, {
        passing: true,
      });
    const hold = holdCommand(robot, this.#newest.position);
    safety.trips.reset();
    this.#newest.forgive();
    const unfit = safety.trips.check(this.#newest.sensed, hold, LASTING);
    if (unfit === null) return hold;
    const { reason, passing } = unfit;
    [this.#fault, this.#passing] = [reason, passing];
    this.#reporter.tell();
    throw new RobotFault(reason, { passing });
  }

  async #cycle(cycle: Cycle): Promise<void> {
    const { generation } = this.#stops;
    try {
      await this.#exchange.run(cycle);
    } catch (error) {
      this.#lost(error, generation);
    }
  }

  /** Stops a robot as its policy says, or as asked. @param reason why, when nobody asked for it. */
  #halt(reason: string | null, how: StopHow | undefined, passing: boolean): Promise<StopReport> {
    const stopping = this.#stops.begin(how);
    if (this.#lifecycle === 'active') this.#lifecycle = 'inactive';
    this.#watchdog.stop();
    this.#controller.giveUp();
    if (reason !== null) {
      [this.#fault, this.#passing] = [reason, passing];
      this.#parts.tell({ type: 'halted', reason, passing });
    }
    this.#setpoint.leave(reason ?? 'it was stopped', reason === null || passing);
    this.#reporter.tell();
    return stopping;
  }

  /**
   * A robot that may hold could not be read: it is stopped anew, since what was verified of it is no longer known.
   * @param generation of stops when the reading began: one that came since does it already.
   */
  #lost(error: unknown, generation: number): RobotFault | Error {
    const holds = this.#lifecycle === 'inactive' && this.#stops.powered;
    if (holds && generation === this.#stops.generation)
      void this.#halt(messageOf(error), undefined, passes(error));
    return this.#failed(error);
  }

  /** The driver could not do what it was asked for: the robot is stopped as far as that goes, and must be configured anew. */
  #failed(error: unknown): RobotFault | Error {
    const message = messageOf(error);
    if (this.#lifecycle === 'active') void this.#halt(message, undefined, passes(error));
    this.#lifecycle = 'unconfigured';
    this.#loop.stop();
    [this.#fault, this.#passing] = [message, passes(error)];
    this.#reporter.tell();
    return error instanceof Error ? error : new RobotFault(message);
  }

  /** One call after the other, and no cycle meanwhile. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#calls.then(() => {
      if (this.#finalizing) throw new RobotFault('the bridge is closing');
      return this.#loop.heldFor(work);
    });
    this.#calls = run.catch(() => {});
    return run;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function passes(error: unknown): boolean {
  return error instanceof RobotFault && error.passing;
}

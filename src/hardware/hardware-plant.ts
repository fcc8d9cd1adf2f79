import { commandBox } from '../../sim/dynamics/actuators.ts';
import { InputError, RobotFault } from '../core/errors.ts';
import type { Exchange, HardwareReport } from '../core/hardware.ts';
import type { Lifecycle, StopReport } from '../core/lifecycle.ts';
import type { EpisodeStart, HardwareListener, Plant, PlantSpec, PoseListener } from '../core/plant.ts';
import type { WorldSpec } from '../core/task.ts';
import { actuatorsOf } from '../robot/actuated-joints.ts';
import { Kinematics } from '../robot/kinematics.ts';
import { BridgeClient, type BridgeClientOptions } from './bridge/bridge-client.ts';
import type { TickReading } from './bridge/messages.ts';
import type { Identity } from './driver.ts';
import { toldChannels } from './told-channels.ts';

export interface HardwarePlantOptions extends Omit<BridgeClientOptions, 'listener'> {
  /** Where bodies of the world are drawn; the robot does not know of them. */
  readonly world?: WorldSpec;
  /** Hears what the bridge's process has to say to people. */
  readonly log?: (level: 'info' | 'warning' | 'error', message: string) => void;
}

/**
 * A real robot behind its bridge. `reset` leads it to the start, `advance` resolves at the next reading that is to be
 * acted on, a `write` is what is asked from then on; the bridge limits it. A robot that the bridge stops for a reason
 * fails the next `advance` with a `RobotFault` that says it; `reset` and `activate` begin anew.
 *
 * Channels: the joints' and `tip.position`, by forward kinematics. A rate that the robot does not tell is a difference
 * of positions. Starts are at rest; bodies and physics of an episode are the world's own affair.
 */
export class HardwarePlant implements Plant {
  readonly spec: PlantSpec;
  readonly #client: BridgeClient;
  readonly #dryRun: boolean;
  readonly #kinematics: Kinematics;
  /** Actuator of each coordinate [D]. */
  readonly #actuator: readonly number[];
  readonly #bodies: Float64Array;
  readonly #position: Float64Array;
  readonly #velocity: Float64Array;
  readonly #tip = new Float64Array(3);
  #identity: Identity | undefined;
  #lifecycle: Lifecycle = 'inactive';
  #exploring = false;
  /** Why it was stopped, until someone has heard it. */
  #fault: RobotFault | undefined;
  /** When the episode began and the newest reading was complete, ms of the machine's clock. */
  #begun = 0;
  #readAt = Number.NaN;
  #waiting: { readonly resolve: () => void; readonly reject: (error: RobotFault) => void } | undefined;
  #poses: PoseListener | undefined;
  #poseEvery = 0;
  #nextPose = 0;
  #listener: HardwareListener | undefined;
  #report: HardwareReport | null = null;

  /** Starts the bridge and opens the robot; nothing moves. @throws InputError, RobotFault */
  static async open(options: HardwarePlantOptions): Promise<HardwarePlant> {
    const plant = new HardwarePlant(options);
    try {
      plant.#identity = await plant.#client.configure();
      await plant.advance();
      plant.#begun = plant.#readAt;
      return plant;
    } catch (error) {
      await plant.#client.finalize().catch(() => {});
      throw error;
    }
  }

  private constructor({ options, world, beat, log }: HardwarePlantOptions) {
    const { robot } = options;
    this.#dryRun = options.dryRun;
    this.#actuator = actuatorsOf(robot);
    this.#kinematics = new Kinematics(robot);
    this.spec = { robot, channels: toldChannels(robot), command: commandBox(robot) };
    this.#position = new Float64Array(this.#actuator.length);
    this.#velocity = new Float64Array(this.#actuator.length);
    this.#bodies = Float64Array.from(
      (world?.bodies ?? []).flatMap(({ pose }) => [...pose.position, ...pose.rotation]),
    );
    this.#client = new BridgeClient({
      ...{ options, beat },
      listener: {
        tick: (reading) => this.#tick(reading),
        exchange: (exchange) => this.#exchange(exchange),
        report: (report) => this.#hear(report),
        halted: (fault) => this.#halted(fault),
        log: (level, message) => log?.(level, message),
      },
    });
  }

  /** What was found at the port. */
  get identity(): Identity {
    return this.#identity!;
  }

  /** Its bridge's process. */
  get bridge(): number | undefined {
    return this.#client.pid;
  }

  get lifecycle(): Lifecycle {
    return this.#lifecycle;
  }

  /** Leads the robot to the start and holds it there. */
  async reset({ position }: EpisodeStart): Promise<void> {
    const size = this.#actuator.length;
    if (position.length !== size || !position.every(Number.isFinite))
      throw new InputError(
        `a state of ${this.spec.robot.name} needs ${size} finite positions, got [${position.join(', ')}]`,
      );
    await this.activate();
    const target = new Float64Array(this.spec.robot.actuators.length);
    this.#actuator.forEach((actuator, d) => {
      target[actuator] = position[d];
    });
    await this.#client.move(target);
    await this.advance();
    this.#begun = this.#readAt;
    this.#nextPose = 0;
  }

  /** It holds where it stands; nothing moves. */
  async activate(): Promise<void> {
    if (this.#lifecycle === 'active') return;
    this.#fault = undefined;
    await this.#client.activate(this.#exploring);
    // It may have been stopped again by what came with the answer.
    if (this.#fault === undefined) this.#lifecycle = 'active';
  }

  explore(on: boolean): void {
    this.#exploring = on;
  }

  read(out: Float32Array): number {
    const size = this.#position.length;
    for (let d = 0; d < size; d++) {
      out[d] = this.#position[d];
      out[size + d] = this.#velocity[d];
    }
    this.#kinematics.tip(this.#position, this.#tip);
    for (let k = 0; k < 3; k++) out[2 * size + k] = this.#tip[k];
    return (this.#readAt - this.#begun) / 1000;
  }

  write(command: Float32Array): void {
    const { robot } = this.spec;
    const { length } = robot.actuators;
    if (command.length !== length)
      throw new RangeError(`a command of ${robot.name} has ${length} values, got ${command.length}`);
    // As it is: the bridge limits it, and says so.
    this.#client.command(Float64Array.from(command));
  }

  advance(): Promise<void> {
    const fault = this.#fault ?? this.#lost;
    this.#fault = undefined;
    if (fault) return Promise.reject(fault);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  async stop(): Promise<StopReport> {
    const report = await this.#client.stop();
    this.#lifecycle = 'inactive';
    // What moves a robot that nothing is sent to is somebody else.
    return this.#dryRun ? { ...report, stopped: true } : report;
  }

  /** Stops the robot as its policy says. @throws RobotFault when it could not be verified that it stands still */
  async close(): Promise<void> {
    this.#lifecycle = 'finalized';
    const stop = await this.#client.finalize();
    if (stop && !stop.stopped && !this.#dryRun)
      throw new RobotFault(`it is not certain that the robot has stopped: ${stop.how}`);
  }

  observePoses(listener: PoseListener | undefined, rate: number): void {
    if (!(rate > 0)) throw new RangeError(`pose rate ${rate} Hz must be above 0`);
    this.#poses = listener;
    this.#poseEvery = 1 / rate;
    this.#nextPose = 0;
  }

  observeHardware(listener: HardwareListener | undefined): void {
    this.#listener = listener;
    if (this.#report) listener?.report(this.#report);
  }

  #tick({ readAt, position, velocity }: TickReading): void {
    const passed = (readAt - this.#readAt) / 1000;
    this.#actuator.forEach((actuator, d) => {
      const before = this.#position[d];
      this.#position[d] = position[actuator];
      const told = velocity[actuator];
      this.#velocity[d] = Number.isFinite(told)
        ? told
        : passed > 0
          ? (position[actuator] - before) / passed
          : 0;
    });
    this.#readAt = readAt;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve();
  }

  #exchange(exchange: Exchange): void {
    this.#listener?.exchange(exchange);
    const time = (exchange.readAt - this.#begun) / 1000;
    if (!this.#poses || time < this.#nextPose) return;
    this.#nextPose = time + this.#poseEvery - 1e-3;
    const q = Float64Array.from(this.#actuator, (actuator) => exchange.position[actuator]);
    this.#poses(time, q, this.#bodies);
  }

  #hear(report: HardwareReport): void {
    this.#report = report;
    this.#listener?.report(report);
    const lost = this.#lost;
    const waiting = this.#waiting;
    if (!lost || !waiting) return;
    this.#waiting = undefined;
    waiting.reject(lost);
  }

  /** Why no reading comes any more, though none was owed to an active robot. */
  get #lost(): RobotFault | undefined {
    const report = this.#report;
    const over = report?.lifecycle === 'unconfigured' || report?.lifecycle === 'finalized';
    if (!over || report.fault === null) return undefined;
    return new RobotFault(report.fault);
  }

  #halted(fault: RobotFault): void {
    this.#lifecycle = 'inactive';
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting.reject(fault);
    else this.#fault = fault;
  }
}

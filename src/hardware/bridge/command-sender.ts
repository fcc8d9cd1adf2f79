import { limitOf } from '../../core/hardware.ts';
import type { BusClock } from '../clock.ts';
import type { Driver } from '../driver.ts';
import type { Controller } from './controller.ts';
import type { BridgeOptions } from './messages.ts';
import type { NewestReading } from './newest-reading.ts';
import type { SafeStop } from './safe-stop.ts';
import type { Safety } from './safety.ts';
import type { Setpoint } from './setpoint.ts';
import { WATCHDOG, type Watchdog } from './watchdog.ts';

export interface CommandSenderParts {
  readonly driver: Driver;
  readonly safety: Safety;
  readonly clock: BusClock;
  readonly newest: NewestReading;
  readonly controller: Controller;
  readonly setpoint: Setpoint;
  readonly stops: SafeStop;
  readonly watchdog: Pick<Watchdog, 'look'>;
}

/** The sending half of a cycle: what is asked is limited, checked against what is in the way, and written. Arrays by actuator [J]. */
export class CommandSender {
  readonly #options: BridgeOptions;
  readonly #parts: CommandSenderParts;
  readonly #period: number;
  readonly #asked: Float64Array;
  readonly #sent: Float64Array;
  /** Of the last command. */
  #cycle: number | null = null;
  readonly #limited: Record<string, number> = {};

  constructor(options: BridgeOptions, parts: CommandSenderParts) {
    this.#options = options;
    this.#parts = parts;
    this.#period = 1 / options.hardware.rate;
    const none = () => new Float64Array(options.robot.actuators.length).fill(Number.NaN);
    [this.#asked, this.#sent] = [none(), none()];
  }

  /** The controller's last command as it came; NaN = none. */
  get asked(): Float64Array {
    return this.#asked;
  }

  /** The last command as it went out; NaN before the first. */
  get sent(): Float64Array {
    return this.#sent;
  }

  /** How many commands were changed, by reason. */
  get limited(): Readonly<Record<string, number>> {
    return { ...this.#limited };
  }

  /** Begins anew with a robot that was activated holding `hold`. */
  begin(hold: Float64Array): void {
    this.#parts.safety.limiter.reset(this.#parts.newest.position);
    this.#sent.set(hold);
    this.#cycle = null;
  }

  /** Tells what was changed, null when nothing was sent. @param cycle of the loop; those left out are counted. */
  async send(cycle: number): Promise<string[] | null> {
    const { driver, safety, clock, newest, controller, setpoint, stops, watchdog } = this.#parts;
    const now = clock.now();
    // By the grid, not by the clock: a command that waited for its controller takes no time from the next one.
    const dt = (this.#cycle === null ? 1 : cycle - this.#cycle) * this.#period;
    const asked = new Float64Array(this.#asked.length);
    setpoint.at(now, asked);
    if (controller.command) this.#asked.set(asked);
    else this.#asked.fill(Number.NaN);
    const out = new Float64Array(asked.length);
    const limited = safety.limiter.limit(asked, newest.sensed, dt, out);
    const blocked = safety.guard.check(newest.position, this.#reached(out));
    if (blocked !== null) {
      limited.push(`path: ${blocked}`);
      safety.limiter.withdraw(out);
    }
    for (const reason of limited) this.count(limitOf(reason));
    // Whatever came up meanwhile, nothing old or unwanted goes out.
    if (!watchdog.look()) return null;
    this.#sent.set(out);
    this.#cycle = cycle;
    if (!this.#options.dryRun) await stops.moves(() => driver.write(out));
    setpoint.endMove();
    return limited;
  }

  count(reason: string): void {
    this.#limited[reason] = (this.#limited[reason] ?? 0) + 1;
  }

  /**
   * Where a command takes the joints until the next one might be missing. Of an effort that is where the present rate does,
   * unless it brakes: nobody is kept from braking.
   */
  #reached(command: Float64Array): Float64Array {
    const { robot, watchdog = WATCHDOG } = this.#options;
    const { position, velocity } = this.#parts.newest;
    return Float64Array.from(robot.actuators, ({ kind }, i) => {
      if (kind === 'position') return command[i];
      if (kind === 'velocity') return position[i] + command[i] * watchdog;
      return position[i] + (command[i] * velocity[i] > 0 ? velocity[i] * watchdog : 0);
    });
  }
}

import { homeOfActuators } from '../../robot/actuated-joints.ts';
import type { BusClock } from '../clock.ts';
import type { Controller } from './controller.ts';
import { holdCommand } from './joints.ts';
import type { BridgeOptions } from './messages.ts';
import { Move } from './move.ts';
import type { NewestReading } from './newest-reading.ts';
import { findRoute } from './route.ts';
import type { Guard } from './safety.ts';

/**
 * What is asked of an active robot: the way that it is led along, else the controller's newest command, else to hold.
 * Arrays by actuator [J], units of `Actuator`.
 */
export class Setpoint {
  readonly #options: BridgeOptions;
  readonly #clock: BusClock;
  readonly #newest: NewestReading;
  readonly #controller: Controller;
  readonly #home: Float64Array;
  /** What is asked while no command has come. */
  #hold: Float64Array;
  #move: Move | undefined;
  /** A way is being looked for. */
  #seeking = false;

  /** @throws InputError */
  constructor(options: BridgeOptions, clock: BusClock, newest: NewestReading, controller: Controller) {
    const { robot } = options;
    this.#options = options;
    this.#clock = clock;
    this.#newest = newest;
    this.#controller = controller;
    this.#home = homeOfActuators(robot);
    this.#hold = new Float64Array(robot.actuators.length);
  }

  /** It is led: nobody's command counts. */
  get led(): boolean {
    return this.#move !== undefined || this.#seeking;
  }

  /** Begins anew, with `hold`. */
  begin(hold: Float64Array): void {
    this.#hold = hold;
    this.#move = undefined;
  }

  /** Writes what is asked at `now`, s. */
  at(now: number, out: Float64Array): void {
    if (this.#move) this.#move.at(now, this.#newest.position, out);
    else out.set(this.#controller.command ?? this.#hold);
  }

  /** No command and no way counts any more. @param sent the last command that went out. */
  holdAt(sent: Float64Array): void {
    this.#hold = holdCommand(this.#options.robot, sent);
    this.#controller.forget();
    this.leave('it is led elsewhere', true);
  }

  /**
   * The postures of a free way to `target`, the first one where it begins; or what blocks it.
   * @param sent the last command that went out. @throws InputError when it cannot be led there
   */
  async wayTo(target: Float64Array, sent: Float64Array, guard: Guard): Promise<Float64Array[] | string> {
    const { robot, hardware } = this.#options;
    const from = Move.start(robot, this.#newest.position, sent);
    const goal = Move.goal(robot, hardware, target, this.#newest.position);
    const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
    this.#seeking = true;
    try {
      const route = await findRoute(guard, from, goal, this.#home, pause);
      return typeof route === 'string' ? route : [from, ...route];
    } finally {
      this.#seeking = false;
    }
  }

  /** Resolves when it has arrived. @throws RobotFault when it does not */
  lead(postures: readonly Float64Array[]): Promise<void> {
    const { robot, hardware, dryRun } = this.#options;
    this.#move = new Move({ robot, hardware, postures, now: this.#clock.now(), arrives: !dryRun });
    return this.#move.done;
  }

  /** A way that is at its end, arrived or not, is over; the robot holds there. */
  endMove(): void {
    const move = this.#move;
    if (!move?.over(this.#clock.now(), this.#newest.position, this.#newest.velocity)) return;
    this.#move = undefined;
    this.#hold = move.fault === null ? move.end : holdCommand(this.#options.robot, this.#newest.position);
    move.settle();
  }

  /** Whoever leads it hears why it goes no farther, and whether that may pass. */
  leave(reason: string, passing: boolean): void {
    const move = this.#move;
    this.#move = undefined;
    move?.fail(reason, passing);
  }
}

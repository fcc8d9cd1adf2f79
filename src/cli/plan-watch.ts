import type { RobotModel } from '../core/robot.ts';
import type { TelemetryEvent } from '../core/telemetry.ts';
import { PathGuard } from '../hardware/path-guard.ts';
import { coordinatesOf } from '../robot/actuated-joints.ts';

/**
 * Looks along what is planned for a real robot, to the plan's end, for what is in the way, and says so ahead of time.
 * What keeps the robot from going there is its bridge, which looks at each command.
 */
export class PlanWatch {
  readonly #guard: PathGuard;
  /** Coordinate of each actuator [J]. */
  readonly #coordinates: readonly number[];
  readonly #size: number;
  readonly #from: Float64Array;
  readonly #to: Float64Array;
  #warned = -1;

  constructor(robot: RobotModel & Required<Pick<RobotModel, 'hardware'>>) {
    this.#guard = new PathGuard(robot, robot.hardware);
    this.#coordinates = coordinatesOf(robot);
    this.#size = robot.movable.length;
    this.#from = new Float64Array(this.#coordinates.length);
    this.#to = new Float64Array(this.#coordinates.length);
  }

  /** The event, a plan with what blocks it; the first blocked plan of an episode comes with a warning. */
  look(event: TelemetryEvent): TelemetryEvent[] {
    if (event.type !== 'plan') return [event];
    const blocked = this.#along(event.path);
    if (blocked === undefined) return [event];
    const plan = { ...event, blocked };
    if (this.#warned === event.epoch) return [plan];
    this.#warned = event.epoch;
    const message = `the plan leads to where something is in the way (${blocked.reason}): what leads there is not sent`;
    return [{ type: 'log', level: 'warning', message }, plan];
  }

  /** @param path [H + 1, D] */
  #along(path: Float32Array): { readonly step: number; readonly reason: string } | undefined {
    const steps = path.length / this.#size;
    for (let step = 1; step < steps; step++) {
      this.#coordinates.forEach((coordinate, j) => {
        this.#from[j] = path[(step - 1) * this.#size + coordinate];
        this.#to[j] = path[step * this.#size + coordinate];
      });
      const reason = this.#guard.check(this.#from, this.#to);
      if (reason !== null) return { step, reason };
    }
    return undefined;
  }
}

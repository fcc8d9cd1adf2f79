import type { PlantSpec } from '../core/plant.ts';
import { type Box, clampToBox, type Vector } from '../core/space.ts';
import type { TaskInstance } from '../core/task.ts';

/**
 * Writes the command that makes a robot safe: no effort; a position servo stays where its joint is; a rate of 0; a car
 * brakes with straight wheels. @param reading what the plant's `read` delivers. @param controlPeriod s
 */
export function safeCommand(
  { robot, channels, command }: PlantSpec,
  reading: Vector,
  controlPeriod: number,
  out: Float32Array,
): void {
  const { vehicle } = robot;
  if (vehicle) {
    const speed = reading[offsetOf(channels, 'velocity')];
    out[0] = 0;
    out[1] = -Math.sign(speed) * Math.min(vehicle.maxBraking, Math.abs(speed) / controlPeriod);
  } else {
    robot.actuators.forEach(({ joint, kind }, i) => {
      out[i] = kind === 'position' ? reading[offsetOf(channels, `${joint}.position`)] : 0;
    });
  }
  clampToBox(command, out);
}

function offsetOf(channels: PlantSpec['channels'], name: string): number {
  let offset = 0;
  for (const channel of channels) {
    if (channel.name === name) return offset;
    offset += channel.size;
  }
  throw new Error(`the plant delivers no ${name}`);
}

/** Steps to either side of the best value, and how often they are made smaller. */
const STEPS = 5;
const ROUNDS = 4;

/**
 * The action [A] whose command comes nearest to a given one in state s [S]: found coordinate by coordinate on finer and
 * finer grids, begun in the middle of the range and left only for something better. Distances count as shares of each
 * command's range.
 */
function actionNearest(
  action: NonNullable<TaskInstance['action']>,
  wanted: Float32Array,
  commands: Box,
  s: Vector,
): Float32Array {
  const { low, high } = action.space;
  const scale = commands.low.map((bound, i) => {
    const range = commands.high[i] - bound;
    return Number.isFinite(range) && range > 0 ? range : 1;
  });
  const command = new Float32Array(wanted.length);
  const best = Float32Array.from(low, (bound, a) => (bound + high[a]) / 2);
  const distance = () => {
    action.toCommand(best, command, s);
    clampToBox(commands, command);
    let sum = 0;
    for (let i = 0; i < command.length; i++) sum += ((command[i] - wanted[i]) / scale[i]) ** 2;
    return sum;
  };
  let least = distance();
  for (let round = 0; round < ROUNDS; round++) {
    for (let a = 0; a < best.length; a++) {
      const step = (high[a] - low[a]) / 2 / STEPS ** (round + 1);
      const middle = best[a];
      let chosen = middle;
      for (let k = -STEPS; k <= STEPS; k++) {
        best[a] = Math.min(high[a], Math.max(low[a], middle + k * step));
        const reached = distance();
        if (reached < least) [least, chosen] = [reached, best[a]];
      }
      best[a] = chosen;
    }
  }
  return best;
}

/** Tells a robot's safe action in its present state. */
export class SafeAction {
  readonly #spec: PlantSpec;
  readonly #action: TaskInstance['action'];
  readonly #controlPeriod: number;
  readonly #command: Float32Array;

  constructor(spec: PlantSpec, action: TaskInstance['action'], controlPeriod: number) {
    this.#spec = spec;
    this.#action = action;
    this.#controlPeriod = controlPeriod;
    this.#command = new Float32Array(spec.command.low.length);
  }

  /** The action [A] that comes nearest to the safe command. @param state s [S] of the task. */
  at(reading: Vector, state: Vector): Float32Array {
    safeCommand(this.#spec, reading, this.#controlPeriod, this.#command);
    if (!this.#action) return this.#command.slice();
    return actionNearest(this.#action, this.#command, this.#spec.command, state);
  }
}

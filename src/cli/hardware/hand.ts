import type { PlantSpec, SimulatedPlant } from '../../core/plant.ts';
import { coordinateOf } from '../../robot/actuated-joints.ts';

/** rad/s or m/s at which a hand moves a joint. */
const SPEED = 1.2;

/**
 * A person's hand at the joints of a simulated robot: it stands between motors and plant, and where it holds a joint
 * it moves it in the motor's place, with the servo's strength.
 */
export class Hand implements Pick<SimulatedPlant, 'spec' | 'read' | 'write' | 'advance'> {
  readonly spec: PlantSpec;
  readonly #plant: SimulatedPlant;
  readonly #step: number;
  readonly #reading: Float32Array;
  /** By actuator: where the hand is, and the places that it still goes to. */
  readonly #held = new Map<number, { at: number; readonly way: number[]; readonly done: () => void }>();

  /** @param period of the plant, s. */
  constructor(plant: SimulatedPlant, period: number) {
    this.spec = plant.spec;
    this.#plant = plant;
    this.#step = SPEED * period;
    this.#reading = new Float32Array(plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
  }

  /** Takes a joint along `way`, one place after the other, and holds it at the last; done when it is there. */
  move(joint: string, way: readonly number[]): Promise<void> {
    const { robot } = this.spec;
    const actuator = robot.actuators.findIndex((item) => item.joint === joint);
    const coordinate = coordinateOf(robot, joint);
    this.#plant.read(this.#reading);
    const at = this.#held.get(actuator)?.at ?? this.#reading[coordinate];
    this.#held.get(actuator)?.done();
    return new Promise((done) => {
      this.#held.set(actuator, { at, way: [...way], done });
    });
  }

  release(): void {
    for (const { done } of this.#held.values()) done();
    this.#held.clear();
  }

  read(out: Float32Array): number {
    return this.#plant.read(out);
  }

  write(command: Float32Array): void {
    for (const [actuator, hold] of this.#held) {
      const away = hold.way.length === 0 ? 0 : hold.way[0] - hold.at;
      hold.at += Math.max(-this.#step, Math.min(this.#step, away));
      if (hold.way.length > 0 && Math.abs(hold.way[0] - hold.at) < 1e-9) {
        hold.way.shift();
        if (hold.way.length === 0) hold.done();
      }
      command[actuator] = hold.at;
    }
    this.#plant.write(command);
  }

  advance(): void {
    this.#plant.advance();
  }
}

import type { Layout } from '../core/channel.ts';
import type { RobotModel } from '../core/robot.ts';
import type { TelemetryEvent } from '../core/telemetry.ts';

/**
 * Turns imagined states [P, H, S] into what a view draws: joint coordinates along the mean trajectory and along each
 * particle, and how much the particles disagree. Step 0 is the present.
 */
export class Imagination {
  /** State index of each coordinate [D]; −1 where the observation does not tell it. */
  readonly #source: number[];
  readonly #home: readonly number[];
  readonly #stateSize: number;

  constructor(robot: RobotModel, layout: Layout) {
    this.#home = robot.home;
    this.#stateSize = layout.stateSize;
    const pose = layout.stateChannel.findIndex(({ name, kind }) => name === 'pose' && kind === 'pose2');
    const planar = pose < 0 ? [] : planarCoordinates(robot);
    this.#source = robot.movable.map((index, d) => {
      if (planar.includes(d)) return pose + planar.indexOf(d);
      return layout.stateChannel.findIndex(
        ({ joint }) => joint?.name === robot.joints[index].name && joint.quantity === 'position',
      );
    });
  }

  describe(
    present: Float32Array,
    states: Float32Array,
    particleCount: number,
    when: { epoch: number; time: number },
  ): TelemetryEvent {
    const D = this.#source.length;
    const S = this.#stateSize;
    const H = states.length / (particleCount * S);
    const particles = new Float32Array(particleCount * (H + 1) * D);
    const path = new Float32Array((H + 1) * D);
    const disagreement = new Float32Array(H + 1);
    for (let t = 0; t <= H; t++) {
      let variance = 0;
      for (let d = 0; d < D; d++) {
        const source = this.#source[d];
        let sum = 0;
        let squares = 0;
        for (let p = 0; p < particleCount; p++) {
          const value =
            source < 0 ? this.#home[d] : t === 0 ? present[source] : states[(p * H + t - 1) * S + source];
          particles[(p * (H + 1) + t) * D + d] = value;
          sum += value;
          squares += value * value;
        }
        const mean = sum / particleCount;
        path[t * D + d] = mean;
        variance += Math.max(0, squares / particleCount - mean * mean);
      }
      disagreement[t] = Math.sqrt(variance / D);
    }
    return { type: 'plan', ...when, path, particles, particleCount, disagreement };
  }
}

/** Coordinates [x, y, yaw] of the first joint that moves in the plane, `<joint>.x`, `.y` and `.yaw`; none where none does. */
function planarCoordinates(robot: RobotModel): number[] {
  const names = robot.movable.map((index) => robot.joints[index].name);
  for (const name of names) {
    if (!name.endsWith('.x')) continue;
    const joint = name.slice(0, -'.x'.length);
    const coordinates = ['x', 'y', 'yaw'].map((axis) => names.indexOf(`${joint}.${axis}`));
    if (!coordinates.includes(-1)) return coordinates;
  }
  return [];
}

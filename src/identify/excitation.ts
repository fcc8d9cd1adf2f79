import { Random } from '../core/random.ts';
import type { RobotModel } from '../core/robot.ts';
import { coordinatesOf } from '../robot/actuated-joints.ts';

export interface ExcitationOptions {
  /** s */
  readonly seconds: number;
  /** Commands a second. */
  readonly rate: number;
  readonly seed?: number;
  /** Amplitude as a share of the joint's range on the shorter side of home, 0 … 1; default 0.5. */
  readonly share?: number;
  /** Fastest command, rad/s or m/s; default 1.5. */
  readonly velocity?: number;
}

/** Frequencies of the sines, Hz, at least and at most, and how many for each joint. */
const slowest = 0.1;
const fastest = 1.2;
const sines = 5;
/** s in which it begins and ends. */
const ramp = 1;

/**
 * Position commands [T][K] that move every joint about home by a sum of sines with random frequencies and phases (Swevers
 * et al. 1997), within the joints' limits and a largest rate, at rest at both ends. Reversals tell friction, slow parts
 * gravity, fast ones inertia, gains and latency. It knows nothing of obstacles.
 */
export function excitation(robot: RobotModel, options: ExcitationOptions): Float64Array[] {
  const { seconds, rate, seed = 0, share = 0.5, velocity = 1.5 } = options;
  const waves = coordinatesOf(robot).map((d, k) => {
    const { lower, upper, maxVelocity } = robot.joints[robot.movable[d]];
    const home = robot.home[d];
    const room = Math.min(home - lower, upper - home, 1);
    // A joint whose home is near a limit swings about a point farther inside.
    const middle =
      room < 0.2 && Number.isFinite(upper - lower)
        ? home + Math.sign((lower + upper) / 2 - home) * Math.min(0.4, 0.25 * (upper - lower))
        : home;
    const reach = share * Math.min(middle - lower, upper - middle, 1);
    const random = new Random(seed, 'excitation', k);
    const parts = Array.from({ length: sines }, () => ({
      frequency: slowest * (fastest / slowest) ** random.uniform(),
      phase: random.uniform(0, 2 * Math.PI),
      weight: random.uniform(0.5, 1),
    }));
    const size = parts.reduce((sum, { weight }) => sum + weight, 0);
    const speed = parts.reduce((sum, { weight, frequency }) => sum + weight * 2 * Math.PI * frequency, 0);
    // The ramp turns at most as fast as the whole amplitude in its time, times π / 2.
    const bound = Math.min(velocity, maxVelocity > 0 ? maxVelocity : Infinity);
    const amplitude = Math.min(reach / size, bound / (speed + (size * Math.PI) / 2 / ramp));
    return { home, middle, parts, amplitude };
  });
  return Array.from({ length: Math.floor(seconds * rate) }, (_, t) => {
    const time = t / rate;
    const open = Math.max(0, Math.min(1, time / ramp, (seconds - time) / ramp));
    const envelope = 0.5 - 0.5 * Math.cos(Math.PI * open);
    return Float64Array.from(waves, ({ home, middle, parts, amplitude }) => {
      let sum = 0;
      for (const { frequency, phase, weight } of parts)
        sum += weight * Math.sin(2 * Math.PI * frequency * time + phase);
      return home + envelope * (middle - home + amplitude * sum);
    });
  });
}

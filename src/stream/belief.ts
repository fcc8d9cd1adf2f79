import type { TelemetryEvent } from '../core/telemetry.ts';
import type { Kinematics } from '../robot/kinematics.ts';

type PlanEvent = Extract<TelemetryEvent, { type: 'plan' }>;

/**
 * Where a plan says that the robot is at plant time `time`, s: its imagined mean path [H + 1, D], between its steps linear.
 * undefined before it begins and after it has ended.
 * @param period s between its steps
 */
export function believedPosition(plan: PlanEvent, period: number, time: number): Float64Array | undefined {
  const steps = plan.disagreement.length - 1;
  const size = plan.path.length / (steps + 1);
  const place = (time - plan.time) / period;
  // A pose is a tick's, up to what float32 seconds leave of it.
  if (!(place >= -1e-3 && place <= steps + 1e-3)) return undefined;
  const from = Math.min(Math.max(Math.floor(place), 0), Math.max(0, steps - 1));
  const share = Math.min(Math.max(place - from, 0), 1);
  const at = (step: number, d: number) => plan.path[step * size + d];
  return Float64Array.from({ length: size }, (_, d) => {
    const value = at(from, d);
    return steps === 0 ? value : value + share * (at(from + 1, d) - value);
  });
}

/** m between the tips at two coordinates q [D]. */
export function tipDistance(kinematics: Kinematics, a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [p, q] = [kinematics.tip(a), kinematics.tip(b)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

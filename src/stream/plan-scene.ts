import type { TelemetryEvent } from '../core/telemetry.ts';
import type { Kinematics } from '../robot/kinematics.ts';
import { color, entity, identity, line, point, world } from './messages.ts';
import { accent, danger, disagreementColor } from './wire.ts';

type PlanEvent = Extract<TelemetryEvent, { type: 'plan' }>;

/** Lines and points on the wire stay few, whatever the planner's size. */
const MOST_LINES = 24;
const MOST_POINTS = 40;
const MOST_KNOTS = 10;

/** At most `most` of the indices 0 … count − 1, evenly, with the first and the last. */
function thinned(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}

/**
 * The planned path of the tip: a line that fades with the time ahead, a sphere at each knot; red from where something is
 * in the way. Metadata: `time`, as below; `blocked`, what is in the way.
 */
export function planUpdate(kinematics: Kinematics, plan: PlanEvent, now: number): object {
  const size = kinematics.robot.movable.length;
  const count = plan.path.length / size;
  const tip = new Float64Array(3);
  const points: object[] = [];
  const colors: object[] = [];
  const spheres: object[] = [];
  const knots = new Set(thinned(count, MOST_KNOTS + 1).slice(1));
  const { blocked } = plan;
  const steps = new Set([...thinned(count, MOST_POINTS), ...knots, ...(blocked ? [blocked.step] : [])]);
  for (const step of [...steps].sort((a, b) => a - b)) {
    kinematics.tip(plan.path.subarray(step * size, (step + 1) * size), tip);
    const beyond = blocked !== undefined && step >= blocked.step;
    const [r, g, b] = beyond ? danger : accent;
    // What is blocked is seen to its end.
    const rgba = color([r, g, b, beyond ? 1 : 1 - (0.85 * step) / Math.max(1, count - 1)]);
    points.push(point(tip));
    colors.push(rgba);
    if (knots.has(step)) {
      spheres.push({
        pose: { position: point(tip), orientation: identity.orientation },
        size: { x: 0.015, y: 0.015, z: 0.015 },
        color: rgba,
      });
    }
  }
  const lines = [line(0, 3, points, color(accent), colors)];
  const metadata = [
    { key: 'time', value: String(plan.time) },
    ...(blocked ? [{ key: 'blocked', value: blocked.reason }] : []),
  ];
  return { deletions: [], entities: [entity('plan', world, now, { lines, spheres, metadata })] };
}

/**
 * The tip's path in each imagined particle, coloured along the horizon by how much the ensemble disagrees. Metadata:
 * `time`, when it begins, and `horizon`, how far it looks ahead, in s; the largest `disagreement`.
 */
export function imaginedUpdate(
  kinematics: Kinematics,
  plan: PlanEvent,
  horizon: number,
  now: number,
): object {
  const size = kinematics.robot.movable.length;
  const count = plan.disagreement.length;
  const steps = thinned(count, MOST_POINTS);
  const colors = steps.map((step) => {
    const [r, g, b] = disagreementColor(plan.disagreement[step]);
    return {
      r: Math.round(r * 1e3) / 1e3,
      g: Math.round(g * 1e3) / 1e3,
      b: Math.round(b * 1e3) / 1e3,
      a: 0.7,
    };
  });
  const tip = new Float64Array(3);
  const lines = thinned(plan.particleCount, MOST_LINES).map((particle) => {
    const points = steps.map((step) => {
      const at = (particle * count + step) * size;
      return point(kinematics.tip(plan.particles.subarray(at, at + size), tip));
    });
    return line(0, 1, points, colors[0], colors);
  });
  const metadata = [
    { key: 'time', value: String(plan.time) },
    { key: 'horizon', value: String(horizon) },
    { key: 'disagreement', value: String(Math.max(...plan.disagreement)) },
  ];
  return { deletions: [], entities: [entity('imagined', world, now, { lines, metadata })] };
}

import { z } from 'zod';
import { channel } from '../core/channel.ts';
import type { Random } from '../core/random.ts';
import { defineTask } from '../core/task.ts';
import { defaults } from './defaults/waypoints.ts';
import { carChannels, driving, standingAt, topAcceleration, topSpeed } from './driving.ts';
import { carVariation, variedCarPhysics } from './variation.ts';

const points = 6;
/** Tries to find a line that keeps clear of itself. */
const tries = 200;

/**
 * Drive through random points in their order, and stop at the last. Own definition: the points (the start is the first)
 * make a polyline whose parts are `shortest` … `longest` m long and turn by at most `turn` at each point. The reward is
 * the way made along the line, less the squared distance from it; who strays farther than `corridor` ends the episode at
 * the price of `strayed`, so whoever arrives has passed every point within that distance. Success: within `tolerance` of
 * the last point, slower than 0.2 m/s.
 *
 * The goal are the points, x and y in order, m.
 */
export default defineTask({
  name: 'waypoints',
  summary: 'drive a car through random points and stop at the last',
  reward:
    'way along the line − offsetCost · distance²; −strayed outside the corridor, which ends the episode',
  source: 'own',
  robots: ['car'],
  controlPeriod: 0.1,
  episodeSteps: 150,
  planHorizon: 1.6,
  params: z.object({
    shortest: z.number().min(1).max(5).default(1.5).describe('least distance between points [m]'),
    longest: z.number().min(1).max(10).default(2.5).describe('largest distance between points [m]'),
    turn: z.number().min(0).max(1.2).default(0.9).describe('largest turn at a point [rad]'),
    corridor: z.number().min(0.2).max(2).default(0.5).describe('farthest from the line [m]'),
    tolerance: z.number().min(0.05).max(0.5).default(0.2).describe('distance that counts as arrived [m]'),
    maxSpeed: topSpeed(2),
    acceleration: topAcceleration(4),
    offsetCost: z
      .number()
      .min(0)
      .max(10)
      .default(0.2)
      .describe('cost of a squared distance from the line, each step [1/m²]'),
    strayed: z.number().min(0).max(1000).default(10).describe('cost of leaving the corridor [-]'),
    ...carVariation,
  }),
  defaults: { trials: 25, ...defaults },
  world: () => ({ ground: { height: 0 } }),
  build(robot, params) {
    const before = new Float64Array(2);
    const after = new Float64Array(2);
    const progress = (s: ArrayLike<number>, next: ArrayLike<number>, goal: ArrayLike<number>) => {
      locateOnLine(s[0], s[1], goal, before);
      locateOnLine(next[0], next[1], goal, after);
      return after[0] - before[0];
    };
    const offset = () => -params.offsetCost * after[1] * after[1];
    return {
      observation: [...carChannels(robot), channel('points', 'm, m', { kind: 'goal', size: 2 * points })],
      action: driving(robot, 0.1, {
        lowest: 0,
        highest: params.maxSpeed,
        acceleration: params.acceleration,
      }),
      reset(random) {
        const goal = clearLine(random, params);
        const yaw = Math.atan2(goal[3] - goal[1], goal[2] - goal[0]);
        return {
          state: standingAt(robot, goal[0], goal[1], yaw),
          goal,
          physics: variedCarPhysics(random, params),
        };
      },
      reward: (s, _a, next, goal) => progress(s, next, goal) + offset(),
      terms: (s, _a, next, goal) => ({ progress: progress(s, next, goal), offset: offset() }),
      terminated(next, goal) {
        locateOnLine(next[0], next[1], goal, after);
        return after[1] > params.corridor;
      },
      terminalReward: -params.strayed,
      success(next, goal) {
        const last = goal.length - 2;
        const distance = Math.hypot(next[0] - goal[last], next[1] - goal[last + 1]);
        return distance <= params.tolerance && Math.hypot(next[3], next[4]) <= 0.2;
      },
      markers(goal) {
        const line = Array.from({ length: points }, (_, i) => [goal[2 * i], goal[2 * i + 1], 0.01] as const);
        return [
          { kind: 'path', points: line.flat() },
          ...line.slice(1).map(([x, y], i) => ({
            kind: 'sphere' as const,
            position: [x, y, 0.05] as const,
            radius: 0.06,
            label: `${i + 1}`,
          })),
        ];
      },
    };
  },
});

/**
 * Progress along the polyline x y x y … `line` of its point nearest to (x, y), into out[0], and the distance from it,
 * into out[1]; m.
 */
export function locateOnLine(x: number, y: number, line: ArrayLike<number>, out: Float64Array): void {
  let best = Infinity;
  let done = 0;
  for (let i = 0; i + 3 < line.length; i += 2) {
    const ux = line[i + 2] - line[i];
    const uy = line[i + 3] - line[i + 1];
    const long = Math.sqrt(ux * ux + uy * uy);
    const t = Math.max(0, Math.min(1, ((x - line[i]) * ux + (y - line[i + 1]) * uy) / (long * long)));
    const dx = x - line[i] - t * ux;
    const dy = y - line[i + 1] - t * uy;
    const distance = dx * dx + dy * dy;
    if (distance < best) {
      best = distance;
      out[0] = done + t * long;
    }
    done += long;
  }
  out[1] = Math.sqrt(best);
}

/** Random points of which no two parts of the line, unless neighbours, come nearer than three corridors. */
function clearLine(
  random: Random,
  {
    shortest,
    longest,
    turn,
    corridor,
  }: { shortest: number; longest: number; turn: number; corridor: number },
): number[] {
  let line: number[] = [];
  for (let i = 0; i < tries; i++) {
    let heading = random.uniform(-Math.PI, Math.PI);
    line = [0, 0];
    for (let k = 1; k < points; k++) {
      const far = random.uniform(Math.min(shortest, longest), Math.max(shortest, longest));
      line.push(line[2 * k - 2] + far * Math.cos(heading), line[2 * k - 1] + far * Math.sin(heading));
      heading += random.uniform(-turn, turn);
    }
    if (isClear(line, 3 * corridor)) return line;
  }
  return line;
}

function isClear(line: readonly number[], least: number): boolean {
  const found = new Float64Array(2);
  for (let i = 0; i + 3 < line.length; i += 2)
    for (let k = 0; k <= 10; k++) {
      const x = line[i] + (k / 10) * (line[i + 2] - line[i]);
      const y = line[i + 1] + (k / 10) * (line[i + 3] - line[i + 1]);
      for (let j = 0; j + 3 < line.length; j += 2) {
        if (Math.abs(i - j) <= 2) continue;
        locateOnLine(x, y, line.slice(j, j + 4), found);
        if (found[1] < Math.min(least, shortestPart(line))) return false;
      }
    }
  return true;
}

function shortestPart(line: readonly number[]): number {
  let least = Infinity;
  for (let i = 0; i + 3 < line.length; i += 2)
    least = Math.min(least, Math.hypot(line[i + 2] - line[i], line[i + 3] - line[i + 1]));
  return least;
}

import { z } from 'zod';
import { channel } from '../core/channel.ts';
import { defineTask } from '../core/task.ts';
import { defaults } from './defaults/lap.ts';
import { carChannels, driving, footprintOf, standingAt, topAcceleration, topSpeed } from './driving.ts';
import { trackOf, trackPoints } from './track.ts';
import { carVariation, variedCarPhysics } from './variation.ts';

/**
 * Drive around a closed track. Own definition: the reward is the way made along the centre line; whose middle leaves
 * the strip in which the car's sides stay on the track (while it points along it) has left it: that ends the episode and
 * costs `offTrack`. Success: a full lap since the start, all of it on the track. Start: at rest anywhere on the centre
 * line, pointing along it. The track is the usual one, or `track`, whose width may vary.
 *
 * The goal is the progress at the start, m. A lap is counted by the unwrapped yaw, which grows by a turn with each.
 */
export default defineTask({
  name: 'lap',
  summary: 'drive a car around a track as fast as it goes without leaving it',
  reward:
    'way along the centre line − steerCost · steering²; −offTrack off the track, which ends the episode',
  source: 'own',
  robots: ['car'],
  controlPeriod: 0.1,
  episodeSteps: 250,
  planHorizon: 1.6,
  params: z.object({
    width: z.number().min(0.6).max(1.8).default(1.4).describe('width of the track [m]'),
    track: trackPoints,
    maxSpeed: topSpeed(2.5),
    acceleration: topAcceleration(4),
    offTrack: z.number().min(0).max(1000).default(10).describe('cost of leaving the track [-]'),
    steerCost: z.number().min(0).max(1).default(0.005).describe('cost of a squared steering action [-]'),
    startOffset: z
      .number()
      .min(0)
      .max(0.5)
      .default(0.1)
      .describe('largest distance of the start from the centre line [m]'),
    startYaw: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe('largest angle of the start from its direction [rad]'),
    ...carVariation,
  }),
  defaults: { trials: 25, ...defaults },
  world: () => ({ ground: { height: 0 } }),
  build(robot, params) {
    const side = footprintOf(robot)[1];
    const { circuit, half } = trackOf(params.track, params.width, side + params.startOffset);
    const { length, turning } = circuit;
    /** How far the car's middle may be from the centre line at progress s. */
    const limit = (s: number) => half(s) - side;
    // Progress and distance to the left, or a point.
    const middle = new Float64Array(2);
    const before = new Float64Array(2);
    const progress = (s: ArrayLike<number>, next: ArrayLike<number>) => {
      circuit.locate(s[0], s[1], before);
      circuit.locate(next[0], next[1], middle);
      const way = middle[0] - before[0];
      return way - length * Math.round(way / length);
    };
    const steering = (a: ArrayLike<number>) => -params.steerCost * a[0] * a[0];
    return {
      observation: [...carChannels(robot), channel('start', 'm', { kind: 'goal' })],
      action: driving(robot, 0.1, {
        lowest: 0,
        highest: params.maxSpeed,
        acceleration: params.acceleration,
      }),
      reset(random) {
        const start = random.uniform(0, length);
        circuit.at(start, random.uniform(-params.startOffset, params.startOffset), middle);
        const yaw = circuit.heading(start) + random.uniform(-params.startYaw, params.startYaw);
        return {
          state: standingAt(robot, middle[0], middle[1], yaw),
          goal: [start],
          physics: variedCarPhysics(random, params),
        };
      },
      reward: (s, a, next) => progress(s, next) + steering(a),
      terms: (s, a, next) => ({ progress: progress(s, next), steering: steering(a) }),
      terminated(next) {
        circuit.locate(next[0], next[1], middle);
        return Math.abs(middle[1]) > limit(middle[0]);
      },
      terminalReward: -params.offTrack,
      success(next, goal) {
        circuit.locate(next[0], next[1], middle);
        if (Math.abs(middle[1]) > limit(middle[0])) return false;
        const laps = Math.round((next[2] - circuit.heading(middle[0])) / turning);
        return middle[0] + length * laps - goal[0] >= length;
      },
      markers(goal) {
        const border = (sign: 1 | -1) => {
          const points: number[] = [];
          for (let i = 0; i < circuit.count; i++) {
            const s = (i * length) / circuit.count;
            circuit.at(s, sign * half(s), middle);
            points.push(middle[0], middle[1], 0.01);
          }
          return points;
        };
        const across = [-1, 1].flatMap((sign) => {
          circuit.at(goal[0], sign * half(goal[0]), middle);
          return [middle[0], middle[1], 0.01];
        });
        return [
          { kind: 'path', points: border(1), closed: true },
          { kind: 'path', points: border(-1), closed: true },
          { kind: 'path', points: across, label: 'start' },
        ];
      },
    };
  },
});

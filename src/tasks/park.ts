import { z } from 'zod';
import { channel } from '../core/channel.ts';
import { fromRollPitchYaw } from '../core/linalg.ts';
import type { Pose, Shape, Vec3 } from '../core/robot.ts';
import { defineTask, type WorldBody } from '../core/task.ts';
import { defaults } from './defaults/park.ts';
import { carChannels, driving, footprintOf, rearAxle, standingAt, topAcceleration } from './driving.ts';
import { reedsSheppLength } from './reeds-shepp.ts';
import { carVariation, variedCarPhysics } from './variation.ts';

/** Spots in each of the two rows, their width and length, m. */
const columns = 5;
const spotWidth = 0.7;
const spotLength = 0.9;
/** m, rad, m/s */
const success = { distance: 0.3, angle: (10 * Math.PI) / 180, speed: 0.15 };

/**
 * Park: drive nose first into a free spot of a lot with walls and other cars. The task is that of highway-env's `parking`
 * (Farama Foundation): two rows of spots along the walls, a start near the middle in any direction, a pose as the goal,
 * a collision ends the episode. Ours are the scale of a 1:10 car, the other cars, and the reward: highway-env's weighted
 * differences of place and heading leave a car that stands beside its spot, or in it the wrong way round, without a
 * better next move, so the cost here is the length of the shortest way there for a car that turns within `radius` and
 * drives both ways (Reeds and Shepp 1990), as if the lot were empty. To that comes `speedCost` for moving near the goal,
 * and `crash` for a collision.
 *
 * Success, at the episode's end: within 0.3 m and 10° of the spot's middle at no more than 0.15 m/s. It does not end the
 * episode. A crash is when the car's footprint, grown by `margin`, meets a wall or another car's footprint.
 *
 * The goal holds all that the reward must know, m and rad: the spot's x, y, yaw; half length and half width of the lot
 * between its walls; then x, y, yaw of each other car.
 */
export default defineTask({
  name: 'park',
  summary: 'park a car between others',
  reward:
    '−way − speedCost · v² / (1 + (way / near)²), way = the shortest one that turns within radius, forwards and back; −crash on a collision, which ends the episode',
  source: 'highway-env (Farama Foundation), parking; cost: own, by Reeds and Shepp 1990',
  robots: ['car'],
  controlPeriod: 0.2,
  episodeSteps: 50,
  planHorizon: 2,
  params: z.object({
    cars: z.int().min(0).max(8).default(3).describe('other cars in the lot'),
    maxSpeed: z
      .number()
      .min(0.2)
      .max(3)
      .default(1)
      .describe('highest speed that can be asked for, both ways [m/s]'),
    acceleration: topAcceleration(3),
    radius: z
      .number()
      .min(0.3)
      .max(5)
      .default(0.9)
      .describe('turning radius of the way to the goal; the car itself turns within 0.74 m [m]'),
    speedCost: z
      .number()
      .min(0)
      .max(100)
      .default(2)
      .describe('cost of a squared speed at the goal; a half of it at `near` [s²/m²]'),
    near: z.number().min(0.01).max(5).default(0.3).describe('way to the goal that counts as near [m]'),
    crash: z.number().min(0).max(1000).default(100).describe('cost of a crash [-]'),
    margin: z.number().min(0.005).max(0.2).default(0.02).describe('gap that counts as a crash [m]'),
    startX: z.number().min(0).max(1.5).default(1).describe('starts lie within ± this along the lot [m]'),
    startY: z.number().min(0).max(0.5).default(0.25).describe('starts lie within ± this across the lot [m]'),
    startYaw: z
      .number()
      .min(0)
      .max(Math.PI)
      .default(Math.PI)
      .describe('starts point along the lot, turned by up to this [rad]'),
    ...carVariation,
  }),
  defaults: { trials: 60, ...defaults },
  world: ({ cars }) => ({
    ground: { height: 0 },
    bodies: [...walls(), ...Array.from({ length: cars }, (_, i) => otherCar(i))],
  }),
  build(robot, params) {
    const [halfLength, halfWidth] = footprintOf(robot);
    const rear = rearAxle(robot);
    /** Length of the way of the rear axle's middle. */
    const way = (next: ArrayLike<number>, goal: ArrayLike<number>) => {
      const c = Math.cos(goal[2]);
      const s = Math.sin(goal[2]);
      const dx = next[0] + rear * Math.cos(next[2]) - goal[0] - rear * c;
      const dy = next[1] + rear * Math.sin(next[2]) - goal[1] - rear * s;
      const { radius } = params;
      return (
        radius * reedsSheppLength((c * dx + s * dy) / radius, (c * dy - s * dx) / radius, next[2] - goal[2])
      );
    };
    const moving = (next: ArrayLike<number>, left: number) =>
      (params.speedCost * next[3] * next[3]) / (1 + (left / params.near) ** 2);
    const crashed = (next: ArrayLike<number>, goal: ArrayLike<number>) =>
      hitsWall(next, goal[3], goal[4], halfLength + params.margin, halfWidth + params.margin) ||
      hitsCar(next, goal, halfLength, halfWidth, params.margin);
    return {
      observation: [
        ...carChannels(robot),
        channel('spot', 'm, m, rad', { kind: 'goal', size: 3 }),
        channel('lot.half', 'm, m', { kind: 'goal', size: 2 }),
        ...(params.cars > 0 ? [channel('cars', 'm, m, rad', { kind: 'goal', size: 3 * params.cars })] : []),
      ],
      action: driving(robot, 0.2, {
        lowest: -params.maxSpeed,
        highest: params.maxSpeed,
        acceleration: params.acceleration,
      }),
      reset(random) {
        const spots = random.shuffle(Array.from({ length: 2 * columns }, (_, i) => i));
        const [own, ...others] = spots.slice(0, params.cars + 1).map(spot);
        const x = random.uniform(-params.startX, params.startX);
        const y = random.uniform(-params.startY, params.startY);
        const yaw = random.uniform(-params.startYaw, params.startYaw);
        const bodies = Object.fromEntries(others.map((pose, i) => [`car-${i + 1}`, standing(pose)]));
        return {
          state: { ...standingAt(robot, x, y, yaw), bodies },
          goal: [...own, lotLength / 2, lotWidth / 2, ...others.flat()],
          physics: variedCarPhysics(random, params),
        };
      },
      reward(_s, _a, next, goal) {
        const left = way(next, goal);
        return -left - moving(next, left);
      },
      terms(_s, _a, next, goal) {
        const left = way(next, goal);
        return { way: -left, moving: -moving(next, left) };
      },
      terminated: crashed,
      terminalReward: -params.crash,
      success(next, goal) {
        const turn = next[2] - goal[2];
        return (
          Math.hypot(next[0] - goal[0], next[1] - goal[1]) <= success.distance &&
          Math.abs(turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI))) <= success.angle &&
          Math.hypot(next[3], next[4]) <= success.speed &&
          !crashed(next, goal)
        );
      },
      markers: (goal) => [
        {
          kind: 'box',
          pose: { position: [goal[0], goal[1], 0.003], rotation: fromRollPitchYaw(0, 0, goal[2]) },
          size: [spotLength, spotWidth, 0.006],
          label: 'park here',
        },
      ],
    };
  },
});

/** Between the walls, m: a column of spots more than there are, and an aisle of 2.2 m between the rows. */
const lotLength = (columns + 1) * spotWidth;
const lotWidth = 2 * spotLength + 2.2;
const wall = { thickness: 0.1, height: 0.18 };
const flat: Pose['rotation'] = [0, 0, 0, 1];

/** x, y, yaw of a spot's middle: nose to the wall. */
function spot(i: number): [number, number, number] {
  const up = i < columns;
  const x = ((i % columns) - (columns - 1) / 2) * spotWidth;
  const y = (lotWidth - spotLength) / 2;
  return [x, up ? y : -y, up ? Math.PI / 2 : -Math.PI / 2];
}

function standing([x, y, yaw]: readonly number[]): Pose {
  return { position: [x, y, 0], rotation: fromRollPitchYaw(0, 0, yaw) };
}

function walls(): WorldBody[] {
  const { thickness: t, height } = wall;
  const at = (name: string, x: number, y: number, size: Vec3): WorldBody => ({
    name,
    kind: 'fixed',
    pose: { position: [x, y, height / 2], rotation: flat },
    shapes: [
      {
        geometry: { kind: 'box', size },
        pose: { position: [0, 0, 0], rotation: flat },
        color: [0.62, 0.64, 0.67, 1],
      },
    ],
  });
  const x = (lotLength + t) / 2;
  const y = (lotWidth + t) / 2;
  return [
    at('wall-north', 0, y, [lotLength + 2 * t, t, height]),
    at('wall-south', 0, -y, [lotLength + 2 * t, t, height]),
    at('wall-east', x, 0, [t, lotWidth, height]),
    at('wall-west', -x, 0, [t, lotWidth, height]),
  ];
}

const paints: readonly (readonly [number, number, number, number])[] = [
  [0.2, 0.36, 0.62, 1],
  [0.36, 0.5, 0.38, 1],
  [0.75, 0.72, 0.66, 1],
  [0.45, 0.3, 0.48, 1],
];

/** A parked car of the car's own size. */
function otherCar(i: number): WorldBody {
  const part = (size: Vec3, z: number, x: number, color: Shape['color']): Shape => ({
    geometry: { kind: 'box', size },
    pose: { position: [x, 0, z], rotation: flat },
    color,
  });
  return {
    name: `car-${i + 1}`,
    kind: 'fixed',
    // Outside the lot until an episode places it.
    pose: { position: [lotLength + i, 0, 0], rotation: flat },
    shapes: [
      part([0.58, 0.31, 0.09], 0.075, 0, paints[i % paints.length]),
      part([0.28, 0.24, 0.06], 0.15, -0.03, [0.12, 0.15, 0.19, 1]),
    ],
  };
}

/** Does a rectangle at pose (x, y, yaw) reach beyond the lot? */
function hitsWall(
  pose: ArrayLike<number>,
  lotHalfLength: number,
  lotHalfWidth: number,
  halfLength: number,
  halfWidth: number,
): boolean {
  const c = Math.abs(Math.cos(pose[2]));
  const s = Math.abs(Math.sin(pose[2]));
  return (
    Math.abs(pose[0]) + c * halfLength + s * halfWidth > lotHalfLength ||
    Math.abs(pose[1]) + s * halfLength + c * halfWidth > lotHalfWidth
  );
}

/** Does a rectangle at `pose`, grown by `margin`, meet another car's? By the separating axes of both. */
function hitsCar(
  pose: ArrayLike<number>,
  goal: ArrayLike<number>,
  halfLength: number,
  halfWidth: number,
  margin: number,
): boolean {
  const reach = 2 * Math.hypot(halfLength, halfWidth) + 2 * margin;
  for (let i = 5; i < goal.length; i += 3) {
    const dx = goal[i] - pose[0];
    const dy = goal[i + 1] - pose[1];
    if (dx * dx + dy * dy > reach * reach) continue;
    const c = Math.abs(Math.cos(goal[i + 2] - pose[2]));
    const s = Math.abs(Math.sin(goal[i + 2] - pose[2]));
    // Halves of both rectangles along one's length and width.
    const along = halfLength + c * halfLength + s * halfWidth;
    const across = halfWidth + s * halfLength + c * halfWidth;
    if (
      apart(dx, dy, pose[2], along + margin, across + margin) ||
      apart(dx, dy, goal[i + 2], along + margin, across + margin)
    )
      continue;
    return true;
  }
  return false;
}

function apart(dx: number, dy: number, yaw: number, along: number, across: number): boolean {
  const c = Math.cos(yaw);
  const s = Math.sin(yaw);
  return Math.abs(c * dx + s * dy) > along || Math.abs(c * dy - s * dx) > across;
}

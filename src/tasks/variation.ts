import { z } from 'zod';
import type { Physics } from '../core/plant.ts';
import type { Random } from '../core/random.ts';

const share = (what: string) =>
  z.number().min(0).max(0.9).default(0).describe(`${what} drawn within ± this share [-]`);
const latency = z
  .number()
  .min(0)
  .max(0.3)
  .default(0)
  .describe('commands take effect up to so much later [s]');

/** Parameters by which an episode's physics may vary. */
export const variation = {
  massRange: share('masses of the robot and of what moves are'),
  frictionRange: share('friction of contacts, friction and damping of joints are'),
  gainRange: share('gains of servos and strength of motors are'),
  latency,
};

/** The same of a car, whose wheels and steering have no friction and no damping of their own. */
export const carVariation = {
  massRange: share('mass is'),
  frictionRange: share('friction of tyres and walls is'),
  gainRange: share('strength of drive and steering is'),
  latency,
};

type Ranges = Readonly<Record<keyof typeof variation, number>>;

/**
 * Physics of an episode of a robot with joints: a factor on the masses of its links and on that of each named body, on
 * friction and damping of its joints, on friction of contacts, and on what its actuators give; and a latency. Draw it
 * after all else of an episode, so that starts and goals do not depend on it.
 */
export function variedPhysics(random: Random, params: Ranges, bodies: readonly string[] = []): Physics {
  return {
    mass: Object.fromEntries(['*', ...bodies].map((name) => [name, factor(random, params.massRange)])),
    contactFriction: factor(random, params.frictionRange),
    jointFriction: factor(random, params.frictionRange),
    jointDamping: factor(random, params.frictionRange),
    gain: factor(random, params.gainRange),
    latency: random.uniform(0, params.latency),
  };
}

/** The same of a car. */
export function variedCarPhysics(random: Random, params: Ranges): Physics {
  return {
    mass: { '*': factor(random, params.massRange) },
    contactFriction: factor(random, params.frictionRange),
    gain: factor(random, params.gainRange),
    latency: random.uniform(0, params.latency),
  };
}

function factor(random: Random, range: number): number {
  return 1 + random.uniform(-range, range);
}

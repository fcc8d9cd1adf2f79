import { z } from 'zod';
import type { Physics } from '../core/plant.ts';
import type { Random } from '../core/random.ts';

const share = () => z.number().min(0).max(0.9).default(0);

/** Parameters by which an episode's physics may vary. */
export const variation = {
  massRange: share().describe('masses of the robot and of what moves are drawn within ± this share [-]'),
  frictionRange: share().describe(
    'friction of contacts, friction and damping of joints are drawn within ± this share [-]',
  ),
  gainRange: share().describe('gains of servos and strength of motors are drawn within ± this share [-]'),
  latency: z.number().min(0).max(0.3).default(0).describe('commands take effect up to so much later [s]'),
};

/**
 * Physics of an episode of a robot with joints: a factor on the masses of its links and on that of each named body, on
 * friction and damping of its joints, on friction of contacts, and on what its actuators give; and a latency. Draw it
 * after all else of an episode, so that starts and goals do not depend on it.
 */
export function variedPhysics(
  random: Random,
  params: { massRange: number; frictionRange: number; gainRange: number; latency: number },
  bodies: readonly string[] = [],
): Physics {
  const vary = (range: number) => 1 + random.uniform(-range, range);
  const mass = Object.fromEntries(['*', ...bodies].map((name) => [name, vary(params.massRange)]));
  return {
    mass,
    contactFriction: vary(params.frictionRange),
    jointFriction: vary(params.frictionRange),
    jointDamping: vary(params.frictionRange),
    gain: vary(params.gainRange),
    latency: random.uniform(0, params.latency),
  };
}

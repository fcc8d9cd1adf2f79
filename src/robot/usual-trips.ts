import type { JointSafety, MotorSpec, SafetyTrips } from '../core/hardware.ts';
import type { Actuator, Joint } from '../core/robot.ts';
import { servoRating } from './servo-ratings.ts';

/** °C below that at which a servo lets go by itself. */
const COOLER = 5;
/** Of the step clamp: no command is farther from its joint. */
const BEHIND = 0.9;
/** Of the joint's fastest. */
const TOO_FAST = 1.2;
/** Of the largest effort. */
const HEAVY = 0.9;
/** Outside of its range, rad and m. */
const BEYOND = { turns: 0.1, slides: 0.01 };

type TripBounds = Omit<SafetyTrips, 'loadTime' | 'trackingTime' | 'age'>;

/** What a joint is stopped for where robot.json does not say it: what its limits and its motor allow. */
export function usualTrips(
  { kind: drive }: Actuator,
  { kind, maxVelocity }: Joint,
  { step }: JointSafety,
  motor: MotorSpec | undefined,
): TripBounds {
  const rating = motor && servoRating(motor.model);
  return {
    ...(rating && { ...rating, temperature: rating.temperature - COOLER }),
    // A motor that is told a rate or an effort may well be at its limit for long.
    ...(drive === 'position' && { load: HEAVY, tracking: BEHIND * step }),
    ...(Number.isFinite(maxVelocity) && maxVelocity > 0 && { overspeed: TOO_FAST }),
    beyond: kind === 'prismatic' ? BEYOND.slides : BEYOND.turns,
  };
}

import { createVehiclePlant, type VehiclePlantOptions } from '#sim/vehicle/index';
import type { EpisodeStart, SimulatedPlant } from '#src/core/plant';
import { loadRobot } from '#src/load/robot';

export const car = await loadRobot('car');

/** F1TENTH's wheelbase and the distance of its centre of mass from the rear axle, m. */
export const wheelbase = 0.3302;
export const toRear = 0.17145;

export interface Reading {
  readonly x: number;
  readonly y: number;
  readonly yaw: number;
  readonly forward: number;
  readonly left: number;
  readonly yawRate: number;
  readonly steering: number;
}

export function readingOf(plant: SimulatedPlant): Reading {
  const out = new Float32Array(plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
  plant.read(out);
  const [x, y, yaw, forward, left, yawRate, steering] = out;
  return { x, y, yaw, forward, left, yawRate, steering };
}

export function driven(plant: SimulatedPlant, steering: number, acceleration: number): Reading {
  plant.write(Float32Array.of(steering, acceleration));
  plant.advance();
  return readingOf(plant);
}

export const newCar = (options: Partial<VehiclePlantOptions> = {}) =>
  createVehiclePlant({ robot: car, controlPeriod: 0.1, ...options });

/** The car at its home pose, rolling forwards at `speed` m/s. */
export function rolling(speed: number, rest: Partial<EpisodeStart> = {}): EpisodeStart {
  const velocity = car.home.map(() => 0);
  velocity[0] = speed;
  return { position: car.home, velocity, ...rest };
}

/** Radius of the circle that the centre of mass settles into, held at a speed, m. */
export async function circleRadius(speed: number, steering: number): Promise<number> {
  const plant = await newCar();
  plant.reset(rolling(speed));
  let now = readingOf(plant);
  // Speed controller and suspension have settled after 4 s.
  for (let i = 0; i < 40; i++) now = driven(plant, steering, 3 * (speed - now.forward));
  plant.close();
  return Math.hypot(now.forward, now.left) / now.yawRate;
}

/** The same radius by geometry: the rear axle's is wheelbase / tan(steering). */
export function geometricRadius(steering: number): number {
  return Math.hypot(wheelbase / Math.tan(steering), toRear);
}

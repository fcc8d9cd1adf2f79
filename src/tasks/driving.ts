import { z } from 'zod';
import { type Channel, channel } from '../core/channel.ts';
import { InputError } from '../core/errors.ts';
import type { PlantState } from '../core/plant.ts';
import type { RobotModel, Vehicle } from '../core/robot.ts';
import { box } from '../core/space.ts';
import type { TaskInstance } from '../core/task.ts';
import { Kinematics } from '../robot/index.ts';

/** What a task observes of a car: x, y, yaw, forward and left speed, yaw rate, steering angle. */
export function carChannels(robot: RobotModel): Channel[] {
  const { maxSteer } = vehicleOf(robot);
  return [
    channel('pose', 'm, m, rad', { kind: 'pose2', size: 3 }),
    channel('velocity', 'm/s', { size: 2 }),
    channel('yaw_rate', 'rad/s'),
    channel('steering', 'rad', { low: -maxSteer, high: maxSteer }),
  ];
}

export function vehicleOf(robot: RobotModel): Vehicle {
  if (!robot.vehicle) throw new InputError(`robot ${robot.name} is no car; take --robot car`);
  return robot.vehicle;
}

/** Half length and half width of a car's collision box, m. */
export function footprintOf(robot: RobotModel): readonly [number, number] {
  const chassis = robot.links.find(({ name }) => name === vehicleOf(robot).chassis);
  const geometry = chassis?.collisions[0]?.geometry;
  if (geometry?.kind !== 'box')
    throw new InputError(
      `robot ${robot.name}: its chassis needs a box for its first <collision>, the footprint`,
    );
  return [geometry.size[0] / 2, geometry.size[1] / 2];
}

/** Where the axle that does not steer stands along the chassis, m. */
export function rearAxle(robot: RobotModel): number {
  const poses = new Kinematics(robot).linkPoses(new Float64Array(robot.movable.length));
  const { chassis, wheels } = vehicleOf(robot);
  const middle = robot.links.findIndex(({ name }) => name === chassis);
  const straight = wheels.filter(({ steer }) => steer === undefined);
  const sum = straight.reduce((total, { spin }) => {
    const joint = robot.joints.find(({ name }) => name === spin);
    return total + poses[joint?.child ?? middle].position[0];
  }, 0);
  return sum / straight.length - poses[middle].position[0];
}

/**
 * Actions in ±1: the wanted steering angle as a share of the car's limit, and the wanted speed, from `lowest` to
 * `highest` m/s. As in F1TENTH's gym a car is told a speed, not an acceleration: a speed controller reaches it within the
 * control period as far as `acceleration`, m/s², allows.
 */
export function driving(
  robot: RobotModel,
  controlPeriod: number,
  { lowest, highest, acceleration }: { lowest: number; highest: number; acceleration: number },
): NonNullable<TaskInstance['action']> {
  const { maxSteer } = vehicleOf(robot);
  return {
    space: box(-1, 1, 2),
    toCommand(action, command, s) {
      const wanted = lowest + ((highest - lowest) * (action[1] + 1)) / 2;
      command[0] = maxSteer * action[0];
      command[1] = Math.max(-acceleration, Math.min(acceleration, (wanted - s[3]) / controlPeriod));
    },
  };
}

/** Parameters of `driving`: its highest speed, and what its speed controller may ask for. */
export function topSpeed(usual: number) {
  return z.number().min(0.5).max(5).default(usual).describe('highest speed that can be asked for [m/s]');
}

export function topAcceleration(usual: number) {
  return z.number().min(0.5).max(9).default(usual).describe('of the speed controller, at most [m/s²]');
}

/** Coordinates and rates of a car that stands at rest at (x, y, yaw), on the ground at height 0. */
export function standingAt(robot: RobotModel, x: number, y: number, yaw: number): PlantState {
  const position = [...robot.home];
  [position[0], position[1], position[3]] = [x, y, yaw];
  return { position, velocity: robot.home.map(() => 0) };
}

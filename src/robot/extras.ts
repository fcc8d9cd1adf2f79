import type { Vehicle } from '../core/robot.ts';
import type { Sensor } from '../core/sensor.ts';
import type { JsonReader } from './json-reader.ts';
import type { RobotJson } from './robot-json.ts';
import type { UrdfTree } from './urdf.ts';

/** Sensors whose links and joints exist and whose names differ. Bodies are the task's, so they are not checked here. */
export function readSensors(reader: JsonReader, given: NonNullable<RobotJson['sensors']>): Sensor[] {
  const names = new Set<string>();
  return given.map((sensor, i) => {
    const key = `sensors.${i}`;
    if (names.has(sensor.name))
      reader.fail(`${key}.name`, `"${sensor.name}" is used twice`, 'rename one of them');
    names.add(sensor.name);
    if ('link' in sensor) reader.link(sensor.link, `${key}.link`);
    if (sensor.kind === 'encoder' && sensor.joint !== '*') reader.movable(sensor.joint, `${key}.joint`);
    if (sensor.kind === 'lidar' && !(sensor.from < sensor.to))
      reader.fail(key, `from ${sensor.from} is not below to ${sensor.to}`, 'swap them');
    return sensor;
  });
}

/** As pairs of link indices. */
export function readUntouching(
  reader: JsonReader,
  given: NonNullable<RobotJson['untouching']>,
): [number, number][] {
  return given.map(([a, b], i) => {
    if (a === b) reader.fail(`untouching.${i}`, `names "${a}" twice`, 'a link does not touch itself');
    return [reader.link(a, `untouching.${i}.0`), reader.link(b, `untouching.${i}.1`)];
  });
}

/** A vehicle whose chassis and joints exist. */
export function checkVehicle(
  reader: JsonReader,
  tree: UrdfTree,
  vehicle: NonNullable<RobotJson['vehicle']>,
): Vehicle {
  reader.link(vehicle.chassis, 'vehicle.chassis');
  for (const [i, { spin, steer }] of vehicle.wheels.entries()) {
    const key = `vehicle.wheels.${i}`;
    for (const [part, name] of [
      ['spin', spin],
      ['steer', steer],
    ])
      if (name !== undefined && tree.joints[reader.movable(name, `${key}.${part}`)].kind === 'prismatic')
        reader.fail(`${key}.${part}`, `joint "${name}" slides`, 'name one that turns');
    if (spin === steer) reader.fail(key, `"${spin}" both spins and steers`, 'name two joints');
  }
  return vehicle;
}

import type { Actuator, Joint } from '../core/robot.ts';
import type { JsonReader } from './json-reader.ts';
import type { RobotJson } from './robot-json.ts';
import type { UrdfTree } from './urdf.ts';

type Given = NonNullable<RobotJson['actuators']>[number];

/** Those of robot.json; without any, an effort on every movable joint that has a limit for it. */
export function readActuators(
  reader: JsonReader,
  tree: UrdfTree,
  joints: readonly Joint[],
  movable: readonly number[],
  given: readonly Given[] | undefined,
  notes: string[],
): Actuator[] {
  if (!given) return defaultActuators(tree, joints, movable, notes);
  const driven = new Set<string>();
  return given.map((entry, i) => {
    const key = `actuators.${i}`;
    const joint = joints[reader.movable(entry.joint, `${key}.joint`)];
    if (driven.has(joint.name))
      reader.fail('actuators', `joint "${joint.name}" is driven twice`, 'remove one');
    driven.add(joint.name);
    const maxEffort = entry.maxEffort ?? joint.maxEffort;
    if (!(maxEffort > 0 && maxEffort < Infinity))
      reader.fail(key, `joint "${joint.name}" has no effort limit in the URDF`, 'give maxEffort');
    return readActuator(reader, key, entry, maxEffort);
  });
}

const parameters = {
  effort: [],
  position: ['stiffness', 'damping', 'backlash'],
  velocity: ['damping'],
} as const;

function readActuator(reader: JsonReader, key: string, entry: Given, maxEffort: number): Actuator {
  const { joint, kind, damping, stiffness, backlash } = entry;
  const allowed: readonly string[] = parameters[kind];
  for (const name of parameters.position)
    if (entry[name] !== undefined && !allowed.includes(name))
      reader.fail(`${key}.${name}`, `an actuator of kind ${kind} has none`, 'remove it or change kind');
  if (kind === 'effort') return { joint, kind, maxEffort };
  if (kind === 'velocity') {
    if (!damping) reader.fail(key, 'a velocity servo needs damping above 0', 'give it');
    return { joint, kind, maxEffort, damping };
  }
  if (stiffness === undefined) reader.fail(key, 'a position servo needs stiffness', 'give it');
  return { joint, kind, maxEffort, stiffness, damping: damping ?? 0, backlash: backlash ?? 0 };
}

function defaultActuators(
  tree: UrdfTree,
  joints: readonly Joint[],
  movable: readonly number[],
  notes: string[],
): Actuator[] {
  return movable.flatMap((j): Actuator[] => {
    const { name, maxEffort } = joints[j];
    if (maxEffort > 0 && maxEffort < Infinity) return [{ joint: name, kind: 'effort', maxEffort }];
    if (!tree.parts.has(name))
      notes.push(
        `joint "${name}": ${maxEffort === 0 ? 'its effort limit is 0' : 'has no effort limit'}, it is not driven`,
      );
    return [];
  });
}

import { InputError, nearestName } from '../core/errors.ts';
import type { Actuator, RobotModel } from '../core/robot.ts';
import { type RobotJson, readRobotJson } from './robot-json.ts';
import { readUrdf, type UrdfTree } from './urdf.ts';

/** Holds the accuracy bounds on every robot measured so far. */
const defaultSimulation = { timestep: 1e-3, iterations: 4 };

/**
 * Makes a robot of a URDF's text and the parsed content of its `robot.json` (undefined without one).
 * `where` names the files in errors. Throws InputError.
 */
export function robotFromUrdf(
  urdf: string,
  json: unknown | undefined,
  where: { readonly urdfFile: string; readonly jsonFile?: string },
): RobotModel {
  const tree = readUrdf(urdf, where.urdfFile);
  const jsonFile = where.jsonFile ?? 'robot.json';
  const settings: RobotJson = json === undefined ? {} : readRobotJson(json, jsonFile);
  const notes = [...tree.notes];
  const movable = tree.joints.flatMap(({ kind }, j) => (kind === 'fixed' ? [] : [j]));
  const find = (name: string, key: string) =>
    lookUp(
      name,
      new Map(movable.map((j) => [tree.joints[j].name, j])),
      `${jsonFile}: ${key}`,
      'movable joint',
    );

  const home = movable.map((j) => clamp(0, tree.joints[j].lower, tree.joints[j].upper));
  for (const [name, value] of Object.entries(settings.home ?? {})) {
    const j = find(name, 'home');
    const { lower, upper } = tree.joints[j];
    if (value < lower || value > upper)
      throw new InputError(
        `${jsonFile}: home.${name}: ${value} is outside the joint's limits ${lower} … ${upper}; move it inside`,
      );
    home[movable.indexOf(j)] = value;
  }

  const actuators = settings.actuators
    ? settings.actuators.map(({ joint, kind, maxEffort }, i) => {
        const limit = tree.joints[find(joint, `actuators.${i}.joint`)].maxEffort;
        const effort = maxEffort ?? limit;
        if (!(effort > 0 && effort < Infinity))
          throw new InputError(
            `${jsonFile}: actuators.${i}: joint "${joint}" has no effort limit in the URDF; give maxEffort`,
          );
        return { joint, kind, maxEffort: effort };
      })
    : defaultActuators(tree, movable, notes);
  const twice = actuators.find(({ joint }, i) => actuators.findIndex((other) => other.joint === joint) < i);
  if (twice)
    throw new InputError(`${jsonFile}: actuators: joint "${twice.joint}" is driven twice; remove one`);

  const tip = settings.tip
    ? {
        link: lookUp(
          settings.tip.link,
          new Map(tree.links.map(({ name }, i) => [name, i])),
          `${jsonFile}: tip.link`,
          'link',
        ),
        point: settings.tip.point,
      }
    : { link: endOfLongestChain(tree), point: [0, 0, 0] as const };

  return {
    name: settings.name ?? tree.name,
    links: tree.links,
    joints: tree.joints,
    root: tree.root,
    movable,
    home,
    actuators,
    tip,
    simulation: {
      timestep: settings.sim?.timestep ?? defaultSimulation.timestep,
      iterations: settings.sim?.iterations ?? defaultSimulation.iterations,
    },
    sensors: [],
    notes,
  };
}

function lookUp(name: string, index: ReadonlyMap<string, number>, where: string, what: string): number {
  const found = index.get(name);
  if (found !== undefined) return found;
  const near = nearestName(name, index.keys());
  throw new InputError(
    `${where}: unknown ${what} "${name}"; ${near ? `did you mean "${near}"?` : `the robot has ${[...index.keys()].slice(0, 12).join(', ') || 'none'}`}`,
  );
}

function defaultActuators(tree: UrdfTree, movable: readonly number[], notes: string[]): Actuator[] {
  return movable.flatMap((j) => {
    const { name, maxEffort } = tree.joints[j];
    if (maxEffort > 0 && maxEffort < Infinity) return [{ joint: name, kind: 'effort' as const, maxEffort }];
    notes.push(`joint "${name}": has no effort limit, it is not driven`);
    return [];
  });
}

/** The link farthest from the root, counted in joints; the first of equals. */
function endOfLongestChain({ links, joints, root }: UrdfTree): number {
  const depth = new Array<number>(links.length).fill(0);
  let best = root;
  for (const { parent, child } of joints) {
    depth[child] = depth[parent] + 1;
    if (depth[child] > depth[best]) best = child;
  }
  return best;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

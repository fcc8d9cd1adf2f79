import type { Joint, Link, RobotModel } from '../core/robot.ts';
import { readActuators } from './actuators.ts';
import { checkVehicle, readSensors, readUntouching } from './extras.ts';
import { given } from './given.ts';
import { readHardware } from './hardware-json.ts';
import { type JsonReader, jsonReader } from './json-reader.ts';
import { masslessProblem } from './massless.ts';
import type { MeshLookup } from './meshes.ts';
import { type RobotJson, readRobotJson } from './robot-json.ts';
import type { MeshSolid } from './solids.ts';
import { readUrdf, type UrdfTree } from './urdf.ts';

/** Holds the accuracy bounds on every robot measured so far. */
const defaultSimulation = { timestep: 1e-3, iterations: 50 };

/**
 * Makes a robot of a URDF's text and the parsed content of its `robot.json` (undefined without one).
 * `where` names the files in errors; `mesh` says what meshes become (default: references that no one looked up), `solid`
 * what is in them where a link without a mass is weighed by them (default: no one knows). Throws InputError.
 */
export function robotFromUrdf(
  urdf: string,
  json: unknown | undefined,
  where: {
    readonly urdfFile: string;
    readonly jsonFile?: string;
    readonly mesh?: MeshLookup;
    readonly solid?: MeshSolid;
  },
): RobotModel {
  const tree = readUrdf(urdf, where.urdfFile, where.mesh, where.solid);
  const jsonFile = where.jsonFile ?? 'robot.json';
  const settings: RobotJson = json === undefined ? {} : readRobotJson(json, jsonFile);
  const reader = jsonReader(jsonFile, tree);
  const notes = [...tree.notes];
  const joints = overrideJoints(reader, tree, settings.joints ?? {});
  const movable = joints.flatMap(({ kind, mimic }, j) => (kind === 'fixed' || mimic ? [] : [j]));
  const actuators = readActuators(reader, tree, joints, movable, settings.actuators, notes);
  const robot: RobotModel = {
    name: settings.name ?? tree.name,
    links: withMasses(reader, withSurfaces(reader, tree, settings.surfaces ?? {}), settings.masses ?? {}),
    joints,
    root: tree.root,
    movable,
    home: readHome(reader, joints, movable, settings.home ?? {}),
    actuators,
    tip: settings.tip
      ? { link: reader.link(settings.tip.link, 'tip.link'), point: settings.tip.point }
      : { link: endOfLongestChain(tree), point: [0, 0, 0] },
    simulation: {
      timestep: settings.sim?.timestep ?? defaultSimulation.timestep,
      iterations: settings.sim?.iterations ?? defaultSimulation.iterations,
      ...(settings.sim?.latency !== undefined && { latency: settings.sim.latency }),
    },
    sensors: readSensors(reader, settings.sensors ?? []),
    ...(settings.vehicle && { vehicle: checkVehicle(reader, tree, settings.vehicle) }),
    ...(settings.untouching && { untouching: readUntouching(reader, settings.untouching) }),
    ...(settings.hardware && {
      hardware: readHardware(reader, settings.hardware, { joints, actuators, links: tree.links }),
    }),
    notes,
  };
  const problem = masslessProblem(robot);
  return problem === undefined ? robot : { ...robot, notes: [...notes, `cannot be simulated: ${problem}`] };
}

function overrideJoints(
  reader: JsonReader,
  tree: UrdfTree,
  overrides: NonNullable<RobotJson['joints']>,
): Joint[] {
  const named = new Map<number, (typeof overrides)[string]>();
  for (const [name, values] of Object.entries(overrides))
    if (name !== '*') named.set(reader.moving(name, 'joints'), values);
  return tree.joints.map((joint, j) => {
    if (joint.kind === 'fixed') return joint;
    // The coordinates of a body that floats have no bearings, so `*` does not mean them.
    const all = tree.parts.has(joint.name) ? undefined : overrides['*'];
    return { ...joint, ...given(all), ...given(named.get(j)) };
  });
}

function withSurfaces(
  reader: JsonReader,
  tree: UrdfTree,
  surfaces: NonNullable<RobotJson['surfaces']>,
): Link[] {
  const named = new Map<number, (typeof surfaces)[string]>();
  for (const [name, values] of Object.entries(surfaces))
    if (name !== '*') named.set(reader.link(name, 'surfaces'), values);
  return tree.links.map((link, i) => {
    if (!surfaces['*'] && !named.has(i)) return link;
    return {
      ...link,
      surface: { friction: 1, restitution: 0, ...given(surfaces['*']), ...given(named.get(i)) },
    };
  });
}

function withMasses(
  reader: JsonReader,
  links: readonly Link[],
  masses: Readonly<Record<string, number>>,
): readonly Link[] {
  const factors = new Map(
    Object.entries(masses).map(([name, factor]) => [reader.link(name, 'masses'), factor]),
  );
  return links.map((link, i) => {
    const factor = factors.get(i);
    if (factor === undefined) return link;
    if (!link.inertial)
      return reader.fail(`masses.${link.name}`, 'the link has no mass', 'give it one in the URDF');
    const { mass, pose, inertia } = link.inertial;
    const scaled = inertia.map((value) => value * factor) as unknown as typeof inertia;
    return { ...link, inertial: { mass: mass * factor, pose, inertia: scaled } };
  });
}

function readHome(
  reader: JsonReader,
  joints: readonly Joint[],
  movable: readonly number[],
  given: Readonly<Record<string, number>>,
): number[] {
  const home = movable.map((j) => Math.min(joints[j].upper, Math.max(joints[j].lower, 0)));
  for (const [name, value] of Object.entries(given)) {
    const j = reader.movable(name, 'home');
    const { lower, upper } = joints[j];
    if (value < lower || value > upper)
      reader.fail(
        `home.${name}`,
        `${value} is outside the joint's limits ${lower} … ${upper}`,
        'move it inside',
      );
    home[movable.indexOf(j)] = value;
  }
  return home;
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

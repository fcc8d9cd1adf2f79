import { nearestName } from '../core/errors.ts';
import { norm, scale } from '../core/linalg.ts';
import type { Geometry, Inertial, Joint, Link, Shape, Vec3 } from '../core/robot.ts';
import { principalInertia } from './inertia.ts';
import { jointPose } from './joint-pose.ts';
import { Reader } from './reader.ts';
import { rigidGroups } from './rigid-groups.ts';
import { type Element, parseXml } from './xml.ts';

/** What a URDF alone says. A parent's joint comes before its child's. */
export interface UrdfTree {
  readonly name: string;
  readonly links: readonly Link[];
  readonly joints: readonly Joint[];
  readonly root: number;
  readonly notes: readonly string[];
}

type Color = readonly [number, number, number, number];

/** Reads a URDF; anything malformed is an InputError, anything ignored is in `notes`. */
export function readUrdf(text: string, file: string): UrdfTree {
  const reader = new Reader(file);
  const robot = parseXml(text, file);
  if (robot.tag !== 'robot')
    reader.fail(
      `<${robot.tag}>`,
      'the root element is not <robot>',
      'is this a URDF? MJCF and SDF are not read',
    );
  if ([...robot.attributes.keys()].some((key) => key.startsWith('xmlns:xacro')) || hasXacro(robot))
    reader.fail('<robot>', 'this is a xacro file', 'expand it first: xacro robot.urdf.xacro > robot.urdf');
  for (const { tag } of robot.children)
    if (!['link', 'joint', 'material'].includes(tag)) reader.note(`ignored <${tag}> elements`);

  const colors = globalColors(reader, robot);
  const links = reader.all(robot, 'link').map((element) => readLink(reader, element, colors));
  if (links.length === 0) reader.fail('<robot>', 'has no <link>', 'add at least one');
  const linkIndex = uniqueNames(reader, 'link', links);
  const elements = reader.all(robot, 'joint');
  const joints = elements.map((element) => readJoint(reader, element, linkIndex));
  uniqueNames(reader, 'joint', joints);
  const { root, order } = arrange(reader, links, joints);
  const sorted = order.map((j) => joints[j]);
  checkMasses(reader, { links, joints: sorted, root });
  return {
    name: robot.attributes.get('name')?.trim() || 'robot',
    links,
    joints: sorted,
    root,
    notes: reader.notes,
  };
}

function hasXacro(element: Element): boolean {
  return element.tag.startsWith('xacro:') || element.children.some(hasXacro);
}

function uniqueNames(
  reader: Reader,
  tag: string,
  items: readonly { readonly name: string }[],
): Map<string, number> {
  const index = new Map<string, number>();
  for (const [i, { name }] of items.entries()) {
    if (index.has(name)) reader.fail(`${tag} "${name}"`, 'the name is used twice', 'rename one of them');
    index.set(name, i);
  }
  return index;
}

function globalColors(reader: Reader, robot: Element): Map<string, Color> {
  const colors = new Map<string, Color>();
  const visit = (element: Element) => {
    if (element.tag === 'material') {
      const name = element.attributes.get('name');
      const color = ownColor(reader, element, `material "${name ?? ''}"`);
      if (name && color && !colors.has(name)) colors.set(name, color);
    } else if (element.tag !== 'joint') element.children.forEach(visit);
  };
  // Top-level definitions win over those inside a link.
  for (const child of robot.children) if (child.tag === 'material') visit(child);
  for (const child of robot.children) if (child.tag === 'link') visit(child);
  return colors;
}

function ownColor(reader: Reader, material: Element, where: string): Color | undefined {
  const color = reader.one(material, 'color', where);
  const rgba = color && reader.numbers(color, 'rgba', 4, where);
  if (rgba?.some((value) => value < 0 || value > 1))
    reader.fail(where, `<color rgba="${rgba.join(' ')}"> leaves 0 … 1`, 'colours are given in 0 … 1');
  return rgba as Color | undefined;
}

function readLink(reader: Reader, element: Element, colors: ReadonlyMap<string, Color>): Link {
  const name = reader.text(element, 'name', 'a link');
  const where = `link "${name}"`;
  const shapes = (tag: 'visual' | 'collision') =>
    reader.all(element, tag).flatMap((shape) => readShape(reader, shape, where, colors) ?? []);
  const inertial = reader.one(element, 'inertial', where);
  return {
    name,
    inertial: inertial && readInertial(reader, inertial, where),
    visuals: shapes('visual'),
    collisions: shapes('collision'),
  };
}

function readInertial(reader: Reader, element: Element, where: string): Inertial {
  const massElement = reader.one(element, 'mass', where);
  const tensor = reader.one(element, 'inertia', where);
  if (!massElement || !tensor)
    reader.fail(
      where,
      `<inertial> lacks <${massElement ? 'inertia' : 'mass'}>`,
      'give both or leave <inertial> out',
    );
  const mass = reader.required(massElement, 'value', where);
  if (mass < 0) reader.fail(where, `<mass value="${mass}">`, 'mass cannot be negative');
  const entry = (key: string, required: boolean) =>
    required ? reader.required(tensor, key, where) : (reader.number(tensor, key, where) ?? 0);
  const inertial: Inertial = {
    mass,
    pose: reader.origin(element, where),
    inertia: [
      entry('ixx', true),
      entry('ixy', false),
      entry('ixz', false),
      entry('iyy', true),
      entry('iyz', false),
      entry('izz', true),
    ],
  };
  const moments = [...principalInertia(inertial).moments].sort((a, b) => a - b);
  if (moments[0] < -1e-9 * Math.max(1e-9, moments[2]))
    reader.fail(
      where,
      '<inertia> has a negative principal moment',
      'check signs: off-diagonal entries are ixy = −∫xy dm',
    );
  if (moments[0] + moments[1] < moments[2] * (1 - 1e-6))
    reader.note(
      `${where}: no real body has this inertia (two principal moments add up to less than the third)`,
    );
  return inertial;
}

function readShape(
  reader: Reader,
  element: Element,
  where: string,
  colors: ReadonlyMap<string, Color>,
): Shape | undefined {
  const holder = reader.one(element, 'geometry', `${where} <${element.tag}>`);
  if (!holder || holder.children.length === 0)
    reader.fail(where, `<${element.tag}> lacks a <geometry>`, 'add <box>, <sphere>, <cylinder> or <capsule>');
  const geometry = readGeometry(reader, holder, where);
  if (!geometry) return undefined;
  const material = reader.one(element, 'material', where);
  const name = material?.attributes.get('name');
  const color = material && (ownColor(reader, material, where) ?? colors.get(name ?? ''));
  if (material && !color) reader.note(`${where}: material "${name ?? ''}" has no colour`);
  return { geometry, pose: reader.origin(element, where), color };
}

function readGeometry(reader: Reader, holder: Element, where: string): Geometry | undefined {
  const shape = holder.children.find(({ tag }) => tag !== 'material');
  switch (shape?.tag) {
    case 'box': {
      const size = reader.numbers(shape, 'size', 3, where);
      if (!size?.every((value) => value > 0)) reader.fail(where, '<box> needs size="x y z"', 'all above 0');
      return { kind: 'box', size: size as unknown as Vec3 };
    }
    case 'sphere':
      return { kind: 'sphere', radius: reader.positive(shape, 'radius', where) };
    case 'cylinder':
    case 'capsule':
      return {
        kind: shape.tag,
        radius: reader.positive(shape, 'radius', where),
        length: reader.positive(shape, 'length', where),
      };
    default:
      reader.note(`${where}: ignored <${shape?.tag ?? 'geometry'}> geometry, only primitives are read`);
      return undefined;
  }
}

function readJoint(reader: Reader, element: Element, links: ReadonlyMap<string, number>): Joint {
  const name = reader.text(element, 'name', 'a joint');
  const where = `joint "${name}"`;
  const type = reader.text(element, 'type', where);
  if (type !== 'fixed' && type !== 'revolute' && type !== 'continuous' && type !== 'prismatic')
    reader.fail(
      where,
      `type "${type}" is not supported`,
      `use ${nearestName(type, ['fixed', 'revolute', 'continuous', 'prismatic']) ?? 'fixed, revolute, continuous or prismatic'}`,
    );
  const end = (tag: 'parent' | 'child') => {
    const child = reader.one(element, tag, where);
    if (!child) reader.fail(where, `lacks <${tag} link="…"/>`, 'add it');
    const link = reader.text(child, 'link', where);
    const index = links.get(link);
    if (index === undefined) {
      const near = nearestName(link, links.keys());
      reader.fail(
        where,
        `<${tag}> names the unknown link "${link}"`,
        near ? `did you mean "${near}"?` : 'define that link',
      );
    }
    return index;
  };
  for (const tag of ['mimic', 'safety_controller', 'calibration'])
    if (reader.all(element, tag).length > 0) reader.note(`${where}: ignored <${tag}>`);

  const fixed = type === 'fixed';
  const axisElement = reader.one(element, 'axis', where);
  const axis = ((axisElement && reader.numbers(axisElement, 'xyz', 3, where)) ?? [
    1, 0, 0,
  ]) as unknown as Vec3;
  const length = norm(axis);
  if (!fixed && length < 1e-9)
    reader.fail(where, '<axis> has no length', 'give it a direction, e.g. xyz="0 0 1"');

  const dynamics = reader.one(element, 'dynamics', where);
  const viscous = (key: 'damping' | 'friction') => {
    const value = (dynamics && reader.number(dynamics, key, where)) ?? 0;
    if (value < 0) reader.fail(where, `<dynamics ${key}="${value}">`, 'must not be negative');
    return value;
  };
  const joint: Joint = {
    name,
    kind: type,
    parent: end('parent'),
    child: end('child'),
    origin: reader.origin(element, where),
    axis: fixed ? [1, 0, 0] : scale(axis, 1 / length),
    ...readLimits(reader, element, type, where),
    damping: viscous('damping'),
    friction: viscous('friction'),
    armature: 0,
  };
  if (joint.friction > 0) reader.note(`${where}: friction ${joint.friction} is read but not simulated`);
  if (fixed || joint.lower < joint.upper) return joint;
  reader.note(`${where}: its limits leave no room, it is treated as fixed`);
  return { ...joint, kind: 'fixed', origin: jointPose(joint, joint.lower) };
}

function readLimits(
  reader: Reader,
  element: Element,
  type: Joint['kind'],
  where: string,
): Pick<Joint, 'lower' | 'upper' | 'maxVelocity' | 'maxEffort'> {
  const limit = reader.one(element, 'limit', where);
  const value = (key: string) => limit && reader.number(limit, key, where);
  const maximum = (key: string) => {
    const given = value(key) ?? Infinity;
    if (given < 0) reader.fail(where, `<limit ${key}="${given}">`, 'must not be negative');
    return given;
  };
  const rest = { maxVelocity: maximum('velocity'), maxEffort: maximum('effort') };
  if (type === 'fixed' || type === 'continuous') return { lower: -Infinity, upper: Infinity, ...rest };
  const lower = value('lower');
  const upper = value('upper');
  if (lower === undefined || upper === undefined)
    reader.fail(
      where,
      limit ? `<limit> lacks ${lower === undefined ? 'lower' : 'upper'}="…"` : 'lacks <limit>',
      `add <limit lower upper effort velocity>${type === 'revolute' ? ', or make it continuous' : ''}`,
    );
  if (lower > upper) reader.fail(where, `lower ${lower} is above upper ${upper}`, 'swap them');
  return { lower, upper, ...rest };
}

/** The root and the joints in an order that puts parents first (the document's own, if it already does). */
function arrange(
  reader: Reader,
  links: readonly Link[],
  joints: readonly Joint[],
): { root: number; order: number[] } {
  const parentJoint = new Array<number>(links.length).fill(-1);
  const children: number[][] = links.map(() => []);
  for (const [j, joint] of joints.entries()) {
    const other = parentJoint[joint.child];
    if (other >= 0)
      reader.fail(
        `link "${links[joint.child].name}"`,
        `is the child of two joints, "${joints[other].name}" and "${joint.name}"`,
        'a URDF is a tree: keep one',
      );
    parentJoint[joint.child] = j;
    children[joint.parent].push(j);
  }
  const roots = links.flatMap((link, i) => (parentJoint[i] < 0 ? [{ link, i }] : []));
  if (roots.length > 1)
    reader.fail(
      '<robot>',
      `has ${roots.length} root links: ${quoted(roots.map(({ link }) => link.name))}`,
      'join them by a fixed joint or remove the spare ones',
    );
  const order: number[] = [];
  const stack = roots.map(({ i }) => i);
  while (stack.length > 0) {
    const here = children[stack.pop() as number];
    order.push(...here);
    for (let k = here.length - 1; k >= 0; k--) stack.push(joints[here[k]].child);
  }
  if (order.length < joints.length) {
    const reached = new Set(order);
    const loop = joints.filter((_, j) => !reached.has(j)).map(({ name }) => name);
    reader.fail('<robot>', `joints ${quoted(loop)} form a cycle`, 'a URDF is a tree: remove one of them');
  }
  const seen = new Set([roots[0].i]);
  const inOrder = joints.every(({ parent, child }) => seen.has(parent) && seen.add(child));
  return { root: roots[0].i, order: inOrder ? joints.map((_, j) => j) : order };
}

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 4).map((name) => `"${name}"`);
  return shown.join(', ') + (names.length > 4 ? ` and ${names.length - 4} more` : '');
}

/** Links that move as one must together have a mass, and an inertia about every axis. */
function checkMasses(reader: Reader, robot: Parameters<typeof rigidGroups>[0]): void {
  for (const { leader, inertial } of rigidGroups(robot)) {
    if (leader === robot.root) continue;
    const where = `link "${robot.links[leader].name}"`;
    if (!inertial) reader.fail(where, 'moves but has no mass', 'give it an <inertial> with a mass above 0');
    if (Math.min(...principalInertia(inertial).moments) <= 0)
      reader.fail(
        where,
        'moves but has no inertia about some axis',
        'give <inertia> positive ixx, iyy and izz',
      );
  }
}

import type { Joint, Link } from '../core/robot.ts';
import { expandJoints } from './expand.ts';
import { guessInertials } from './guess-inertials.ts';
import { ignoredParts } from './ignored.ts';
import { inertiaRemarks } from './inertia-sanity.ts';
import { readJoint } from './joint-reader.ts';
import { globalColors, readLink } from './link-reader.ts';
import type { MeshLookup } from './meshes.ts';
import { resolveMimics } from './mimic.ts';
import { Reader } from './reader.ts';
import type { MeshSolid } from './solids.ts';
import { treeOrder } from './tree-order.ts';
import { type Element, parseXml } from './xml.ts';

/** What a URDF alone says. A parent's joint comes before its child's. */
export interface UrdfTree {
  readonly name: string;
  readonly links: readonly Link[];
  readonly joints: readonly Joint[];
  readonly root: number;
  /** Names of the joints that a planar or floating one became. */
  readonly parts: ReadonlySet<string>;
  readonly notes: readonly string[];
}

const maxJoints = 1000;

/** Reads a URDF; anything malformed is an InputError, anything ignored or guessed is in `notes`. */
export function readUrdf(
  text: string,
  file: string,
  mesh: MeshLookup = () => undefined,
  solid: MeshSolid = () => undefined,
): UrdfTree {
  const reader = new Reader(file);
  const robot = parseXml(text, file);
  checkKind(reader, robot);
  const colors = globalColors(reader, robot);
  const own = reader.all(robot, 'link').map((element) => readLink(reader, element, colors, mesh));
  if (own.length === 0) reader.fail('<robot>', 'has no <link>', 'add at least one');
  const ends = uniqueNames(reader, 'link', own);
  const read = reader.all(robot, 'joint').map((element) => readJoint(reader, element, ends));
  uniqueNames(reader, 'joint', read);
  const { links, joints: singles, parts } = expandJoints(reader, own, read);
  checkCount(reader, links.length);
  uniqueNames(reader, 'link', links);
  uniqueNames(reader, 'joint', singles);
  const { root, order } = treeOrder(reader, links, singles);
  const joints = resolveMimics(
    reader,
    order.map((j) => singles[j]),
  );
  const weighed = guessInertials(reader, { links, joints, root }, solid);
  for (const remark of inertiaRemarks(weighed)) reader.note(remark);
  for (const line of ignoredParts(robot)) reader.note(line);
  return {
    name: robot.attributes.get('name')?.trim() || 'robot',
    links: weighed,
    joints,
    root,
    parts,
    notes: reader.notes,
  };
}

function checkKind(reader: Reader, robot: Element): void {
  if (robot.tag !== 'robot')
    reader.fail(
      `<${robot.tag}>`,
      'the root element is not <robot>',
      'is this a URDF? MJCF and SDF are not read',
    );
  if (isXacro(robot))
    reader.fail('<robot>', 'this is a xacro file', 'expand it first: xacro robot.urdf.xacro > robot.urdf');
  checkCount(reader, reader.all(robot, 'link').length);
}

function checkCount(reader: Reader, count: number): void {
  if (count > maxJoints + 1)
    reader.fail('<robot>', `has ${count} links`, `at most ${maxJoints + 1} are read`);
}

/** Its macros, or ${…} in a value; the namespace alone is what xacro leaves behind where it has done its work. */
function isXacro(element: Element): boolean {
  return (
    element.tag.startsWith('xacro:') ||
    [...element.attributes.values()].some((value) => /\$[{(]/.test(value)) ||
    element.children.some((child) => child.tag !== 'gazebo' && isXacro(child))
  );
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

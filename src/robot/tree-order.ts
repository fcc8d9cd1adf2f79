import type { Link } from '../core/robot.ts';
import type { Reader } from './reader.ts';

interface Edge {
  readonly name: string;
  readonly parent: number;
  readonly child: number;
}

/** The root and the joints in an order that puts parents first (the document's own, if it already does). */
export function treeOrder(
  reader: Reader,
  links: readonly Link[],
  joints: readonly Edge[],
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

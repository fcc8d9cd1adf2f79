import type { Element } from './xml.ts';

interface Known {
  readonly attributes: readonly string[];
  readonly children: readonly string[];
}

const shape: Known = { attributes: ['name'], children: ['origin', 'geometry', 'material'] };
const round: Known = { attributes: ['radius', 'length'], children: [] };

/** What the reader takes, by element. */
const known: Readonly<Record<string, Known>> = {
  robot: { attributes: ['name', 'version'], children: ['link', 'joint', 'material'] },
  link: { attributes: ['name'], children: ['inertial', 'visual', 'collision'] },
  inertial: { attributes: [], children: ['origin', 'mass', 'inertia'] },
  mass: { attributes: ['value'], children: [] },
  inertia: { attributes: ['ixx', 'ixy', 'ixz', 'iyy', 'iyz', 'izz'], children: [] },
  origin: { attributes: ['xyz', 'rpy'], children: [] },
  visual: shape,
  collision: { attributes: shape.attributes, children: ['origin', 'geometry'] },
  geometry: { attributes: [], children: ['box', 'sphere', 'cylinder', 'capsule', 'mesh'] },
  box: { attributes: ['size'], children: [] },
  sphere: { attributes: ['radius'], children: [] },
  cylinder: round,
  capsule: round,
  mesh: { attributes: ['filename', 'scale'], children: [] },
  material: { attributes: ['name'], children: ['color'] },
  color: { attributes: ['rgba'], children: [] },
  joint: {
    attributes: ['name', 'type'],
    children: ['origin', 'parent', 'child', 'axis', 'limit', 'dynamics', 'mimic'],
  },
  parent: { attributes: ['link'], children: [] },
  child: { attributes: ['link'], children: [] },
  axis: { attributes: ['xyz'], children: [] },
  limit: { attributes: ['lower', 'upper', 'effort', 'velocity'], children: [] },
  dynamics: { attributes: ['damping', 'friction'], children: [] },
  mimic: { attributes: ['joint', 'multiplier', 'offset'], children: [] },
};

/** Elements and attributes that the reader leaves alone: a line for each kind, with where it stands and how often. */
export function ignoredParts(robot: Element): string[] {
  const found = new Map<string, { first: string; count: number }>();
  const count = (what: string, where: string) => {
    const entry = found.get(what);
    if (entry) entry.count++;
    else found.set(what, { first: where, count: 1 });
  };
  const visit = (element: Element, where: string) => {
    const { attributes, children } = known[element.tag];
    const holder = `<${element.tag}>`;
    for (const key of element.attributes.keys())
      if (!attributes.includes(key) && key !== 'xmlns' && !key.startsWith('xmlns:'))
        count(`attribute ${key} of ${holder}`, where);
    for (const child of element.children) {
      const named = `${child.tag} "${child.attributes.get('name') ?? ''}"`;
      const own = child.tag === 'link' || child.tag === 'joint' ? named : where;
      if (children.includes(child.tag)) visit(child, own);
      else count(`<${child.tag}>${element.tag === 'robot' ? '' : ` in ${holder}`}`, where);
    }
  };
  visit(robot, '');
  return [...found].map(([what, { first, count: times }]) => {
    const place = first === '' ? '' : `, ${first}`;
    if (times === 1) return `ignored ${what}${place}`;
    return `ignored ${what}${place === '' ? `, ${times} times` : `${place} and ${times - 1} more`}`;
  });
}

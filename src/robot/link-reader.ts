import type { Geometry, Inertial, Link, Shape, Vec3 } from '../core/robot.ts';
import { principalInertia } from './inertia.ts';
import { isShownFormat, type MeshLookup, readMesh } from './meshes.ts';
import type { Reader } from './reader.ts';
import type { Element } from './xml.ts';

export type Color = readonly [number, number, number, number];

/** Colours by the name of their material. A definition at the top wins over those inside links. */
export function globalColors(reader: Reader, robot: Element): Map<string, Color> {
  const colors = new Map<string, Color>();
  const define = (material: Element) => {
    const name = material.attributes.get('name');
    const color = ownColor(reader, material, `material "${name ?? ''}"`);
    if (name && color && !colors.has(name)) colors.set(name, color);
  };
  for (const material of reader.all(robot, 'material')) define(material);
  for (const link of reader.all(robot, 'link'))
    for (const visual of reader.all(link, 'visual'))
      for (const material of reader.all(visual, 'material')) define(material);
  return colors;
}

function ownColor(reader: Reader, material: Element, where: string): Color | undefined {
  const color = reader.one(material, 'color', where);
  const rgba = color && reader.numbers(color, 'rgba', 4, where);
  if (rgba?.some((value) => value < 0 || value > 1))
    reader.fail(where, `<color rgba="${rgba.join(' ')}"> leaves 0 … 1`, 'colours are given in 0 … 1');
  return rgba as Color | undefined;
}

export function readLink(
  reader: Reader,
  element: Element,
  colors: ReadonlyMap<string, Color>,
  mesh: MeshLookup,
): Link {
  const name = reader.text(element, 'name', 'a link');
  const where = `link "${name}"`;
  const shapes = (use: 'visual' | 'collision') =>
    reader.all(element, use).flatMap((shape) => readShape(reader, shape, where, colors, use, mesh));
  const inertial = reader.one(element, 'inertial', where);
  return {
    name,
    inertial: inertial && readInertial(reader, inertial, where),
    visuals: shapes('visual'),
    collisions: shapes('collision'),
  };
}

/** Undefined where the mass is 0: such a link is one without mass. */
function readInertial(reader: Reader, element: Element, where: string): Inertial | undefined {
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
  if (mass > 0) return inertial;
  if (moments[2] > 0) reader.note(`ignored the inertia of ${where}, which has no mass`);
  return undefined;
}

function readShape(
  reader: Reader,
  element: Element,
  where: string,
  colors: ReadonlyMap<string, Color>,
  use: 'visual' | 'collision',
  mesh: MeshLookup,
): Shape[] {
  const holder = reader.one(element, 'geometry', `${where} <${element.tag}>`);
  if (!holder || holder.children.length === 0)
    reader.fail(
      where,
      `<${element.tag}> lacks a <geometry>`,
      'add <box>, <sphere>, <cylinder>, <capsule> or <mesh>',
    );
  const geometries = readGeometry(reader, holder, where, use, mesh);
  const pose = reader.origin(element, where);
  const color = use === 'visual' ? readColor(reader, element, where, colors) : undefined;
  return geometries.map((geometry) => ({ geometry, pose, color }));
}

function readColor(
  reader: Reader,
  visual: Element,
  where: string,
  colors: ReadonlyMap<string, Color>,
): Color | undefined {
  const material = reader.one(visual, 'material', where);
  if (!material) return undefined;
  const name = material.attributes.get('name') ?? '';
  const color = ownColor(reader, material, where) ?? colors.get(name);
  if (!color && !reader.all(material, 'texture').length)
    reader.note(`material "${name}" has no colour, the view chooses one`);
  return color;
}

const shapeTags = ['box', 'sphere', 'cylinder', 'capsule', 'mesh'];

function readGeometry(
  reader: Reader,
  holder: Element,
  where: string,
  use: 'visual' | 'collision',
  mesh: MeshLookup,
): readonly Geometry[] {
  const shapes = holder.children.filter(({ tag }) => shapeTags.includes(tag));
  if (shapes.length > 1)
    reader.fail(
      where,
      `<geometry> holds ${shapes.length} shapes`,
      'give each a <visual> or <collision> of its own',
    );
  const [shape] = shapes;
  switch (shape?.tag) {
    case 'box': {
      const size = reader.numbers(shape, 'size', 3, where);
      if (!size?.every((value) => value > 0)) reader.fail(where, '<box> needs size="x y z"', 'all above 0');
      return [{ kind: 'box', size: size as unknown as Vec3 }];
    }
    case 'sphere':
      return [{ kind: 'sphere', radius: reader.positive(shape, 'radius', where) }];
    case 'cylinder':
    case 'capsule':
      return [
        {
          kind: shape.tag,
          radius: reader.positive(shape, 'radius', where),
          length: reader.positive(shape, 'length', where),
        },
      ];
    case 'mesh': {
      const reference = readMesh(reader, shape, where);
      if (!isShownFormat(reference.uri))
        reader.note(
          `${where}: mesh "${reference.uri}" is neither STL, OBJ, DAE, GLB nor glTF, it can neither be shown nor touched`,
        );
      return mesh(reference, use) ?? [{ kind: 'mesh', ...reference }];
    }
    default:
      return [];
  }
}

import type { Geometry, Vec3 } from '../core/robot.ts';
import { Reader } from './reader.ts';
import { type Element, parseXml } from './xml.ts';

export interface MeshReference {
  /** As the URDF has it: relative, `file://`, `package://`. */
  readonly uri: string;
  readonly scale: Vec3;
}

/**
 * What a mesh is to become: with its `file` for a view, convex pieces for contact. Undefined: a mesh that was not looked
 * up. Pieces share the pose of the element that names the mesh.
 */
export type MeshLookup = (
  mesh: MeshReference,
  use: 'visual' | 'collision',
) => readonly Geometry[] | undefined;

/** Extensions of what a view can draw. */
export const shownFormats = ['.stl', '.obj', '.dae', '.glb', '.gltf'] as const;

export function isShownFormat(uri: string): boolean {
  return shownFormats.some((extension) => uri.toLowerCase().endsWith(extension));
}

/** Every mesh that a URDF names, so that a loader can find them before it reads the robot. Throws InputError. */
export function meshReferences(
  urdf: string,
  file: string,
): (MeshReference & { readonly use: 'visual' | 'collision' })[] {
  const reader = new Reader(file);
  return reader.all(parseXml(urdf, file), 'link').flatMap((link) =>
    (['visual', 'collision'] as const).flatMap((use) =>
      reader
        .all(link, use)
        .flatMap((shape) => reader.all(shape, 'geometry'))
        .flatMap((geometry) => reader.all(geometry, 'mesh'))
        .map((mesh) => ({ ...readMesh(reader, mesh, `link "${link.attributes.get('name') ?? ''}"`), use })),
    ),
  );
}

/** `filename` and `scale` of a `<mesh>`: one number for all axes, or one each; a fourth is meaningless. */
export function readMesh(reader: Reader, element: Element, where: string): MeshReference {
  const uri = reader.text(element, 'filename', where);
  const given = reader.numbers(element, 'scale', [1, 3, 4], where) ?? [1];
  if (given.length === 4) reader.note(`${where}: the fourth number of <mesh scale> is ignored`);
  const scale = given.length === 1 ? [given[0], given[0], given[0]] : given.slice(0, 3);
  if (scale.includes(0))
    reader.fail(where, `<mesh scale="${given.join(' ')}"> is flat`, 'no factor may be 0');
  return { uri, scale: scale as unknown as Vec3 };
}

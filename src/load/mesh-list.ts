import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../core/errors.ts';
import { fromRollPitchYaw } from '../core/linalg.ts';
import type { Link, RobotModel, Shape, Vec3 } from '../core/robot.ts';
import { ColliderMaker } from './mesh-colliders.ts';

const vector = z.tuple([z.number(), z.number(), z.number()]);
/** Stays within the folder it is joined to. */
const path = z
  .string()
  .regex(/^[\w.-]+(\/[\w.-]+)*$/)
  .refine((text) => !text.split('/').includes('..'), 'leads out of its folder');

/** `meshes.json` of a shipped robot: the maker's mesh files, at one commit, and where they belong. */
const meshList = z.strictObject({
  base: z.url({ protocol: /^https?$/ }).describe('where the files lie; ends with /'),
  licence: z.string(),
  files: z.array(
    z.strictObject({ path, bytes: z.int().positive(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
  shapes: z.array(
    z.strictObject({
      link: z.string(),
      file: path,
      xyz: vector.default([0, 0, 0]).describe('in the frame of the link [m]'),
      rpy: vector.default([0, 0, 0]).describe('[rad]'),
      scale: vector.default([1, 1, 1]),
      color: z.tuple([z.number(), z.number(), z.number(), z.number()]),
      collide: z.boolean().default(true).describe('false: the primitives are better to touch'),
    }),
  ),
});

export type MeshList = z.output<typeof meshList>;

/** The list of a robot's folder; undefined when the robot has no meshes. */
export async function readMeshList(robotFolder: string): Promise<MeshList | undefined> {
  const file = join(robotFolder, 'meshes.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = meshList.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(`${file}: ${issue.path.join('.')}: ${issue.message}; install the package anew`);
  }
  return parsed.data;
}

/** The robot, shown by its maker's meshes in `folder`; links that have none keep their primitives. */
export function withMeshesShown(robot: RobotModel, list: MeshList, folder: string): RobotModel {
  return mapLinks(robot, list, (link, shapes) => ({
    ...link,
    visuals: shapes.map((shape) => ({
      geometry: { kind: 'mesh', uri: shape.file, file: join(folder, shape.file), scale: shape.scale },
      pose: poseOf(shape),
      color: shape.color,
    })),
  }));
}

/** The robot, touching by convex pieces of its maker's meshes; links of which some do not collide keep their primitives. */
export async function withMeshesTouching(
  robot: RobotModel,
  list: MeshList,
  folder: string,
): Promise<RobotModel> {
  const maker = new ColliderMaker();
  const notes: string[] = [];
  const made = new Map<MeshList['shapes'][number], Shape[]>();
  for (const shape of list.shapes.filter(({ collide }) => collide)) {
    const colliders = await maker.make(join(folder, shape.file), shape.scale as Vec3);
    notes.push(...colliders.notes.map((note) => `mesh "${shape.file}": ${note}`));
    made.set(
      shape,
      colliders.pieces.map((geometry) => ({ geometry, pose: poseOf(shape) })),
    );
  }
  const touching = mapLinks(robot, list, (link, shapes) => {
    const pieces = shapes.flatMap((shape) => made.get(shape) ?? []);
    return shapes.every(({ collide }) => collide) && pieces.length > 0
      ? { ...link, collisions: pieces }
      : link;
  });
  return { ...touching, notes: [...robot.notes, ...new Set(notes)] };
}

function poseOf({ xyz, rpy }: MeshList['shapes'][number]): Shape['pose'] {
  return { position: xyz, rotation: fromRollPitchYaw(...rpy) };
}

function mapLinks(
  robot: RobotModel,
  list: MeshList,
  change: (link: Link, shapes: readonly MeshList['shapes'][number][]) => Link,
): RobotModel {
  return {
    ...robot,
    links: robot.links.map((link) => {
      const shapes = list.shapes.filter((shape) => shape.link === link.name);
      return shapes.length > 0 ? change(link, shapes) : link;
    }),
  };
}

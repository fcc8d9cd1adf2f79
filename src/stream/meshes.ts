import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Geometry, RobotModel, Shape } from '../core/robot.ts';
import type { WorldSpec } from '../core/task.ts';
import { shownFormats } from '../robot/index.ts';
import { meshPrefix } from './wire.ts';

type Mesh = Extract<Geometry, { kind: 'mesh' }>;

interface Served {
  readonly file: string;
  readonly sha256: string;
  readonly type: string;
}

const types: Readonly<Record<(typeof shownFormats)[number], string>> = {
  '.stl': 'model/stl',
  '.obj': 'model/obj',
  '.dae': 'model/vnd.collada+xml',
  '.glb': 'model/gltf-binary',
  '.gltf': 'model/gltf+json',
};
const LARGEST = 64 * 1024 * 1024;
const MOST_FILES = 512;

/** Files for viewers, by the paths that they were told. */
export interface Assets {
  /** @param path e.g. `meshes/<sha256>.stl`; it is looked up, never joined. */
  read(path: string): Promise<{ readonly body: Uint8Array; readonly type: string } | undefined>;
}

/**
 * The mesh files that a robot and its world name, and no others, each under a path made of its content. Nothing stays in
 * memory: a file is read when it is asked for, and not given away when it is no longer the one that was named.
 */
export class Meshes implements Assets {
  /** As told to viewers: `file` is a path on this server, or missing for what is not served. No path of this machine. */
  readonly robot: RobotModel;
  readonly world: WorldSpec | undefined;
  /** Which files are not served, and why; for people. */
  readonly notes: readonly string[];
  readonly #served: ReadonlyMap<string, Served>;

  private constructor(
    robot: RobotModel,
    world: WorldSpec | undefined,
    served: ReadonlyMap<string, Served>,
    notes: readonly string[],
  ) {
    this.robot = robot;
    this.world = world;
    this.#served = served;
    this.notes = notes;
  }

  static async open(robot: RobotModel, world: WorldSpec | undefined): Promise<Meshes> {
    const files = new Set<string>();
    const collect = (mesh: Mesh): Mesh => {
      if (mesh.file !== undefined) files.add(mesh.file);
      return mesh;
    };
    withMeshes(robot, collect);
    withWorldMeshes(world, collect);
    const served = new Map<string, Served>();
    const paths = new Map<string, string>();
    const notes: string[] = [];
    for (const file of files) {
      const problem = served.size < MOST_FILES ? await add(file) : `more than ${MOST_FILES} mesh files`;
      if (problem !== undefined) notes.push(`${file}: not shown: ${problem}`);
    }
    const replace = ({ kind, uri, scale, file }: Mesh): Mesh => {
      const path = paths.get(file ?? '');
      return path === undefined ? { kind, uri, scale } : { kind, uri, scale, file: path };
    };
    return new Meshes(withMeshes(robot, replace), withWorldMeshes(world, replace), served, notes);

    /** Returns why a file cannot be served. */
    async function add(file: string): Promise<string | undefined> {
      const extension = extname(file).toLowerCase();
      const type = Object.hasOwn(types, extension) ? types[extension as keyof typeof types] : undefined;
      if (type === undefined) return `${extension || 'no extension'} is none of ${shownFormats.join(', ')}`;
      const found = await stat(file).catch(() => undefined);
      if (!found?.isFile()) return 'no such file';
      if (found.size > LARGEST) return `larger than ${LARGEST / 1024 / 1024} MiB`;
      const body = await readFile(file).catch(() => undefined);
      if (!body) return 'cannot be read';
      const sha256 = digest(body);
      const path = `${meshPrefix}${sha256}${extension}`;
      served.set(path, { file, sha256, type });
      paths.set(file, path);
      return undefined;
    }
  }

  /** Of all files that are served. */
  get paths(): readonly string[] {
    return [...this.#served.keys()];
  }

  async read(path: string): Promise<{ readonly body: Buffer; readonly type: string } | undefined> {
    const entry = this.#served.get(path);
    const body = entry && (await readFile(entry.file).catch(() => undefined));
    return entry && body && digest(body) === entry.sha256 ? { body, type: entry.type } : undefined;
  }
}

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

function inShape(shape: Shape, change: (mesh: Mesh) => Mesh): Shape {
  return shape.geometry.kind === 'mesh' ? { ...shape, geometry: change(shape.geometry) } : shape;
}

function withMeshes(robot: RobotModel, change: (mesh: Mesh) => Mesh): RobotModel {
  const shapes = (list: readonly Shape[]) => list.map((shape) => inShape(shape, change));
  return {
    ...robot,
    links: robot.links.map((link) => ({
      ...link,
      visuals: shapes(link.visuals),
      collisions: shapes(link.collisions),
    })),
  };
}

function withWorldMeshes(world: WorldSpec | undefined, change: (mesh: Mesh) => Mesh): WorldSpec | undefined {
  return (
    world && {
      ...world,
      scenery: world.scenery?.map((item) => inShape(item, change)),
      bodies: world.bodies?.map((body) => ({
        ...body,
        shapes: body.shapes.map((shape) => inShape(shape, change)),
      })),
    }
  );
}

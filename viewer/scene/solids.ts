import {
  BoxGeometry,
  BufferGeometry,
  CapsuleGeometry,
  Color,
  CylinderGeometry,
  DoubleSide,
  Float32BufferAttribute,
  Group,
  type Material,
  Mesh,
  MeshLambertMaterial,
  MeshStandardMaterial,
  type Object3D,
  SphereGeometry,
  SRGBColorSpace,
} from 'three';
import type { Geometry, Pose, Shape } from '../../src/core/robot.ts';
import type { Rgba } from '../../src/stream/wire.ts';
import type { MeshLibrary } from './meshes.ts';

type Solid = MeshStandardMaterial | MeshLambertMaterial;
type MeshGeometry = Extract<Geometry, { kind: 'mesh' }>;

/** Makes lit things of shapes; shares materials and mesh files among them, and gives everything back. */
export class Solids {
  readonly #physical: boolean;
  readonly #library: MeshLibrary;
  readonly #changed: () => void;
  readonly #behind: boolean;
  readonly #materials = new Map<string, Solid>();
  readonly #geometries: BufferGeometry[] = [];

  /**
   * @param changed called when a mesh has come.
   * @param behind of two surfaces in one place the other's is seen
   */
  constructor(physical: boolean, library: MeshLibrary, changed: () => void, behind = false) {
    this.#physical = physical;
    this.#library = library;
    this.#changed = changed;
    this.#behind = behind;
  }

  /**
   * Adds a shape to `parent`, now or, for a mesh, when it has come.
   * @param own draw a mesh in the colours of its file where it has some
   * @param failed called with the reason when a mesh cannot be drawn.
   */
  add(parent: Object3D, shape: Shape, color: Rgba, own = false, failed: (reason: string) => void = () => {}) {
    const { geometry } = shape;
    if (geometry.kind !== 'mesh') {
      const mesh = new Mesh(geometryOf(geometry), this.material(color));
      this.#geometries.push(mesh.geometry);
      place(mesh, shape.pose);
      parent.add(lit(mesh, color));
      return;
    }
    const { file } = geometry;
    if (file === undefined) {
      failed('no such file');
      return;
    }
    this.#library.load(file).then(
      (loaded) => {
        if (this.#library.disposed) return;
        const group = new Group();
        place(group, shape.pose);
        group.scale.set(...geometry.scale);
        for (const part of loaded.parts) {
          const plain = this.material(color, true);
          const materials = own ? part.materials.map((material) => this.#like(material)) : [];
          const mesh = new Mesh(part.geometry, materials.length > 1 ? materials : (materials[0] ?? plain));
          mesh.matrixAutoUpdate = false;
          mesh.matrix.copy(part.matrix);
          group.add(lit(mesh, color));
        }
        parent.add(group);
        this.#changed();
      },
      (error: Error) => {
        if (this.#library.disposed) return;
        failed(error.message);
        this.#changed();
      },
    );
  }

  material([r, g, b, a]: Rgba, bothSides = false): Solid {
    const key = `${r} ${g} ${b} ${a} ${bothSides}`;
    let material = this.#materials.get(key);
    if (!material) {
      const look = {
        color: new Color().setRGB(r, g, b, SRGBColorSpace),
        transparent: a < 1,
        opacity: a,
        // Files are careless about which way triangles face.
        ...(bothSides ? { side: DoubleSide } : {}),
        ...(this.#behind ? { polygonOffset: true, polygonOffsetFactor: 2, polygonOffsetUnits: 8 } : {}),
      };
      material = this.#physical
        ? new MeshStandardMaterial({ ...look, roughness: 0.45, metalness: 0.05 })
        : new MeshLambertMaterial(look);
      this.#materials.set(key, material);
    }
    return material;
  }

  dispose(): void {
    for (const geometry of this.#geometries) geometry.dispose();
    for (const material of this.#materials.values()) material.dispose();
  }

  /** A file's material in our light: its colour, or itself where it has a texture. */
  #like(material: Material): Material {
    const { color, map, opacity } = material as Solid;
    if (map || !color) return material;
    const { r, g, b } = color.clone().convertLinearToSRGB();
    const three = (value: number) => Math.round(value * 1e3) / 1e3;
    return this.material([three(r), three(g), three(b), opacity], true);
  }
}

/** Ghosts throw no shadow. */
function lit(mesh: Mesh, [, , , alpha]: Rgba): Mesh {
  mesh.castShadow = alpha === 1;
  mesh.receiveShadow = alpha === 1;
  return mesh;
}

export function place(object: Object3D, { position, rotation }: Pose): void {
  object.position.set(...position);
  object.quaternion.set(...rotation);
}

/** Axes as in URDF: round things stand along z, where three has y. */
export function geometryOf(geometry: Exclude<Geometry, MeshGeometry>): BufferGeometry {
  if (geometry.kind === 'box') return new BoxGeometry(...geometry.size);
  if (geometry.kind === 'sphere') return new SphereGeometry(geometry.radius, 32, 20);
  if (geometry.kind === 'cylinder')
    return new CylinderGeometry(geometry.radius, geometry.radius, geometry.length, 40).rotateX(Math.PI / 2);
  if (geometry.kind === 'capsule')
    return new CapsuleGeometry(geometry.radius, geometry.length, 10, 32).rotateX(Math.PI / 2);
  const indexed = new BufferGeometry();
  indexed.setAttribute('position', new Float32BufferAttribute([...geometry.vertices], 3));
  indexed.setIndex([...geometry.triangles]);
  // Each face has its own normals: a polyhedron has edges.
  const faceted = indexed.toNonIndexed();
  faceted.computeVertexNormals();
  return faceted;
}

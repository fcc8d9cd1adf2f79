import {
  BoxGeometry,
  BufferGeometry,
  CapsuleGeometry,
  Color,
  CylinderGeometry,
  Group,
  Mesh,
  MeshLambertMaterial,
  MeshStandardMaterial,
  type Object3D,
  SphereGeometry,
  SRGBColorSpace,
} from 'three';
import type { Geometry, Pose, RobotModel } from '../../src/core/robot.ts';
import { type Rgba, shapeColor } from '../../src/stream/wire.ts';

/** Where a link stands in the world, as it comes over the wire. */
export interface Transform {
  readonly child_frame_id: string;
  readonly translation: { readonly x: number; readonly y: number; readonly z: number };
  readonly rotation: { readonly x: number; readonly y: number; readonly z: number; readonly w: number };
}

/** The robot's links as lit solids, each placed in the world on its own. */
export class RobotView extends Group {
  readonly #links = new Map<string, Group>();
  readonly #tip: Group;
  readonly #point: readonly [number, number, number];
  readonly #materials = new Map<string, MeshStandardMaterial | MeshLambertMaterial>();

  readonly #physical: boolean;

  constructor(robot: RobotModel, physical: boolean) {
    super();
    this.#physical = physical;
    for (const [index, link] of robot.links.entries()) {
      const group = new Group();
      group.name = link.name;
      for (const shape of link.visuals) {
        const mesh = new Mesh(geometryOf(shape.geometry), this.#material(shapeColor(robot, index, shape)));
        mesh.castShadow = true;
        mesh.receiveShadow = true;
        place(mesh, shape.pose);
        group.add(mesh);
      }
      this.#links.set(link.name, group);
      this.add(group);
    }
    this.#tip = this.#links.get(robot.links[robot.tip.link].name) as Group;
    this.#point = robot.tip.point;
  }

  setTransforms(transforms: readonly Transform[]): void {
    for (const { child_frame_id, translation: t, rotation: r } of transforms) {
      const link = this.#links.get(child_frame_id);
      link?.position.set(t.x, t.y, t.z);
      link?.quaternion.set(r.x, r.y, r.z, r.w);
    }
  }

  /** World position of the tip. */
  tip<T extends { set(x: number, y: number, z: number): unknown }>(
    out: T & Parameters<typeof toWorld>[0],
  ): T {
    out.set(...this.#point);
    toWorld(out, this.#tip);
    return out;
  }

  override dispose(): void {
    this.traverse((object) => {
      if (object instanceof Mesh) object.geometry.dispose();
    });
    for (const material of this.#materials.values()) material.dispose();
  }

  #material([r, g, b, a]: Rgba): MeshStandardMaterial | MeshLambertMaterial {
    const key = `${r} ${g} ${b} ${a}`;
    let material = this.#materials.get(key);
    if (!material) {
      const look = {
        color: new Color().setRGB(r, g, b, SRGBColorSpace),
        transparent: a < 1,
        opacity: a,
      };
      material = this.#physical
        ? new MeshStandardMaterial({ ...look, roughness: 0.45, metalness: 0.05 })
        : new MeshLambertMaterial(look);
      this.#materials.set(key, material);
    }
    return material;
  }
}

function toWorld(
  point: { applyQuaternion(q: Group['quaternion']): unknown; add(v: Group['position']): unknown },
  link: Group,
): void {
  point.applyQuaternion(link.quaternion);
  point.add(link.position);
}

export function place(object: Object3D, { position, rotation }: Pose): void {
  object.position.set(...position);
  object.quaternion.set(...rotation);
}

/** Axes as in URDF: round things stand along z, where three has y. */
export function geometryOf(geometry: Geometry): BufferGeometry {
  if (geometry.kind === 'mesh' || geometry.kind === 'convex') return new BufferGeometry();
  if (geometry.kind === 'box') return new BoxGeometry(...geometry.size);
  if (geometry.kind === 'sphere') return new SphereGeometry(geometry.radius, 32, 20);
  if (geometry.kind === 'cylinder')
    return new CylinderGeometry(geometry.radius, geometry.radius, geometry.length, 40).rotateX(Math.PI / 2);
  return new CapsuleGeometry(geometry.radius, geometry.length, 10, 32).rotateX(Math.PI / 2);
}

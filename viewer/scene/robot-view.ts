import { Group } from 'three';
import type { RobotModel } from '../../src/core/robot.ts';
import { type Rgba, shapeColor } from '../../src/stream/wire.ts';
import type { Solids } from './solids.ts';

/** Where a link or a body stands in the world, as it comes over the wire. */
export interface Transform {
  readonly child_frame_id: string;
  readonly translation: { readonly x: number; readonly y: number; readonly z: number };
  readonly rotation: { readonly x: number; readonly y: number; readonly z: number; readonly w: number };
}

/** Things that stand in the world each on its own, by the name of their frame. */
export class Frames extends Group {
  readonly #frames = new Map<string, Group>();

  frame(name: string): Group {
    let group = this.#frames.get(name);
    if (!group) {
      group = new Group();
      group.name = name;
      this.#frames.set(name, group);
      this.add(group);
    }
    return group;
  }

  setTransforms(transforms: readonly Transform[]): void {
    for (const { child_frame_id, translation: t, rotation: r } of transforms) {
      const group = this.#frames.get(child_frame_id);
      group?.position.set(t.x, t.y, t.z);
      group?.quaternion.set(r.x, r.y, r.z, r.w);
    }
  }
}

/** Collision shapes are seen through what is drawn. */
const collisionColor: Rgba = [1, 0.62, 0.2, 0.4];

/** The robot's links as lit solids. */
export class RobotView extends Frames {
  readonly #tip: Group;
  readonly #point: readonly [number, number, number];
  readonly #base: Group;
  readonly #collisions: Group[] = [];

  /** @param note told what cannot be drawn as it should. */
  constructor(robot: RobotModel, solids: Solids, note: (text: string) => void) {
    super();
    for (const [index, link] of robot.links.entries()) {
      const group = this.frame(link.name);
      let replaced = false;
      for (const shape of link.visuals) {
        solids.add(group, shape, shapeColor(robot, index, shape), shape.color === undefined, (reason) => {
          const { geometry } = shape;
          const uri = geometry.kind === 'mesh' ? geometry.uri : geometry.kind;
          const instead = link.collisions.filter((other) => other.geometry.kind !== 'mesh');
          note(
            `link ${link.name}: ${uri}: ${reason}; ${instead.length > 0 ? 'its collision shapes are drawn instead' : 'it is not drawn'}`,
          );
          if (replaced) return;
          replaced = true;
          for (const other of instead) solids.add(group, other, shapeColor(robot, index, other));
        });
      }
      if (link.collisions.length > 0) {
        const shapes = new Group();
        shapes.visible = false;
        for (const shape of link.collisions) solids.add(shapes, shape, collisionColor);
        group.add(shapes);
        this.#collisions.push(shapes);
      }
    }
    this.#tip = this.frame(robot.links[robot.tip.link].name);
    this.#point = robot.tip.point;
    this.#base = this.frame(baseLink(robot));
  }

  showCollisions(visible: boolean): void {
    for (const shapes of this.#collisions) shapes.visible = visible;
  }

  /** World position of the body that carries the rest. */
  get base(): Group['position'] {
    return this.#base.position;
  }

  /** World position of the tip. */
  tip(out: Group['position']): Group['position'] {
    return out
      .set(...this.#point)
      .applyQuaternion(this.#tip.quaternion)
      .add(this.#tip.position);
  }
}

/** Joints that carry the whole robot about: those before the first link that can be seen or weighed. */
export function carryingJoints(robot: RobotModel): Set<number> {
  const carrying = new Set<number>();
  let link = robot.root;
  for (const [index, joint] of robot.joints.entries()) {
    const { visuals, collisions, inertial } = robot.links[link];
    if (visuals.length + collisions.length > 0 || inertial) break;
    if (joint.parent !== link) continue;
    if (joint.kind !== 'fixed') carrying.add(index);
    link = joint.child;
  }
  return carrying;
}

/** The link that the carrying joints move, or the root. */
function baseLink(robot: RobotModel): string {
  const last = [...carryingJoints(robot)].at(-1);
  return (
    robot.vehicle?.chassis ?? robot.links[last === undefined ? robot.root : robot.joints[last].child].name
  );
}

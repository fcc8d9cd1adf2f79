import { linksMayMeet } from '../../sim/contact/colliders.ts';
import { Separation } from '../../sim/contact/separation.ts';
import { type Solid, solidOf } from '../../sim/contact/solid.ts';
import { Articulation } from '../../sim/dynamics/articulation.ts';
import { type Tree, treeOf } from '../../sim/dynamics/tree.ts';
import type { HardwareSpec } from '../core/hardware.ts';
import type { RobotModel } from '../core/robot.ts';
import { coordinatesOf } from '../robot/actuated-joints.ts';
import { TipChain } from '../robot/index.ts';

/** Where a gap may close, postures are looked at that lie no farther apart than this, m of relative motion. */
const RESOLUTION = 0.002;
/** Looks are no farther apart than this, m, and gaps are measured no farther. */
const STRIDE = 0.04;
/** Looks at one line, at most. */
const MOST_LOOKS = 5000;
/** Rounding of depths, m. */
const ROUNDING = 1e-7;
/** How far an unlimited sliding joint may carry a link, m. */
const UNLIMITED = 100;

interface Part {
  readonly solid: Solid;
  readonly link: number;
  /** Moving body of the tree; −1: stands still. */
  readonly body: number;
}

/** A distance that must not fall below 0. */
interface Bound {
  /** m per unit of each coordinate that it changes at most [D]. */
  readonly change: Float64Array;
  /** m in the posture that was placed last; where that is above `margin`, at least `margin` and no more than it is. */
  distance(margin: number): number;
  says(distance: number): string;
}

/**
 * Finds what blocks a straight line in joint space: moving links below the floor, links nearer to one another than the
 * clearance (but for neighbours and those that never touch), the tip outside of its workspace. Distances bound how far
 * joints may go until the next look (conservative advancement: Mirtich 1996); where they are next to nothing, postures
 * 2 mm apart are looked at. What is violated where the line begins may not get worse, so that a robot can be led out.
 */
export class PathGuard {
  readonly #tree: Tree;
  readonly #body: Articulation;
  readonly #parts: readonly Part[];
  readonly #bounds: readonly Bound[];
  /** Coordinate of each actuator [J]. */
  readonly #coordinate: readonly number[];
  readonly #home: readonly number[];
  /** Of the line: its beginning, its length, and the posture that is looked at [D]. */
  readonly #from: Float64Array;
  readonly #along: Float64Array;
  readonly #q: Float64Array;
  /** Of each bound: m that it changes at most on the whole line, and what it may not fall below. */
  readonly #speed: Float64Array;
  readonly #least: Float64Array;

  constructor(robot: RobotModel, hardware: HardwareSpec) {
    const tree = treeOf(robot);
    this.#tree = tree;
    this.#body = new Articulation(tree);
    this.#coordinate = coordinatesOf(robot);
    this.#home = robot.home;
    this.#from = new Float64Array(tree.size);
    this.#along = new Float64Array(tree.size);
    this.#q = new Float64Array(tree.size);
    this.#parts = robot.links.flatMap(({ collisions }, link) => {
      const { body, pose } = tree.links[link];
      return collisions.flatMap((shape) => {
        const solid = solidOf(shape, pose);
        return solid ? [{ solid, link, body }] : [];
      });
    });
    this.#bounds = [
      ...this.#clearances(robot, hardware.clearance),
      ...this.#floors(robot, hardware.floor),
      ...this.#workspace(robot, hardware.workspace),
    ];
    this.#speed = new Float64Array(this.#bounds.length);
    this.#least = new Float64Array(this.#bounds.length);
  }

  /** `from` and `to` are joint positions [J], rad or m. Returns what blocks the line between them, or null. */
  check(from: ArrayLike<number>, to: ArrayLike<number>): string | null {
    const bounds = this.#bounds;
    if (bounds.length === 0) return null;
    if (!this.#begin(from, to)) return 'a joint position is not a number';
    for (let t = 0, looks = 0; looks < MOST_LOOKS; looks++) {
      this.#place(t);
      const rest = 1 - t;
      let clear = true;
      let next = 1;
      for (let i = 0; i < bounds.length; i++) {
        const speed = this.#speed[i];
        if (speed === 0) continue;
        const wanted = speed * rest;
        const distance = bounds[i].distance(Math.min(wanted, STRIDE));
        if (t === 0) this.#least[i] = Math.min(0, distance);
        else if (distance < this.#least[i] - ROUNDING) return bounds[i].says(distance);
        if (distance >= wanted) continue;
        clear = false;
        const step = this.#least[i] < 0 ? STRIDE : Math.max(distance, RESOLUTION);
        next = Math.min(next, t + step / speed);
      }
      if (clear || rest === 0) return null;
      t = next;
    }
    return 'the way is too long to be checked';
  }

  #begin(from: ArrayLike<number>, to: ArrayLike<number>): boolean {
    this.#from.set(this.#home);
    this.#along.fill(0);
    for (const [j, d] of this.#coordinate.entries()) {
      this.#from[d] = from[j];
      this.#along[d] = to[j] - from[j];
      if (!Number.isFinite(this.#along[d])) return false;
    }
    for (const [i, { change }] of this.#bounds.entries()) {
      let sum = 0;
      for (let d = 0; d < change.length; d++) sum += change[d] * Math.abs(this.#along[d]);
      this.#speed[i] = sum;
    }
    return true;
  }

  #place(t: number): void {
    for (let d = 0; d < this.#q.length; d++) this.#q[d] = this.#from[d] + t * this.#along[d];
    const { rotation, origin } = this.#body;
    this.#body.place(this.#q);
    for (const { solid, body } of this.#parts) if (body >= 0) solid.place(rotation, origin, body);
  }

  #clearances(robot: RobotModel, clearance: HardwareSpec['clearance']): Bound[] {
    if (clearance == null) return [];
    const separation = new Separation();
    const mayMeet = linksMayMeet(robot, this.#tree);
    const bound = (a: Part, b: Part): Bound => ({
      change: this.#changeOf(a, b),
      distance: (margin) => {
        const p = a.solid.origin;
        const q = b.solid.origin;
        const apart = Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) - a.solid.reach - b.solid.reach;
        if (apart - clearance > margin) return apart - clearance;
        if (!separation.measure(a.solid, b.solid, margin + clearance)) return margin;
        return separation.gap - clearance;
      },
      says: (distance) => {
        const [first, second] = [a, b].map(({ link }) => robot.links[link].name);
        const gap = distance + clearance;
        return gap < 0
          ? `${second} would run into ${first}, ${millimetres(-gap)} deep`
          : `${second} would come within ${millimetres(gap)} of ${first}, at least ${millimetres(clearance)}`;
      },
    });
    return this.#parts.flatMap((a, i) =>
      this.#parts.slice(i + 1).flatMap((b) => (mayMeet(a.link, b.link) ? [bound(a, b)] : [])),
    );
  }

  #floors(robot: RobotModel, floor: HardwareSpec['floor']): Bound[] {
    if (floor == null) return [];
    const lowest = new Float64Array(3);
    return this.#parts.flatMap((part) => {
      const { solid, link, body } = part;
      if (body < 0) return [];
      const distance = () => {
        solid.support(0, 0, -1, lowest, 0);
        return lowest[2] - solid.radius - floor;
      };
      const says = (value: number) =>
        `${robot.links[link].name} would go ${millimetres(-value)} below the floor, z = ${floor} m`;
      return [{ change: this.#changeOf(part), distance, says }];
    });
  }

  #workspace(robot: RobotModel, workspace: HardwareSpec['workspace']): Bound[] {
    if (!workspace) return [];
    const chain = new TipChain(robot);
    const tip = new Float64Array(3);
    const { link, point } = robot.tip;
    const { body, pose } = this.#tree.links[link];
    const change = new Float64Array(this.#tree.size);
    this.#carry(body, Math.hypot(...pose.position) + Math.hypot(...point), (d, reach) => {
      change[d] += reach;
    });
    return [0, 1, 2].map((axis) => {
      const low = workspace.min[axis];
      const high = workspace.max[axis];
      const distance = () => {
        chain.position(this.#q, tip);
        return Math.min(tip[axis] - low, high - tip[axis]);
      };
      const says = () => {
        chain.position(this.#q, tip);
        const [bound, value] = tip[axis] > high ? ['at most', high] : ['at least', low];
        return `the tip would leave its workspace: ${'xyz'[axis]} = ${tip[axis].toFixed(3)} m, ${bound} ${value} m`;
      };
      return { change, distance, says };
    });
  }

  /** m that the distance of two parts, or of one and the world, changes at most per unit of each coordinate [D]. */
  #changeOf(a: Part, b?: Part): Float64Array {
    const change = new Float64Array(this.#tree.size);
    const above = (part?: Part) => {
      const bodies = new Set<number>();
      for (let at = part ? part.body : -1; at >= 0; at = this.#tree.parent[at]) bodies.add(at);
      return bodies;
    };
    const add = ({ solid, body }: Part, common: ReadonlySet<number>) =>
      // Just made, a solid stands in its body's frame.
      this.#carry(body, Math.hypot(...solid.origin) + solid.reach, (d, reach, carrier) => {
        // What carries both does not change how they stand to one another.
        if (!common.has(carrier)) change[d] += reach;
      });
    add(a, above(b));
    if (b) add(b, above(a));
    return change;
  }

  /** For each joint between a body and the root: how far it moves, per unit of its coordinate, what is within `reach`, m, of the body's origin. */
  #carry(body: number, reach: number, tell: (coordinate: number, reach: number, body: number) => void): void {
    const { parent, prismatic, coordinate, ratio, offset, anchor, lower, upper } = this.#tree;
    for (let b = body, far = reach; b >= 0; b = parent[b]) {
      const d = coordinate[b];
      tell(d, Math.abs(ratio[b]) * (prismatic[b] ? 1 : far), b);
      far += Math.hypot(anchor[3 * b], anchor[3 * b + 1], anchor[3 * b + 2]);
      if (!prismatic[b]) continue;
      const travel = Math.max(Math.abs(lower[d]), Math.abs(upper[d]));
      far += Math.abs(ratio[b]) * (Number.isFinite(travel) ? travel : UNLIMITED) + Math.abs(offset[b]);
    }
  }
}

function millimetres(metres: number): string {
  return `${Number((1000 * metres).toPrecision(3))} mm`;
}

import type { Contact } from '../../src/core/plant.ts';
import type { System } from '../dynamics/system.ts';
import { rotationMatrix } from '../rotation-matrix.ts';
import { groundFrame } from '../sensors/probe.ts';
import { type Collider, collidersOf, pairsOf, plain } from './colliders.ts';
import { Manifold } from './manifold.ts';
import type { Solid } from './solid.ts';
import type { ConstraintSolver } from './solver.ts';

/** Overlap that is left alone, m. */
const slop = 2e-5;
/** Share of what is deeper that a step takes back, and the speed of that at most, m/s. */
const recovery = 0.1;
const recoverySpeed = 0.1;
/** What comes in slower than this, m/s, does not bounce. */
const bounceSpeed = 0.05;
/** Gaps up to this, m, and what a step's motion closes, are watched. */
const watched = 2e-4;
/** Contacts that are remembered from step to step, at most, and numbers for each. */
const most = 1024;
const stride = 10;

/**
 * What touches in a system, as rows of its constraint solver. Which pairs may touch is fixed; where they do is found
 * anew in every step from poses alone. From step to step only the normal forces are kept (`memory`): where the solver
 * begins, and what is told about the last step.
 *
 * A pair's normal speed is kept at or above −gap / h while a gap is left, so that surfaces meet without overlap; what
 * overlaps all the same is driven apart slowly. The larger friction and the larger restitution of two surfaces hold.
 */
export class Contacts {
  /** Number of contacts, then of each: id, a, b, point, force on b, gap. */
  readonly memory: Float64Array;
  readonly #system: System;
  readonly #colliders: readonly Collider[];
  /** Colliders that may meet, two numbers a pair; −1: the ground. */
  readonly #pairs: Int32Array;
  readonly #capacity: number;
  readonly #manifold = new Manifold();
  /** Rotation and origin of the bodies of the world that stand still. */
  readonly #rotation: Float64Array;
  readonly #origin: Float64Array;
  /** Bounds of the colliders' speeds, m/s. */
  readonly #speed: Float64Array;
  /** This step's contacts: twice the row, plus 1 where it rubs; then what `memory` has, the normal for the force. */
  #count = 0;
  #rows = new Int32Array(64);
  #found = new Float64Array(64 * stride);
  readonly #tangents = new Float64Array(9);

  /** Undefined where nothing can touch. */
  static of(system: System): Contacts | undefined {
    const colliders = collidersOf(system);
    const pairs = pairsOf(system, colliders);
    return pairs.length === 0 ? undefined : new Contacts(system, colliders, pairs);
  }

  private constructor(system: System, colliders: readonly Collider[], pairs: readonly number[]) {
    this.#system = system;
    this.#colliders = colliders;
    this.#pairs = Int32Array.from(pairs);
    this.#capacity = Math.min(most, 2 * pairs.length);
    this.memory = new Float64Array(1 + stride * this.#capacity);
    this.#rotation = new Float64Array(9 * system.freeOf.length);
    this.#origin = new Float64Array(3 * system.freeOf.length);
    this.#speed = new Float64Array(colliders.length);
  }

  reset(): void {
    this.memory.fill(0);
  }

  collect(system: System, solver: ConstraintSolver, free: Float64Array, time: number): void {
    this.#count = 0;
    this.#place(free);
    const pairs = this.#pairs;
    const height = system.world.ground?.height ?? 0;
    for (let p = 0; p < pairs.length; p += 2) {
      const a = pairs[p] < 0 ? undefined : this.#colliders[pairs[p]];
      const b = this.#colliders[pairs[p + 1]];
      const speed = this.#speed[pairs[p + 1]] + (a ? this.#speed[pairs[p]] : 0);
      const margin = watched + time * speed;
      if (!a) this.#manifold.onGround(height, b.solid, margin);
      else if (near(a.solid, b.solid, margin)) this.#manifold.between(a.solid, b.solid, margin);
      else continue;
      for (let i = 0; i < this.#manifold.count; i++) this.#add(solver, p, a, b, i, free, time);
    }
  }

  settle(_system: System, solver: ConstraintSolver, time: number): void {
    const { memory } = this;
    const found = this.#found;
    let kept = 0;
    for (let c = 0; c < this.#count && kept < this.#capacity; c++) {
      const from = stride * c;
      const row = this.#rows[c] >> 1;
      const pressed = solver.impulse[row];
      if (pressed === 0) continue;
      // The frame of the contact is found again from the normal.
      const t = this.#tangents;
      tangentsOf(found[from + 6], found[from + 7], found[from + 8], t);
      const wide = (this.#rows[c] & 1) === 1;
      const first = wide ? solver.impulse[row + 1] : 0;
      const second = wide ? solver.impulse[row + 2] : 0;
      const into = 1 + stride * kept++;
      for (let k = 0; k < stride; k++) memory[into + k] = found[from + k];
      for (let k = 0; k < 3; k++)
        memory[into + 6 + k] = (pressed * t[k] + first * t[3 + k] + second * t[6 + k]) / time;
    }
    memory[0] = kept;
    memory.fill(0, 1 + stride * kept);
  }

  eachContact(visit: (a: number, b: number, fx: number, fy: number, fz: number) => void): void {
    const { memory } = this;
    for (let c = 0; c < memory[0]; c++) {
      const at = 1 + stride * c;
      visit(memory[at + 1], memory[at + 2], memory[at + 6], memory[at + 7], memory[at + 8]);
    }
  }

  /** One entry a point of contact. */
  contacts(): Contact[] {
    const { memory } = this;
    return Array.from({ length: memory[0] }, (_, c) => {
      const at = 1 + stride * c;
      return {
        a: this.#name(memory[at + 1]),
        b: this.#name(memory[at + 2]),
        point: [memory[at + 3], memory[at + 4], memory[at + 5]],
        force: [memory[at + 6], memory[at + 7], memory[at + 8]],
        gap: memory[at + 9],
      };
    });
  }

  #name(frame: number): string {
    const { robot, world } = this.#system;
    if (frame === groundFrame) return 'ground';
    return frame < robot.links.length
      ? robot.links[frame].name
      : (world.bodies ?? [])[frame - robot.links.length].name;
  }

  /** Stands the solids where their bodies are, and bounds their speeds. */
  #place(free: Float64Array): void {
    const system = this.#system;
    const { articulation, rotation, origin } = system;
    const { center } = system.free;
    articulation.move(free);
    for (let i = 0; i < system.freeOf.length; i++)
      if (system.freeOf[i] < 0) frameOf(system.fixed, i, this.#rotation, this.#origin);
    for (let i = 0; i < this.#colliders.length; i++) {
      const { solid, body, fixed } = this.#colliders[i];
      if (fixed >= 0) solid.place(this.#rotation, this.#origin, fixed);
      if (body < 0) continue;
      solid.place(rotation, origin, body);
      const o = solid.origin;
      if (body < system.bodies) {
        const { twist } = articulation;
        this.#speed[i] = speedAt(twist, 6 * body, 6 * body + 3, o[0], o[1], o[2], solid.reach);
      } else {
        const c = 3 * (body - system.bodies);
        const v = system.blockAt(body);
        this.#speed[i] = Math.max(
          speedAt(free, v + 3, v, o[0] - center[c], o[1] - center[c + 1], o[2] - center[c + 2], solid.reach),
          speedAt(
            system.velocity,
            v + 3,
            v,
            o[0] - center[c],
            o[1] - center[c + 1],
            o[2] - center[c + 2],
            solid.reach,
          ),
        );
      }
    }
  }

  /** Rows for point `i` of the manifold of pair `p`. */
  #add(
    solver: ConstraintSolver,
    p: number,
    a: Collider | undefined,
    b: Collider,
    i: number,
    free: Float64Array,
    time: number,
  ): void {
    const system = this.#system;
    const { normal, point, gap, id } = this.#manifold;
    const under = a ? a.surface : (system.world.ground?.surface ?? plain);
    const friction = Math.max(under.friction, b.surface.friction) * system.variation.contactFriction;
    const restitution = Math.max(under.restitution, b.surface.restitution);
    const t = this.#tangents;
    tangentsOf(normal[0], normal[1], normal[2], t);
    const g = gap[i];
    const x = point[3 * i];
    const y = point[3 * i + 1];
    const z = point[3 * i + 2];
    const key = p * 0x10000 + id[i];
    let target = g > 0 ? -g / time : Math.min(recoverySpeed, Math.max(0, (recovery * (-g - slop)) / time));
    const row = friction > 0 ? solver.addContact(target, friction) : solver.addUnilateral(target);
    this.#recall(solver, key, row, friction > 0, time);
    for (let k = 0; k < (friction > 0 ? 3 : 1); k++) {
      if (a && a.body >= 0) this.#fill(solver, row + k, a.body, x, y, z, 3 * k, -1);
      if (b.body >= 0) this.#fill(solver, row + k, b.body, x, y, z, 3 * k, 1);
    }
    if (restitution > 0) {
      const before = solver.rate(row, system.velocity);
      const after = solver.rate(row, free);
      // Half the step's kick comes before the bounce, half after it.
      const incoming = -0.5 * (before + after);
      if (incoming > bounceSpeed) {
        // A step either ends before the surfaces meet or has them meet: bounce in the nearer of the two.
        if (g > 0.5 * incoming * time) target = -Infinity;
        else target = Math.max(target, restitution * incoming + 0.5 * (after - before));
        solver.target[row] = Math.max(target, -1e9);
      }
    }
    this.#note(row, key, a ? a.frame : groundFrame, b.frame, x, y, z, g, friction > 0);
  }

  #fill(
    solver: ConstraintSolver,
    row: number,
    body: number,
    x: number,
    y: number,
    z: number,
    k: number,
    sign: number,
  ): void {
    const system = this.#system;
    const t = this.#tangents;
    const robot = body < system.bodies;
    const at = robot ? solver.onRobot(row) : solver.onBody(row, body - system.bodies);
    const out = robot ? solver.robotJacobian : solver.bodyJacobian;
    system.addJacobian(body, x, y, z, t[k], t[k + 1], t[k + 2], sign, out, at);
  }

  #note(
    row: number,
    key: number,
    a: number,
    b: number,
    x: number,
    y: number,
    z: number,
    gap: number,
    wide: boolean,
  ): void {
    const c = this.#count++;
    if (c >= this.#rows.length) {
      const rows = new Int32Array(2 * c);
      rows.set(this.#rows);
      this.#rows = rows;
      const found = new Float64Array(2 * c * stride);
      found.set(this.#found);
      this.#found = found;
    }
    const { normal } = this.#manifold;
    const found = this.#found;
    const at = stride * c;
    this.#rows[c] = 2 * row + (wide ? 1 : 0);
    found[at] = key;
    found[at + 1] = a;
    found[at + 2] = b;
    found[at + 3] = x;
    found[at + 4] = y;
    found[at + 5] = z;
    for (let k = 0; k < 3; k++) found[at + 6 + k] = normal[k];
    found[at + 9] = gap;
  }

  /** Begins with the impulses that this contact had in the last step; contacts come in the same order as a rule. */
  #recall(solver: ConstraintSolver, key: number, row: number, wide: boolean, time: number): void {
    const { memory } = this;
    const count = memory[0];
    const t = this.#tangents;
    for (let tried = 0; tried < count; tried++) {
      const at = 1 + stride * ((this.#count + tried) % count);
      if (memory[at] !== key) continue;
      for (let k = 0; k < (wide ? 3 : 1); k++)
        solver.impulse[row + k] =
          time * (memory[at + 6] * t[3 * k] + memory[at + 7] * t[3 * k + 1] + memory[at + 8] * t[3 * k + 2]);
      return;
    }
  }
}

function near(a: Solid, b: Solid, margin: number): boolean {
  const x = a.origin[0] - b.origin[0];
  const y = a.origin[1] - b.origin[1];
  const z = a.origin[2] - b.origin[2];
  const reach = a.reach + b.reach + margin;
  return x * x + y * y + z * z <= reach * reach;
}

/** Most that any point within `reach` of (x, y, z) moves at, m/s; the velocity is that of the frame's origin. */
function speedAt(
  v: Float64Array,
  spin: number,
  linear: number,
  x: number,
  y: number,
  z: number,
  reach: number,
): number {
  const wx = v[spin];
  const wy = v[spin + 1];
  const wz = v[spin + 2];
  return (
    Math.hypot(
      v[linear] + wy * z - wz * y,
      v[linear + 1] + wz * x - wx * z,
      v[linear + 2] + wx * y - wy * x,
    ) +
    reach * Math.hypot(wx, wy, wz)
  );
}

/** Normal, then two tangents, a right-handed frame [9]. */
function tangentsOf(x: number, y: number, z: number, out: Float64Array): void {
  out[0] = x;
  out[1] = y;
  out[2] = z;
  // Across the normal and the axis that it is farthest from.
  const along = Math.abs(x) < 0.6 ? 0 : Math.abs(y) < 0.6 ? 1 : 2;
  const tx = along === 0 ? 0 : along === 1 ? -z : y;
  const ty = along === 0 ? z : along === 1 ? 0 : -x;
  const tz = along === 0 ? -y : along === 1 ? x : 0;
  const scale = 1 / Math.sqrt(tx * tx + ty * ty + tz * tz);
  out[3] = tx * scale;
  out[4] = ty * scale;
  out[5] = tz * scale;
  out[6] = y * out[5] - z * out[4];
  out[7] = z * out[3] - x * out[5];
  out[8] = x * out[4] - y * out[3];
}

/** Pose `i` of `poses` [K × 7] as rotation and origin number `i`. */
function frameOf(poses: Float64Array, i: number, rotation: Float64Array, origin: Float64Array): void {
  const p = 7 * i;
  for (let c = 0; c < 3; c++) origin[3 * i + c] = poses[p + c];
  rotationMatrix(poses[p + 3], poses[p + 4], poses[p + 5], poses[p + 6], rotation, 9 * i);
}

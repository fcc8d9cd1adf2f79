import { nearestName } from '../core/errors.ts';
import type { Joint } from '../core/robot.ts';
import { jointPose } from './joint-pose.ts';
import type { Follows, UrdfJoint } from './joint-reader.ts';
import type { Reader } from './reader.ts';

type Single = UrdfJoint & { readonly kind: Joint['kind'] };

/**
 * Joints with their mimics resolved: each follows one joint that moves of its own, however long the chain between them.
 * Where limits leave a joint no room it becomes fixed, and so does what follows a joint that cannot move.
 */
export function resolveMimics(reader: Reader, joints: readonly Single[]): Joint[] {
  const index = new Map(joints.map(({ name }, j) => [name, j]));
  const locked = joints.map(({ kind, lower, upper, follows }) =>
    kind === 'fixed' ? 0 : lower === upper && !follows ? lower : undefined,
  );

  const source = (name: string, where: string): number => {
    const found = index.get(name);
    if (found !== undefined) return found;
    const near = nearestName(name, index.keys());
    return reader.fail(
      where,
      `<mimic> names the unknown joint "${name}"`,
      near ? `did you mean "${near}"?` : 'name a revolute, continuous or prismatic joint',
    );
  };

  const resolve = (start: number, first: Follows) => {
    const where = `joint "${joints[start].name}"`;
    const path = [start];
    let { multiplier, offset } = first;
    let at = source(first.joint, where);
    for (;;) {
      const again = path.indexOf(at);
      if (again >= 0)
        reader.fail(
          where,
          `<mimic> goes in a circle: ${[...path.slice(again), at].map((j) => `"${joints[j].name}"`).join(' → ')}`,
          'let one of them move of its own',
        );
      const next = joints[at].follows;
      if (!next) break;
      path.push(at);
      offset += multiplier * next.offset;
      multiplier *= next.multiplier;
      at = source(next.joint, `joint "${joints[at].name}"`);
    }
    if (!(Math.abs(multiplier) <= 1e12 && Math.abs(offset) <= 1e12))
      reader.fail(where, '<mimic> multiplies beyond 1e12', 'check multiplier="…" and offset="…"');
    return { joint: at, multiplier, offset };
  };

  const resolved = joints.map(({ follows, ...joint }, j): Joint => {
    const where = `joint "${joint.name}"`;
    if (joint.kind === 'fixed') return joint;
    const mimic = follows && resolve(j, follows);
    const still = mimic ? locked[mimic.joint] : locked[j];
    if (mimic && (still !== undefined || mimic.multiplier === 0)) {
      const value = mimic.offset + (mimic.multiplier === 0 ? 0 : mimic.multiplier * (still as number));
      reader.note(`${where}: follows what does not move, it is treated as fixed`);
      return { ...joint, kind: 'fixed', origin: jointPose(joint, value) };
    }
    if (still !== undefined) {
      reader.note(`${where}: its limits leave no room, it is treated as fixed`);
      return { ...joint, kind: 'fixed', origin: jointPose(joint, still) };
    }
    if (!mimic) return joint;
    remarkRange(reader, joint, joints[mimic.joint], mimic);
    return { ...joint, mimic };
  });
  remarkRoom(reader, resolved);
  return resolved;
}

/** Says when no value of a joint keeps itself and all that follow it within their limits. */
function remarkRoom(reader: Reader, joints: readonly Joint[]): void {
  for (const [j, { name, kind, ...own }] of joints.entries()) {
    if (kind === 'fixed' || own.mimic) continue;
    let { lower, upper } = own;
    for (const { mimic, ...follower } of joints) {
      if (mimic?.joint !== j) continue;
      const ends = [follower.lower, follower.upper].map((end) => (end - mimic.offset) / mimic.multiplier);
      lower = Math.max(lower, Math.min(...ends));
      upper = Math.min(upper, Math.max(...ends));
    }
    if (lower > upper)
      reader.note(
        `joint "${name}": the limits of the joints that follow it leave it no room; it can be shown but not simulated until they are widened`,
      );
  }
}

/** Says when a follower is led beyond its own limits. */
function remarkRange(
  reader: Reader,
  joint: Single,
  source: Single,
  { multiplier, offset }: { multiplier: number; offset: number },
): void {
  const ends = [source.lower, source.upper].map((value) => multiplier * value + offset);
  const slack = 1e-6 * (1 + Math.abs(joint.upper - joint.lower));
  if (Math.min(...ends) >= joint.lower - slack && Math.max(...ends) <= joint.upper + slack) return;
  if (joint.lower === -Infinity && joint.upper === Infinity) return;
  reader.note(`joint "${joint.name}": "${source.name}", which it follows, leads it beyond its own limits`);
}

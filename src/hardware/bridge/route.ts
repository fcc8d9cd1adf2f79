import type { Guard } from './safety.ts';

/** Checks of a straight piece that a search may spend. */
const MOST_CHECKS = 300;

/**
 * A way from one posture to another along straight lines in joint space that nothing blocks: the line itself; by way of
 * `home`; one joint after the other, in whatever order is free. Arrays by actuator [J].
 *
 * @param pause is awaited between checks, so that the loop of a bridge goes on.
 * @returns the postures after `from`, the last one `target`; or what blocks the straight line.
 */
export async function findRoute(
  guard: Guard,
  from: Float64Array,
  target: Float64Array,
  home: Float64Array,
  pause: () => Promise<void>,
): Promise<Float64Array[] | string> {
  let checks = 0;
  const free = async (a: Float64Array, b: Float64Array) => {
    if (++checks > MOST_CHECKS) return false;
    const blocked = guard.check(a, b) !== null;
    await pause();
    return !blocked;
  };
  const blocked = guard.check(from, target);
  if (blocked === null) return [target];
  await pause();
  if ((await free(home, target)) && (await free(from, home))) return [home, target];
  return (await jointByJoint(from, target, free)) ?? blocked;
}

/** Depth first over which joints have reached the target; each set of them is tried once. */
async function jointByJoint(
  from: Float64Array,
  target: Float64Array,
  free: (a: Float64Array, b: Float64Array) => Promise<boolean>,
): Promise<Float64Array[] | null> {
  const joints = Array.from(target.keys()).filter((j) => from[j] !== target[j]);
  const tried = new Set<string>();
  const search = async (posture: Float64Array, left: readonly number[]): Promise<Float64Array[] | null> => {
    if (left.length === 0) return [];
    for (const joint of left) {
      const rest = left.filter((other) => other !== joint);
      const key = rest.join();
      if (tried.has(key)) continue;
      const next = posture.slice();
      next[joint] = target[joint];
      if (!(await free(posture, next))) continue;
      tried.add(key);
      const further = await search(next, rest);
      if (further) return [next, ...further];
    }
    return null;
  };
  return search(from, joints);
}

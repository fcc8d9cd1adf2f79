import type { CallOptions } from './bus.ts';
import type { ServoBus } from './servo-bus.ts';
import type { ServoJoints } from './servo-joints.ts';

/** Sets the motors' own watchdogs, where they have them. @param period s */
export async function setWatchdogs(
  link: ServoBus,
  joints: ServoJoints,
  period: number,
  goOn: () => void,
): Promise<void> {
  const { watchdog } = link.family;
  if (watchdog === undefined) return;
  const counts = Math.round(period / watchdog.scale);
  await link.ensure(watchdog.register, joints.all(counts), { beforeEach: goOn });
}

/**
 * Watchdogs that tripped keep goals from being written; cleared, a motor may set off for its old goal. So a servo is
 * first made too slow to get anywhere, and a wheel loses its torque.
 */
export async function clearWatchdogs(
  link: ServoBus,
  joints: ServoJoints,
  options?: CallOptions,
): Promise<void> {
  const { watchdog, guard } = link.family;
  if (watchdog === undefined) return;
  const found = await link.lookAround(guard, joints.ids, options);
  const tripped = [...joints].filter(({ id }) => (found.get(id)?.[watchdog.register] ?? 0) < 0);
  for (const [kind, register, counts] of [
    ['position', 'profile_velocity', 1],
    ['velocity', 'torque_enable', 0],
  ] as const) {
    const values = tripped.filter(({ role }) => role.kind === kind).map(({ id }) => [id, counts] as const);
    await link.ensure(register, values, options);
  }
  const set = [...found].filter(([, counts]) => counts[watchdog.register] !== 0);
  const values = set.map(([id]) => [id, 0] as const);
  await link.ensure(watchdog.register, values, options);
}

import type { RobotModel } from '../core/robot.ts';
import type { RobotJson } from '../robot/index.ts';
import { rigidGroups } from '../robot/index.ts';
import type { Identification } from './identify.ts';

/** The keys of a robot.json that were identified. */
export type Overlay = Pick<RobotJson, 'joints' | 'actuators' | 'masses' | 'sim'>;

/**
 * What an identification changes in a robot.json. Values of which the recording says nothing are left out; zeros belong
 * into the calibration and have no place here.
 */
export function overlayOf({ robot, estimates }: Pick<Identification, 'robot' | 'estimates'>): Overlay {
  const joints: Record<string, Record<string, number>> = {};
  const masses: Record<string, number> = {};
  const overlay: { -readonly [K in keyof Overlay]: Overlay[K] } = {};
  for (const { group, of, after, told } of estimates) {
    if (told === 'untold') continue;
    const value = rounded(after);
    if (group === 'friction' || group === 'damping' || group === 'armature') {
      joints[of] ??= {};
      joints[of][group] = value;
    } else if (group === 'mass') {
      for (const name of linksOf(robot, of)) masses[name] = value;
    } else if (group === 'latency') overlay.sim = { latency: value };
    else if (group === 'gains' || group === 'backlash') overlay.actuators = actuatorsOf(robot);
  }
  if (Object.keys(joints).length > 0) overlay.joints = joints;
  if (Object.keys(masses).length > 0) overlay.masses = masses;
  return overlay;
}

/** A robot.json with an overlay laid over it: what it does not name stays; masses multiply. */
export function withOverlay(
  json: Readonly<Record<string, unknown>>,
  overlay: Overlay,
): Record<string, unknown> {
  const given = json as RobotJson;
  const joints = { ...given.joints };
  for (const [name, values] of Object.entries(overlay.joints ?? {}))
    joints[name] = { ...joints[name], ...values };
  const masses = { ...given.masses };
  for (const [name, factor] of Object.entries(overlay.masses ?? {}))
    masses[name] = rounded(factor * (masses[name] ?? 1));
  return {
    ...json,
    ...(overlay.actuators && { actuators: overlay.actuators }),
    ...(overlay.joints && { joints }),
    ...(overlay.masses && { masses }),
    ...(overlay.sim && { sim: { ...given.sim, ...overlay.sim } }),
  };
}

/** Links with mass that move with the leader of their group. */
function linksOf(robot: RobotModel, leader: string): string[] {
  const group = rigidGroups(robot).find((candidate) => robot.links[candidate.leader].name === leader);
  return (group?.members ?? []).flatMap(({ link }) =>
    robot.links[link].inertial ? [robot.links[link].name] : [],
  );
}

/** All of them: a robot.json lists its actuators whole. */
function actuatorsOf(robot: RobotModel): NonNullable<RobotJson['actuators']> {
  return robot.actuators.map((actuator) => {
    const { joint, kind, maxEffort } = actuator;
    if (kind === 'effort') return { joint, kind, maxEffort };
    const damping = rounded(actuator.damping);
    if (kind === 'velocity') return { joint, kind, maxEffort, damping };
    const { stiffness, backlash } = actuator;
    return { joint, kind, stiffness: rounded(stiffness), damping, maxEffort, backlash: rounded(backlash) };
  });
}

/** Four digits: more than any recording tells. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

import { InputError, nearestName } from '../core/errors.ts';
import type { Actuator, Joint, RobotModel } from '../core/robot.ts';
import { massMatrix, rigidGroups } from '../robot/index.ts';
import type { Candidate } from './replay.ts';
import { lead } from './windows.ts';

export const groups = [
  'friction',
  'damping',
  'gains',
  'latency',
  'mass',
  'armature',
  'backlash',
  'zero',
] as const;
export type Group = (typeof groups)[number];

/** What is fitted unless told otherwise. */
export const defaultGroups: readonly Group[] = [
  'friction',
  'damping',
  'gains',
  'latency',
  'mass',
  'armature',
];

/** A number of the robot's description that is fitted, by way of a coordinate θ. */
export interface Parameter {
  readonly group: Group;
  /** Joint, or link of a mass; empty for the latency. */
  readonly of: string;
  readonly unit: string;
  /** What the description says; masses: a factor on it, 1. */
  readonly described: number;
  /** `log`: value = reference · exp θ; `linear`: value = reference + θ. */
  readonly scale: 'log' | 'linear';
  readonly reference: number;
  /** θ of the description. */
  readonly start: number;
  /** How far from there it may well be: standard deviation of the prior in θ. */
  readonly sigma: number;
  readonly low: number;
  readonly high: number;
  /** For differences. */
  readonly step: number;
}

/**
 * Standard deviations of the logarithms, before anything is recorded. Masses come from CAD and scales, so they are
 * believed most; friction is hardly known at all.
 */
const priors = { friction: 1, damping: 0.7, gains: 0.4, mass: 0.2, armature: 0.5, backlash: 0.7 } as const;
/** A value that the description has as 0 begins at e⁻³ of a typical one, and little is known of it. */
const unknown = { start: -3, sigma: 2 } as const;
/** s; rad or m. */
const latencyPrior = 0.05;
const zeroPrior = 0.02;
const largestZero = 0.2;
/** A factor of at most 30 each way; masses 4. */
const widest = Math.log(30);
const widestMass = Math.log(4);

/** Reads `friction,gains,…`. Throws InputError. */
export function parseGroups(text: string): Group[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  for (const name of names) {
    if ((groups as readonly string[]).includes(name)) continue;
    const near = nearestName(name, groups);
    throw new InputError(
      `--what ${name}: ${near ? `did you mean ${near}?` : `must be some of ${groups.join(',')}`}`,
    );
  }
  if (names.length === 0) throw new InputError(`--what: name some of ${groups.join(',')}`);
  return groups.filter((group) => names.includes(group));
}

/** The parameters of the groups, in the order of `groups`, then of joints, actuators or links. Throws InputError. */
export function parametersOf(robot: RobotModel, chosen: readonly Group[]): Parameter[] {
  if (robot.vehicle)
    throw new InputError(`${robot.name} is a car; only robots of joints can be identified so far`);
  const inertia = massMatrix(robot, robot.home);
  const size = robot.movable.length;
  const found = groups
    .filter((group) => chosen.includes(group))
    .flatMap((group): Parameter[] => {
      if (group === 'latency') return [latency(robot)];
      if (group === 'mass')
        return rigidGroups(robot)
          .slice(1)
          .filter(({ inertial }) => inertial && inertial.mass > 0)
          .map(({ leader }) => ratio('mass', robot.links[leader].name, '×', 1, 1));
      if (group === 'gains' || group === 'backlash')
        return robot.actuators.flatMap((actuator) => servo(group, actuator, unitOf(robot, actuator.joint)));
      return robot.movable.flatMap((j, d) => {
        const joint = robot.joints[j];
        const unit = unitOf(robot, joint.name);
        if (group === 'zero') return [zero(joint, unit)];
        const actuator = robot.actuators.find((candidate) => candidate.joint === joint.name);
        const typical =
          group === 'armature'
            ? 0.1 * Math.max(inertia[d * size + d] - joint.armature, 1e-4)
            : 0.02 * (actuator?.maxEffort ?? (Number.isFinite(joint.maxEffort) ? joint.maxEffort : 0));
        const effort = unit === 'm' ? 'N' : 'N m';
        const units = {
          friction: effort,
          damping: `${effort} s/${unit}`,
          armature: unit === 'm' ? 'kg' : 'kg m²',
        };
        return joint[group] > 0 || typical > 0
          ? [ratio(group, joint.name, units[group], joint[group], typical)]
          : [];
      });
    });
  if (found.length === 0)
    throw new InputError(
      `--what ${chosen.join(',')}: ${robot.name} has none of these; take some of ${groups.join(',')}`,
    );
  return found;
}

/** The value of a parameter at θ. */
export function valueAt({ scale, reference }: Parameter, theta: number): number {
  return scale === 'log' ? reference * Math.exp(theta) : reference + theta;
}

/** The robot with parameters at θ [P]. A parameter that stands where it began is as the description has it. */
export function candidateOf(
  robot: RobotModel,
  parameters: readonly Parameter[],
  theta: ArrayLike<number>,
): Candidate {
  const joints = [...robot.joints];
  const actuators = [...robot.actuators];
  const links = [...robot.links];
  const zeros = robot.movable.map(() => 0);
  let simulation = robot.simulation;
  for (const [i, parameter] of parameters.entries()) {
    if (theta[i] === parameter.start) continue;
    const value = valueAt(parameter, theta[i]);
    const { group, of } = parameter;
    if (group === 'latency') simulation = { ...simulation, latency: value };
    else if (group === 'mass') {
      const group = rigidGroups(robot).find(({ leader }) => robot.links[leader].name === of);
      for (const { link } of group?.members ?? []) {
        const { inertial } = links[link];
        if (!inertial) continue;
        const inertia = inertial.inertia.map((entry) => entry * value) as unknown as typeof inertial.inertia;
        links[link] = { ...links[link], inertial: { ...inertial, mass: inertial.mass * value, inertia } };
      }
    } else if (group === 'gains' || group === 'backlash') {
      const k = actuators.findIndex(({ joint }) => joint === of);
      const actuator = actuators[k];
      if (actuator.kind === 'position')
        actuators[k] = { ...actuator, [group === 'gains' ? 'stiffness' : 'backlash']: value };
      else if (actuator.kind === 'velocity') actuators[k] = { ...actuator, damping: value };
    } else {
      const j = joints.findIndex(({ name }) => name === of);
      if (group === 'zero') zeros[robot.movable.indexOf(j)] = value;
      else joints[j] = { ...joints[j], [group]: value };
    }
  }
  return { robot: { ...robot, joints, actuators, links, simulation }, zero: zeros };
}

function ratio(
  group: keyof typeof priors,
  of: string,
  unit: string,
  described: number,
  typical: number,
): Parameter {
  const known = described > 0;
  const range = group === 'mass' ? widestMass : widest;
  return {
    group,
    of,
    unit,
    described,
    scale: 'log',
    reference: known ? described : typical,
    start: known ? 0 : unknown.start,
    sigma: known ? priors[group] : unknown.sigma,
    low: known ? -range : unknown.start - range,
    high: range,
    step: 0.02,
  };
}

function servo(group: 'gains' | 'backlash', actuator: Actuator, unit: string): Parameter[] {
  const effort = unit === 'm' ? 'N' : 'N m';
  if (group === 'backlash')
    return actuator.kind === 'position'
      ? [ratio('backlash', actuator.joint, unit, actuator.backlash, 0.005)]
      : [];
  if (actuator.kind === 'position')
    return [ratio('gains', actuator.joint, `${effort}/${unit}`, actuator.stiffness, actuator.stiffness)];
  if (actuator.kind === 'velocity')
    return [ratio('gains', actuator.joint, `${effort} s/${unit}`, actuator.damping, actuator.damping)];
  return [];
}

function latency(robot: RobotModel): Parameter {
  const described = robot.simulation.latency ?? 0;
  return {
    group: 'latency',
    of: '',
    unit: 's',
    described,
    scale: 'linear',
    reference: described,
    start: 0,
    sigma: latencyPrior,
    low: -described,
    high: lead - described,
    step: 0.001,
  };
}

function zero(joint: Joint, unit: string): Parameter {
  return {
    group: 'zero',
    of: joint.name,
    unit,
    described: 0,
    scale: 'linear',
    reference: 0,
    start: 0,
    sigma: zeroPrior,
    low: -largestZero,
    high: largestZero,
    step: 0.001,
  };
}

function unitOf(robot: RobotModel, joint: string): string {
  return robot.joints.find(({ name }) => name === joint)?.kind === 'prismatic' ? 'm' : 'rad';
}

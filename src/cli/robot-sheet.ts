import type { Actuator, Joint, Link, RobotModel } from '../core/index.ts';
import { inertiaSanity, principalInertia, unwatched } from '../robot/index.ts';

/** A robot for people: its joints, its masses and whether they can be true, its meshes, what was guessed and ignored. */
export function robotSheet(robot: RobotModel): string[] {
  const followers = robot.joints.filter(({ mimic }) => mimic).length;
  const mass = robot.links.reduce((sum, link) => sum + (link.inertial?.mass ?? 0), 0);
  const open = unwatched(robot);
  const title = [
    `${robot.links.length} links`,
    `${robot.movable.length} movable joints`,
    ...(followers > 0 ? [`${followers} that follow`] : []),
    `${short(mass)} kg`,
  ].join(', ');
  return [
    `${robot.name}: ${title}`,
    '',
    ...table(jointRows(robot)),
    '',
    ...table([
      ['link', 'mass', 'principal moments [kg m²]', 'inertia'],
      ...robot.links.map((link) => linkRow(link)),
    ]),
    ...meshLines(robot),
    ...colliderLines(robot),
    ...noteLines(open === null ? robot.notes : [...robot.notes, open]),
  ];
}

function jointRows(robot: RobotModel): string[][] {
  const drives = new Map(robot.actuators.map((actuator) => [actuator.joint, actuator]));
  const home = new Map(robot.movable.map((joint, i) => [joint, robot.home[i]]));
  const moving = robot.joints.flatMap((joint, j) => (joint.kind === 'fixed' ? [] : [{ joint, j }]));
  return [
    ['joint', 'kind', 'range', 'speed', 'effort', 'damping', 'friction', 'armature', 'home'],
    ...moving.map(({ joint, j }) => {
      const [unit, force] = joint.kind === 'prismatic' ? ['m', 'N'] : ['rad', 'N m'];
      return [
        joint.name,
        joint.kind,
        range(joint, unit),
        Number.isFinite(joint.maxVelocity) ? `${short(joint.maxVelocity)} ${unit}/s` : '–',
        joint.mimic ? follows(robot, joint.mimic) : drive(drives.get(joint.name), force),
        short(joint.damping),
        short(joint.friction),
        short(joint.armature),
        joint.mimic ? '' : short(home.get(j) ?? 0),
      ];
    }),
  ];
}

function range({ lower, upper }: Joint, unit: string): string {
  if (lower === -Infinity && upper === Infinity) return `free, ${unit}`;
  return `${short(lower)} … ${short(upper)} ${unit}`;
}

function follows(robot: RobotModel, { joint, multiplier, offset }: NonNullable<Joint['mimic']>): string {
  const factor = multiplier === 1 ? '' : `${short(multiplier)} · `;
  const shift = offset === 0 ? '' : ` ${offset < 0 ? '−' : '+'} ${short(Math.abs(offset))}`;
  return `follows ${factor}${robot.joints[joint].name}${shift}`;
}

function drive(actuator: Actuator | undefined, force: string): string {
  if (!actuator) return 'passive';
  const limit = `±${short(actuator.maxEffort)} ${force}`;
  switch (actuator.kind) {
    case 'effort':
      return limit;
    case 'position': {
      const play = actuator.backlash > 0 ? `, backlash ${short(actuator.backlash)}` : '';
      return `${limit}, servo ${short(actuator.stiffness)} + ${short(actuator.damping)} s${play}`;
    }
    case 'velocity':
      return `${limit}, rate servo ${short(actuator.damping)}`;
  }
}

function linkRow(link: Link): string[] {
  const sanity = inertiaSanity(link);
  if (!link.inertial || !sanity) return [link.name, '–', '', ''];
  const moments = [...principalInertia(link.inertial).moments].sort((a, b) => a - b);
  const doubts = [
    ...(sanity.positive ? [] : ['not positive definite']),
    ...(sanity.triangle ? [] : ['impossible: a moment exceeds the sum of the others']),
    ...(sanity.centerOutside
      ? [`centre of mass ${short(1000 * sanity.centerOutside)} mm outside its shapes`]
      : []),
  ];
  const unchecked = sanity.centerOutside === undefined ? ', centre of mass not checked (no shapes)' : '';
  return [
    link.name,
    `${short(link.inertial.mass)} kg`,
    moments.map(short).join(' '),
    doubts.length > 0 ? doubts.join('; ') : `ok${unchecked}`,
  ];
}

function meshLines(robot: RobotModel): string[] {
  const found = new Set<string>();
  const missing = new Set<string>();
  for (const { visuals, collisions } of robot.links)
    for (const { geometry } of [...visuals, ...collisions])
      if (geometry.kind === 'mesh') (geometry.file === undefined ? missing : found).add(geometry.uri);
  if (found.size + missing.size === 0) return [];
  return ['', `meshes: ${found.size} found, ${missing.size} missing`];
}

/** What touches, counted by its kind. */
function colliderLines({ links }: RobotModel): string[] {
  const kinds = links.flatMap(({ collisions }) => collisions.map(({ geometry }) => geometry.kind));
  const count = (kind: string, one: string, many: string) => {
    const { length } = kinds.filter((other) => other === kind);
    return length === 0 ? [] : [`${length} ${length === 1 ? one : many}`];
  };
  const touching = [
    ...count('convex', 'convex piece of meshes', 'convex pieces of meshes'),
    ...count('box', 'box', 'boxes'),
    ...count('sphere', 'sphere', 'spheres'),
    ...count('cylinder', 'cylinder', 'cylinders'),
    ...count('capsule', 'capsule', 'capsules'),
  ];
  const idle = count('mesh', 'mesh touches nothing', 'meshes touch nothing');
  return ['', `colliders: ${[touching.join(', ') || 'none', ...idle].join('; ')}`];
}

/** The robot, shown by what touches. */
export function withCollidersShown(robot: RobotModel): RobotModel {
  return { ...robot, links: robot.links.map((link) => ({ ...link, visuals: link.collisions })) };
}

/** Guesses first, then remarks, then what was ignored. */
function noteLines(notes: readonly string[]): string[] {
  const starting = (word: string) => notes.filter((note) => note.startsWith(`${word} `));
  const guessed = starting('guessed');
  const ignored = starting('ignored');
  const rest = notes.filter((note) => !guessed.includes(note) && !ignored.includes(note));
  return notes.length === 0 ? [] : ['', ...guessed, ...rest.map((note) => `note: ${note}`), ...ignored];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

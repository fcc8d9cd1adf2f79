import type { Joint, RobotModel } from '../../core/index.ts';
import { loadRobot } from '../../load/robot.ts';
import { isWatched } from '../conduct.ts';
import { type Command, pageFlags } from '../flags.ts';
import { viewRobot } from '../view-robot.ts';

export const command: Command = {
  name: 'robots check',
  summary: 'read a robot and show its joints, limits, masses and what was ignored',
  positionals: [{ name: 'name or file.urdf', required: true }],
  flags: [
    { name: 'json', help: 'the whole robot as JSON' },
    { name: 'view', help: 'show it on the live page with a slider for each joint' },
    ...pageFlags,
  ],
  async run(args) {
    const robot = await loadRobot(args.positionals[0]);
    if (args.has('json')) {
      console.log(
        JSON.stringify(robot, (_, value) => (Math.abs(value) === Infinity ? String(value) : value)),
      );
    } else console.log(describe(robot).join('\n'));
    if (isWatched(args)) await viewRobot(robot, args);
    return 0;
  },
};

function describe(robot: RobotModel): string[] {
  const efforts = new Map(robot.actuators.map(({ joint, maxEffort }) => [joint, maxEffort]));
  const mass = robot.links.reduce((sum, link) => sum + (link.inertial?.mass ?? 0), 0);
  const lines = [
    `${robot.name}: ${robot.links.length} links, ${robot.movable.length} movable joints, ${short(mass)} kg`,
    '',
    row(['joint', 'kind', 'range', 'speed', 'effort', 'damping', 'home']),
    ...robot.movable.map((index, i) => jointRow(robot.joints[index], efforts, robot.home[i])),
    '',
    row(['link', 'mass']),
    ...robot.links.map(({ name, inertial }) => row([name, inertial ? `${short(inertial.mass)} kg` : '–'])),
  ];
  return robot.notes.length === 0 ? lines : [...lines, '', ...robot.notes.map((note) => `note: ${note}`)];
}

function jointRow(joint: Joint, efforts: ReadonlyMap<string, number>, home: number): string {
  const [unit, force] = joint.kind === 'prismatic' ? ['m', 'N'] : ['rad', 'N m'];
  const range = Number.isFinite(joint.lower)
    ? `${short(joint.lower)} … ${short(joint.upper)} ${unit}`
    : `free, ${unit}`;
  const effort = efforts.get(joint.name);
  return row([
    joint.name,
    joint.kind,
    range,
    Number.isFinite(joint.maxVelocity) ? `${short(joint.maxVelocity)} ${unit}/s` : '–',
    effort === undefined ? 'passive' : `±${short(effort)} ${force}`,
    short(joint.damping),
    short(home),
  ]);
}

function row(cells: readonly string[]): string {
  const widths = [22, 11, 24, 12, 12, 9, 8];
  return cells
    .map((cell, i) => cell.padEnd(widths[i]))
    .join(' ')
    .trimEnd();
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

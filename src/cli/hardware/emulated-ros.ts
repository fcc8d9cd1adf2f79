import { InputError, nearestName } from '../../core/errors.ts';
import type { SimulatedPlant } from '../../core/plant.ts';
import { PlantMotors, type ServedRosbridge, serveRosbridge } from '../../hardware/index.ts';
import { restingPlant } from './emulated-plant.ts';
import { parseDuration, parseShare } from './quantities.ts';
import type { RealRobot } from './real-robot.ts';

/** A simulated robot behind rosbridge and ros2_control's controllers. */
export interface EmulatedRos {
  readonly plant: SimulatedPlant;
  readonly motors: PlantMotors;
  readonly served: ServedRosbridge;
}

/** How far the simulation goes at a time, about; s. */
const PERIOD = 0.005;

/** The simulated robot at its home pose, reached as its `hardware.options` say. @param port 0 takes a free one. @throws InputError */
export async function emulateRos({ robot, hardware }: RealRobot, port: number): Promise<EmulatedRos> {
  const { plant, period } = await restingPlant(robot, PERIOD, hardware.floor);
  const motors = new PlantMotors({ plant, mounts: robot.actuators, period });
  try {
    return { plant, motors, served: await serveRosbridge({ robot, hardware, motors, port }) };
  } catch (error) {
    plant.close();
    throw error;
  }
}

/** What may be typed while it runs, of robots behind ROS. */
export const rosHelp = [
  '  drop 5%, late 50ms               joint states that do not come, or come later',
  '  silent, blank JOINT, positions   no states; nulls for a joint; no velocities and efforts',
  '  deactivate, activate [CONTROLLER]   what its controller manager does',
  '  disconnect, unplug, plug         clients are cut off; the server is gone; it is there again',
  '  clear                            all of the above is over',
  '  pose                             where the joints are, and what its controllers refused',
  '  help, quit',
];

type Deed = (robot: EmulatedRos, word: string | undefined) => string;

const deeds: Readonly<Record<string, Deed>> = {
  drop: ({ served }, word = '100%') => {
    const drop = parseShare(word);
    if (drop === undefined) throw new InputError(`drop ${word}: write it as drop 5%`);
    served.node.faults.drop = drop;
    return `${word} of the states are dropped, until clear`;
  },
  late: ({ served }, word = '50ms') => {
    const delay = parseDuration(word);
    if (delay === undefined) throw new InputError(`late ${word}: write it as late 50ms`);
    served.node.faults.delay = delay;
    return `states come ${word} later, until clear`;
  },
  silent: ({ served }) => {
    served.node.faults.silent = true;
    return 'no states, until clear';
  },
  blank: ({ served, plant }, word) => {
    const joints = plant.spec.robot.actuators.map(({ joint }) => joint);
    if (word === undefined || !joints.includes(word))
      throw new InputError(`blank: name one of ${joints.join(', ')}`);
    served.node.faults.blank = [...(served.node.faults.blank ?? []), word];
    return `${word} is null, until clear`;
  },
  positions: ({ served }) => {
    served.node.faults.positionsOnly = true;
    return 'positions alone, until clear';
  },
  activate: (robot, word) => switched(robot, word, true),
  deactivate: (robot, word) => switched(robot, word, false),
  disconnect: ({ served }) => {
    served.disconnect();
    return 'all clients are cut off';
  },
  unplug: ({ served }) => {
    served.unplug(true);
    return 'the server is gone';
  },
  plug: ({ served }) => {
    served.unplug(false);
    return 'the server is there';
  },
  clear: (robot) => {
    robot.served.node.faults = {};
    robot.served.unplug(false);
    switched(robot, undefined, true);
    return 'all is well';
  },
  pose: ({ served, plant, motors }) =>
    [
      ...plant.spec.robot.actuators.map(
        ({ joint }, j) => `${joint.padEnd(22)} ${motors.position(j).toFixed(4).padStart(9)}`,
      ),
      ...served.node.controllers.map(
        ({ spec, active, rejected, reason }) =>
          `${spec.name}: ${active ? 'active' : 'inactive'}${rejected > 0 ? `, refused ${rejected} commands (${reason})` : ''}`,
      ),
    ].join('\n'),
  help: () => rosHelp.join('\n'),
};

/** Does what a line says and returns what there is to say of it. @throws InputError */
export function obeyRosLine(robot: EmulatedRos, line: string): string {
  const [verb = '', word] = line.trim().split(/\s+/);
  if (verb === '') return '';
  if (Object.hasOwn(deeds, verb)) return deeds[verb](robot, word);
  const near = nearestName(verb, [...Object.keys(deeds), 'quit']);
  throw new InputError(`"${verb}"? ${near ? `did you mean ${near}?` : 'help tells what there is'}`);
}

function switched({ served }: EmulatedRos, name: string | undefined, active: boolean): string {
  const all = served.node.controllers;
  const chosen = name === undefined ? all : all.filter(({ spec }) => spec.name === name);
  if (chosen.length === 0)
    throw new InputError(`no controller "${name}"; there are ${all.map(({ spec }) => spec.name).join(', ')}`);
  for (const controller of chosen) controller.switch(active);
  return `${chosen.map(({ spec }) => spec.name).join(', ')}: ${active ? 'active' : 'inactive'}`;
}

import { InputError, nearestName } from '../../core/errors.ts';
import type { Servo } from '../../hardware/index.ts';
import { coordinateOf } from '../../robot/actuated-joints.ts';
import type { EmulatedRobot } from './emulated-robot.ts';
import { isAnswerFault, motorOf, parseFault } from './emulator-words.ts';

/** What may be typed while an emulator runs, for its help. */
export const promptHelp = [
  'M is a motor, by id or joint; without it all motors',
  '  drop, corrupt, late, duplicate   answers, e.g. drop:1%, corrupt:2=5%, late@50ms:elbow_flex',
  '  overheat, undervoltage, overvoltage, overload [M]   what a motor suffers',
  '  dead, alive, reboot [M]          a motor without power; power again; a short loss of it',
  '  unplug, plug                     the cable from adapter to motors',
  '  clear                            all of the above is over',
  '  pose                             where the joints are, and what each motor says',
  '  turn M RAD, middle, sweep [M]    a hand moves joints whose torque is off; let-go',
  '  connect M, connect all, connect none   which motors hang on the bus',
  '  help, quit',
];

type Deed = (robot: EmulatedRobot, words: readonly string[]) => string | Promise<string>;

const deeds: Readonly<Record<string, Deed>> = {
  overheat: (robot, [word]) =>
    suffer(robot, word, (servo) => ({ temperature: servo.get('max_temperature') + 5 })),
  undervoltage: (robot, [word]) =>
    suffer(robot, word, (servo) => ({ voltage: Math.max(0, servo.get('min_voltage') / 10 - 0.5) })),
  overvoltage: (robot, [word]) =>
    suffer(robot, word, (servo) => ({ voltage: servo.get('max_voltage') / 10 + 0.5 })),
  overload: (robot, [word]) => suffer(robot, word, () => ({ overload: true })),
  dead: (robot, [word]) => suffer(robot, word, () => ({ dead: true })),
  alive: (robot, [word]) => power(robot, word),
  reboot: (robot, [word]) => power(robot, word),
  unplug(robot) {
    robot.bus.unplug(true);
    return 'the motors are off the adapter';
  },
  plug(robot) {
    robot.bus.unplug(false);
    return 'the motors are on the adapter';
  },
  clear(robot) {
    robot.bus.faults.clear();
    robot.bus.unplug(false);
    robot.bus.servos.forEach((servo, i) => {
      const { dead } = servo.condition;
      Object.assign(servo.condition, { voltage: 12, temperature: 30, overload: false, dead: false });
      if (dead) restart(robot, i);
    });
    return 'all is well';
  },
  pose: (robot) => {
    robot.bus.refresh();
    return robot.specs.map((spec, i) => poseLine(robot, i, spec.joint)).join('\n');
  },
  async turn(robot, [word, angle]) {
    const to = Number(angle);
    if (word === undefined || angle === undefined || !Number.isFinite(to))
      throw new InputError('turn: write it as turn elbow_flex 0.5, in rad');
    const spec = motorOf(word, robot.specs);
    limp(robot, [spec.joint]);
    await robot.hand.move(spec.joint, [to]);
    return `a hand holds ${spec.joint} at ${to} rad; let-go lets it go`;
  },
  async middle(robot) {
    const joints = robot.specs.map(({ joint }) => joint);
    limp(robot, joints);
    await Promise.all(joints.map((joint) => robot.hand.move(joint, [middleOf(robot, joint)])));
    return 'a hand holds all joints in the middle of their ranges; let-go lets them go';
  },
  async sweep(robot, [word]) {
    const joints =
      word === undefined ? robot.specs.map(({ joint }) => joint) : [motorOf(word, robot.specs).joint];
    limp(robot, joints);
    for (const joint of joints) {
      const [lower, upper] = rangeOf(robot, joint);
      const beyond = 0.2;
      await robot.hand.move(joint, [lower - beyond, upper + beyond, middleOf(robot, joint)]);
    }
    return `a hand has swept ${joints.join(', ')} from end to end`;
  },
  'let-go'(robot) {
    robot.hand.release();
    return 'no hand at the robot';
  },
  connect(robot, [word]) {
    if (word === undefined)
      throw new InputError('connect: write it as connect elbow_flex, connect all or connect none');
    const one = word === 'all' || word === 'none' ? undefined : motorOf(word, robot.specs);
    robot.bus.servos.forEach((servo, i) => {
      const off = one === undefined ? word === 'none' : robot.specs[i] !== one;
      const back = servo.condition.dead && !off;
      servo.condition.dead = off;
      if (back) restart(robot, i);
      else servo.refresh();
    });
    return one === undefined ? `${word} of the motors on the bus` : `${one.joint} alone is on the bus`;
  },
  help: () => promptHelp.join('\n'),
};

/** Does what a line says and returns what there is to say of it. @throws InputError */
export async function obeyLine(robot: EmulatedRobot, line: string): Promise<string> {
  const [verb = '', ...words] = line.trim().split(/\s+/);
  if (verb === '') return '';
  if (isAnswerFault(verb)) {
    robot.bus.fault(parseFault(verb, robot.specs));
    return `${verb}, until clear`;
  }
  if (Object.hasOwn(deeds, verb)) return deeds[verb](robot, words);
  const near = nearestName(verb, [...Object.keys(deeds), 'quit', 'drop', 'corrupt', 'late', 'duplicate']);
  throw new InputError(`"${verb}"? ${near ? `did you mean ${near}?` : 'help tells what there is'}`);
}

function chosen(robot: EmulatedRobot, word: string | undefined): number[] {
  const all = robot.specs.map((_, i) => i);
  return word === undefined ? all : [robot.specs.indexOf(motorOf(word, robot.specs))];
}

function suffer(
  robot: EmulatedRobot,
  word: string | undefined,
  how: (servo: Servo) => Partial<Servo['condition']>,
): string {
  const which = chosen(robot, word);
  for (const i of which) {
    const servo = robot.bus.servos[i];
    Object.assign(servo.condition, how(servo));
    servo.refresh();
  }
  return which.map((i) => poseLine(robot, i, robot.specs[i].joint)).join('\n');
}

function power(robot: EmulatedRobot, word: string | undefined): string {
  const which = chosen(robot, word);
  for (const i of which) {
    robot.bus.servos[i].condition.dead = false;
    restart(robot, i);
  }
  return `${which.map((i) => robot.specs[i].joint).join(', ')}: booting, torque off`;
}

/** By place, as ids need not be unique. */
function restart(robot: EmulatedRobot, i: number): void {
  const servo = robot.bus.servos[i];
  const first = robot.bus.servos.findIndex(({ id }) => id === servo.id);
  if (first === i) robot.bus.reboot(servo.id);
  else servo.powerCycle();
}

function poseLine({ bus, plant, specs }: EmulatedRobot, i: number, joint: string): string {
  const servo = bus.servos[i];
  const { temperature, voltage, overload, dead } = servo.condition;
  const { robot } = plant.spec;
  const reading = new Float32Array(plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
  plant.read(reading);
  const angle = reading[coordinateOf(robot, joint)];
  const goal = `torque on, goal ${servo.get('goal_position')}`;
  const state = dead ? 'dead or off the bus' : servo.get('torque_enable') === 1 ? goal : 'torque off';
  const place = `${angle.toFixed(3).padStart(7)} rad  tick ${String(servo.get('present_position')).padStart(5)}`;
  const id = servo.id === specs[i].id ? `${servo.id}` : `${servo.id} (to be ${specs[i].id})`;
  return `${joint.padEnd(14)} id ${id.padEnd(3)} ${place}  ${voltage.toFixed(1)} V  ${temperature} °C  ${state}${overload ? ', overloaded' : ''}`;
}

function limp({ bus, specs }: EmulatedRobot, joints: readonly string[]): void {
  const stiff = specs.filter(
    ({ joint }, i) => joints.includes(joint) && bus.servos[i].get('torque_enable') === 1,
  );
  if (stiff.length === 0) return;
  throw new InputError(
    `torque is on at ${stiff.map(({ joint }) => joint).join(', ')}: a hand does not turn it`,
  );
}

function rangeOf({ plant }: EmulatedRobot, joint: string): [number, number] {
  const { lower, upper } = plant.spec.robot.joints.find(({ name }) => name === joint)!;
  return Number.isFinite(lower) && Number.isFinite(upper) ? [lower, upper] : [-Math.PI, Math.PI];
}

function middleOf(robot: EmulatedRobot, joint: string): number {
  const [lower, upper] = rangeOf(robot, joint);
  return (lower + upper) / 2;
}

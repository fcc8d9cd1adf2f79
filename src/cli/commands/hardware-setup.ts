import { InputError, RobotFault } from '../../core/errors.ts';
import type { MotorSpec } from '../../core/hardware.ts';
import { setUpMotor } from '../../hardware/motor-setup.ts';
import type { Arguments, Command } from '../flags.ts';
import { motorOf } from '../hardware/emulator-words.ts';
import { jsonFlag, portFlag, servoPortOf } from '../hardware/port-flags.ts';
import { askPerson, type Questions } from '../hardware/questions.ts';
import { loadServoRobot, type ServoRobot } from '../hardware/real-robot.ts';
import { type FoundMotor, scanPort } from '../hardware/scan.ts';
import { StatusLine } from '../hardware/status-line.ts';
import { writeJson } from '../json-events.ts';

export const command: Command = {
  name: 'hardware setup',
  summary: 'give each motor of a robot its id and baud, one after the other connected alone',
  positionals: [{ name: 'robot', required: true }],
  flags: [
    portFlag,
    { name: 'motor', value: 'JOINT|ID', help: 'this motor alone (all, one after the other)' },
    { name: 'yes', help: 'with --motor: ask nothing; the motor is connected alone' },
    jsonFlag,
  ],
  notes: ['A motor gets id and baud of robot.json, no return delay, and answers to all that it is asked.'],
  async run(args) {
    const robot = await loadServoRobot(args.positionals[0]);
    const port = servoPortOf(args, 'hardware setup');
    const chosen = args.text('motor');
    const motors = chosen === undefined ? robot.hardware.motors : [motorOf(chosen, robot.hardware.motors)];
    if (args.has('yes')) {
      if (chosen === undefined)
        throw new InputError(
          'premotor hardware setup --yes needs --motor: motors are connected alone, one after the other',
        );
      const found = await alone(robot, port, motors[0], args);
      await give(robot, port, motors[0], found, args);
      return 0;
    }
    const questions = askPerson('stopped: motors that were set up stay so', args.has('json'));
    try {
      questions.say(
        `${robot.robot.name}: ${motors.length === 1 ? 'one motor' : `${motors.length} motors`} at ${robot.hardware.baud} baud`,
      );
      for (const motor of motors) if (!(await guide(robot, port, motor, args, questions))) break;
    } finally {
      questions.close();
    }
    return 0;
  },
};

/** Until the motor is set up or skipped; false ends it all. */
async function guide(
  robot: ServoRobot,
  port: string,
  motor: MotorSpec,
  args: Arguments,
  questions: Questions,
): Promise<boolean> {
  for (;;) {
    const next = await questions.choose(
      `Connect the motor of ${motor.joint} alone (it becomes id ${motor.id}), its supply on.`,
      [
        { value: 'go', label: 'it is connected' },
        { value: 'skip', label: 'leave this motor out' },
        { value: 'end', label: 'end here' },
      ],
    );
    if (next === 'end') return false;
    if (next === 'skip') return true;
    try {
      const found = await alone(robot, port, motor, args);
      const already = found.id === motor.id && found.baud === robot.hardware.baud ? ', as it should' : '';
      const question = `A ${found.model} answers as id ${found.id} at ${found.baud} baud${already}. Make it ${motor.joint}: id ${motor.id}, ${robot.hardware.baud} baud?`;
      if (!(await questions.confirm(question))) continue;
      await give(robot, port, motor, found, args);
      return true;
    } catch (error) {
      if (!(error instanceof RobotFault || error instanceof InputError)) throw error;
      if (/standard input has ended/.test(error.message)) throw error;
      questions.say(error.message);
    }
  }
}

/** The one motor that is there. @throws RobotFault where it is none or several */
async function alone(
  { family, hardware }: ServoRobot,
  port: string,
  { joint, model }: MotorSpec,
  args: Arguments,
): Promise<FoundMotor> {
  const status = new StatusLine(args.has('json'));
  const found = await scanPort(port, {
    families: [family],
    onLook: (_, baud) => status.show(`looking at ${baud} baud …`),
  }).finally(() => status.clear());
  const shared = found.find((motor) => motor.shared);
  if (shared) throw new RobotFault(shared.error);
  if (found.length > 1) {
    const list = found.map(({ id }) => id).join(', ');
    throw new RobotFault(`${found.length} motors answer (ids ${list}); connect that of ${joint} alone`);
  }
  if (found.length === 0)
    throw new RobotFault(
      `no ${family.name} motor answers on ${port}; is its supply on and the cable in? Two motors with one id garble one another`,
    );
  const [motor] = found;
  if (motor.model !== model.toLowerCase())
    throw new RobotFault(
      `motor ${motor.id} is a ${motor.model}, and ${joint} has a ${model}: connect another one, or mend hardware.motors (${hardware.motors.length} motors) of robot.json`,
    );
  return motor;
}

async function give(
  { family, hardware }: ServoRobot,
  port: string,
  { joint, id, model }: MotorSpec,
  found: FoundMotor,
  args: Arguments,
): Promise<void> {
  const wanted = { id, baud: hardware.baud, model };
  const changes = await setUpMotor(family, port, { id: found.id, baud: found.baud }, wanted);
  if (args.has('json')) writeJson('motor', { joint, id, baud: hardware.baud, changes });
  else
    console.log(
      `${joint}: ${changes.length > 0 ? changes.join(', ') : 'nothing to change'}; it answers as id ${id}`,
    );
}

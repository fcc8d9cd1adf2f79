import { join } from 'node:path';
import { InputError, type RobotModel } from '../core/index.ts';
import { instantiateTask } from '../core/instantiate-task.ts';
import { portName } from '../hardware/port.ts';
import { untoldChannels } from '../hardware/told-channels.ts';
import { type LoadedTask, loadTask } from '../load/task.ts';
import type { Manifest } from '../runs/index.ts';
import { chooseRobot, type PortChoices, portKind } from './hardware/chosen-robot.ts';
import {
  type EvaluateChoices,
  openRun,
  type Prepared,
  prepareEvaluation,
  prepareResume,
  prepareTraining,
  robotFor,
  type TrainChoices,
} from './prepare.ts';
import type { EvaluateRequest, SessionRequest, TrainRequest } from './session-messages.ts';

/** Where the robot is: `sim` is the simulator on the wall clock. */
export type RobotChoices = PortChoices & {
  /** A person is waited for before each episode. */
  readonly confirm?: boolean;
};

export type LearnChoices = Omit<TrainChoices, 'clock' | 'model' | 'engine'> & RobotChoices;

/** Learning from nothing on a robot; as `train --clock wall`, and the run folder says what the robot was. */
export async function prepareLearning(
  choices: LearnChoices,
  view: boolean,
  configFrom?: string,
): Promise<Prepared<TrainRequest>> {
  const { port, dryRun } = choices;
  const prepared = await prepareTraining({ ...withoutPort(choices), clock: 'wall' }, view, configFrom);
  if (port === 'sim') return withoutRobot(prepared, choices);
  if (choices.colliders !== undefined) {
    throw new InputError(
      '--colliders goes with --port sim: a real robot is kept from itself and the floor by its primitives',
    );
  }
  if (dryRun) {
    throw new InputError('--dry-run moves nothing, so nothing can be learned from it: give --policy <run>');
  }
  return onRobot(prepared, prepared.robot, choices.robot, choices);
}

export type PolicyChoices = Omit<EvaluateChoices, 'clock'> &
  RobotChoices & {
    /** Checked against what the run learned. */
    readonly task?: string | URL;
    /** A URDF of one's own; a shipped robot is known by its name. */
    readonly robot?: string;
  };

/** What a run learned, simulated or real, acts on a robot. */
export async function preparePolicy(
  directory: string,
  choices: PolicyChoices,
  view: boolean,
  configFrom?: string,
): Promise<Prepared<EvaluateRequest>> {
  const { task, robot, ...evaluation } = withoutPort(choices);
  const { manifest, loaded } = await openRun(directory);
  if (task !== undefined && (await loadTask(String(task))).task.name !== manifest.task.name) {
    throw new InputError(`--policy ${directory}: it learned ${manifest.task.name}, not ${task}`);
  }
  const prepared = await prepareEvaluation(directory, { ...evaluation, clock: 'wall' }, view, configFrom);
  const current = await currentRobot(manifest, loaded, robot, `--policy ${directory}`);
  if (choices.port === 'sim') return withoutRobot(prepared, choices);
  const onIt = await onRobot(prepared, current, robot, choices);
  if (!choices.dryRun) return onIt;
  // The run's own recordings are of a robot that moved.
  const recordIn = join('runs', `dry-run-${onIt.robot.name}`);
  return { ...onIt, request: { ...onIt.request, recordIn } };
}

export type GoingOnChoices = RobotChoices &
  Pick<PolicyChoices, 'robot' | 'threads'> &
  Pick<LearnChoices, 'trials'>;

/** Goes on with a run on a robot of the same kind; what decides its bits comes from its manifest. */
export async function prepareGoingOn(
  directory: string,
  choices: GoingOnChoices,
  view: boolean,
): Promise<Prepared<TrainRequest>> {
  const { port, robot, trials, threads } = choices;
  const { manifest, loaded } = await openRun(directory);
  const wrong = (what: string, how: string) => new InputError(`--resume ${directory}: ${what}; ${how}`);
  if (!manifest.hardware) {
    if (port !== 'sim' || manifest.clock !== 'wall')
      throw wrong(
        'it was learned on the simulator',
        manifest.clock === 'wall' ? 'give --port sim' : 'premotor train --resume goes on with it',
      );
    return withoutRobot(await prepareResume(directory, { trials, threads }, view), choices);
  }
  const before = manifest.hardware;
  const now = port === 'sim' ? 'sim' : portKind(port);
  const simulated = (kind: string) => kind === 'mock' || kind === 'sim';
  if (simulated(before.port) !== simulated(now) || (before.port === 'mock') !== (now === 'mock'))
    throw wrong(
      `it was learned on a ${before.port} port, not on ${portName(port)}`,
      'go on there, or begin a new run',
    );
  const prepared = await prepareResume(directory, { trials, threads, hardware: true }, view);
  const current = await currentRobot(manifest, loaded, robot, `--resume ${directory}`);
  const onIt = await onRobot(prepared, current, robot, choices);
  const kept = onIt.request.manifest.hardware!;
  if (kept.driver !== before.driver)
    throw wrong(`it was learned through driver ${before.driver}, not ${kept.driver}`, 'go on there');
  const moved = kept.calibration !== before.calibration;
  const note = 'the robot was calibrated anew since: what was learned before may not fit what it does now';
  const request = { ...onIt.request, manifest: { ...onIt.request.manifest, hardware: before } };
  return { ...onIt, request, ...(moved && { note }) };
}

/** What is chosen beside where the robot is. */
function withoutPort<C extends RobotChoices>(choices: C): Omit<C, keyof RobotChoices> {
  const { port, dryRun, calibration, mock, recoveries, confirm, ...others } = choices;
  return others;
}

/** The robot as it is described today: its limits may have been narrowed since the run began. Its joints must be the same. */
async function currentRobot(
  { robot: then }: Manifest,
  loaded: LoadedTask,
  reference: string | undefined,
  where: string,
): Promise<RobotModel> {
  const now = await robotFor(loaded, reference ?? then.name);
  const joints = ({ joints, movable }: RobotModel) => movable.map((index) => joints[index].name).join(' ');
  if (now.name === then.name && joints(now) === joints(then)) return now;
  throw new InputError(
    `${where}: it is of robot ${then.name}${now.name === then.name ? ' with other joints' : `, not of ${now.name}`}; name the same robot with --robot`,
  );
}

/** @param reference the robot's name or file, where one was given. @throws InputError where it cannot do the task. */
async function onRobot<R extends SessionRequest>(
  prepared: Prepared<R>,
  model: RobotModel,
  reference: string | undefined,
  choices: RobotChoices,
): Promise<Prepared<R>> {
  const { request } = prepared;
  await checkTold(request, model);
  const { robot, access, kept } = await chooseRobot(model, reference ?? prepared.robot.name, choices);
  const manifest = { ...request.manifest, robot, hardware: kept };
  const { confirm = false } = choices;
  return { ...prepared, robot, request: { ...request, manifest, robot: { ...access, confirm } } };
}

/** @throws InputError where the task observes what no real robot tells. */
async function checkTold({ module, manifest }: SessionRequest, robot: RobotModel): Promise<void> {
  const { name, params } = manifest.task;
  const { instance } = await instantiateTask({ module, robot, params });
  const untold = untoldChannels(robot, instance.observation);
  if (untold.length === 0) return;
  throw new InputError(
    `task ${name} needs ${untold.join(', ')}, which a real robot does not tell; --port sim runs it on the simulator (docs/real-robots.md)`,
  );
}

function withoutRobot<R extends SessionRequest>(prepared: Prepared<R>, choices: RobotChoices): Prepared<R> {
  for (const [flag, given] of [
    ['--dry-run', choices.dryRun],
    ['--calibration', choices.calibration],
    ['--confirm', choices.confirm],
    ['--mock', choices.mock?.length],
  ])
    if (given) throw new InputError(`${flag} is for real robots, not for --port sim`);
  return prepared;
}

import { join } from 'node:path';
import type { RobotModel } from '../../core/robot.ts';
import { actuatorsOf } from '../../robot/actuated-joints.ts';
import { Recorder } from '../../stream/index.ts';
import type { Arguments, Flag } from '../flags.ts';
import { packageVersion } from '../package-info.ts';
import type { LinkListener, RobotLink } from './robot-link.ts';

/** What is said of a recording of a robot that no run moves. */
interface Doing {
  /** e.g. `teleop` */
  readonly task: string;
  /** Who moves it, and how. */
  readonly agent: string;
  readonly planner: string;
  /** s between commands */
  readonly controlPeriod: number;
}

/** ms between poses; every cycle has its exchange beside. */
const POSE = 1000 / 60;
const EPOCH = 1;

/** @param use what the recording is good for. */
export function recordFlags(use: string): readonly Flag[] {
  return [
    { name: 'record', help: `record every cycle (MCAP), for ${use}` },
    { name: 'out', value: 'FOLDER', help: 'where recordings/ is made (a folder of runs/)' },
  ];
}

/** Records what a bridge tells while a person moves or watches the robot: the same file as that of a run, without plans. */
export class LinkRecorder {
  readonly listener: LinkListener;
  readonly #recorder: Recorder;
  readonly #robot: RobotModel;
  readonly #doing: Doing;

  /** undefined when nobody asked for a recording. */
  static async create(args: Arguments, robot: RobotModel, doing: Doing): Promise<LinkRecorder | undefined> {
    if (!args.has('record')) return undefined;
    const recorder = await Recorder.create({
      ...{ robot, version: packageVersion() },
      folder: args.text('out') ?? join('runs', `${doing.task}-${robot.name}`),
      onFailure: (reason) => process.stderr.write(`warning  ${reason}\n`),
    });
    return new LinkRecorder(recorder, robot, doing);
  }

  private constructor(recorder: Recorder, robot: RobotModel, doing: Doing) {
    this.#recorder = recorder;
    this.#robot = robot;
    this.#doing = doing;
    const actuators = actuatorsOf(robot);
    let begun: number | undefined;
    let told = Number.NEGATIVE_INFINITY;
    this.listener = {
      exchange(exchange) {
        recorder.emit({ type: 'exchange', epoch: EPOCH, exchange });
        if (exchange.readAt - told < POSE) return;
        told = exchange.readAt;
        begun ??= exchange.readAt;
        recorder.emit({
          ...{ type: 'pose', epoch: EPOCH, time: (exchange.readAt - begun) / 1000 },
          position: Float64Array.from(actuators, (actuator) => exchange.position[actuator]),
          bodies: new Float64Array(0),
        });
      },
      report: (report) => recorder.emit({ type: 'hardware', report }),
      log: (level, message) => recorder.emit({ type: 'log', level, message }),
    };
  }

  /** From here on what the listener hears is kept. */
  begin({ name }: Pick<RobotLink, 'name'>): void {
    const { task, agent, planner, controlPeriod } = this.#doing;
    this.#recorder.emit({
      type: 'start',
      run: {
        ...{ task, robot: this.#robot.name, agent, planner, controlPeriod, hardware: name },
        ...{ model: 'learned', engine: '', budget: '', budgets: {}, seed: 0, trials: 1, episodeSteps: 0 },
        ...{ clock: 'wall', delayMs: 0, directory: null },
      },
    });
    this.#recorder.emit({ type: 'reset', epoch: EPOCH, trial: 1, markers: [] });
    this.#recorder.emit({ type: 'activity', activity: 'acting' });
  }

  /** Ends the file and says where it is. */
  async close(): Promise<void> {
    this.#recorder.emit({ type: 'end', reason: 'done' });
    await this.#recorder.close();
    const { path, state } = this.#recorder;
    if (path !== undefined && state?.failed === null)
      process.stderr.write(`recorded in ${path}: premotor replay shows it\n`);
  }
}

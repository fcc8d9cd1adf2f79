import type { HardwareReport } from '../core/hardware.ts';
import type { Joint, RobotModel, Shape } from '../core/robot.ts';
import type { WorldBody, WorldSpec } from '../core/task.ts';
import type { FitReport, RunDescription, Rung, TickTiming, TrialReport } from '../core/telemetry.ts';

/**
 * What goes over the wire, for server and page alike. Messages are JSON over the Foxglove WebSocket protocol. Times
 * are plant s since the episode's reset; frames are those of the robot's links and the world's bodies in `world` (z up,
 * m, quaternions x y z w). Numbers that are not finite arrive as null, as JSON has it.
 */
export const topics = {
  /** foxglove.FrameTransforms: every link and every body in `world`, at 60 Hz while the robot moves. */
  tf: '/tf',
  /** foxglove.SceneUpdate: the robot's shapes, the world's bodies and scenery, and the goal's markers (ids `goal/…`). */
  scene: '/scene',
  /** foxglove.SceneUpdate: entity `plan`, the planned path of the tip with a sphere at each knot. */
  plan: '/plan',
  /** foxglove.SceneUpdate: entity `imagined`, one line a particle, coloured by ensemble disagreement. */
  imagined: '/imagined',
  /** foxglove.SceneUpdate: entity `contacts`, an arrow for each force; empty where nothing touches. */
  contacts: '/contacts',
  /** foxglove.JointStates */
  jointStates: '/joint_states',
  /** BeliefMessage, with each pose while a plan is in force, and once when none is any more. */
  belief: '/belief',
  /** HardwareMessage, five a second and at every change; silent without a real robot. */
  hardware: '/hardware/report',
  /** ExchangeMessage: cycles of the bridge, at most 20 a second live, all of them in a recording. */
  exchange: '/hardware/exchange',
  /** StepMessage; a late joiner gets those of the trial so far. */
  step: '/step',
  /** TimingMessage, at most ten a second; a late joiner gets the last minute. Silent where nothing can be late. */
  timing: '/timing',
  /** TrialReport; a late joiner gets all. */
  trial: '/trial',
  /** FitMessage, at least five a second while a model is being fitted. */
  fit: '/fit',
  /** foxglove.Log */
  log: '/log',
  /** RunMessage */
  run: '/run',
  /** StatusMessage, ten a second always. */
  status: '/status',
  /** ReplayMessage, only where a recording is played: at its beginning and whenever somebody jumps. */
  replay: '/replay',
} as const;

export const services = {
  pause: '/premotor/pause',
  resume: '/premotor/resume',
  step: '/premotor/step',
  reset: '/premotor/reset',
  /** Request `{ "speed": number | "max" }`: plant seconds per wall second. */
  speed: '/premotor/speed',
} as const;

/**
 * Where a recording is played, beside those of a run: `step` goes to the next control step, `reset` to the beginning of
 * the episode. Request `{ "time": s since the recording's beginning }` or `{ "steps": ±n }`, control steps from here.
 */
export const seekService = '/premotor/seek';

/**
 * The only service where a robot is looked at and nothing runs: request `{ "position": [D] }`; the answer holds the same,
 * within the joints' limits.
 */
export const poseService = '/premotor/pose';

/** Mesh files lie at `meshes/<SHA-256>.<extension>`, for HTTP and, as `package://premotor/meshes/…`, for `fetchAsset`. */
export const meshPrefix = 'meshes/';
export const assetPackage = 'package://premotor/';

/** Answer of every service of a run: what holds after the call. */
export interface ControlState {
  readonly paused: boolean;
  readonly speed: number | 'max';
}

export const subprotocols = ['foxglove.sdk.v1', 'foxglove.websocket.v1'] as const;

export const minimumSpeed = 0.05;
export const maximumSpeed = 16;

export interface RunMessage {
  readonly run: RunDescription | null;
  /** Unlimited joints have `lower` and `upper` null here; `receiveRobot` puts them back. */
  readonly robot: RobotModel;
  /** `file` of a mesh, in robot and world, is its path on this server. */
  readonly world: WorldSpec | null;
  /** Nothing runs: the robot is held in the pose that `poseService` sets. */
  readonly inspected: boolean;
}

export interface StatusMessage extends ControlState {
  /** `connected` before the run has said anything; `inspected` where nothing runs. */
  readonly activity:
    | 'connected'
    | 'starting'
    | 'acting'
    | 'fitting'
    | 'learning'
    | 'paused'
    | 'ended'
    | 'inspected';
  readonly detail: string | null;
  /** Wall s since the activity began. */
  readonly since: number;
  /** Why the run ended. */
  readonly ended: 'done' | 'interrupted' | null;
  readonly trial: number | null;
  readonly step: number | null;
  /** Plant time of the pose shown, s since reset. */
  readonly time: number | null;
  /** Wall s since a pose was last sent. */
  readonly poseAge: number | null;
  /** Plant seconds shown per wall second over the last second; null while nothing moves. */
  readonly realTimeFactor: number | null;
  readonly clients: number;
  /** Messages dropped for slow clients since the server started. */
  readonly dropped: number;
  /** null where nothing is recorded. */
  readonly recording: RecordingState | null;
  /** null where no recording is played. */
  readonly replay: ReplayState | null;
}

export interface RecordingState {
  /** Its name, without the folder. */
  readonly file: string;
  /** s on its time line. */
  readonly seconds: number;
  /** Written so far. */
  readonly bytes: number;
  /** Messages for the display alone that were left out because the disk was behind. */
  readonly dropped: number;
  /** Why nothing is recorded any more; null while all is well. */
  readonly failed: string | null;
}

/** s since the recording's beginning. */
export interface ReplayState {
  readonly at: number;
  readonly duration: number;
}

/** What is said of a recording. When `seeks` has grown, what was heard before is of another time: it is sent again. */
export interface ReplayMessage {
  readonly file: string;
  /** s since the Unix epoch. */
  readonly began: number;
  readonly duration: number;
  /** What is missing or strange, for people. */
  readonly notes: readonly string[];
  /** s since the recording's beginning. */
  readonly episodes: readonly { readonly trial: number | null; readonly from: number; readonly to: number }[];
  readonly seeks: number;
}

/** Where the plan in force says that the robot is now: the mean of what was imagined along it, between its steps linear. */
export interface BeliefMessage {
  readonly epoch: number;
  readonly time: number;
  /** When the plan begins; null without one. */
  readonly planTime: number | null;
  /** Coordinates q [D]; null without a plan. */
  readonly position: readonly number[] | null;
  /** Distance of the tip so believed from where it is, m. */
  readonly tipError: number | null;
}

/** How the real robot is; values that it does not tell are null. */
export interface HardwareMessage extends HardwareReport {
  /** s since the Unix epoch when `lifecycle` and `fault` became what they are. */
  readonly since: number;
}

/** One cycle of the bridge; values that were not told are null. Fields as in `Exchange`. */
export interface ExchangeMessage {
  readonly epoch: number;
  readonly cycle: number;
  readonly count?: number;
  readonly began: number;
  readonly readAt: number;
  readonly sentAt: number | null;
  readonly position: readonly (number | null)[];
  readonly velocity: readonly (number | null)[];
  readonly effort: readonly (number | null)[];
  readonly asked: readonly (number | null)[];
  readonly sent: readonly (number | null)[];
  readonly limited: readonly string[];
}

export interface StepMessage {
  readonly epoch: number;
  readonly trial: number;
  readonly step: number;
  readonly time: number;
  readonly reward: number | null;
  readonly terms: Readonly<Record<string, number>> | null;
  readonly return: number | null;
  readonly planMs: number | null;
  /** The plan took longer than the control period. */
  readonly late: boolean;
  readonly expectedReturn: number | null;
  readonly action: readonly number[];
  readonly observation: readonly number[];
  /** null on the simulator's clock without a delay. */
  readonly timing: TickTiming | null;
}

/** What ticks act on, from best to worst. */
export const ladder = ['plan', 'old-plan', 'hold', 'decay', 'stop'] as const satisfies readonly Rung[];

/** From here on a tick acts without a plan. */
export const starving = ladder.indexOf('hold');

/** Of the ticks shown since the message before, and of the episode so far; times in ms. */
export interface TimingMessage {
  readonly epoch: number;
  readonly trial: number;
  /** The newest of the ticks, and its plant time, s since reset. */
  readonly step: number;
  readonly time: number;
  /** The lowest since the message before; `level` is its place on the ladder, from 0. */
  readonly rung: Rung;
  readonly level: number;
  /** The greatest since the message before. */
  readonly planAge: number | null;
  readonly lateness: number;
  /** Planning delay that is being compensated. */
  readonly delay: number;
  readonly ticks: number;
  /** Ticks that began more than 2 ms late. */
  readonly missed: number;
  /** Ticks without a valid plan. */
  readonly starved: number;
  /** Ticks on each rung. */
  readonly rungs: Readonly<Record<Rung, number>>;
  /** How far intervals between ticks were off the period, absolute. */
  readonly jitter: { readonly mean: number; readonly p99: number; readonly max: number };
}

export interface FitMessage {
  readonly trial: number;
  readonly running: boolean;
  /** Wall s since the fit began. */
  readonly elapsed: number;
  readonly epoch: number;
  readonly epochs: number;
  /** Mean negative log likelihood, normalised targets; null before the first epoch. */
  readonly trainLoss: number | null;
  readonly holdoutLoss: number | null;
  readonly report: FitReport | null;
}

export type TrialMessage = TrialReport;

/** Undoes what JSON did to unlimited joints. */
export function receiveRobot(robot: RobotModel): RobotModel {
  const bound = (value: number | null, otherwise: number) => value ?? otherwise;
  return {
    ...robot,
    joints: robot.joints.map((joint: Joint) => ({
      ...joint,
      lower: bound(joint.lower, -Infinity),
      upper: bound(joint.upper, Infinity),
      maxVelocity: bound(joint.maxVelocity, Infinity),
      maxEffort: bound(joint.maxEffort, Infinity),
    })),
  };
}

export type Rgba = readonly [number, number, number, number];

/** One blue-violet for the tool and the plan. */
export const accent: Rgba = [0.545, 0.486, 1, 1];
/** What a robot must not do. */
export const danger: Rgba = [0.898, 0.282, 0.302, 1];
const linkGrey: Rgba = [0.8, 0.82, 0.85, 1];
const jointGrey: Rgba = [0.33, 0.36, 0.41, 1];

/** The URDF's colour where it has one; else light links, dark joint housings (round, at the link's origin), one accent. */
export function shapeColor(robot: RobotModel, link: number, shape: Shape): Rgba {
  if (shape.color) return shape.color;
  const [x, y, z] = shape.pose.position;
  const round = shape.geometry.kind === 'sphere' || shape.geometry.kind === 'cylinder';
  if (round && Math.abs(x) + Math.abs(y) + Math.abs(z) < 1e-6) return jointGrey;
  return link === robot.tip.link ? accent : linkGrey;
}

/** A free body's surface is lighter than a fixed one's, where a task names no colour. */
export function bodyColor(body: WorldBody, shape: Shape): Rgba {
  return shape.color ?? (body.kind === 'free' ? [0.86, 0.79, 0.68, 1] : [0.45, 0.48, 0.53, 1]);
}

export const sceneryColor: Rgba = [0.45, 0.48, 0.53, 1];

/** Length of an arrow for a force, m/N: a tenth of the robot's weight is 0.1 m long. */
export function forceScale(robot: RobotModel): number {
  const mass = robot.links.reduce((sum, { inertial }) => sum + (inertial?.mass ?? 0), 0);
  return 1 / (9.81 * Math.max(0.1, mass));
}

/** The frame of each body of a world: `body/<name>`, or longer where that name is taken. */
export function bodyFrames(robot: RobotModel, world: WorldSpec | null | undefined): string[] {
  const taken = new Set(robot.links.map(({ name }) => name));
  return (world?.bodies ?? []).map(({ name }) => {
    let frame = `body/${name}`;
    while (taken.has(frame)) frame = `body/${frame}`;
    taken.add(frame);
    return frame;
  });
}

/** Disagreement at the ends of the colour scale, which is logarithmic: fixed, so that learning is seen as it cools. */
export const disagreementScale = { low: 0.001, high: 1 } as const;

/** Unit of the disagreement of a robot's coordinates. */
export function disagreementUnit(robot: RobotModel): string {
  const kinds = new Set(robot.movable.map((j) => (robot.joints[j].kind === 'prismatic' ? 'm' : 'rad')));
  return [...kinds].sort().join(', ') || 'rad';
}

/** Viridis at 0, 1/8 … 1 (matplotlib; CC0): perceptually even, and it survives colour blindness. */
const viridis = [
  [0.267, 0.005, 0.329],
  [0.279, 0.175, 0.483],
  [0.23, 0.322, 0.546],
  [0.173, 0.449, 0.558],
  [0.128, 0.567, 0.551],
  [0.158, 0.684, 0.502],
  [0.369, 0.789, 0.383],
  [0.678, 0.864, 0.19],
  [0.993, 0.906, 0.144],
] as const;

/** Red, green, blue of a disagreement in the unit of `disagreementUnit`; the dark end is lifted to be seen on black. */
export function disagreementColor(value: number): readonly [number, number, number] {
  const { low, high } = disagreementScale;
  const share = Math.log(Math.max(value, low) / low) / Math.log(high / low);
  return scaleColor(Number.isFinite(share) ? Math.min(1, share) : 1);
}

/** The colour scale at 0 … 1. */
export function scaleColor(share: number): readonly [number, number, number] {
  // The first tenth of viridis drowns in a dark background.
  const place = (0.12 + 0.88 * share) * (viridis.length - 1);
  const index = Math.min(viridis.length - 2, Math.floor(place));
  const rest = place - index;
  const mix = (c: 0 | 1 | 2) => viridis[index][c] * (1 - rest) + viridis[index + 1][c] * rest;
  return [mix(0), mix(1), mix(2)];
}

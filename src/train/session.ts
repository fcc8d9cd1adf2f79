import { createPlantThread } from '#train/plant-thread';
import { createSimPlant } from '../../sim/index.ts';
import { agents } from '../agents/index.ts';
import type { Pets } from '../agents/pets.ts';
import { DelayEstimate } from '../control/index.ts';
import type { ControlConfig, RunConfig } from '../core/config.ts';
import type { Engine } from '../core/engine.ts';
import { InputError, nearestName } from '../core/errors.ts';
import { instantiateTask } from '../core/instantiate-task.ts';
import type { Budget, TaskReference } from '../core/task.ts';
import { TaskEnv } from '../core/task-env.ts';
import type { RunControl, TelemetrySink } from '../core/telemetry.ts';
import { createWasmEngine } from '../kernels/index.ts';
import { Imagination } from './imagination.ts';
import { Pace } from './pace.ts';
import type { Display, PlantSource, PlantThread } from './plant-thread.ts';
import { Recoveries } from './recoveries.ts';
import { scoreOf } from './score.ts';
import { tellPoses } from './tell-poses.ts';
import { TrueRehearsal } from './true-rehearsal.ts';

export interface SessionOptions {
  readonly task: TaskReference;
  readonly config: RunConfig;
  readonly seed: number;
  readonly budget: Budget & { readonly name: string };
  readonly agent?: string;
  /** Plan inside what was learned, or on copies of the simulator. */
  readonly model: 'learned' | 'true';
  readonly engine: 'wasm' | 'tfjs';
  readonly threads: number;
  readonly numerics: 'fast' | 'portable';
  readonly telemetry: TelemetrySink;
  readonly control: RunControl;
  /** Emit `plan` events; costs one more rollout per event, so only when somebody watches. */
  readonly imagine: boolean;
  /** `wall`: the plant keeps the wall clock in a thread of its own and never waits for a plan. Default: `sim`. */
  readonly clock?: 'sim' | 'wall';
  /** Planning takes that long, ms; on the wall clock at least. Default 0. */
  readonly delayMs?: number;
  /** Where a plant in a thread of its own tells its poses and steps; left out: through `telemetry`. */
  readonly display?: Display;
  /** A real robot instead of the simulator; it keeps the wall clock. */
  readonly robot?: RealRobotAccess;
}

export interface RealRobotAccess {
  readonly source: PlantSource;
  /** For people, e.g. `feetech on /dev/ttyACM0`. */
  readonly name: string;
  /** Episodes that may be begun anew after faults that pass, in the whole run. */
  readonly recoveries: number;
  /** A person is waited for before each episode. */
  readonly confirm?: boolean;
}

/** Rate of `pose` events, Hz of plant time. */
const POSE_RATE = 60;

/** Everything an episode needs, made once and closed once. */
export interface Session {
  readonly env: TaskEnv;
  /** The plant that keeps the wall clock; then `env` only tells the spaces. */
  readonly plant: PlantThread | null;
  /** A real robot's; null with a simulator. */
  readonly recoveries: Recoveries | null;
  /** A person is waited for before each episode. */
  readonly confirm: boolean;
  readonly seed: number;
  readonly agent: Pets;
  readonly engine: Engine;
  readonly telemetry: TelemetrySink;
  readonly control: RunControl;
  readonly pace: Pace;
  readonly clock: () => number;
  readonly imagination: Imagination | null;
  readonly budget: Budget & { readonly name: string };
  readonly controlConfig: ControlConfig;
  /** H, control steps. */
  readonly horizon: number;
  readonly delayMs: number;
  /** What planning is expected to take. */
  readonly delay: DelayEstimate;
  /** Null without a baseline; that holds for the task's default parameters only. */
  score(episodeReturn: number): number | null;
  /** Grows by one at every reset. */
  epoch: number;
  poseEpoch: number;
  close(): Promise<void>;
}

export async function openSession(options: SessionOptions): Promise<Session> {
  const { task: reference, config, seed, budget, telemetry, control, robot } = options;
  const { clock: plantClock = robot ? 'wall' : 'sim' } = options;
  const makeAgent = agents[options.agent ?? 'pets'];
  if (!makeAgent) {
    const near = nearestName(options.agent ?? '', Object.keys(agents));
    throw new InputError(
      `unknown agent "${options.agent}"; ${near ? `did you mean "${near}"?` : `known: ${Object.keys(agents).join(', ')}`}`,
    );
  }
  if (config.planner.particles % config.model.members !== 0) {
    throw new InputError(
      `planner.particles = ${config.planner.particles}: must be a multiple of model.members = ${config.model.members}`,
    );
  }
  if (plantClock === 'wall' && options.model === 'true') {
    throw new InputError(
      '--model true plans from the whole state of the simulator, which runs on its own with --clock wall: leave one out',
    );
  }
  const { task, instance, params } = await instantiateTask(reference);
  const world = task.world?.(params as never, reference.robot);
  const plant = await createSimPlant({ robot: reference.robot, controlPeriod: task.controlPeriod, world });
  const env = new TaskEnv(task, instance, plant);
  const standard = JSON.stringify(params) === JSON.stringify(task.params.safeParse({}).data);
  const horizon = Math.max(1, Math.round(task.planHorizon / task.controlPeriod));
  const clock = () => performance.now();
  const engine = await createEngine(options);
  let oracle: TrueRehearsal | undefined;
  let plantThread: PlantThread | null = null;
  let agent: Pets;
  try {
    await engine.setTask(reference);
    if (options.model === 'true') {
      oracle = await TrueRehearsal.create({ task: reference, plant, horizon, threads: options.threads });
    }
    if (plantClock === 'wall') {
      const { display, imagine } = options;
      const poseRate = imagine ? POSE_RATE : 0;
      plantThread = await createPlantThread({
        ...{ task: reference, spec: env.spec, horizon, control: config.control },
        ...{ telemetry, display, poseRate, source: robot?.source },
      });
    }
    agent = makeAgent({
      spec: env.spec,
      engine,
      config,
      budget,
      horizon,
      seed,
      oracle,
      clock,
      onFitStart: () => telemetry.emit({ type: 'activity', activity: 'fitting' }),
      onFitProgress: ({ epoch, epochs, trainLoss, holdoutLoss }) =>
        telemetry.emit({
          type: 'fit-progress',
          trial: agent.data.episodes.length,
          epoch,
          epochs,
          trainLoss,
          holdoutLoss,
        }),
    });
  } catch (error) {
    try {
      await plantThread?.close();
    } finally {
      await oracle?.close();
      await engine.close();
    }
    throw error;
  }
  const { delayPercentile: percentile, delayWindow: window } = config.control;
  const session: Session = {
    env,
    plant: plantThread,
    recoveries: robot ? new Recoveries(robot.recoveries, control, telemetry) : null,
    confirm: robot?.confirm ?? false,
    seed,
    agent,
    engine,
    telemetry,
    control,
    pace: new Pace(control, clock),
    clock,
    imagination: options.imagine ? new Imagination(reference.robot, env.spec.layout) : null,
    budget,
    controlConfig: config.control,
    horizon,
    delayMs: options.delayMs ?? 0,
    delay: new DelayEstimate({ percentile, window }),
    score: (episodeReturn) => (standard ? scoreOf(task.name, reference.robot.name, episodeReturn) : null),
    epoch: 0,
    poseEpoch: 0,
    async close() {
      try {
        await plantThread?.close();
      } finally {
        await agent.close();
        await oracle?.close();
        await env.close();
        await engine.close();
      }
    },
  };
  if (options.imagine && !plantThread) {
    tellPoses(plant, POSE_RATE, telemetry, () => session.poseEpoch);
  }
  return session;
}

async function createEngine({ engine, threads, numerics }: SessionOptions): Promise<Engine> {
  if (engine === 'wasm') return createWasmEngine({ threads, numerics });
  // Loaded only when asked for: TensorFlow.js takes seconds and hundreds of megabytes.
  const { createTfjsEngine } = await import('../model/engines/tfjs.ts');
  return createTfjsEngine();
}

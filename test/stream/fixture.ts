import type { Exchange, HardwareReport } from '#src/core/hardware';
import type { RobotModel } from '#src/core/robot';
import type { Marker } from '#src/core/task';
import type {
  FitReport,
  RunDescription,
  TelemetryEvent,
  TickTiming,
  TimingReport,
  TrialReport,
} from '#src/core/telemetry';

/** Events as a run tells them, from closed forms instead of a simulator: a robot that swings, imagines and learns. */
export interface Script {
  readonly robot: RobotModel;
  readonly controlPeriod: number;
  readonly episodeSteps: number;
  readonly horizon: number;
  readonly markers: readonly Marker[];
  /** Coordinates at plant time t in a trial; later trials do better. */
  pose(trial: number, time: number): Float64Array;
}

export function cartpoleScript(robot: RobotModel): Script {
  return {
    robot,
    controlPeriod: 0.04,
    episodeSteps: 200,
    horizon: 25,
    markers: [{ kind: 'ring', position: [0, 0, 0.6], radius: 0.06, label: 'tip goal' }],
    pose(trial, time) {
      const skill = 1 - Math.exp(-trial / 3);
      const up = skill / (1 + Math.exp(-2.2 * (time - 3)));
      const swing = 1.4 * Math.exp(-((time - 2) ** 2) / 2) * Math.sin(4.2 * time);
      const doubt = (1 - skill) * Math.sin(2.6 * time + trial);
      return Float64Array.of(
        0.6 * Math.sin(1.7 * time) * (1 - up) + 0.05 * Math.sin(6 * time),
        Math.PI * up + swing * (1 - up) + doubt,
      );
    },
  };
}

export function armScript(robot: RobotModel): Script {
  return {
    robot,
    controlPeriod: 0.02,
    episodeSteps: 150,
    horizon: 25,
    markers: [{ kind: 'sphere', position: [0.3, 0.4, 0.1], radius: 0.035, label: 'goal' }],
    pose: (trial, time) =>
      Float64Array.from(
        robot.movable,
        (_, d) => 0.6 * Math.sin(0.9 * time + d + 0.3 * trial) - 0.2 * d * (d % 2),
      ),
  };
}

export function description(script: Script, trials = 12): RunDescription {
  return {
    task: script.robot.name === 'cartpole' ? 'cartpole-swingup' : 'reacher',
    robot: script.robot.name,
    agent: 'pets',
    planner: 'icem',
    model: 'learned',
    engine: 'wasm, relaxed-simd FMA, 2 threads',
    seed: 0,
    trials,
    episodeSteps: script.episodeSteps,
    controlPeriod: script.controlPeriod,
    clock: 'sim',
    delayMs: 0,
    budget: 'realtime (32 × 2)',
    budgets: { quality: '64 × 3', realtime: '32 × 2' },
    directory: 'runs/cartpole-swingup-0',
    action: { low: [-3], high: [3] },
  };
}

/** A run that keeps the wall clock. */
export function wallDescription(script: Script, delayMs = 30): RunDescription {
  return { ...description(script), clock: 'wall', delayMs };
}

/** What comes at once for control step k (from 1) of such a run. */
export function timedEvents(
  script: Script,
  epoch: number,
  trial: number,
  step: number,
  timing: TickTiming,
): TelemetryEvent[] {
  return stepEvents(script, epoch, trial, step).map((event) =>
    event.type === 'step' ? { ...event, timing } : event,
  );
}

export const timingReport: TimingReport = {
  ticks: 200,
  missed: 2,
  starved: 6,
  rungs: { plan: 180, 'old-plan': 14, hold: 4, decay: 2, stop: 0 },
  jitterMs: { mean: 0.08, p99: 0.9, max: 3.1 },
  planAgeMs: { p50: 34, p99: 71, max: 90 },
  latenessMs: { p50: 0, p99: 22, max: 41 },
  delayMs: 31,
};

/** What comes at once for control step k (from 1): the plan, the poses up to its end, the step. */
export function stepEvents(script: Script, epoch: number, trial: number, step: number): TelemetryEvent[] {
  const { controlPeriod: period, robot } = script;
  const start = (step - 1) * period;
  const events: TelemetryEvent[] = [];
  const planned = trial > 1;
  if (planned) events.push(planEvent(script, epoch, trial, start));
  const first = Math.floor(start * 60 + 1e-9) + 1;
  for (let i = first; i <= (start + period) * 60 + 1e-9; i++)
    events.push({
      type: 'pose',
      epoch,
      time: i / 60,
      position: script.pose(trial, i / 60),
      bodies: new Float64Array(),
    });
  const q = script.pose(trial, start + period);
  const action = Float32Array.from(
    actuated(robot),
    (_, a) => 2.5 * Math.sin(3 * start + a) * Math.exp(-start / 5),
  );
  const upright = robot.name === 'cartpole' ? Math.exp(-((1 + Math.cos(q[1])) ** 2)) : -0.1;
  events.push({
    type: 'step',
    epoch,
    trial,
    step,
    time: start + period,
    observation: Float32Array.from(q),
    action,
    reward: upright - 0.01 * action[0] ** 2,
    terms: { upright, effort: -0.01 * action[0] ** 2 },
    return: step * 0.7,
    planMs: planned ? 17 + 6 * Math.sin(step / 9) + (step % 61 === 0 ? 30 : 0) : null,
    expectedReturn: planned ? 18 : null,
  });
  return events;
}

function actuated(robot: RobotModel): readonly number[] {
  return robot.name === 'cartpole' ? [0] : robot.movable;
}

/** The truth ahead, with particles that drift apart the less was learned. */
export function planEvent(
  script: Script,
  epoch: number,
  trial: number,
  time: number,
  particleCount = 5,
): Extract<TelemetryEvent, { type: 'plan' }> {
  const size = script.robot.movable.length;
  const points = script.horizon + 1;
  const path = new Float32Array(points * size);
  const particles = new Float32Array(particleCount * points * size);
  const disagreement = new Float32Array(points);
  for (let h = 0; h < points; h++) {
    const q = script.pose(trial, time + h * script.controlPeriod);
    const spread = (0.5 / trial) * (h / points) ** 1.5;
    disagreement[h] = spread;
    path.set(q, h * size);
    for (let p = 0; p < particleCount; p++) {
      const side = particleCount === 1 ? 0 : (2 * p) / (particleCount - 1) - 1;
      particles.set(
        q.map((value, d) => value + 1.4 * spread * side * (d % 2 === 1 ? 1 : 0.4)),
        (p * points + h) * size,
      );
    }
  }
  return { type: 'plan', epoch, time, path, particles, particleCount, disagreement };
}

export function fitProgress(trial: number, epoch: number, epochs = 60): TelemetryEvent {
  const loss = 2 * Math.exp(-epoch / 12) - 1.5 - 0.1 * trial;
  return {
    type: 'fit-progress',
    trial,
    epoch,
    epochs,
    trainLoss: loss,
    holdoutLoss: loss + 0.15 + 0.002 * epoch,
  };
}

export function fitReport(script: Script, trial: number): FitReport {
  return {
    trial,
    seconds: 2.4,
    epochs: 60,
    samples: trial * script.episodeSteps,
    trainLoss: -1.6,
    holdoutNll: -1.4,
    dimensions: [
      { name: 'slider.position', nll: -1.4, rmse: 0.002, persistence: 0.04, within1: 0.7, within2: 0.95 },
    ],
    openLoop: [
      { steps: 1, error: 0.01 },
      { steps: 25, error: 0.2 },
    ],
  };
}

export function trialReport(script: Script, trial: number): TrialReport {
  const skill = 1 - Math.exp(-trial / 3);
  return {
    trial,
    return: Math.round(1800 * skill * (0.9 + 0.1 * Math.sin(5 * trial))) / 10,
    score: trial === 1 ? 0.02 : skill,
    envSteps: trial * script.episodeSteps,
    wallSeconds: 8.4,
    fitSeconds: 2.4,
    planMs: trial === 1 ? null : { p50: 17.2, p99: 24.1, max: 47.3 },
    late: trial === 1 ? 0 : 3,
    seed: 0,
    terminated: false,
    success: trial > 4 ? true : null,
  };
}

/** Cycle of a bridge at 100 Hz; the first joint tells no effort, and nothing is sent in every tenth cycle. */
export function exchange(robot: RobotModel, cycle: number, at = 10 * cycle): Exchange {
  const joints = robot.actuators.length;
  const values = (value: (joint: number) => number) =>
    Float64Array.from({ length: joints }, (_, j) => value(j));
  const silent = cycle % 10 === 9;
  return {
    cycle,
    ...{ began: at, readAt: at + 1.0625, sentAt: silent ? Number.NaN : at + 1.4375 },
    position: values((j) => Math.sin(cycle / 50 + j) / 3),
    velocity: values((j) => Math.cos(cycle / 50 + j) / 7),
    effort: values((j) => (j === 0 ? Number.NaN : 0.1 * j)),
    asked: values((j) => (silent ? Number.NaN : Math.sin(cycle / 50 + j) / 3 + 0.02)),
    sent: values((j) => (silent ? Number.NaN : Math.sin(cycle / 50 + j) / 3 + 0.01)),
    limited: silent ? [] : ['elbow_flex: step'],
  };
}

export function hardwareReport(robot: RobotModel, changes: Partial<HardwareReport> = {}): HardwareReport {
  return {
    lifecycle: 'active',
    name: 'feetech on /dev/ttyACM0',
    dryRun: false,
    motors: robot.actuators.map(({ joint }, j) => ({
      joint,
      temperature: 31 + 4 * j,
      voltage: 7.4 - 0.1 * j,
      current: Number.NaN,
      load: 0.15 * j - 0.2,
      error: '',
      misses: j === 2 ? 3 : 0,
    })),
    loop: {
      ...{ rate: 99.8, overruns: 2, skipped: 1 },
      jitterMs: { mean: 0.11, p99: 0.74, max: 2.6 },
      readMs: { p50: 1.3, p99: 1.9, max: 4.2 },
    },
    limited: { 'elbow_flex: step': 12, 'shoulder_pan: velocity': 3 },
    fault: null,
    stop: null,
    clock: { unixOffset: 1_800_000_000_000, robotOffset: null },
    ...changes,
  };
}

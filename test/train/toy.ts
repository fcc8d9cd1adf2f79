import { z } from 'zod';
import { DelayEstimate } from '#src/control/index';
import type { ActOptions, Transition } from '#src/core/agent';
import { channel } from '#src/core/channel';
import { type ControlConfig, controlConfig } from '#src/core/config';
import type { Plan } from '#src/core/plan';
import type { Plant } from '#src/core/plant';
import { CommandControl } from '#src/core/run-control';
import { box } from '#src/core/space';
import { defineTask } from '#src/core/task';
import { TaskEnv } from '#src/core/task-env';
import type { TelemetryEvent } from '#src/core/telemetry';
import type { Session } from '#src/train/session';

export const PERIOD = 0.02;
/** H */
export const HORIZON = 10;
/**
 * Rungs that 100 ticks take where each plan takes so many ms: one plan a tick; a plan at ticks 0, 3, 5, 8, 10 …; one that
 * covers the time to the next; and one that does not.
 */
export const ladder = [
  [5, { plan: 100, 'old-plan': 0, hold: 0, decay: 0, stop: 0 }],
  [50, { plan: 40, 'old-plan': 60, hold: 0, decay: 0, stop: 0 }],
  [200, { plan: 10, 'old-plan': 90, hold: 0, decay: 0, stop: 0 }],
  [1000, { plan: 2, 'old-plan': 18, hold: 10, decay: 30, stop: 40 }],
] as const;
/** A point that drifts: x' = 1.1 x + a, which its model knows exactly. */
const GROWTH = 1.1;
const next = (x: number, a: number) => Math.fround(GROWTH * x + Math.fround(a));

/** Its motor stands still when it is stopped. */
export function toyPlant(): Plant & { stops: number } {
  let position = 0;
  let command = 0;
  return {
    stops: 0,
    spec: {
      robot: { name: 'point', actuators: [{ joint: 'x', kind: 'effort', maxEffort: 9 }] } as never,
      channels: [channel('x.position', 'm')],
      command: box(-9, 9),
    },
    lifecycle: 'active',
    reset: (start) => {
      position = Math.fround(start.position[0]);
      command = 0;
    },
    read: (out) => {
      out[0] = position;
      return 0;
    },
    write: (given) => {
      command = given[0];
    },
    advance: () => {
      position = next(position, command);
    },
    stop() {
      this.stops++;
      command = 0;
      return { stopped: true, how: 'no effort' };
    },
    close: () => {},
    observePoses: () => {},
  };
}

export function toyEnv(episodeSteps: number): TaskEnv {
  const task = defineTask({
    ...{ name: 'drift', summary: '', robots: 'any', controlPeriod: PERIOD, episodeSteps },
    ...{ planHorizon: HORIZON * PERIOD, params: z.object({}) },
    build: () => ({
      observation: [channel('x.position', 'm')],
      reset: () => ({ state: { position: [1], velocity: [] } }),
      reward: (_s, _a, after) => -(after[0] ** 2),
    }),
  });
  return new TaskEnv(task, task.build(null as never, {}), toyPlant());
}

/** Plans with the exact model: every step takes the point `gain` of the way to 0. */
export class ToyAgent {
  plansAhead = true;
  plans: Plan[] = [];
  readonly ensemble = { fits: 1 };
  readonly asked: ActOptions[] = [];
  readonly learned: Transition[] = [];
  #gain: number;

  constructor(gain = 0.5) {
    this.#gain = gain;
  }

  async act([observation]: readonly Float32Array[], options: ActOptions): Promise<Float32Array[]> {
    this.asked.push(options);
    let x = observation[0];
    for (const action of options.pending?.[0] ?? []) x = next(x, action);
    const startState = Float32Array.of(x);
    const knots = new Float32Array(HORIZON);
    for (let t = 0; t < HORIZON; t++) {
      knots[t] = -this.#gain * GROWTH * x;
      x = next(x, knots[t]);
    }
    const plan: Plan = {
      ...{ id: this.asked.length, startTime: 0, startState, knots, actionSize: 1, order: 0 },
      times: Float64Array.from({ length: HORIZON }, (_, t) => t * PERIOD),
      ...{ expectedReturn: 1, returnSpread: 0, evaluations: 1, invalid: 0, milliseconds: 2 },
    };
    this.plans = [plan];
    return [knots.slice(0, 1)];
  }
  observe(transitions: readonly Transition[]): void {
    this.learned.push(...transitions);
  }
  forgetEpisode(): void {
    this.learned.length = 0;
  }
  async learn(): Promise<void> {}
}

export function toySession(options: {
  agent: ToyAgent;
  episodeSteps: number;
  delayMs?: number;
  control?: Partial<ControlConfig>;
}): { session: Session; events: TelemetryEvent[] } {
  const events: TelemetryEvent[] = [];
  const { agent, episodeSteps, delayMs = 0 } = options;
  const session = {
    ...{ env: toyEnv(episodeSteps), agent, plant: null, control: new CommandControl(), clock: () => 0 },
    telemetry: { emit: (event: TelemetryEvent) => events.push(event) },
    pace: { restart: () => {}, until: async () => {} },
    ...{
      imagination: null,
      budget: { name: 'toy', candidates: 2, iterations: 1 },
      horizon: HORIZON,
      delayMs,
    },
    controlConfig: controlConfig.parse({ ...options.control }),
    delay: new DelayEstimate({ percentile: 0.9, window: 10 }),
    ...{ epoch: 0, poseEpoch: 0, recoveries: null, seed: 0 },
  } as unknown as Session;
  return { session, events };
}

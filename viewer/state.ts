import type { RobotModel } from '../src/core/robot.ts';
import type { WorldSpec } from '../src/core/task.ts';
import type { RunDescription, Rung } from '../src/core/telemetry.ts';
import {
  type BeliefMessage,
  type FitMessage,
  type HardwareMessage,
  type ReplayMessage,
  type RunMessage,
  receiveRobot,
  type StatusMessage,
  type StepMessage,
  type TimingMessage,
  type TrialMessage,
  topics,
} from '../src/stream/wire.ts';
import type { ServerInfo } from './connection.ts';
import { isTimed, TimingSeries } from './timing.ts';

/** One trial's steps, column by column, for the plots; index = step − 1, null where nothing is known yet. */
export class StepSeries {
  /** Grows with every change. */
  revision = 0;
  /** Steps known. */
  count = 0;
  time: number[] = [];
  reward: (number | null)[] = [];
  terms = new Map<string, (number | null)[]>();
  actions: (number | null)[][] = [];
  planMs: (number | null)[] = [];
  last: StepMessage | null = null;
  /** `performance.now()` of the last late plan. */
  lateAt = -Infinity;
  #period = 0.02;

  /** Makes room for an episode; arrays are kept from trial to trial. */
  prepare(period: number, steps: number): void {
    this.#period = period;
    this.#resize(steps);
    this.clear();
  }

  clear(): void {
    for (const column of this.#columns()) column.fill(null);
    this.count = 0;
    this.last = null;
    this.revision++;
  }

  add(step: StepMessage): void {
    const index = step.step - 1;
    if (index >= this.time.length) this.#resize(Math.max(index + 1, 2 * this.time.length));
    while (this.actions.length < step.action.length) this.actions.push(this.#column());
    this.reward[index] = step.reward;
    this.planMs[index] = step.planMs;
    for (const [a, value] of step.action.entries()) this.actions[a][index] = value;
    for (const [name, value] of Object.entries(step.terms ?? {})) {
      let column = this.terms.get(name);
      if (!column) {
        column = this.#column();
        this.terms.set(name, column);
      }
      column[index] = value;
    }
    this.count = Math.max(this.count, step.step);
    this.last = step;
    if (step.late) this.lateAt = performance.now();
    this.revision++;
  }

  #columns(): (number | null)[][] {
    return [this.reward, this.planMs, ...this.actions, ...this.terms.values()];
  }

  #column(): null[] {
    return new Array(this.time.length).fill(null);
  }

  #resize(steps: number): void {
    for (const column of [...this.#columns(), this.time]) {
      while (column.length < steps) column.push(null as never);
      column.length = steps;
    }
    for (let i = 0; i < steps; i++) this.time[i] = (i + 1) * this.#period;
  }
}

/** The losses of the last fit, epoch by epoch. */
export class FitSeries {
  revision = 0;
  epoch: number[] = [];
  train: (number | null)[] = [];
  holdout: (number | null)[] = [];

  clear(): void {
    this.epoch = [];
    this.train = [];
    this.holdout = [];
    this.revision++;
  }

  add(fit: FitMessage): void {
    if (fit.trainLoss === null || (this.epoch.length > 0 && fit.epoch <= (this.epoch.at(-1) as number)))
      return;
    this.epoch.push(fit.epoch);
    this.train.push(fit.trainLoss);
    this.holdout.push(fit.holdoutLoss);
    this.revision++;
  }
}

export interface LogLine {
  readonly at: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
}

export type Phase = 'connecting' | 'open' | 'lost';

/** What the chip in the top bar says. */
export type Chip =
  | 'connecting'
  | 'lost'
  | 'starting'
  | 'acting'
  | 'late'
  /** Without a plan: the last action held, the way to the safe one, the plant stopped. */
  | 'hold'
  | 'decay'
  | 'stop'
  | 'fitting'
  | 'learning'
  | 'paused'
  | 'ended'
  | 'inspected';

/** All the page knows, filled by the wire, read by the panels. */
export class State {
  phase: Phase = 'connecting';
  /** The server answers, but does not let us in. */
  refused = false;
  /** `Date.now()` of the last change of phase. */
  phaseSince = Date.now();
  everConnected = false;
  server: ServerInfo | null = null;
  run: RunDescription | null = null;
  robot: RobotModel | null = null;
  world: WorldSpec | null = null;
  /** Nothing runs: the robot stands as the sliders say. */
  inspected = false;
  status: StatusMessage | null = null;
  /** `performance.now()` when the status came. */
  statusAt = 0;
  /** `performance.now()` of the last pose; null before the first of a run. */
  poseAt: number | null = null;
  fit: FitMessage | null = null;
  /** null without a real robot. */
  hardware: HardwareMessage | null = null;
  /** `performance.now()` when its report came. */
  hardwareAt = 0;
  belief: BeliefMessage | null = null;
  /** null where something runs. */
  replay: ReplayMessage | null = null;
  /** `performance.now()` when a recording was first heard of. */
  replaySince = 0;
  readonly steps = new StepSeries();
  readonly losses = new FitSeries();
  readonly timing = new TimingSeries();
  trials: TrialMessage[] = [];
  trialsRevision = 0;
  log: LogLine[] = [];
  logRevision = 0;
  #epoch = -1;
  /** By the server's clock, s since the Unix epoch, when the last status came. */
  #serverTime = 0;

  setPhase(phase: Phase): void {
    if (phase === this.phase) return;
    this.phase = phase;
    this.phaseSince = Date.now();
  }

  /** Forgets the run, for a connection that starts from nothing: everything is sent again. */
  forget(): void {
    this.run = null;
    this.status = null;
    this.replay = null;
    this.#forgetPast();
  }

  /** Forgets what happened: it is told anew. */
  #forgetPast(): void {
    this.poseAt = null;
    this.fit = null;
    this.hardware = null;
    this.belief = null;
    this.steps.clear();
    this.losses.clear();
    this.timing.clear();
    this.trials = [];
    this.trialsRevision++;
    this.log = [];
    this.logRevision++;
    this.#epoch = -1;
  }

  /** @param sent ms since the Unix epoch, by the server's clock */
  receive(topic: string, message: unknown, sent: number): void {
    if (topic === topics.status) {
      this.status = message as StatusMessage;
      this.statusAt = performance.now();
      this.#serverTime = sent / 1000;
    } else if (topic === topics.tf) this.poseAt = performance.now();
    else if (topic === topics.step) this.#receiveStep(message as StepMessage);
    else if (topic === topics.timing) this.timing.add(message as TimingMessage, sent / 1000);
    else if (topic === topics.trial) {
      this.trials.push(message as TrialMessage);
      this.trialsRevision++;
    } else if (topic === topics.belief) this.belief = message as BeliefMessage;
    else if (topic === topics.hardware) {
      this.hardware = message as HardwareMessage;
      this.hardwareAt = performance.now();
    } else if (topic === topics.replay) {
      const replay = message as ReplayMessage;
      if (this.replay && replay.seeks !== this.replay.seeks) this.#forgetPast();
      if (this.replay?.file !== replay.file) this.replaySince = performance.now();
      this.replay = replay;
    } else if (topic === topics.fit) this.#receiveFit(message as FitMessage);
    else if (topic === topics.run) {
      const { run, robot, world, inspected } = message as RunMessage;
      this.run = run;
      this.world = world;
      this.inspected = inspected;
      this.robot = receiveRobot(robot);
      if (run) this.steps.prepare(run.controlPeriod, run.episodeSteps);
    } else if (topic === topics.log) {
      const {
        timestamp,
        level,
        message: text,
      } = message as {
        timestamp: { sec: number };
        level: number;
        message: string;
      };
      const name = level >= 4 ? 'error' : level === 3 ? 'warning' : 'info';
      this.#say({ at: timestamp.sec * 1000, level: name, text });
    }
  }

  /** Something of the page's own to tell. */
  warn(text: string): void {
    this.#say({ at: Date.now(), level: 'warning', text });
  }

  #say(line: LogLine): void {
    this.log.push(line);
    if (this.log.length > 50) this.log.shift();
    this.logRevision++;
  }

  /** What is counted: trials are learned from, episodes are not. */
  get noun(): 'trial' | 'episode' {
    return this.run?.evaluation ? 'episode' : 'trial';
  }

  get chip(): Chip {
    if (this.phase !== 'open') return this.everConnected || this.refused ? 'lost' : 'connecting';
    const { status } = this;
    if (!status || status.activity === 'connected' || status.activity === 'starting') return 'starting';
    if (status.activity === 'inspected') return status.activity;
    if (status.activity === 'ended') return status.replay && !status.paused ? 'acting' : 'ended';
    // A robot that must not go on comes before all that planning may do.
    if (this.hardware && this.hardware.fault !== null) return 'lost';
    const { rung } = this;
    // An agent that learns while the plant goes on leaves it without plans: that comes first.
    if (!status.paused && (rung === 'hold' || rung === 'decay' || rung === 'stop')) return rung;
    if (status.activity === 'fitting' || status.activity === 'learning') return status.activity;
    if (status.paused || status.activity === 'paused') return 'paused';
    const late = this.timed ? rung === 'old-plan' : performance.now() - this.steps.lateAt < 1000;
    return late ? 'late' : 'acting';
  }

  /** Whether anything can be late in this run. */
  get timed(): boolean {
    return isTimed(this.run);
  }

  /** The lowest rung that a tick of the last second was on. */
  get rung(): Rung | null {
    return this.timing.rung(this.serverNow);
  }

  /** By the server's clock, s since the Unix epoch. */
  get serverNow(): number {
    return this.#serverTime + (performance.now() - this.statusAt) / 1000;
  }

  /** Wall s since the last pose came; null before the first. */
  get poseAge(): number | null {
    const { status } = this;
    if (this.poseAt === null || !status) return null;
    const here = (performance.now() - this.poseAt) / 1000;
    // What was kept for a late joiner is as old as the server says.
    const there =
      status.poseAge === null ? null : status.poseAge + (performance.now() - this.statusAt) / 1000;
    return there === null ? null : Math.max(here, there);
  }

  #receiveStep(step: StepMessage): void {
    if (step.epoch !== this.#epoch) {
      this.#epoch = step.epoch;
      this.steps.clear();
    }
    this.steps.add(step);
  }

  #receiveFit(fit: FitMessage): void {
    if (fit.epoch === 0 && this.losses.epoch.length > 0) this.losses.clear();
    this.losses.add(fit);
    this.fit = fit;
  }
}

import type { RobotModel } from '../core/robot.ts';
import type { Marker, WorldSpec } from '../core/task.ts';
import type { RunDescription, TelemetryEvent } from '../core/telemetry.ts';
import { Kinematics } from '../robot/kinematics.ts';
import { believedPosition, tipDistance } from './belief.ts';
import { type Clock, every, LatestWins } from './clock.ts';
import type { Control } from './control.ts';
import { exchangeMessage, HardwareHistory } from './hardware-messages.ts';
import { Playout, RealTimeMeter } from './playout.ts';
import * as scene from './scene.ts';
import { TimingTally } from './timing.ts';
import {
  type BeliefMessage,
  bodyFrames,
  type FitMessage,
  forceScale,
  type HardwareMessage,
  ladder,
  type RecordingState,
  type RunMessage,
  type StatusMessage,
  starving,
  topics,
} from './wire.ts';

type Event<T extends TelemetryEvent['type']> = Extract<TelemetryEvent, { type: T }>;
type Timed = Event<'pose'> | Event<'step'> | Event<'plan'>;

/** Where messages go: the hub of a server, or a recording. */
export interface Outlet {
  /** Who listens at the moment, and messages dropped for those who were slow. */
  readonly clients: number;
  readonly dropped: number;
  /** `build` is called when the message is first wanted, perhaps never: what it reads must not change. */
  publish(topic: string, build: () => unknown, retain?: boolean): void;
  /** Late joiners no longer hear what was published so far. */
  forget(topic: string): void;
  /** Tells the time. */
  tick(): void;
}

/** ms between messages: all at most, but status, which comes no less often. */
export interface Pace {
  readonly pose: number;
  readonly plan: number;
  readonly exchange: number;
  readonly hardware: number;
  readonly status: number;
  /** What happens is told at the plant's own pace, not when it comes. */
  readonly paced: boolean;
}

const livePace: Pace = { pose: 13, plan: 40, exchange: 50, hardware: 200, status: 100, paced: true };
const TIMING_INTERVAL = 100;
const FIT_INTERVAL = 150;
const NOTHING = new Float64Array();

const micro = (value: number) => Math.round(value * 1e6) / 1e6;

export interface BroadcastOptions {
  /** Nothing runs: the robot stands where `hold` puts it. */
  readonly inspected?: boolean;
  readonly pace?: Pace;
  /** How the recording of what is told stands, where there is one. */
  recording?(): RecordingState | null;
}

/** Turns what a run tells into messages of the topics, at the pace of the wall. */
export class Broadcast {
  readonly #hub: Outlet;
  readonly #clock: Clock;
  readonly #robot: RobotModel;
  readonly #world: WorldSpec | undefined;
  readonly #control: Control;
  readonly #inspected: boolean;
  readonly #recording: () => RecordingState | null;
  readonly #kinematics: Kinematics;
  readonly #frames: readonly string[];
  readonly #playout: Playout<Timed>;
  readonly #meter = new RealTimeMeter();
  readonly #poses: LatestWins<Event<'pose'>>;
  readonly #plans: LatestWins<Event<'plan'>>;
  readonly #timing: LatestWins<undefined>;
  readonly #exchanges: LatestWins<Event<'exchange'>>;
  readonly #hardware: LatestWins<HardwareMessage>;
  readonly #history = new HardwareHistory();
  readonly #tally = new TimingTally();
  readonly #stop: (() => void)[];
  /** Where the bodies were last said to be [bodies × 7]. */
  #bodies: Float64Array;
  #touching = false;
  /** The plan that is due; it is drawn unless the plant acts without one. */
  #plan: Event<'plan'> | undefined;
  #starved = false;
  #believing = false;
  #run: RunDescription | null = null;
  #epoch = -1;
  #activity: StatusMessage['activity'] = 'connected';
  #detail: string | null = null;
  #since: number;
  #ended: StatusMessage['ended'] = null;
  #trial: number | null = null;
  #step: number | null = null;
  #time: number | null = null;
  #poseAt: number | null = null;
  #fit: FitMessage | null = null;
  #fitSince = 0;
  #fitSent = 0;

  constructor(
    hub: Outlet,
    clock: Clock,
    robot: RobotModel,
    world: WorldSpec | undefined,
    control: Control,
    { inspected = false, pace = livePace, recording = () => null }: BroadcastOptions = {},
  ) {
    this.#hub = hub;
    this.#clock = clock;
    this.#robot = robot;
    this.#world = world;
    this.#control = control;
    this.#inspected = inspected;
    this.#recording = recording;
    if (inspected) this.#activity = 'inspected';
    this.#kinematics = new Kinematics(robot);
    this.#frames = bodyFrames(robot, world);
    this.#bodies = scene.standingBodies(world);
    this.#since = clock.now();
    this.#playout = new Playout(clock, (event, time) => this.#show(event, time));
    if (!pace.paced) this.#playout.speed = Infinity;
    this.#poses = new LatestWins(clock, pace.pose, (pose) => {
      if (pose.bodies.length === this.#bodies.length) this.#bodies = pose.bodies;
      this.#publishPose(pose.position);
      this.#publishContacts(pose.contacts ?? NOTHING);
      this.#publishBelief(pose);
    });
    this.#plans = new LatestWins(clock, pace.plan, (plan) => this.#publishPlan(plan));
    this.#timing = new LatestWins(clock, TIMING_INTERVAL, () => this.#publishTiming());
    this.#exchanges = new LatestWins(clock, pace.exchange, ({ epoch, exchange }) =>
      this.#hub.publish(topics.exchange, () => exchangeMessage(epoch, exchange)),
    );
    this.#hardware = new LatestWins(clock, pace.hardware, (message) =>
      this.#hub.publish(topics.hardware, () => message),
    );
    this.#publishRun();
    this.#publishScene([]);
    this.#publishPose(robot.home);
    this.#poseAt = null;
    this.#publishStatus();
    this.#stop = [
      every(clock, pace.status, () => {
        this.#hub.tick();
        this.#publishStatus();
      }),
      every(clock, FIT_INTERVAL / 2, () => {
        if (this.#fit?.running && clock.now() - this.#fitSent >= FIT_INTERVAL) this.#publishFit(false);
      }),
    ];
  }

  close(): void {
    for (const stop of this.#stop) stop();
    this.#playout.restart();
    this.#poses.clear();
    this.#plans.clear();
    this.#timing.clear();
    this.#exchanges.clear();
    this.#hardware.clear();
  }

  /** Shows the robot at coordinates q [D] from now on. */
  hold(q: ArrayLike<number>): void {
    this.#publishPose(q);
    this.#poseAt = null;
  }

  /** To be called when the speed was set. */
  speedChanged(): void {
    this.#playout.speed = this.#control.speed;
    this.#meter.clear();
  }

  /** To be called when a person asked for something: everybody sees it at once. */
  controlChanged(): void {
    this.#publishStatus();
  }

  emit(event: TelemetryEvent): void {
    switch (event.type) {
      case 'start':
        this.#run = event.run;
        this.#epoch = -1;
        for (const topic of [topics.trial, topics.step, topics.timing, topics.fit]) this.#hub.forget(topic);
        this.#playout.live = event.run.clock === 'wall';
        this.#ended = null;
        this.#publishRun();
        this.#become('starting', null);
        break;
      case 'activity':
        this.#onActivity(event);
        break;
      case 'reset':
        this.#onReset(event);
        break;
      case 'pose':
        if (this.#current(event.epoch)) this.#playout.pose(event.time, event);
        break;
      case 'step':
        if (this.#current(event.epoch)) this.#playout.accompany(event.time, event);
        break;
      case 'plan':
        if (this.#current(event.epoch)) this.#playout.schedule(event.time, event);
        break;
      case 'fit-progress':
        this.#onFitProgress(event);
        break;
      case 'fit':
        if (this.#fit?.trial !== event.report.trial) this.#beginFit(event.report.trial);
        this.#fit = { ...(this.#fit as FitMessage), running: false, report: event.report };
        this.#publishFit(true);
        break;
      case 'trial':
        this.#publishTiming();
        this.#hub.publish(topics.trial, () => event.report);
        break;
      case 'exchange':
        this.#exchanges.push(event);
        break;
      case 'hardware': {
        const { message, changed } = this.#history.hear(event.report, this.#clock.now());
        if (changed) this.#hardware.clear();
        if (changed) this.#hub.publish(topics.hardware, () => message);
        else this.#hardware.push(message);
        break;
      }
      case 'log':
        this.#publishLog(event);
        break;
      case 'end':
        this.#ended = event.reason;
        this.#become('ended', null);
    }
  }

  /** Old epochs are dropped; a newer one than the last reset named is taken at its word. */
  #current(epoch: number): boolean {
    if (epoch > this.#epoch) this.#begin(epoch);
    return epoch === this.#epoch;
  }

  #begin(epoch: number): void {
    this.#epoch = epoch;
    this.#playout.restart();
    this.#meter.clear();
    this.#poses.clear();
    this.#publishTiming();
    this.#tally.restart();
    this.#timing.clear();
    this.#hub.forget(topics.step);
    this.#step = null;
    this.#time = 0;
    this.#plan = undefined;
    this.#starved = false;
    this.#takePlanAway();
    this.#publishContacts(NOTHING);
  }

  /** Poses come from another thread than resets, and may be ahead of them. */
  #onReset({ epoch, trial, markers }: Event<'reset'>): void {
    if (epoch < this.#epoch) return;
    if (epoch > this.#epoch) this.#begin(epoch);
    this.#trial = trial;
    this.#publishScene(markers);
  }

  #takePlanAway(): void {
    this.#plans.clear();
    const now = this.#clock.now();
    this.#hub.publish(topics.plan, () => scene.deletion('plan', now));
    this.#hub.publish(topics.imagined, () => scene.deletion('imagined', now));
    this.#believeNothing(this.#epoch, this.#time ?? 0);
  }

  #publishBelief({ epoch, time, position }: Event<'pose'>): void {
    const plan = this.#starved ? undefined : this.#plan;
    const believed = plan && this.#run && believedPosition(plan, this.#run.controlPeriod, time);
    if (!plan || !believed) {
      this.#believeNothing(epoch, time);
      return;
    }
    this.#believing = true;
    this.#hub.publish(
      topics.belief,
      (): BeliefMessage => ({
        ...{ epoch, time, planTime: plan.time, position: Array.from(believed, micro) },
        tipError: tipDistance(this.#kinematics, believed, position),
      }),
    );
  }

  /** Silence where there was no belief. */
  #believeNothing(epoch: number, time: number): void {
    if (!this.#believing) return;
    this.#believing = false;
    const message: BeliefMessage = { epoch, time, planTime: null, position: null, tipError: null };
    this.#hub.publish(topics.belief, () => message);
  }

  #onActivity({ activity, detail }: Event<'activity'>): void {
    if (activity === 'paused') this.#control.paused = true;
    else if (activity === 'acting' && this.#activity === 'paused') this.#control.paused = false;
    if (activity === 'fitting') this.#beginFit(this.#trial ?? 0);
    else if (this.#fit?.running) {
      this.#fit = { ...this.#fit, running: false };
      this.#publishFit(true);
    }
    if (activity === 'ended') this.#ended ??= 'done';
    this.#become(activity, detail ?? null);
  }

  #become(activity: StatusMessage['activity'], detail: string | null): void {
    if (activity !== this.#activity) this.#since = this.#clock.now();
    if (activity !== 'acting') this.#meter.clear();
    this.#activity = activity;
    this.#detail = detail;
    this.#publishStatus();
  }

  #beginFit(trial: number): void {
    this.#hub.forget(topics.fit);
    this.#fitSince = this.#clock.now();
    const nothing = { elapsed: 0, epoch: 0, epochs: 0, trainLoss: null, holdoutLoss: null, report: null };
    this.#fit = { trial, running: true, ...nothing };
    this.#publishFit(true);
  }

  #onFitProgress({ trial, epoch, epochs, trainLoss, holdoutLoss }: Event<'fit-progress'>): void {
    if (!this.#fit?.running) this.#beginFit(trial);
    this.#fit = { ...(this.#fit as FitMessage), trial, epoch, epochs, trainLoss, holdoutLoss };
    this.#publishFit(true);
  }

  /** @param news false for a repetition that only tells the time. */
  #publishFit(news: boolean): void {
    if (!this.#fit) return;
    this.#fitSent = this.#clock.now();
    const elapsed = this.#fit.running ? (this.#fitSent - this.#fitSince) / 1000 : this.#fit.elapsed;
    const fit = { ...this.#fit, elapsed };
    this.#fit = fit;
    this.#hub.publish(topics.fit, () => fit, news);
  }

  #show(event: Timed, time: number): void {
    if (event.type === 'pose') {
      this.#time = time;
      this.#meter.shown(this.#clock.now(), time);
      this.#poses.push(event);
    } else if (event.type === 'plan') {
      this.#plan = event;
      if (!this.#starved) this.#plans.push(event);
    } else {
      this.#trial = event.trial;
      this.#step = event.step;
      this.#showTiming(event);
      const period = this.#run?.controlPeriod;
      this.#hub.publish(topics.step, () => ({
        epoch: event.epoch,
        trial: event.trial,
        step: event.step,
        time: event.time,
        reward: event.reward,
        terms: event.terms,
        return: event.return,
        planMs: event.planMs,
        late: period !== undefined && event.planMs !== null && event.planMs > period * 1000,
        expectedReturn: event.expectedReturn,
        action: Array.from(event.action),
        observation: Array.from(event.observation),
        timing: event.timing ?? null,
      }));
    }
  }

  /** A plan that has ended is no longer drawn, and one that begins while nothing acts on it not yet. */
  #showTiming(event: Event<'step'>): void {
    if (!event.timing) return;
    this.#tally.add(event, (1000 * (this.#run?.controlPeriod ?? 0)) / this.#control.speed);
    this.#timing.push(undefined);
    const starved = ladder.indexOf(event.timing.rung) >= starving;
    if (starved === this.#starved) return;
    this.#starved = starved;
    if (starved) this.#takePlanAway();
    else if (this.#plan) this.#plans.push(this.#plan);
  }

  #publishTiming(): void {
    const message = this.#tally.take();
    if (message) this.#hub.publish(topics.timing, () => message);
  }

  #publishRun(): void {
    const message: RunMessage = {
      run: this.#run,
      robot: this.#robot,
      world: this.#world ?? null,
      inspected: this.#inspected,
    };
    this.#hub.publish(topics.run, () => message);
  }

  #publishScene(markers: readonly Marker[]): void {
    const now = this.#clock.now();
    this.#hub.publish(topics.scene, () => scene.sceneUpdate(this.#robot, this.#world, markers, now));
  }

  #publishPose(q: ArrayLike<number>): void {
    const now = this.#clock.now();
    this.#poseAt = now;
    // Viewers that follow the server's time draw nothing newer than it.
    this.#hub.tick();
    const bodies = this.#bodies;
    this.#hub.publish(topics.tf, () => scene.frameTransforms(this.#kinematics, q, this.#frames, bodies, now));
    this.#hub.publish(topics.jointStates, () => scene.jointStates(this.#robot, q, now));
  }

  /** Silence where nothing touches. */
  #publishContacts(contacts: Float64Array): void {
    if (contacts.length === 0 && !this.#touching) return;
    this.#touching = contacts.length > 0;
    const now = this.#clock.now();
    const scale = forceScale(this.#robot);
    this.#hub.publish(topics.contacts, () => scene.contactUpdate(contacts, scale, now));
  }

  #publishPlan(plan: Event<'plan'>): void {
    const now = this.#clock.now();
    const horizon = (plan.disagreement.length - 1) * (this.#run?.controlPeriod ?? 0);
    this.#hub.publish(topics.plan, () => scene.planUpdate(this.#kinematics, plan, now));
    this.#hub.publish(topics.imagined, () => scene.imaginedUpdate(this.#kinematics, plan, horizon, now));
  }

  #publishLog({ level, message }: Event<'log'>): void {
    const timestamp = scene.stamp(this.#clock.now());
    const rank = { info: 2, warning: 3, error: 4 }[level];
    this.#hub.publish(topics.log, () => ({
      timestamp,
      level: rank,
      message,
      name: 'premotor',
      file: '',
      line: 0,
    }));
  }

  #publishStatus(): void {
    const now = this.#clock.now();
    const status: StatusMessage = {
      ...this.#control.state,
      activity: this.#activity,
      detail: this.#detail,
      since: (now - this.#since) / 1000,
      ended: this.#ended,
      trial: this.#trial,
      step: this.#step,
      time: this.#time,
      poseAge: this.#poseAt === null ? null : (now - this.#poseAt) / 1000,
      realTimeFactor: this.#activity === 'acting' ? this.#meter.value(now) : null,
      clients: this.#hub.clients,
      dropped: this.#hub.dropped + this.#playout.dropped,
      recording: this.#recording(),
      replay: null,
    };
    this.#hub.publish(topics.status, () => status);
  }
}

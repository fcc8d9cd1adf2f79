import type { RobotModel } from '../core/robot.ts';
import type { Marker, WorldSpec } from '../core/task.ts';
import type { RunDescription, TelemetryEvent } from '../core/telemetry.ts';
import { Kinematics } from '../robot/kinematics.ts';
import { type Clock, every, LatestWins } from './clock.ts';
import { contactUpdate } from './contact-scene.ts';
import type { Control } from './control.ts';
import { FitProgress } from './fit-progress.ts';
import { exchangeMessage, HardwareReports } from './hardware-messages.ts';
import { logMessage } from './messages.ts';
import type { Outlet } from './outlet.ts';
import { PlanInForce } from './plan-in-force.ts';
import { Playout, RealTimeMeter } from './playout.ts';
import { frameTransforms, jointStates, sceneUpdate, standingBodies } from './scene.ts';
import { TimingTally } from './timing.ts';
import {
  bodyFrames,
  forceScale,
  type RecordingState,
  type RunMessage,
  type StatusMessage,
  topics,
} from './wire.ts';

type Event<T extends TelemetryEvent['type']> = Extract<TelemetryEvent, { type: T }>;
type Timed = Event<'pose'> | Event<'step'> | Event<'plan'>;

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
const NOTHING = new Float64Array();

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
  readonly #timing: LatestWins<undefined>;
  readonly #exchanges: LatestWins<Event<'exchange'>>;
  readonly #hardware: HardwareReports;
  readonly #plan: PlanInForce;
  readonly #fit: FitProgress;
  readonly #tally = new TimingTally();
  readonly #stop: () => void;
  /** Where the bodies were last said to be [bodies × 7]. */
  #bodies: Float64Array;
  #touching = false;
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
    this.#bodies = standingBodies(world);
    this.#since = clock.now();
    this.#playout = new Playout(clock, (event, time) => this.#show(event, time));
    if (!pace.paced) this.#playout.speed = Infinity;
    this.#poses = new LatestWins(clock, pace.pose, (pose) => {
      if (pose.bodies.length === this.#bodies.length) this.#bodies = pose.bodies;
      this.#publishPose(pose.position);
      this.#publishContacts(pose.contacts ?? NOTHING);
      this.#plan.believe(pose);
    });
    this.#plan = new PlanInForce(hub, clock, this.#kinematics, pace.plan);
    this.#fit = new FitProgress(hub, clock);
    this.#hardware = new HardwareReports(hub, clock, pace.hardware);
    this.#timing = new LatestWins(clock, TIMING_INTERVAL, () => this.#publishTiming());
    this.#exchanges = new LatestWins(clock, pace.exchange, ({ epoch, exchange }) =>
      this.#hub.publish(topics.exchange, () => exchangeMessage(epoch, exchange)),
    );
    this.#publishRun();
    this.#publishScene([]);
    this.#publishPose(robot.home);
    this.#poseAt = null;
    this.#publishStatus();
    this.#stop = every(clock, pace.status, () => {
      this.#hub.tick();
      this.#publishStatus();
    });
  }

  close(): void {
    this.#stop();
    this.#playout.restart();
    this.#poses.clear();
    this.#plan.close();
    this.#fit.close();
    this.#timing.clear();
    this.#exchanges.clear();
    this.#hardware.close();
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
        this.#plan.controlPeriod = event.run.controlPeriod;
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
        this.#fit.progress(event);
        break;
      case 'fit':
        this.#fit.report(event.report);
        break;
      case 'trial':
        this.#publishTiming();
        this.#hub.publish(topics.trial, () => event.report);
        break;
      case 'exchange':
        this.#exchanges.push(event);
        break;
      case 'hardware':
        this.#hardware.hear(event.report);
        break;
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
    this.#plan.restart(epoch);
    this.#publishContacts(NOTHING);
  }

  /** Poses come from another thread than resets, and may be ahead of them. */
  #onReset({ epoch, trial, markers }: Event<'reset'>): void {
    if (epoch < this.#epoch) return;
    if (epoch > this.#epoch) this.#begin(epoch);
    this.#trial = trial;
    this.#publishScene(markers);
  }

  #onActivity({ activity, detail }: Event<'activity'>): void {
    if (activity === 'paused') this.#control.paused = true;
    else if (activity === 'acting' && this.#activity === 'paused') this.#control.paused = false;
    if (activity === 'fitting') this.#fit.begin(this.#trial ?? 0);
    else this.#fit.end();
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

  #show(event: Timed, time: number): void {
    if (event.type === 'pose') {
      this.#time = time;
      this.#meter.shown(this.#clock.now(), time);
      this.#poses.push(event);
    } else if (event.type === 'plan') {
      this.#plan.begin(event);
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

  #showTiming(event: Event<'step'>): void {
    if (!event.timing) return;
    this.#tally.add(event, (1000 * (this.#run?.controlPeriod ?? 0)) / this.#control.speed);
    this.#timing.push(undefined);
    this.#plan.actOn(event.timing.rung, event.epoch, this.#time ?? 0);
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
    this.#hub.publish(topics.scene, () => sceneUpdate(this.#robot, this.#world, markers, now));
  }

  #publishPose(q: ArrayLike<number>): void {
    const now = this.#clock.now();
    this.#poseAt = now;
    // Viewers that follow the server's time draw nothing newer than it.
    this.#hub.tick();
    const bodies = this.#bodies;
    this.#hub.publish(topics.tf, () => frameTransforms(this.#kinematics, q, this.#frames, bodies, now));
    this.#hub.publish(topics.jointStates, () => jointStates(this.#robot, q, now));
  }

  /** Silence where nothing touches. */
  #publishContacts(contacts: Float64Array): void {
    if (contacts.length === 0 && !this.#touching) return;
    this.#touching = contacts.length > 0;
    const now = this.#clock.now();
    const scale = forceScale(this.#robot);
    this.#hub.publish(topics.contacts, () => contactUpdate(contacts, scale, now));
  }

  #publishLog({ level, message }: Event<'log'>): void {
    const now = this.#clock.now();
    this.#hub.publish(topics.log, () => logMessage(level, message, now));
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

import {
  decodePlan,
  FixedRate,
  GivenRate,
  Ladder,
  type LatestSlot,
  type LoopClock,
  SafeAction,
  type TickSource,
  TimingMeter,
} from '../control/index.ts';
import { stateOf } from '../core/channel.ts';
import type { ControlConfig } from '../core/config.ts';
import { RobotFault } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import { clampToBox } from '../core/space.ts';
import type { TaskEnv } from '../core/task-env.ts';
import type { TelemetrySink } from '../core/telemetry.ts';
import { waitAsync } from '../kernels/platform.ts';
import type { EpisodeEnd, EpisodeKey, ExecutedStep } from './plant-thread.ts';
import { NUMBER, WORD, wordsOf } from './plant-words.ts';

export interface PlantLoopOptions {
  readonly env: TaskEnv;
  readonly control: ControlConfig;
  readonly clock: LoopClock;
  readonly telemetry: TelemetrySink;
  /** Shared with the agent's side. */
  readonly shared: SharedArrayBuffer;
  readonly observations: LatestSlot;
  readonly plans: LatestSlot;
  readonly onStep: (step: ExecutedStep) => void;
  /** A real robot: the plant gives the ticks, and between episodes it rests. */
  readonly real?: boolean;
  /** Puts the loop's thread before others, or back among them. */
  readonly runInRealTime?: (wanted: boolean) => void;
}

/** Of a loop that may go before all others: it sleeps for most of it, ms. */
const LEAST_PERIOD = 5;

/**
 * The plant's side of a run on the wall clock: at every tick it lays down its observation, takes the newest plan if there
 * is a new one, acts as the ladder says, and moves the plant. It waits for nobody. With a simulator it blocks its thread
 * between ticks; a real robot gives the ticks itself, and its thread goes on hearing messages.
 */
export class PlantLoop {
  readonly #options: PlantLoopOptions;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #ladder: Ladder;
  readonly #ticks: TickSource;
  readonly #safe: SafeAction;
  readonly #reading: Float32Array;
  readonly #state: Float32Array<ArrayBuffer>;
  readonly #message: Float64Array;
  #observation: Float32Array = new Float32Array(0);
  #epoch = 0;
  #trial = 0;
  #inRealTime = false;

  constructor(options: PlantLoopOptions) {
    const { env, control, clock, shared } = options;
    const { controlPeriod, action, layout, observation } = env.spec;
    const { holdTime, decayTime } = control;
    const actionSize = action.low.length;
    this.#options = options;
    ({ words: this.#words, numbers: this.#numbers } = wordsOf(shared));
    this.#ladder = new Ladder({ controlPeriod, holdTime, decayTime, actionSize });
    this.#ticks = options.real ? new GivenRate(clock) : new FixedRate(clock);
    this.#safe = new SafeAction(env.plant.spec, env.instance.action, controlPeriod);
    this.#reading = new Float32Array(env.plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
    this.#state = new Float32Array(layout.stateSize);
    this.#message = new Float64Array(2 + actionSize + observation.low.length);
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Resets the plant and tells it. */
  async begin(
    start: EpisodeKey,
    epoch: number,
    trial: number,
  ): Promise<{ observation: Float32Array; safe: Float32Array }> {
    const { env, telemetry, real } = this.#options;
    // The way of a real robot to its start goes on with the time of what came before; a simulated one begins at once.
    if (!real) this.#epoch = epoch;
    const { observation } = await env.reset({ ...start });
    [this.#epoch, this.#trial] = [epoch, trial];
    this.#observation = observation;
    this.#ladder.reset();
    telemetry.emit({ type: 'reset', epoch, trial, markers: env.instance.markers?.(env.goal) ?? [] });
    telemetry.emit({ type: 'activity', activity: 'acting' });
    return { observation, safe: this.#safeAction() };
  }

  async run(): Promise<EpisodeEnd> {
    if (!this.#options.real) return this.#run().finally(() => this.#runInRealTime(false));
    let end: EpisodeEnd;
    try {
      await this.#wake();
      end = await this.#run();
    } catch (error) {
      // What went wrong first is told; the bridge stops the robot whether or not it hears this.
      await Promise.resolve(this.#options.env.plant.stop()).catch(() => {});
      throw error;
    }
    await this.#rest();
    return end;
  }

  async #run(): Promise<EpisodeEnd> {
    const { env, observations, plans, telemetry, onStep, real } = this.#options;
    const { controlPeriod, action: space } = env.spec;
    const words = this.#words;
    const meter = new TimingMeter();
    const action = new Float32Array(space.low.length);
    let total = 0;
    let resting = false;
    this.#ticks.restart();
    for (let tick = 0; ; tick++) {
      await this.#waitWhilePaused();
      if (Atomics.load(words, WORD.abort) !== 0) {
        return { aborted: true, terminated: false, success: null, timing: meter.report };
      }
      const period = (1000 * controlPeriod) / (real ? 1 : this.#numbers[NUMBER.speed]);
      if (!real) this.#runInRealTime(period >= LEAST_PERIOD);
      const { due, lateness, interval, skipped } = this.#ticks.next(period);
      const safe = this.#safeAction();
      this.#message[0] = tick;
      this.#message[1] = due;
      this.#message.set(safe, 2);
      this.#message.set(this.#observation, 2 + safe.length);
      Atomics.store(words, WORD.tick, tick);
      observations.put(this.#epoch, this.#message);
      const time = tick * controlPeriod;
      const news = plans.take();
      if (news) this.#ladder.accept(decodePlan(news), time);
      const rung = this.#ladder.tick(time, safe, action);
      const held = this.#ladder.inForce(time);
      const planAge = held?.observed == null ? null : 1000 * (time - held.observed);
      const timing = { rung, planAge, lateness, skipped, delay: this.#numbers[NUMBER.delay] };
      meter.tick(timing, interval === null ? null : interval - period);

      const applied = clampToBox(space, action.slice());
      const observation = this.#observation;
      // Only after a stop of the ladder: a bridge that stopped by itself is a fault, which `step` tells.
      if (real && resting && rung !== 'stop') await env.plant.activate?.();
      resting = rung === 'stop';
      const result = rung === 'stop' ? await env.rest(applied) : await env.step(applied);
      total += result.reward;
      this.#observation = result.observation;
      const plan = held === null || held.observed === null ? null : held.plan;
      onStep({
        ...{ observation, action: applied, reward: result.reward, next: result.observation },
        ...{ terminated: result.terminated, ...promiseOf(plan) },
      });
      telemetry.emit({
        ...{
          type: 'step',
          epoch: this.#epoch,
          trial: this.#trial,
          step: tick + 1,
          time: time + controlPeriod,
        },
        ...{ observation: result.observation, action: applied, reward: result.reward, terms: env.terms },
        ...{ return: total, planMs: plan?.milliseconds ?? null, timing },
        expectedReturn: promiseOf(plan).expectedReturn,
      });
      if (result.terminated || result.truncated) {
        const { success } = result.info;
        return {
          aborted: false,
          terminated: result.terminated,
          success: typeof success === 'boolean' ? success : null,
          timing: meter.report,
        };
      }
    }
  }

  #runInRealTime(wanted: boolean): void {
    if (wanted === this.#inRealTime) return;
    this.#inRealTime = wanted;
    this.#options.runInRealTime?.(wanted);
  }

  #safeAction(): Float32Array {
    const { env } = this.#options;
    env.plant.read(this.#reading);
    return this.#safe.at(this.#reading, stateOf(env.spec.layout, this.#observation, this.#state));
  }

  /** A robot that stood still holds on, active; the next tick is its first. */
  async #wake(): Promise<void> {
    const { env } = this.#options;
    const { plant } = env;
    if (plant.lifecycle === 'inactive') await plant.activate?.();
    await plant.advance();
    this.#observation = env.look();
    this.#ticks.restart();
  }

  async #rest(): Promise<void> {
    if (this.#options.env.plant.lifecycle === 'active') await this.halt();
  }

  /** Stops the plant where it is. @throws RobotFault when it could not be verified that it stands still */
  async halt(): Promise<void> {
    const { stopped, how } = await this.#options.env.plant.stop();
    if (!stopped) throw new RobotFault(`it is not certain that the robot has stopped: ${how}`);
  }

  async #waitWhilePaused(): Promise<void> {
    const { telemetry, real } = this.#options;
    const words = this.#words;
    let told = false;
    for (;;) {
      const changed = Atomics.load(words, WORD.changed);
      if (Atomics.load(words, WORD.paused) === 0 || Atomics.load(words, WORD.abort) !== 0) break;
      const steps = Atomics.load(words, WORD.steps);
      if (steps > 0 && Atomics.compareExchange(words, WORD.steps, steps, steps - 1) === steps) {
        await this.#goOn();
        return;
      }
      if (!told && real) await this.#rest();
      if (!told) telemetry.emit({ type: 'activity', activity: 'paused' });
      told = true;
      if (real) await waitAsync(words, WORD.changed, changed);
      else Atomics.wait(words, WORD.changed, changed);
    }
    if (!told) return;
    await this.#goOn();
    telemetry.emit({ type: 'activity', activity: 'acting' });
  }

  async #goOn(): Promise<void> {
    if (this.#options.real) await this.#wake();
    else this.#ticks.restart();
  }
}

function promiseOf(plan: Plan | null) {
  return {
    expectedReturn: plan && Number.isFinite(plan.expectedReturn) ? plan.expectedReturn : null,
    evaluations: plan?.evaluations ?? null,
  };
}

import { type Layout, layoutOf } from './channel.ts';
import type { Env, EnvSpec, ResetOptions, Step } from './env.ts';
import { InputError, nearestName } from './errors.ts';
import type { Plant } from './plant.ts';
import { Random } from './random.ts';
import { type Box, box, clampToBox } from './space.ts';
import type { Task, TaskInstance } from './task.ts';

/** A task on a plant: Gymnasium's semantics over either the simulator or a real robot. */
export class TaskEnv implements Env {
  readonly spec: EnvSpec;
  readonly plant: Plant;
  readonly instance: TaskInstance;
  readonly #command: Float32Array;
  readonly #reading: Float32Array;
  /** Where each state value of the observation comes from in the plant's reading [S]. */
  readonly #source: number[];
  readonly #layout: Layout;
  #seed = 0;
  #episode = 0;
  #steps = -1;
  #done = true;
  #observation: Float32Array;
  #state: Float32Array;
  #next: Float32Array;
  #goal: Float32Array;
  #terms: Record<string, number> | null = null;

  constructor(task: Task, instance: TaskInstance, plant: Plant) {
    this.plant = plant;
    this.instance = instance;
    const layout = layoutOf(instance.observation);
    this.#layout = layout;
    this.spec = {
      name: task.name,
      observation: observationSpace(layout),
      action: instance.action?.space ?? plant.spec.command,
      layout,
      controlPeriod: task.controlPeriod,
      episodeSteps: task.episodeSteps,
    };
    this.#source = sourceOf(task, layout, plant);
    this.#reading = new Float32Array(plant.spec.channels.reduce((sum, item) => sum + item.size, 0));
    this.#command = new Float32Array(plant.spec.command.low.length);
    this.#observation = new Float32Array(this.spec.observation.low.length);
    this.#state = new Float32Array(layout.stateSize);
    this.#next = new Float32Array(layout.stateSize);
    this.#goal = new Float32Array(layout.goalSize);
  }

  /** The goal [G] of the present episode; do not change it. */
  get goal(): Float32Array {
    return this.#goal;
  }

  /** The last step's reward by named parts, if the task tells them. */
  get terms(): Record<string, number> | null {
    return this.#terms;
  }

  async reset(
    options: ResetOptions = {},
  ): Promise<{ observation: Float32Array; info: Record<string, unknown> }> {
    if (options.seed !== undefined) {
      if (!Number.isSafeInteger(options.seed) || options.seed < 0) {
        throw new InputError(`seed ${options.seed}: must be a non-negative integer`);
      }
      this.#seed = options.seed;
      this.#episode = 0;
    }
    if (options.episode !== undefined) this.#episode = options.episode;
    const start = this.instance.reset(new Random(this.#seed, 'reset', this.#episode));
    const info = { seed: this.#seed, episode: this.#episode };
    this.#episode++;
    const goal = start.goal ?? [];
    if (goal.length !== this.#layout.goalSize) {
      throw new InputError(
        `task ${this.spec.name}: reset gave a goal of ${goal.length} values, its goal channels have ${this.#layout.goalSize}`,
      );
    }
    this.#goal.set(goal);
    const noise = { seed: this.#seed, episode: info.episode };
    await this.plant.reset({ ...start.state, physics: start.physics, noise });
    this.#steps = 0;
    this.#done = false;
    this.#terms = null;
    this.#read(this.#state);
    return { observation: this.#observation.slice(), info };
  }

  /** The observation of this moment, of a robot that stood and waited; before a step. */
  look(): Float32Array {
    this.#read(this.#state);
    return this.#observation.slice();
  }

  step(action: Float32Array): Promise<Step> {
    return this.#step(action, false);
  }

  /** A step in which the plant is stopped instead of commanded; `action` is what comes nearest, for reward and model. */
  rest(action: Float32Array): Promise<Step> {
    return this.#step(action, true);
  }

  async #step(action: Float32Array, stopped: boolean): Promise<Step> {
    if (this.#steps < 0) throw new InputError(`${this.spec.name}: step before the first reset`);
    if (this.#done) throw new InputError(`${this.spec.name}: step after the episode ended; reset first`);
    if (action.length !== this.spec.action.low.length) {
      throw new InputError(
        `${this.spec.name}: an action has ${this.spec.action.low.length} values, this one ${action.length}`,
      );
    }
    const applied = clampToBox(this.spec.action, action.slice());
    // A robot that has stopped is left alone.
    if (stopped) {
      if (this.plant.lifecycle === 'active') await this.plant.stop();
    } else {
      if (this.instance.action) this.instance.action.toCommand(applied, this.#command, this.#state);
      else this.#command.set(applied);
      this.plant.write(this.#command);
    }
    await this.plant.advance();
    this.#read(this.#next);
    const reward = this.instance.reward(this.#state, applied, this.#next, this.#goal);
    if (!Number.isFinite(reward)) {
      throw new InputError(
        `task ${this.spec.name}: its reward is ${reward} at step ${this.#steps + 1}; it must be a finite number for every state`,
      );
    }
    this.#terms = this.instance.terms?.(this.#state, applied, this.#next, this.#goal) ?? null;
    const terminated = this.instance.terminated?.(this.#next, this.#goal) ?? false;
    const spare = this.#state;
    this.#state = this.#next;
    this.#next = spare;
    this.#steps++;
    const truncated = !terminated && this.#steps >= this.spec.episodeSteps;
    this.#done = terminated || truncated;
    const success = this.instance.success?.(this.#state, this.#goal);
    return {
      observation: this.#observation.slice(),
      reward: reward + (terminated ? (this.instance.terminalReward ?? 0) : 0),
      terminated,
      truncated,
      info: success === undefined ? {} : { success },
    };
  }

  async close(): Promise<void> {
    this.#done = true;
    await this.plant.close();
  }

  /** Reads the plant into the observation and its state part into `state` [S]. */
  #read(state: Float32Array): void {
    this.plant.read(this.#reading);
    for (let i = 0; i < state.length; i++) {
      state[i] = this.#reading[this.#source[i]];
      this.#observation[this.#layout.stateIndex[i]] = state[i];
    }
    for (let i = 0; i < this.#goal.length; i++) this.#observation[this.#layout.goalIndex[i]] = this.#goal[i];
  }
}

/** Bounds of a channel describe intent (a joint limit may be overshot a little), so the space is unbounded. */
function observationSpace(layout: Layout): Box {
  return box(-Infinity, Infinity, layout.stateSize + layout.goalSize);
}

function sourceOf(task: Task, layout: Layout, plant: Plant): number[] {
  const offsets = new Map<string, { offset: number; size: number }>();
  let offset = 0;
  for (const item of plant.spec.channels) {
    offsets.set(item.name, { offset, size: item.size });
    offset += item.size;
  }
  const source: number[] = [];
  for (const item of layout.channels) {
    if (item.kind === 'goal') continue;
    const found = offsets.get(item.name);
    if (!found || found.size !== item.size) {
      const near = nearestName(item.name, offsets.keys());
      throw new InputError(
        `task ${task.name}: channel "${item.name}" (size ${item.size}) is not one the robot ${plant.spec.robot.name} delivers` +
          (near ? `; did you mean "${near}"?` : ` (it delivers ${[...offsets.keys()].join(', ')})`),
      );
    }
    for (let i = 0; i < item.size; i++) source.push(found.offset + i);
  }
  return source;
}

import { createSimPlant } from '../../sim/index.ts';
import { layoutOf } from '../core/channel.ts';
import { instantiateTask } from '../core/instantiate-task.ts';
import type { SimulatedPlant } from '../core/plant.ts';
import type { TaskInstance, TaskReference } from '../core/task.ts';

/** Candidates [N, H, A] to try on the true simulator from one saved state. */
export interface TrueRequest {
  readonly saved: Uint8Array;
  readonly goal: Float32Array;
  readonly actions: Float32Array;
  readonly candidates: number;
  readonly horizon: number;
  readonly wantStates: boolean;
}

export interface TrueResult {
  /** [N] */
  readonly returns: Float64Array;
  /** [N, H, S], or null. */
  readonly states: Float32Array | null;
}

/** A pool of simulators that try candidates; `solve` splits them over its threads. */
export interface TruePool {
  /** Simulators side by side. */
  readonly threads: number;
  solve(request: TrueRequest): Promise<TrueResult>;
  close(): Promise<void>;
}

/** One simulator that tries action sequences: the planner's ceiling, since nothing was learned. */
export class TrueModelWorker {
  readonly #plant: SimulatedPlant;
  readonly #instance: TaskInstance;
  readonly #source: number[];
  readonly #reading: Float32Array;
  readonly #command: Float32Array;
  readonly #stateSize: number;

  private constructor(plant: SimulatedPlant, instance: TaskInstance) {
    this.#plant = plant;
    this.#instance = instance;
    const { stateChannel, stateSize } = layoutOf(instance.observation);
    this.#stateSize = stateSize;
    const names = plant.spec.channels.flatMap(({ name, size }) => new Array<string>(size).fill(name));
    const used = new Map<string, number>();
    this.#source = stateChannel.map(({ name }) => {
      const seen = used.get(name) ?? 0;
      used.set(name, seen + 1);
      return names.indexOf(name) + seen;
    });
    this.#reading = new Float32Array(names.length);
    this.#command = new Float32Array(plant.spec.command.low.length);
  }

  static async create(reference: TaskReference): Promise<TrueModelWorker> {
    const { task, instance, params } = await instantiateTask(reference);
    const plant = await createSimPlant({
      robot: reference.robot,
      controlPeriod: task.controlPeriod,
      world: task.world?.(params as never, reference.robot),
    });
    return new TrueModelWorker(plant, instance);
  }

  solve({ saved, goal, actions, candidates, horizon, wantStates }: TrueRequest): TrueResult {
    const S = this.#stateSize;
    const A = actions.length / (candidates * horizon);
    const returns = new Float64Array(candidates);
    const states = wantStates ? new Float32Array(candidates * horizon * S) : null;
    let state = new Float32Array(S);
    let next = new Float32Array(S);
    for (let n = 0; n < candidates; n++) {
      this.#plant.restore(saved);
      this.#read(state);
      let ended = false;
      for (let t = 0; t < horizon && !ended; t++) {
        const action = actions.subarray((n * horizon + t) * A, (n * horizon + t + 1) * A);
        if (this.#instance.action) this.#instance.action.toCommand(action, this.#command, state);
        else this.#command.set(action);
        this.#plant.write(this.#command);
        this.#plant.advance();
        this.#read(next);
        returns[n] += this.#instance.reward(state, action, next, goal);
        if (this.#instance.terminated?.(next, goal)) {
          returns[n] += this.#instance.terminalReward ?? 0;
          ended = true;
        }
        states?.set(next, (n * horizon + t) * S);
        [state, next] = [next, state];
      }
    }
    return { returns, states };
  }

  close(): void {
    this.#plant.close();
  }

  #read(state: Float32Array): void {
    this.#plant.read(this.#reading);
    for (let i = 0; i < state.length; i++) state[i] = this.#reading[this.#source[i]];
  }
}

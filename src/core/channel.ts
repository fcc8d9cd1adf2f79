/**
 * A channel is a named part of an observation, and says how a model should treat it.
 *
 * | kind     | the network sees | the state keeps |
 * |----------|------------------|-----------------|
 * | `linear` | the value | the value |
 * | `angle`  | sine and cosine | the unwrapped angle, rad |
 * | `pose2`  | nothing: the dynamics are the same everywhere | x, y (m) and unwrapped yaw (rad) in the plane [3]; the model predicts the change in the body's own frame |
 * | `goal`   | nothing: constant in an episode, only the reward sees it | – |
 */
export interface Channel {
  readonly name: string;
  readonly kind: 'linear' | 'angle' | 'pose2' | 'goal';
  readonly size: number;
  /** SI unit, e.g. `rad`, `m/s`; several, as `m, m, rad`, where values of these come in turn. */
  readonly unit: string;
  /** What the model predicts: the change over one control period, or the next value itself. */
  readonly target: 'delta' | 'absolute';
  readonly low: number;
  readonly high: number;
  /** Set when the channel is a joint's coordinate or rate, so that a view can draw a predicted state. */
  readonly joint?: { readonly name: string; readonly quantity: 'position' | 'velocity' };
}

/** A channel with the usual defaults: linear, size 1, delta, unbounded. */
export function channel(
  name: string,
  unit: string,
  rest: Partial<Omit<Channel, 'name' | 'unit'>> = {},
): Channel {
  return { name, unit, kind: 'linear', size: 1, target: 'delta', low: -Infinity, high: Infinity, ...rest };
}

/** Where each channel lies in the observation, and the split of it into state (S values) and goal (G values). */
export interface Layout {
  readonly channels: readonly Channel[];
  readonly stateSize: number;
  readonly goalSize: number;
  /** Observation index of each state value [S] and of each goal value [G]. */
  readonly stateIndex: readonly number[];
  readonly goalIndex: readonly number[];
  /** The channel of each state value [S]. */
  readonly stateChannel: readonly Channel[];
}

export function layoutOf(channels: readonly Channel[]): Layout {
  const stateIndex: number[] = [];
  const goalIndex: number[] = [];
  const stateChannel: Channel[] = [];
  let offset = 0;
  for (const item of channels) {
    for (let i = 0; i < item.size; i++, offset++) {
      if (item.kind === 'goal') goalIndex.push(offset);
      else {
        stateIndex.push(offset);
        stateChannel.push(item);
      }
    }
  }
  return {
    channels,
    stateSize: stateIndex.length,
    goalSize: goalIndex.length,
    stateIndex,
    goalIndex,
    stateChannel,
  };
}

/** Copies the state part of an observation into `out` [S]. */
export function stateOf(
  layout: Layout,
  observation: ArrayLike<number>,
  out = new Float32Array(layout.stateSize),
): Float32Array {
  for (let i = 0; i < layout.stateSize; i++) out[i] = observation[layout.stateIndex[i]];
  return out;
}

/** Copies the goal part of an observation into `out` [G]. */
export function goalOf(
  layout: Layout,
  observation: ArrayLike<number>,
  out = new Float32Array(layout.goalSize),
): Float32Array {
  for (let i = 0; i < layout.goalSize; i++) out[i] = observation[layout.goalIndex[i]];
  return out;
}

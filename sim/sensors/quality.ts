import { InputError, nearestName } from '../../src/core/errors.ts';
import type { PerChannel, Quality, Sensor } from '../../src/core/sensor.ts';

/** What one channel of a sensor suffers: deviation of its noise and width of its steps, 0 = none. */
export interface Figures {
  readonly noise: number;
  readonly resolution: number;
}

/**
 * The figures of each of a sensor's quantities (the last parts of its channels' names). Throws InputError for what no
 * sensor has.
 */
export function figuresOf<Q extends string>(sensor: Sensor, quantities: readonly Q[]): Record<Q, Figures> {
  const { noise, resolution } = sensor.quality ?? {};
  const entries = quantities.map((quantity): [Q, Figures] => [
    quantity,
    {
      noise: figure(sensor, 'noise', noise, quantity, quantities),
      resolution: figure(sensor, 'resolution', resolution, quantity, quantities),
    },
  ]);
  return Object.fromEntries(entries) as Record<Q, Figures>;
}

/** Has the sensor a figure of its own for this quantity? */
export function named(sensor: Sensor, quantity: string): boolean {
  const { noise, resolution } = sensor.quality ?? {};
  return [noise, resolution].some((value) => typeof value === 'object' && quantity in value);
}

function figure(
  sensor: Sensor,
  key: 'noise' | 'resolution',
  given: PerChannel | undefined,
  quantity: string,
  quantities: readonly string[],
): number {
  if (typeof given === 'object')
    for (const name of Object.keys(given))
      if (!quantities.includes(name)) {
        const near = nearestName(name, quantities);
        throw new InputError(
          `sensor ${sensor.name}: quality.${key} names "${name}", its channels are ${quantities.join(', ')}${near ? `; did you mean "${near}"?` : ''}`,
        );
      }
  const value = (typeof given === 'object' ? given[quantity] : given) ?? 0;
  if (!(value >= 0 && value < Infinity))
    throw new InputError(`sensor ${sensor.name}: quality.${key} ${value} must be a number, 0 or above`);
  return value;
}

/** Rounded to a multiple of `resolution`, unless that is 0. */
export function rounded(value: number, resolution: number): number {
  return resolution > 0 ? Math.round(value / resolution) * resolution : value;
}

/** s; what is under way is kept in memory. */
const oldest = 10;

/** When a sensor measures and when that arrives, in simulation steps. */
export interface Timing {
  /** Steps between samples, on average; the k-th is taken at the first step at or after k · `interval` − `offset`. */
  readonly interval: number;
  readonly offset: number;
  /** A sample arrives so many steps after it was taken. */
  readonly lag: number;
}

/**
 * Latency is rounded up to whole steps. A sensor without a rate measures once every control period, such that what it
 * delivers at the end of the period is exactly as old as its latency.
 */
export function timingOf(
  sensor: { readonly name: string; readonly quality?: Quality },
  timestep: number,
  stepsPerPeriod: number,
): Timing {
  const { rate, latency = 0 } = sensor.quality ?? {};
  if (!(latency >= 0 && latency <= oldest))
    throw new InputError(`sensor ${sensor.name}: quality.latency ${latency} s must be in 0 … ${oldest} s`);
  const lag = Math.ceil(latency / timestep - slack);
  if (rate === undefined) return { interval: stepsPerPeriod, offset: lag % stepsPerPeriod, lag };
  if (!(rate > 0 && rate < Infinity))
    throw new InputError(`sensor ${sensor.name}: quality.rate ${rate} Hz must be above 0`);
  const interval = 1 / (rate * timestep);
  if (interval < 1 - slack)
    throw new InputError(
      `sensor ${sensor.name}: quality.rate ${rate} Hz is above the simulation's own (${Number((1 / timestep).toPrecision(6))} Hz); lower it or give the robot a smaller simulation.timestep`,
    );
  return { interval, offset: 0, lag };
}

/** Share of a step that rounding may cost, so that 0.04 s are 40 steps of 0.001 s. */
const slack = 1e-6;

/** Is a sample taken at this step (1, 2, … since the reset)? Step 0 always has one. */
export function isDue({ interval, offset }: Timing, step: number): boolean {
  const at = (s: number) => Math.floor((s + offset) / interval + slack);
  return at(step) > at(step - 1);
}

import type { RobotModel } from '../core/robot.ts';
import { type Certainty, certaintyOf, forceful, type Told } from './certainty.ts';
import { type FitProgress, fitParameters } from './fit.ts';
import { localState } from './local-state.ts';
import { horizons, type OpenLoopError, openLoopErrors } from './open-loop.ts';
import {
  candidateOf,
  defaultGroups,
  type Group,
  type Parameter,
  parametersOf,
  valueAt,
} from './parameters.ts';
import { createPredictor } from './predictor.ts';
import { sizeOf, type Trace } from './trace.ts';
import { cutWindows, ranges, splitWindows, stillness, type Window } from './windows.ts';

/** Of a recording, that are fitted to. */
export const defaultMinutes = 0.75;

export interface IdentifyOptions {
  /** Default: {@link defaultGroups}. */
  readonly what?: readonly Group[];
  /** Minutes of the recording that are fitted to, at most, spread evenly over it; default: {@link defaultMinutes}. */
  readonly minutes?: number;
  /** Length of the stretches that are simulated open loop, s; default 1. */
  readonly window?: number;
  /** Threads that simulate; never changes the result. Default 1. */
  readonly threads?: number;
  /** Of the fit, at most; default 20. */
  readonly iterations?: number;
  /** Names the recording in errors. */
  readonly where?: string;
  readonly onProgress?: (progress: FitProgress) => void;
}

/** One number of the robot's description, before and after. */
export interface Estimate {
  readonly group: Group;
  /** Joint, or link of a mass; empty for the latency. */
  readonly of: string;
  /** `×`: a factor on the description. */
  readonly unit: string;
  readonly before: number;
  readonly after: number;
  /** One standard deviation below and above. */
  readonly low: number;
  readonly high: number;
  readonly told: Told;
  /** Names of the parameters that it is tied to, e.g. `mass upper_arm_link`. */
  readonly with: readonly string[];
}

export interface Identification {
  /** As identified; its `simulation.latency` is the latency. */
  readonly robot: RobotModel;
  /** What the encoders read too much [D], rad or m; 0 unless asked for. */
  readonly zero: readonly number[];
  readonly estimates: readonly Estimate[];
  /** On stretches that were held out. */
  readonly before: readonly OpenLoopError[];
  readonly after: readonly OpenLoopError[];
  readonly recording: {
    /** Under command, s. */
    readonly seconds: number;
    /** Readings a second. */
    readonly rate: number;
    readonly fitted: number;
    readonly heldOut: number;
  };
  readonly iterations: number;
  readonly converged: boolean;
  /** On the stretches that were held out it is nearer than the description was. */
  readonly nearer: boolean;
  /** For people: what to know about this recording. */
  readonly notes: readonly string[];
}

/**
 * Fits what the simulator does not know of a robot (friction, gains, latency, masses, …) to a recording of commands sent
 * and positions read: stretches of the recording are simulated open loop under its commands, and the parameters are those
 * for which the simulation strays least, held to the description where the recording does not tell. Throws InputError for
 * recordings that cannot be used.
 */
export async function identify(
  robot: RobotModel,
  trace: Trace,
  options: IdentifyOptions = {},
): Promise<Identification> {
  const { what = defaultGroups, minutes = defaultMinutes, window: length = 1, where = 'recording' } = options;
  const parameters = parametersOf(robot, what);
  const cut = cutWindows(trace, length);
  const { fitted, heldOut } = splitWindows(trace, cut, length, Math.ceil((60 * minutes) / length), where);
  const predictor = await createPredictor(
    { robot, parameters, trace, windows: fitted },
    options.threads ?? 1,
  );
  try {
    const { theta, information, iterations, converged } = await fitParameters(
      parameters,
      predictor,
      measuredIn(trace, fitted),
      { iterations: options.iterations ?? 20, onProgress: options.onProgress },
    );
    const { each: certainty, together } = certaintyOf(parameters, information);
    // What the recording says nothing of stays as it was described.
    for (const [p, { told }] of certainty.entries()) if (told === 'untold') theta[p] = parameters[p].start;
    const identified = candidateOf(robot, parameters, theta);
    const described = candidateOf(
      robot,
      parameters,
      parameters.map(({ start }) => start),
    );
    const within = horizons.filter((horizon) => horizon <= length);
    const lengths = within.length > 0 ? within : [length];
    const before = openLoopErrors(described, trace, heldOut, lengths);
    const after = openLoopErrors(identified, trace, heldOut, lengths);
    const nearer = better(before, after);
    return {
      ...identified,
      estimates: parameters.map((parameter, p) => estimateOf(parameter, theta[p], certainty[p], parameters)),
      ...{ before, after },
      recording: {
        seconds: secondsOf(trace),
        rate: rateOf(trace),
        fitted: fitted.length,
        heldOut: heldOut.length,
      },
      iterations,
      converged,
      nearer,
      notes: [
        ...notesOn(robot, trace, fitted),
        ...(together > unsettled ? [commonFactor(parameters, together)] : []),
        ...(nearer ? [] : [noBetter]),
        ...(converged ? [] : [notSettled]),
      ],
    };
  } finally {
    await predictor.close();
  }
}

/** A parameter's name for people. */
export function nameOf({ group, of }: Pick<Estimate, 'group' | 'of'>): string {
  return of === '' ? group : `${group} ${of}`;
}

function measuredIn(trace: Trace, windows: readonly Window[]) {
  const size = sizeOf(trace);
  const bounds = [0];
  for (const { from, to } of windows) bounds.push(bounds[bounds.length - 1] + (to - from) * size);
  const values = new Float64Array(bounds[bounds.length - 1]);
  for (const [w, { from, to }] of windows.entries()) {
    values.set(trace.position.subarray(from * size, to * size), bounds[w]);
    // The first row is where the simulation begins, not what it predicts.
    values.fill(Number.NaN, bounds[w], bounds[w] + size);
  }
  return { values, size, bounds };
}

function estimateOf(
  parameter: Parameter,
  theta: number,
  { sigma, told, with: tied }: Certainty,
  parameters: readonly Parameter[],
): Estimate {
  const { group, of, unit, described, start, low, high } = parameter;
  return {
    group,
    of,
    unit,
    before: described,
    after: theta === start ? described : valueAt(parameter, theta),
    low: valueAt(parameter, Math.max(low, theta - sigma)),
    high: valueAt(parameter, Math.min(high, theta + sigma)),
    told,
    with: tied.map((p) => nameOf(parameters[p])),
  };
}

function rateOf(trace: Trace): number {
  const intervals = trace.pieces.reduce((sum, { from, to }) => sum + to - from - 1, 0);
  return intervals / secondsOf(trace);
}

/** Under command. */
function secondsOf(trace: Trace): number {
  return trace.pieces.reduce((sum, { from, to }) => sum + trace.times[to - 1] - trace.times[from], 0);
}

function notesOn(robot: RobotModel, trace: Trace, windows: readonly Window[]): string[] {
  const notes: string[] = [];
  const names = robot.movable.map((j) => robot.joints[j].name);
  const still = ranges(trace, 0, trace.times.length).flatMap((range, d) =>
    range < stillness ? [names[d]] : [],
  );
  if (still.length > 0)
    notes.push(`${still.join(', ')} did not move: nothing of it can be told; record a run that moves it`);
  const odd = names.flatMap((name, d) => {
    const factor = rateFactor(trace, windows, d);
    return factor < 0.8 || factor > 1.25 ? [`${name} ${factor.toPrecision(3)}`] : [];
  });
  if (odd.length > 0)
    notes.push(
      `rates that motors tell, as factors on the slopes of their positions: ${odd.join(', ')}; check the driver's unit of velocity (rates that are told are not used here)`,
    );
  return notes;
}

/** A common factor that is known no better is worth a note. */
const unsettled = 0.03;
const noBetter =
  'on stretches that were held out the simulation is no nearer than the description: keep that, or look for what the model lacks';
const notSettled =
  'the fit had not settled when it was stopped; fit fewer parameters, or to more minutes of the recording';

/** Nearer by a twentieth at least, after the longest time. */
function better(before: readonly OpenLoopError[], after: readonly OpenLoopError[]): boolean {
  const last = before.length - 1;
  return after[last].position < 0.95 * before[last].position;
}

function commonFactor(parameters: readonly Parameter[], together: number): string {
  const fitted = forceful.filter((group) => parameters.some((parameter) => parameter.group === group));
  return `${fitted.join(', ')} may all be larger or smaller by one factor, ± ${Math.round(100 * together)} %: motion alone does not tell it; leave out of them what you know best, e.g. mass`;
}

/** Rates read against slopes of positions, by least squares; 1 where no rates were read. */
function rateFactor(trace: Trace, windows: readonly Window[], d: number): number {
  const size = sizeOf(trace);
  let both = 0;
  let slopes = 0;
  for (const { from, to } of windows) {
    const piece = { from, to };
    for (let row = from + 3; row < to - 3; row += 3) {
      const read = trace.velocity[row * size + d];
      const state = Number.isNaN(read) ? undefined : localState(trace, piece, row, d);
      if (!state) continue;
      both += read * state.velocity;
      slopes += state.velocity ** 2;
    }
  }
  return slopes > 0.1 ? both / slopes : 1;
}

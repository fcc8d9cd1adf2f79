import type { Layout } from '../core/channel.ts';
import type { Encoding, EncodingTarget, TrainingData } from '../core/engine.ts';
import { InputError } from '../core/errors.ts';
import type { Dataset } from './dataset.ts';

/** A spread below this counts as constant: dividing by it would blow rounding up (float32). */
const CONSTANT = 1e-5;

/** The encoding of a layout before any data: identity normalisation. */
export function plainEncoding(layout: Layout, actionSize: number): Encoding {
  const features: Encoding['features'][number][] = [];
  const targets: EncodingTarget[] = [];
  for (let index = 0; index < layout.stateSize; index++) {
    const { name, kind, size, target } = layout.stateChannel[index];
    if (kind === 'pose2') {
      if (size !== 3 || target !== 'delta') {
        throw new InputError(
          `channel "${name}": a pose2 is x, y and yaw (size 3), predicted as a change; this one has size ${size} and target ${target}`,
        );
      }
      const yaw = index + 2;
      targets.push({ index, kind: 'forward', yaw }, { index: index + 1, kind: 'left', yaw });
      targets.push({ index: yaw, kind: 'delta' });
      index = yaw;
      continue;
    }
    if (kind === 'angle') features.push({ kind: 'sine', index }, { kind: 'cosine', index });
    else features.push({ kind: 'value', index });
    targets.push({ index, kind: target });
  }
  for (let a = 0; a < actionSize; a++) features.push({ kind: 'value', index: layout.stateSize + a });
  return {
    stateSize: layout.stateSize,
    actionSize,
    features,
    targets,
    inputMean: new Float32Array(features.length),
    inputScale: new Float32Array(features.length).fill(1),
    targetMean: new Float32Array(targets.length),
    targetScale: new Float32Array(targets.length).fill(1),
  };
}

/** The same encoding with means and scales of the data, so that inputs and targets are centred with spread 1. */
export function fittedEncoding(plain: Encoding, data: Dataset): Encoding {
  const inputs = moments(data.size, plain.features.length, 1, (row, i) => feature(plain, data, row, i));
  // What never changed is predicted not to: whatever a network says of it counts for nothing.
  const targets = moments(data.size, plain.targets.length, CONSTANT, (row, o) => target(plain, data, row, o));
  return {
    ...plain,
    inputMean: inputs.mean,
    inputScale: inputs.scale,
    targetMean: targets.mean,
    targetScale: targets.scale,
  };
}

/** Encodes and normalises the given rows: inputs [N, I], targets [N, O]. */
export function encode(encoding: Encoding, data: Dataset, rows: Uint32Array): TrainingData {
  const I = encoding.features.length;
  const O = encoding.targets.length;
  const inputs = new Float32Array(rows.length * I);
  const targets = new Float32Array(rows.length * O);
  rows.forEach((row, n) => {
    for (let i = 0; i < I; i++) {
      inputs[n * I + i] = (feature(encoding, data, row, i) - encoding.inputMean[i]) / encoding.inputScale[i];
    }
    for (let o = 0; o < O; o++) {
      targets[n * O + o] =
        (target(encoding, data, row, o) - encoding.targetMean[o]) / encoding.targetScale[o];
    }
  });
  return { inputs, targets };
}

function feature(
  { features, stateSize, actionSize }: Encoding,
  data: Dataset,
  row: number,
  i: number,
): number {
  const { kind, index } = features[i];
  const value =
    index < stateSize
      ? data.states[row * stateSize + index]
      : data.actions[row * actionSize + index - stateSize];
  return kind === 'sine' ? Math.sin(value) : kind === 'cosine' ? Math.cos(value) : value;
}

function target({ targets, stateSize }: Encoding, data: Dataset, row: number, o: number): number {
  const before = row * stateSize;
  const { states, nexts } = data;
  const change = (index: number) => nexts[before + index] - states[before + index];
  const item = targets[o];
  switch (item.kind) {
    case 'absolute':
      return nexts[before + item.index];
    case 'delta':
      return change(item.index);
    case 'forward': {
      const yaw = states[before + item.yaw];
      return Math.cos(yaw) * change(item.index) + Math.sin(yaw) * change(targets[o + 1].index);
    }
    case 'left': {
      const yaw = states[before + item.yaw];
      return Math.cos(yaw) * change(item.index) - Math.sin(yaw) * change(targets[o - 1].index);
    }
  }
}

/** Mean and standard deviation per column (`constant` in place of a deviation near 0), accumulated in float64. */
function moments(
  rows: number,
  columns: number,
  constant: number,
  value: (row: number, column: number) => number,
) {
  const mean = new Float32Array(columns);
  const scale = new Float32Array(columns);
  for (let c = 0; c < columns; c++) {
    let sum = 0;
    for (let n = 0; n < rows; n++) sum += value(n, c);
    const average = sum / rows;
    let squares = 0;
    for (let n = 0; n < rows; n++) squares += (value(n, c) - average) ** 2;
    const deviation = Math.sqrt(squares / rows);
    mean[c] = average;
    scale[c] = deviation < CONSTANT ? constant : deviation;
  }
  return { mean, scale };
}

// Forward, backward and one optimiser step of one member. Every entry point is told how much scratch it has and traps
// when that is too little: what is written past the end would be somebody else's numbers.

import { activate, activateWithDerivative } from './activation';
import { dense } from './dense';
import { inputGradient } from './input-gradient';
import { weightGradient } from './weight-gradient';
import { negativeLogLikelihood } from './likelihood';
import {
  ROW, activation, biases, fanIn, fanInPadded, fanOut, groups, inputs, layers, outputPanelBytes, outputs, panelBytes,
  weights, widest,
} from './net';
import { gather, scatter } from './rows';
import { adam } from './adam';

/** Most rows that pass through the net together outside rollouts. */
const BLOCK: usize = 144;

/**
 * Rows of a block of a batch: equal blocks, a multiple of four. They depend on the batch alone, so that sums keep their
 * order whichever threads compute them.
 */
export function blockRows(batch: usize): usize {
  const blocks = (batch + BLOCK - 1) / BLOCK;
  return ((batch + blocks - 1) / blocks + 3) & ~3;
}

/** How many of the last panels hold eight rows at most. */
// @ts-ignore: decorator
@inline
function narrowOf(rows: usize): usize {
  const rest = rows % 12;
  return rest > 0 && rest <= 8 ? 1 : 0;
}

// @ts-ignore: decorator
@inline
function guard(needed: usize, available: usize): void {
  if (needed > available) unreachable();
}

/** Scratch of a forward pass: two activations, inputs and targets. */
export function forwardScratch(net: usize, panels: usize): usize {
  return panels * ROW * (3 * widest(net) + <usize>outputs(net));
}

/**
 * Layers of one member over `panels` panels, the last `narrow` of eight rows: reads x, ends in one of the two buffers,
 * which is returned. Each buffer holds panels · widest · 48 bytes.
 */
export function forwardLayers(
  net: usize, parameters: usize, x: usize, one: usize, two: usize, panels: usize, narrow: usize,
): usize {
  const last = layers(net) - 1;
  const kind = activation(net);
  let from = x;
  let to = one;
  for (let l = 0; l <= last; l++) {
    const out = <usize>groups(net, l);
    dense(
      from, parameters + weights(net, l), parameters + biases(net, l), to,
      fanIn(net, l), fanInPadded(net, l), out, panels, narrow,
    );
    if (l < last) activate(kind, to, panels * out * 3 * ROW);
    from = to;
    to = to == one ? two : one;
  }
  return from;
}

/** Raw outputs [B, 2·O] of rows `first` … `first + rows` of one member's inputs [B, I]. */
export function forward(
  net: usize, parameters: usize, scratch: usize, available: usize,
  source: usize, target: usize, first: usize, rows: usize,
): void {
  const panels = (rows + 11) / 12;
  guard(forwardScratch(net, panels), available);
  const size = panels * widest(net) * ROW;
  gather(source, 0, first, rows, inputs(net), fanInPadded(net, 0), panels, scratch);
  const out = forwardLayers(net, parameters, scratch, scratch + size, scratch + 2 * size, panels, narrowOf(rows));
  scatter(out, first, rows, 2 * outputs(net), outputPanelBytes(net) / ROW, target);
}

/** Sum of the negative log-likelihood over rows `first` … `first + rows`. */
export function evaluate(
  net: usize, parameters: usize, scratch: usize, available: usize,
  source: usize, targets: usize, first: usize, rows: usize,
): f64 {
  const panels = (rows + 11) / 12;
  guard(forwardScratch(net, panels), available);
  const size = panels * widest(net) * ROW;
  const count = <usize>outputs(net);
  const wanted = scratch + 3 * size;
  gather(source, 0, first, rows, inputs(net), fanInPadded(net, 0), panels, scratch);
  gather(targets, 0, first, rows, count, count, panels, wanted);
  const out = forwardLayers(net, parameters, scratch, scratch + size, scratch + 2 * size, panels, narrowOf(rows));
  return negativeLogLikelihood(net, out, wanted, 0, rows, outputPanelBytes(net) / ROW, 0);
}

/** Scratch of a backward pass: activations and derivatives of every layer, outputs, two gradients, targets. */
export function backwardScratch(net: usize, panels: usize): usize {
  const count = layers(net);
  let bytes = panelBytes(net, 0) + outputPanelBytes(net) + (2 * widest(net) + <usize>outputs(net)) * ROW;
  for (let l = 1; l < count; l++) bytes += 2 * panelBytes(net, l);
  return panels * bytes;
}

/** Forward that keeps what backward needs: at `scratch` the activations and derivatives by layer, then the outputs. */
function forwardKeeping(net: usize, parameters: usize, scratch: usize, panels: usize, narrow: usize): usize {
  const last = layers(net) - 1;
  const kind = activation(net);
  let from = scratch;
  let to = scratch + panels * panelBytes(net, 0);
  for (let l = 0; l <= last; l++) {
    const out = <usize>groups(net, l);
    dense(
      from, parameters + weights(net, l), parameters + biases(net, l), to,
      fanIn(net, l), fanInPadded(net, l), out, panels, narrow,
    );
    from = to;
    if (l < last) {
      const bytes = panels * out * 3 * ROW;
      activateWithDerivative(kind, to, to + bytes, bytes);
      to += 2 * bytes;
    }
  }
  return from;
}

export function multiply(data: usize, by: usize, bytes: usize): void {
  const end = data + bytes;
  for (; data < end; data += 16, by += 16) v128.store(data, f32x4.mul(v128.load(data), v128.load(by)));
}

/**
 * Gradients of the parameters from the gradient of the outputs in `one`, after `forwardKeeping`. Returns the buffer
 * (`one` or `two`) that holds the gradient of the inputs, if asked for.
 */
function backwardLayers(
  net: usize, parameters: usize, gradient: usize, out: usize, one: usize, two: usize,
  panels: usize, rows: usize, accumulate: bool, toInputs: bool,
): usize {
  let delta = one;
  let other = two;
  let after = out;
  for (let l = layers(net) - 1; l >= 0; l--) {
    const bytes = panels * panelBytes(net, l);
    const x = l > 0 ? after - 2 * bytes : after - bytes;
    const kPad = <usize>fanInPadded(net, l);
    const count = <usize>groups(net, l);
    weightGradient(x, delta, gradient + weights(net, l), gradient + biases(net, l), kPad, count, rows, accumulate);
    if (l == 0 && !toInputs) break;
    inputGradient(delta, parameters + weights(net, l), other, fanOut(net, l), kPad, count, panels, narrowOf(rows));
    if (l > 0) multiply(other, x + bytes, bytes);
    const swap = delta;
    delta = other;
    other = swap;
    after = x;
  }
  return delta;
}

/**
 * Gradients of one member from a given gradient of its raw outputs [B, 2·O]: of the parameters (packed, overwritten)
 * and of the inputs [B, I].
 */
export function backward(
  net: usize, parameters: usize, gradient: usize, scratch: usize, available: usize,
  source: usize, outputGradient: usize, inputGradients: usize, rows: usize,
): void {
  const width = <usize>inputs(net);
  const count = <usize>outputs(net) * 2;
  const most = blockRows(rows);
  for (let first: usize = 0; first < rows; first += most) {
    const size = min(most, rows - first);
    const panels = (size + 11) / 12;
    guard(backwardScratch(net, panels), available);
    gather(source, 0, first, size, width, fanInPadded(net, 0), panels, scratch);
    const out = forwardKeeping(net, parameters, scratch, panels, narrowOf(size));
    const one = out + panels * outputPanelBytes(net);
    const two = one + panels * widest(net) * ROW;
    gather(outputGradient, 0, first, size, count, outputPanelBytes(net) / ROW, panels, one);
    const dx = backwardLayers(net, parameters, gradient, out, one, two, panels, size, first > 0, true);
    scatter(dx, first, size, width, fanInPadded(net, 0), inputGradients);
  }
}

/**
 * Forward, negative log-likelihood and backward of one block of a minibatch of one member; `order` holds the batch's row
 * numbers. Returns the block's sum of losses.
 */
export function blockGradient(
  net: usize, parameters: usize, gradient: usize, scratch: usize, available: usize,
  source: usize, targets: usize, order: usize, batch: usize, block: usize, accumulate: bool,
): f64 {
  const width = <usize>inputs(net);
  const count = <usize>outputs(net);
  const scale = <f32>(1.0 / <f64>(batch * count));
  const most = blockRows(batch);
  const first = block * most;
  const size = min(most, batch - first);
  const panels = (size + 11) / 12;
  guard(backwardScratch(net, panels), available);
  gather(source, order + (first << 2), 0, size, width, fanInPadded(net, 0), panels, scratch);
  const out = forwardKeeping(net, parameters, scratch, panels, narrowOf(size));
  const one = out + panels * outputPanelBytes(net);
  const two = one + panels * widest(net) * ROW;
  const wanted = two + panels * widest(net) * ROW;
  gather(targets, order + (first << 2), 0, size, count, count, panels, wanted);
  const loss = negativeLogLikelihood(net, out, wanted, one, size, outputPanelBytes(net) / ROW, scale);
  backwardLayers(net, parameters, gradient, out, one, two, panels, size, accumulate, false);
  return loss;
}

/**
 * One minibatch of one member: forward, mean negative log-likelihood, backward, Adam. Returns the loss, mean over rows
 * and outputs.
 */
export function trainStep(
  net: usize, parameters: usize, gradient: usize, m: usize, v: usize, scratch: usize, available: usize,
  source: usize, targets: usize, order: usize, batch: usize,
  options: usize, correction1: f32, correction2: f32,
): f64 {
  const blocks = (batch - 1) / blockRows(batch) + 1;
  let loss: f64 = 0;
  for (let block: usize = 0; block < blocks; block++) {
    loss += blockGradient(
      net, parameters, gradient, scratch, available, source, targets, order, batch, block, block > 0,
    );
  }
  adamStep(net, parameters, gradient, m, v, options, correction1, correction2, 0, 1);
  return loss / <f64>(batch * <usize>outputs(net));
}

/**
 * Part `part` of `parts` of one AdamW step of one member. options: β1, 1−β1, β2, 1−β2, ε, then per layer the factor
 * 1 − learningRate · decay. correction1 = learningRate / (1 − β1^t), correction2 = 1 / √(1 − β2^t).
 */
export function adamStep(
  net: usize, parameters: usize, gradient: usize, m: usize, v: usize,
  options: usize, correction1: f32, correction2: f32, part: usize, parts: usize,
): void {
  const count = layers(net);
  for (let l = 0; l < count; l++) {
    const keep = load<f32>(options + 20 + (l << 2));
    const bytes = <usize>groups(net, l) * <usize>fanInPadded(net, l) * 12;
    const from = bound(bytes, part, parts);
    const w = weights(net, l) + from;
    const size = bound(bytes, part + 1, parts) - from;
    adam(parameters + w, gradient + w, m + w, v + w, size, options, keep, correction1, correction2);
    if (part > 0) continue;
    const b = biases(net, l);
    const biasBytes = <usize>groups(net, l) * 12;
    adam(parameters + b, gradient + b, m + b, v + b, biasBytes, options, 1, correction1, correction2);
  }
}

/** The same part of a member's gradient: adds the next block's to it. */
export function addGradient(net: usize, gradient: usize, other: usize, part: usize, parts: usize): void {
  const count = layers(net);
  for (let l = 0; l < count; l++) {
    const bytes = <usize>groups(net, l) * <usize>fanInPadded(net, l) * 12;
    const from = weights(net, l) + bound(bytes, part, parts);
    add(gradient, other, from, weights(net, l) + bound(bytes, part + 1, parts));
    if (part == 0) add(gradient, other, biases(net, l), biases(net, l) + <usize>groups(net, l) * 12);
  }
}

// @ts-ignore: decorator
@inline
function add(gradient: usize, other: usize, from: usize, end: usize): void {
  for (let i = from; i < end; i += 16) {
    v128.store(gradient + i, f32x4.add(v128.load(gradient + i), v128.load(other + i)));
  }
}

/** Where a part of so many bytes begins: a multiple of 16, or the end. */
// @ts-ignore: decorator
@inline
function bound(bytes: usize, part: usize, parts: usize): usize {
  return part == parts ? bytes : ((bytes / parts) & ~15) * part;
}

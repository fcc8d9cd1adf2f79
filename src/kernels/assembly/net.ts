// The net descriptor that layout.ts writes: 32-bit words, sizes in elements, offsets in bytes.
//   0 layers, 1 activation, 2 inputs, 3 outputs, 4 minimum and 5 maximum log-variance (f32), 6 widest padded width,
//   then per layer: 8 fan-in, 9 fan-in padded, 10 fan-out, 11 groups of three outputs, 12 weight offset, 13 bias offset,
//   and in a member's fixed-point block (fixed.ts) 14 weight offset, 15 scale offset.
//
// Activations lie as [panel][feature][12 rows]; widths are padded to a multiple of three features, the pads are zero.
// Weights lie as [group][fan-in padded][3 outputs], biases as [group][3]; gradients and moments likewise.

// @ts-ignore: decorator
@inline
export const SWISH: i32 = 0;
// @ts-ignore: decorator
@inline
export const RELU: i32 = 1;

/** Bytes of one feature of one panel: 12 rows. */
// @ts-ignore: decorator
@inline
export const ROW: usize = 48;

// @ts-ignore: decorator
@inline
function word(net: usize, index: usize): i32 {
  return load<i32>(net + (index << 2));
}

// @ts-ignore: decorator
@inline
export function layers(net: usize): i32 {
  return word(net, 0);
}

// @ts-ignore: decorator
@inline
export function activation(net: usize): i32 {
  return word(net, 1);
}

// @ts-ignore: decorator
@inline
export function inputs(net: usize): i32 {
  return word(net, 2);
}

// @ts-ignore: decorator
@inline
export function outputs(net: usize): i32 {
  return word(net, 3);
}

// @ts-ignore: decorator
@inline
export function minLogVariance(net: usize): v128 {
  return v128.load_splat<f32>(net + 16);
}

// @ts-ignore: decorator
@inline
export function maxLogVariance(net: usize): v128 {
  return v128.load_splat<f32>(net + 20);
}

// @ts-ignore: decorator
@inline
export function widest(net: usize): usize {
  return word(net, 6);
}

// @ts-ignore: decorator
@inline
export function fanIn(net: usize, layer: i32): i32 {
  return word(net, 8 + 8 * layer);
}

// @ts-ignore: decorator
@inline
export function fanInPadded(net: usize, layer: i32): i32 {
  return word(net, 9 + 8 * layer);
}

// @ts-ignore: decorator
@inline
export function fanOut(net: usize, layer: i32): i32 {
  return word(net, 10 + 8 * layer);
}

/** Groups of three outputs. */
// @ts-ignore: decorator
@inline
export function groups(net: usize, layer: i32): i32 {
  return word(net, 11 + 8 * layer);
}

// @ts-ignore: decorator
@inline
export function weights(net: usize, layer: i32): usize {
  return word(net, 12 + 8 * layer);
}

// @ts-ignore: decorator
@inline
export function biases(net: usize, layer: i32): usize {
  return word(net, 13 + 8 * layer);
}

/** Fixed-point weights, of every layer but the first. */
// @ts-ignore: decorator
@inline
export function fixedWeights(net: usize, layer: i32): usize {
  return word(net, 14 + 8 * layer);
}

// @ts-ignore: decorator
@inline
export function fixedScales(net: usize, layer: i32): usize {
  return word(net, 15 + 8 * layer);
}

/** Bytes of the activations that enter `layer`, for one panel. */
// @ts-ignore: decorator
@inline
export function panelBytes(net: usize, layer: i32): usize {
  return <usize>fanInPadded(net, layer) * ROW;
}

/** Bytes of the net's output, for one panel. */
// @ts-ignore: decorator
@inline
export function outputPanelBytes(net: usize): usize {
  return <usize>groups(net, layers(net) - 1) * 3 * ROW;
}

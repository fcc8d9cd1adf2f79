import { type Activation, layerSizes, type NetShape } from '../core/engine.ts';

/** One layer inside a member's block of parameters, gradients or moments. */
export interface LayerLayout {
  readonly fanIn: number;
  /** Multiple of 3. */
  readonly fanInPadded: number;
  readonly fanOut: number;
  /** Groups of three outputs. */
  readonly groups: number;
  /** Byte offset of the weights [groups][fanInPadded][3]. */
  readonly weights: number;
  /** Byte offset of the biases [groups][3]. */
  readonly biases: number;
  /** Byte offsets of weights and scales in a member's fixed-point block, see assembly/fixed.ts; not of the first layer. */
  readonly fixedWeights: number;
  readonly fixedScales: number;
}

/** Where a net's numbers lie in the kernels' memory. */
export interface NetLayout {
  readonly layers: readonly LayerLayout[];
  /** Bytes of one member. */
  readonly memberBytes: number;
  /** Bytes of one member in fixed point. */
  readonly fixedBytes: number;
  /** The descriptor that the kernels read, see assembly/net.ts. */
  readonly descriptor: Uint8Array;
}

const ACTIVATIONS: readonly Activation[] = ['swish', 'relu', 'tanh'];

export function layoutOf(shape: NetShape): NetLayout {
  const layers: LayerLayout[] = [];
  let offset = 0;
  let fixed = 0;
  let widest = 0;
  for (const [fanIn, fanOut] of layerSizes(shape)) {
    const fanInPadded = Math.ceil(fanIn / 3) * 3;
    const groups = Math.ceil(fanOut / 3);
    const weights = offset;
    offset = align(offset + groups * fanInPadded * 12, 16);
    const biases = offset;
    offset = align(offset + groups * 12, 16);
    const fixedWeights = fixed;
    const fixedScales = layers.length === 0 ? fixed : align(fixed + groups * Math.ceil(fanIn / 2) * 12, 16);
    fixed = layers.length === 0 ? fixed : align(fixedScales + groups * 12, 16);
    layers.push({ fanIn, fanInPadded, fanOut, groups, weights, biases, fixedWeights, fixedScales });
    widest = Math.max(widest, fanInPadded, groups * 3);
  }
  const words = new DataView(new ArrayBuffer(4 * (8 + 8 * layers.length)));
  const header = [layers.length, ACTIVATIONS.indexOf(shape.activation), shape.inputs, shape.outputs];
  for (const [i, word] of header.entries()) words.setInt32(4 * i, word, true);
  words.setFloat32(16, shape.minLogVariance, true);
  words.setFloat32(20, shape.maxLogVariance, true);
  words.setInt32(24, widest, true);
  for (const [l, layer] of layers.entries()) {
    const { fanIn, fanInPadded, fanOut, groups, weights, biases, fixedWeights, fixedScales } = layer;
    const sizes = [fanIn, fanInPadded, fanOut, groups, weights, biases, fixedWeights, fixedScales];
    for (const [i, word] of sizes.entries()) words.setInt32(4 * (8 + 8 * l + i), word, true);
  }
  return {
    layers,
    memberBytes: align(offset, 64),
    fixedBytes: align(fixed, 64),
    descriptor: new Uint8Array(words.buffer),
  };
}

/** Plain order (core/engine.ts) into members at float index `base` of `packed`. Pads are left alone: they are zero. */
export function pack(
  layout: NetLayout,
  members: number,
  plain: Float32Array,
  packed: Float32Array,
  base: number,
) {
  visit(layout, members, base, (from, to) => {
    packed[to] = plain[from];
  });
}

export function unpack(
  layout: NetLayout,
  members: number,
  packed: Float32Array,
  base: number,
  plain: Float32Array,
) {
  visit(layout, members, base, (to, from) => {
    plain[to] = packed[from];
  });
}

/** Every parameter's index in plain order and in packed order. */
function visit(
  layout: NetLayout,
  members: number,
  base: number,
  move: (plain: number, packed: number) => void,
) {
  const stride = layout.memberBytes / 4;
  let plain = 0;
  for (const { fanIn, fanInPadded, fanOut, weights, biases } of layout.layers) {
    for (let e = 0; e < members; e++) {
      const start = base + e * stride + weights / 4;
      for (let i = 0; i < fanIn; i++) {
        for (let o = 0; o < fanOut; o++) {
          move(plain++, start + (Math.floor(o / 3) * fanInPadded + i) * 3 + (o % 3));
        }
      }
    }
    for (let e = 0; e < members; e++) {
      const start = base + e * stride + biases / 4;
      for (let o = 0; o < fanOut; o++) move(plain++, start + o);
    }
  }
}

function align(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to;
}

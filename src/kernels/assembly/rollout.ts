// The fused trajectory-sampling rollout: one block of rows of one particle over the whole horizon, kept in cache.

import { exp, madd, sine } from './vector';
import { boundedLogVariance } from './likelihood';
import { fixedScratch, forwardFixed } from './fixed';
import { ROW, fanInPadded, maxLogVariance, minLogVariance, outputPanelBytes, outputs, widest } from './net';

// The request that nets.ts writes: 32-bit words.
//   0 net, 1 parameters of member 0, 2 bytes of a member, 3 S, 4 A, 5 features, 6 I, 7 targets, 8 O,
//   9 states [R, S], 10 actions [R·N, H, A], 11 rows R·N, 12 N, 13 H, 14 members [P, H] (bytes), 15 noise [P, H, O],
//   16 fixed-point block of member 0, 17 bytes of one.
// A feature, 16 bytes: kind (0 value, 1 sine, 2 cosine), index, mean, 1/scale. A target, 20 bytes: index, kind (0 delta,
// 1 absolute, 2 forward, 3 left), mean, scale, index of the yaw. A forward is followed by its left: they are moved as one.
// @ts-ignore: decorator
@inline
const TARGET: usize = 20;
// @ts-ignore: decorator
@inline
const FORWARD: i32 = 2;

// @ts-ignore: decorator
@inline
function word(request: usize, index: usize): usize {
  return load<u32>(request + (index << 2));
}

/** Bytes of scratch for a block; the trajectory [panels][H + 1][S][12] lies at its beginning. */
export function rolloutScratch(request: usize, panels: usize): usize {
  const s = word(request, 3);
  const a = word(request, 4);
  const net = word(request, 0);
  return panels * ROW * ((word(request, 13) + 1) * s + a + widest(net)) + fixedScratch(net, panels);
}

export function rolloutBlock(
  request: usize, scratch: usize, available: usize,
  particle: usize, firstPanel: usize, panels: usize,
): void {
  if (rolloutScratch(request, panels) > available) unreachable();
  const net = word(request, 0);
  const parameters = word(request, 1);
  const memberBytes = word(request, 2);
  const fixed = word(request, 16);
  const fixedBytes = word(request, 17);
  const stateSize = word(request, 3);
  const actionSize = word(request, 4);
  const horizon = word(request, 13);
  const members = word(request, 14) + particle * horizon;
  const outs = word(request, 8);
  const noise = word(request, 15) + particle * horizon * outs * 4;
  const trajectoryPanel = (horizon + 1) * stateSize * ROW;
  const action = scratch + panels * trajectoryPanel;
  const x = action + panels * actionSize * ROW;
  const rest = x + panels * widest(net) * ROW;

  const end = firstPanel + panels;
  const wide = widePanels(word(request, 11));
  const narrow = end > wide ? end - max(firstPanel, wide) : 0;
  for (let p: usize = 0; p < panels; p++) start(request, scratch + p * trajectoryPanel, firstPanel + p, wide);
  for (let t: usize = 0; t < horizon; t++) {
    for (let p: usize = 0; p < panels; p++) {
      const state = scratch + p * trajectoryPanel + t * stateSize * ROW;
      const act = action + p * actionSize * ROW;
      readActions(request, act, firstPanel + p, wide, t);
      encode(request, state, act, x + p * <usize>fanInPadded(net, 0) * ROW);
    }
    const member = <usize>load<u8>(members + t);
    const out = forwardFixed(
      net, parameters + member * memberBytes, fixed + member * fixedBytes, x, rest, panels, narrow,
    );
    for (let p: usize = 0; p < panels; p++) {
      const state = scratch + p * trajectoryPanel + t * stateSize * ROW;
      step(request, net, state, out + p * outputPanelBytes(net), noise + t * outs * 4);
    }
  }
}

/**
 * Panels of twelve rows; one or two of eight follow where the rows do not divide by twelve, so that no more than three
 * rows are computed in vain (seven of a last panel that stands alone).
 */
// @ts-ignore: decorator
@inline
function widePanels(rows: usize): usize {
  const vectors = (rows + 3) / 4;
  if (vectors == 1) return 0;
  return (vectors - 2 * ((3 - vectors % 3) % 3)) / 3;
}

// Rows beyond the last repeat it: finite, and nobody reads them.
// @ts-ignore: decorator
@inline
function rowOf(request: usize, panel: usize, wide: usize, lane: usize): usize {
  const first = panel <= wide ? panel * 12 : wide * 12 + (panel - wide) * 8;
  return min(first + lane, word(request, 11) - 1);
}

function start(request: usize, state: usize, panel: usize, wide: usize): void {
  const size = word(request, 3);
  const source = word(request, 9);
  const candidates = word(request, 12);
  for (let lane: usize = 0; lane < 12; lane++) {
    const from = source + (rowOf(request, panel, wide, lane) / candidates) * size * 4;
    for (let i: usize = 0; i < size; i++) store<f32>(state + i * ROW + lane * 4, load<f32>(from + i * 4));
  }
}

function readActions(request: usize, action: usize, panel: usize, wide: usize, t: usize): void {
  const size = word(request, 4);
  const source = word(request, 10);
  const horizon = word(request, 13);
  for (let lane: usize = 0; lane < 12; lane++) {
    const from = source + (rowOf(request, panel, wide, lane) * horizon + t) * size * 4;
    for (let i: usize = 0; i < size; i++) store<f32>(action + i * ROW + lane * 4, load<f32>(from + i * 4));
  }
}

/** Network inputs of one panel; padding features need no values, the first layer's sum stops before them. */
export function encode(request: usize, state: usize, action: usize, x: usize): void {
  const stateSize = word(request, 3);
  let feature = word(request, 5);
  const count = word(request, 6);
  for (let i: usize = 0; i < count; i++, feature += 16, x += ROW) {
    const kind = load<i32>(feature);
    const index = <usize>load<i32>(feature, 4);
    const mean = v128.load_splat<f32>(feature, 8);
    const scale = v128.load_splat<f32>(feature, 12);
    const from = index < stateSize ? state + index * ROW : action + (index - stateSize) * ROW;
    for (let c: usize = 0; c < ROW; c += 16) {
      let value = v128.load(from + c);
      if (kind) value = sine(value, kind - 1);
      v128.store(x + c, f32x4.mul(f32x4.sub(value, mean), scale));
    }
  }
}

/** The next state of one panel, right after `state` in the trajectory. */
export function step(request: usize, net: usize, state: usize, out: usize, noise: usize): void {
  const stateBytes = word(request, 3) * ROW;
  const next = state + stateBytes;
  const outs = word(request, 8);
  let target = word(request, 7);
  const min = minLogVariance(net);
  const max = maxLogVariance(net);
  memory.copy(next, state, stateBytes);
  for (let o: usize = 0; o < outs; o++, target += TARGET) {
    const at = <usize>load<i32>(target) * ROW;
    const kind = load<i32>(target, 4);
    const mu = out + o * ROW;
    const raw = mu + outs * ROW;
    const z = v128.load_splat<f32>(noise + o * 4);
    if (kind == FORWARD) {
      const across = <usize>load<i32>(target, TARGET) * ROW;
      const yaw = state + <usize>load<i32>(target, 16) * ROW;
      const zLeft = v128.load_splat<f32>(noise + o * 4, 4);
      for (let c: usize = 0; c < ROW; c += 16) {
        const forward = sample(target, v128.load(mu + c), v128.load(raw + c), z, min, max);
        const left = sample(target + TARGET, v128.load(mu + c, ROW), v128.load(raw + c, ROW), zLeft, min, max);
        const angle = v128.load(yaw + c);
        const s = sine(angle, 0);
        const co = sine(angle, 1);
        const dx = f32x4.sub(f32x4.mul(co, forward), f32x4.mul(s, left));
        const dy = madd(s, forward, f32x4.mul(co, left));
        v128.store(next + at + c, f32x4.add(v128.load(state + at + c), dx));
        v128.store(next + across + c, f32x4.add(v128.load(state + across + c), dy));
      }
      o++;
      target += TARGET;
    } else {
      for (let c: usize = 0; c < ROW; c += 16) {
        const value = sample(target, v128.load(mu + c), v128.load(raw + c), z, min, max);
        v128.store(next + at + c, kind ? value : f32x4.add(v128.load(state + at + c), value));
      }
    }
  }
}

/** A draw of one target, in its own unit. */
// @ts-ignore: decorator
@inline
function sample(target: usize, mu: v128, raw: v128, z: v128, min: v128, max: v128): v128 {
  const logVariance = boundedLogVariance(raw, min, max);
  const y = madd(exp(f32x4.mul(f32x4.splat(0.5), logVariance)), z, mu);
  return madd(y, v128.load_splat<f32>(target, 12), v128.load_splat<f32>(target, 8));
}

import type { Encoding, NetShape, RolloutRequest } from '../core/engine.ts';

/** What is asked of the nets, looked at before a kernel reads it: RangeErrors, for these are bugs of the caller. */

export function checkRollout(shape: NetShape, request: RolloutRequest): void {
  const { encoding, robots, candidates, horizon, particles, members, noise } = request;
  const { stateSize, actionSize, features, targets } = encoding;
  const sizes = [features.length, encoding.inputMean.length, encoding.inputScale.length];
  if (sizes.some((size) => size !== shape.inputs))
    throw new RangeError(`the encoding has ${sizes.join(', ')} inputs for a net of ${shape.inputs}`);
  const outs = [targets.length, encoding.targetMean.length, encoding.targetScale.length];
  if (outs.some((size) => size !== shape.outputs))
    throw new RangeError(`the encoding has ${outs.join(', ')} targets for a net of ${shape.outputs}`);
  for (const { index } of features)
    if (!(index >= 0 && index < stateSize + actionSize)) throw new RangeError(`feature index ${index}`);
  checkTargets(targets, stateSize);
  if (!(robots >= 1 && candidates >= 1 && horizon >= 1 && particles >= 1))
    throw new RangeError('a rollout needs at least one robot, candidate, step and particle');
  checkLength(request.states, robots * stateSize, 'states [R, S]');
  checkLength(request.actions, robots * candidates * horizon * actionSize, 'actions [R, N, H, A]');
  checkLength(members, particles * horizon, 'members [P, H]');
  checkLength(noise, particles * horizon * shape.outputs, 'noise [P, H, O]');
  if (request.goals.length % robots !== 0) throw new RangeError('goals [R, G] do not divide by robots');
  for (const member of members)
    if (member >= shape.members) throw new RangeError(`member ${member} of ${shape.members}`);
}

/** Indices lie in the state; a `forward` is followed by its `left`, which stands nowhere else. */
function checkTargets(targets: Encoding['targets'], stateSize: number): void {
  const within = (index: number) => index >= 0 && index < stateSize;
  for (const [o, target] of targets.entries()) {
    if (!within(target.index)) throw new RangeError(`target index ${target.index}`);
    if ('yaw' in target && !within(target.yaw)) throw new RangeError(`target yaw ${target.yaw}`);
    const [first, second] = target.kind === 'left' ? [targets[o - 1], target] : [target, targets[o + 1]];
    if (target.kind !== 'forward' && target.kind !== 'left') continue;
    if (first?.kind !== 'forward' || second?.kind !== 'left' || first.yaw !== second.yaw)
      throw new RangeError(`target ${o}: a forward and a left of the same yaw come one after the other`);
  }
}

export function checkLength(array: { readonly length: number }, length: number, name: string): void {
  if (array.length !== length) throw new RangeError(`${name}: ${array.length} values instead of ${length}`);
}

export function checkShape(shape: NetShape): void {
  const { members, inputs, hidden, outputs } = shape;
  for (const size of [members, inputs, ...hidden, outputs])
    if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`a net cannot have a size of ${size}`);
  if (members > 256) throw new RangeError(`${members} members, 256 at most`);
}

import type { Exchange } from '#src/core/hardware';
import type { RobotModel } from '#src/core/robot';
import { type Estimate, type Identification, identify, traceOfExchanges } from '#src/identify/index';
import type { Group } from '#src/identify/parameters';
import { arm } from './arm.ts';

/** Estimates of a group, in order, and their ratios to the description. */
export const of = ({ estimates }: Identification, group: Group): Estimate[] =>
  estimates.filter((estimate) => estimate.group === group);
export const factors = (result: Identification, group: Group) =>
  of(result, group).map(({ after, before }) => after / before);
export function identified(
  exchanges: readonly Exchange[],
  what: readonly Group[],
  robot: RobotModel = arm,
  minutes?: number,
) {
  return identify(robot, traceOfExchanges(robot, exchanges, 'x'), { what, minutes, where: 'x' });
}

import { type Estimate, type Identification, nameOf, type OpenLoopError } from '../identify/index.ts';

/** An identification for people, as lines. */
export function identificationText(robot: string, result: Identification): string {
  const { recording, estimates, before, after, notes } = result;
  const widest = Math.max(...estimates.map((estimate) => nameOf(estimate).length), 'parameter'.length);
  return [
    `${robot}: ${recording.seconds.toFixed(0)} s under command, ${recording.rate.toFixed(0)} readings a second; fitted to ${recording.fitted} stretches, judged on ${recording.heldOut} others`,
    '',
    ...errorLines(before, after),
    '',
    `${'parameter'.padEnd(widest)}  ${'described'.padStart(9)}  ${'identified'.padStart(10)}  ±`,
    ...estimates.map((estimate) => estimateLine(estimate, widest)),
    ...(notes.length > 0 ? ['', ...notes.map((note) => `note: ${note}`)] : []),
  ].join('\n');
}

/** Root mean square errors before and after, all joints, then each after the middle horizon. */
function errorLines(before: readonly OpenLoopError[], after: readonly OpenLoopError[]): string[] {
  const cell = (was: number, is: number) => `${milli(was)} → ${milli(is)}`.padStart(18);
  const row = (label: string, kind: 'position' | 'velocity') =>
    `${label.padEnd(24)}${before.map((error, i) => cell(error[kind], after[i][kind])).join('')}`;
  const middle = Math.min(1, before.length - 1);
  return [
    `${'open loop for'.padEnd(24)}${before.map(({ horizon }) => `${horizon} s`.padStart(18)).join('')}`,
    row('positions, mrad or mm', 'position'),
    row('rates, mrad/s or mm/s', 'velocity'),
    '',
    `${`each, ${before[middle].horizon} s`.padEnd(24)}${'positions'.padStart(18)}${'rates'.padStart(18)}`,
    ...before[middle].joints.map(({ joint, position, velocity }, d) => {
      const now = after[middle].joints[d];
      return `  ${joint.padEnd(22)}${cell(position, now.position)}${cell(velocity, now.velocity)}`;
    }),
  ];
}

function estimateLine(estimate: Estimate, width: number): string {
  const { unit, before, after, low, high, told } = estimate;
  const spread = (high - low) / 2;
  // Of what is measured from zero a share would say nothing.
  const relative = estimate.group !== 'latency' && estimate.group !== 'zero';
  const error = relative ? `${((100 * spread) / after).toFixed(0)} %` : digits(spread);
  const doubt =
    told === 'told'
      ? ''
      : told === 'untold'
        ? 'not told by this recording, left as described'
        : `told only together with ${estimate.with.slice(0, 3).join(', ') || 'others'}`;
  return `${nameOf(estimate).padEnd(width)}  ${digits(before).padStart(9)}  ${digits(after).padStart(10)}  ${error.padEnd(8)} ${unit === '×' ? '×' : unit}${doubt && `   ${doubt}`}`;
}

function milli(value: number): string {
  // No encoder tells less.
  if (1000 * value < 0.001) return '0';
  return Number((1000 * value).toPrecision(3)).toString();
}

function digits(value: number): string {
  return Number(value.toPrecision(4)).toString();
}

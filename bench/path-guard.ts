/**
 * What a check of a path costs: processor time, µs, of `PathGuard.check` for lines as a bridge asks about them, from where
 * the joints are to where they are sent.
 *
 *   npm run bench path-guard -- --write
 */
import { parseArgs } from 'node:util';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { PathGuard } from '#src/hardware/path-guard';
import { loadRobot } from '#src/load/robot';
import { type Row, writeResults } from './lib/results.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const checks = 6000;
const warmUp = 2000;
/** Checks until a walk begins at home again. */
const walk = 200;

/** A walk of free steps of up to ± `step`, rad (a tenth of it in m), within the range of the joints. */
function measure(robot: RobotModel, step: number): Row {
  const guard = new PathGuard(robot, robot.hardware!);
  const random = new Random(1, robot.name, 0);
  const joints = robot.actuators.map(({ joint }) => robot.joints.find(({ name }) => name === joint)!);
  const home = joints.map((joint) => robot.home[robot.movable.indexOf(robot.joints.indexOf(joint))]);
  const times: number[] = [];
  let refused = 0;
  let from = home;
  for (let k = 0; k < warmUp + checks; k++) {
    if (k % walk === 0) from = home;
    const to = joints.map(({ kind, lower, upper }, j) => {
      const far = kind === 'prismatic' ? step / 10 : step;
      return Math.min(upper, Math.max(lower, from[j] + random.uniform(-far, far)));
    });
    const before = process.cpuUsage();
    const blocked = guard.check(from, to) !== null;
    const { user, system } = process.cpuUsage(before);
    if (k >= warmUp) times.push(user + system);
    if (blocked) refused += k >= warmUp ? 1 : 0;
    else from = to;
  }
  times.sort((a, b) => a - b);
  return {
    ...{ robot: robot.name, step },
    p50: times[checks / 2],
    p99: times[Math.floor(0.99 * checks)],
    mean: Number((times.reduce((sum, time) => sum + time, 0) / checks).toFixed(1)),
    refused: Number((refused / checks).toFixed(3)),
  };
}

const rows: Row[] = [];
for (const name of ['so101', 'panda']) {
  const robot = await loadRobot(name);
  for (const step of [0.02, 0.1, 0.2]) rows.push(measure(robot, step));
}
console.table(rows);
if (values.write) writeResults('path-guard', rows, ['robot', 'step'], 'npm run bench path-guard -- --write');

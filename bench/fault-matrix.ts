/**
 * What comes of it when something goes wrong: each fault of bus, motor and cable in each state of a robot, for both
 * families of motors. The SO-101 behind its bridge, driver and emulated bus, in virtual time, so that the table is the
 * same everywhere. Its limits are 1 rad/s and 20 rad/s², which the waving controller reaches; angles are in degrees, rate
 * and acceleration of the commands shares of those limits.
 *
 *   npm run bench fault-matrix -- --write
 */
import { parseArgs } from 'node:util';
import { loadRobot } from '#src/load/robot';
import { befall, type Family, faults, states } from '../test/hardware/bridge/fault-matrix.ts';
import { type Row, writeResults } from './lib/results.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const unhandled: unknown[] = [];
process.on('unhandledRejection', (error) => unhandled.push(error));
const model = await loadRobot('so101');
const rows: Row[] = [];
const cell = (text: string) => text.replaceAll(',', ';');
const degrees = (angle: number) => Number(((180 / Math.PI) * angle).toFixed(2));
for (const family of ['feetech', 'dynamixel'] satisfies Family[])
  for (const fault of Object.keys(faults))
    for (const state of states) {
      const { outcome, message, outside, reach, strayed, rate, acceleration, recovery } = await befall(
        model,
        family,
        fault,
        state,
      );
      const motion = {
        outsideRange: degrees(outside),
        goalFromJoint: degrees(reach),
        strayed: degrees(strayed),
        rate: Number(rate.toFixed(3)),
        acceleration: Number(acceleration.toFixed(3)),
      };
      rows.push({
        family,
        fault,
        state,
        outcome,
        recovery: cell(recovery),
        ...motion,
        message: cell(message),
      });
      console.log([family, fault, state, outcome, recovery, message].join(' | '));
    }
const { step } = model.hardware!.limits.elbow_flex;
const beyond = rows.filter(
  ({ outsideRange, goalFromJoint, strayed, rate, acceleration }) =>
    Number(outsideRange) > 0 ||
    Number(goalFromJoint) > degrees(step + 0.003) ||
    Number(strayed) > 0.2 ||
    Number(rate) > 1 ||
    Number(acceleration) > 1,
);
const lost = rows.filter(({ recovery }) => !['goes on', 'activate', 'new bridge'].includes(String(recovery)));
console.log(
  `${rows.length} cells: ${unhandled.length} unhandled exceptions, ${beyond.length} with motion beyond the limits, ${lost.length} without recovery`,
);
if (values.write)
  writeResults('fault-matrix', rows, ['family', 'fault', 'state'], 'npm run bench fault-matrix -- --write');
if (unhandled.length + beyond.length + lost.length > 0) process.exitCode = 1;

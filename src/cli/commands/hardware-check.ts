import { PremotorError } from '../../core/errors.ts';
import type { HardwareReport } from '../../core/hardware.ts';
import { adapterOf, latencyOf } from '../../hardware/adapter.ts';
import { ServoBus } from '../../hardware/servo-bus.ts';
import { servoFamilies } from '../../hardware/servo-families.ts';
import { unwatched } from '../../robot/index.ts';
import type { Arguments, Command } from '../flags.ts';
import { isServoPort, portKind } from '../hardware/chosen-robot.ts';
import { Findings, lookAtCalibration, lookAtLimits, lookAtMotors } from '../hardware/findings.ts';
import { pause } from '../hardware/interrupt.ts';
import { loopLine } from '../hardware/joint-rows.ts';
import { mockFlag } from '../hardware/mock-words.ts';
import { calibrationFlag, jsonFlag, portFlag, portOf } from '../hardware/port-flags.ts';
import { loadRealRobot, loadServoRobot } from '../hardware/real-robot.ts';
import { linkRobot } from '../hardware/robot-link.ts';
import { writeJson } from '../json-events.ts';

/** Shares of the rate that is asked for: what is good, and below what it is wrong. */
const GOOD_RATE = 0.95;
const WRONG_RATE = 0.8;
/** ms that the loop is watched; the bridge's figures are of the last second. */
const WATCHED = 2000;

export const command: Command = {
  name: 'hardware check',
  summary: 'look at everything of a robot that can be told without moving it',
  positionals: [{ name: 'robot', required: true }],
  flags: [portFlag, calibrationFlag, mockFlag, jsonFlag],
  notes: [
    'Exit code 3 when something is wrong. Nothing moves, torque stays as it is, and what a run would set is said alone.',
  ],
  async run(args) {
    const [reference] = args.positionals;
    const port = portOf(args, 'hardware check');
    const json = args.has('json');
    const findings = new Findings(({ verdict, what, detail }) => {
      if (json) writeJson('finding', { verdict, what, detail });
      else
        console.log(
          `${{ ok: 'ok   ', note: 'note ', wrong: 'WRONG' }[verdict]} ${what.padEnd(12)} ${detail}`,
        );
    });
    const { robot, hardware } = await loadRealRobot(reference);
    const open = unwatched(robot);
    if (open !== null) findings.add('note', 'safety', open);
    const servos = servoFamilies.some(({ name }) => name === hardware.driver) && isServoPort(portKind(port));
    if (!servos || (await checkServos(args, port, findings))) await checkLoop(args, port, findings);
    else findings.add('note', 'loop', 'not looked at before the rest is well');
    const { wrong } = findings;
    if (json) writeJson('end', { wrong: wrong.length });
    if (wrong.length === 0) return 0;
    process.stderr.write(
      `premotor: ${wrong.length} ${wrong.length === 1 ? 'thing is' : 'things are'} wrong: ${[...new Set(wrong.map(({ what }) => what))].join(', ')}\n`,
    );
    return 3;
  },
};

/** Returns whether a driver would take the robot as it is. */
async function checkServos(args: Arguments, port: string, findings: Findings): Promise<boolean> {
  const real = await loadServoRobot(args.positionals[0]);
  const adapter = await adapterOf(port);
  const link = await ServoBus.connect(real.family, real.hardware, port, { readOnly: true });
  try {
    const tables = await lookAtMotors(link, real, findings);
    if (tables.size === 0) return false;
    const file = args.text('calibration');
    const calibration = await lookAtCalibration(real, tables, { port, file }, findings);
    lookAtLimits(real, latencyOf(adapter), findings);
    return calibration !== undefined;
  } finally {
    await link.bus.close();
  }
}

/** Through the bridge, which reads and does not write: rate, jitter, and what speeds at rest say. */
async function checkLoop(args: Arguments, port: string, findings: Findings): Promise<void> {
  let report: HardwareReport | undefined;
  const positions: Float64Array[] = [];
  const speeds: Float64Array[] = [];
  let link: Awaited<ReturnType<typeof linkRobot>>;
  try {
    link = await linkRobot(args.positionals[0], {
      ...{ port, calibration: args.text('calibration'), mock: args.all('mock'), dryRun: true },
      listeners: [
        {
          report: (newest) => {
            report = newest;
          },
          exchange({ position, velocity }) {
            positions.push(position);
            speeds.push(velocity);
          },
        },
      ],
    });
  } catch (error) {
    if (!(error instanceof PremotorError)) throw error;
    findings.add('wrong', 'driver', error.message);
    return;
  }
  try {
    findings.add('ok', 'driver', link.identity.description);
    for (const note of link.identity.notes) findings.add('note', 'driver', note);
    await Promise.race([pause(WATCHED), link.lost]);
  } catch (error) {
    if (!(error instanceof PremotorError)) throw error;
    findings.add('wrong', 'loop', error.message);
    return;
  } finally {
    await link.close();
  }
  const { robot, hardware } = link;
  if (report) {
    const { rate, jitterMs } = report.loop;
    const half = 500 / hardware.rate;
    const share = rate / hardware.rate;
    const verdict = share < WRONG_RATE ? 'wrong' : share < GOOD_RATE || jitterMs.p99 > half ? 'note' : 'ok';
    const least = (of: number) => (of * hardware.rate).toFixed(0);
    const asked = `${hardware.rate} Hz are asked for; good: ${least(GOOD_RATE)} Hz or more and jitter p99 up to ${half.toFixed(1)} ms, wrong: below ${least(WRONG_RATE)} Hz`;
    const why = verdict === 'ok' ? '' : '; is the machine busy, or the bus too slow?';
    findings.add(verdict, 'loop', `${loopLine(report.loop)}: ${asked}${why}`);
  }
  robot.actuators.forEach(({ joint }, j) => {
    const first = positions[0]?.[j];
    const last = positions.at(-1)?.[j];
    if (first === undefined || last === undefined) return;
    const seconds = (positions.length - 1) / hardware.rate;
    const mean = speeds.reduce((sum, speed) => sum + speed[j], 0) / speeds.length;
    const moved = (last - first) / seconds;
    // A count of speed that is worth 50 times as much, or a register of another kind, shows even at rest.
    if (Number.isFinite(mean) && Math.abs(mean - moved) > 0.1 + 0.5 * Math.abs(moved))
      findings.add(
        'wrong',
        'speeds',
        `${joint}: its speed says ${mean.toFixed(2)} rad/s, and it moved at ${moved.toFixed(2)}; see hardware.options.velocitySteps`,
      );
  });
  if (!findings.wrong.some(({ what }) => what === 'speeds'))
    findings.add(
      'ok',
      'speeds',
      'agree with how positions changed; what a count is worth shows in motion alone',
    );
}

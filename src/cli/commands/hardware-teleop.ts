import { realpath } from 'node:fs/promises';
import { askForPriority } from '../../control/priority.node.ts';
import { InputError } from '../../core/errors.ts';
import { type Exchange, type HardwareReport, limitOf } from '../../core/hardware.ts';
import { homeOfActuators } from '../../robot/actuated-joints.ts';
import type { Command } from '../flags.ts';
import { alignColumns } from '../hardware/columns.ts';
import { interruptible, pause } from '../hardware/interrupt.ts';
import { loopLine } from '../hardware/joint-rows.ts';
import { LeaderArm } from '../hardware/leader-arm.ts';
import { LinkRecorder, recordFlags } from '../hardware/link-recorder.ts';
import { LiveTable } from '../hardware/live-table.ts';
import { mockFlag } from '../hardware/mock-words.ts';
import { calibrationFlag, portFlag, portOf } from '../hardware/port-flags.ts';
import { loadRealRobot } from '../hardware/real-robot.ts';
import { linkRobot, type RobotLink } from '../hardware/robot-link.ts';
import { TeleopGoals } from '../hardware/teleop-goals.ts';
import { KeyInput, LineInput } from '../hardware/teleop-input.ts';

/** s between commands. */
const PERIOD = 0.02;
/** ms between tables. */
const SHOWN = 100;

export const command: Command = {
  name: 'hardware teleop',
  summary: 'move a robot by keys, or by a leader arm, with all its limits',
  positionals: [{ name: 'robot', required: true }],
  flags: [
    portFlag,
    calibrationFlag,
    mockFlag,
    {
      name: 'leader',
      value: 'PORT',
      help: 'an arm of the same kind that you move by hand; its torque goes off',
    },
    { name: 'leader-calibration', value: 'FILE', help: 'that of the leader (the one kept for it)' },
    { name: 'speed', value: 'RAD/S', help: 'of keys (hardware.resetVelocity)' },
    { name: 'dry-run', help: 'all but writing to the motors; a leader must be limp already' },
    ...recordFlags('premotor replay, and identify where it was no --dry-run'),
  ],
  notes: [
    'Keys: up and down choose a joint, or its number; left and right move it; + and - change the step;',
    'space stays, h leads home, Esc or Ctrl-C stops. The robot is then stopped as robot.json says. On the way home, or',
    'to the leader, space stops as well.',
    'Without a terminal a line moves a joint: elbow_flex 0.5, elbow_flex +0.1, home, stop, quit.',
  ],
  async run(args) {
    const [reference] = args.positionals;
    const port = portOf(args, 'hardware teleop');
    const speed = args.number('speed', { above: 0, most: 3 });
    const { robot } = await loadRealRobot(reference);
    const leaderPort = args.text('leader');
    if (leaderPort !== undefined && (await deviceOf(leaderPort)) === (await deviceOf(port)))
      throw new InputError('--leader and --port are the same port; name two');
    const newest: { exchange?: Exchange; report?: HardwareReport } = {};
    const leader =
      leaderPort === undefined
        ? undefined
        : await LeaderArm.open(robot, reference, {
            port: leaderPort,
            calibration: args.text('leader-calibration'),
            dryRun: args.has('dry-run'),
          });
    const recording = await LinkRecorder.create(args, robot, {
      ...{ task: 'teleop', agent: 'a person', planner: leader ? 'by a leader arm' : 'by hand' },
      controlPeriod: PERIOD,
    });
    try {
      const link = await linkRobot(reference, {
        ...{
          port,
          calibration: args.text('calibration'),
          mock: args.all('mock'),
          dryRun: args.has('dry-run'),
          controlPeriod: PERIOD,
        },
        listeners: [
          {
            exchange: (exchange) => {
              newest.exchange = exchange;
            },
            report: (report) => {
              newest.report = report;
            },
          },
          ...(recording ? [recording.listener] : []),
        ],
      });
      recording?.begin(link);
      return await finishing(link, () => drive(link, newest, leader, speed));
    } finally {
      await recording?.close();
      await leader?.close();
    }
  },
};

/** A device has many names (/dev/serial/by-id/…); an address is its own. */
const deviceOf = (port: string) => realpath(port).catch(() => port);

interface Newest {
  exchange?: Exchange;
  report?: HardwareReport;
}

/** Whatever ends the work, the robot is stopped, and what of it was verified is said. */
async function finishing(link: RobotLink, work: () => Promise<void>): Promise<number> {
  let failure: unknown;
  try {
    await work();
  } catch (error) {
    failure = error;
  }
  const stop = (await link.close()) ?? link.client.report?.stop ?? null;
  if (stop) console.log(`${stop.stopped ? 'stopped' : 'NOT VERIFIED to be stopped'}: ${stop.how}`);
  if (failure) throw failure;
  return stop && !stop.stopped ? 3 : 0;
}

async function drive(
  link: RobotLink,
  newest: Newest,
  leader: LeaderArm | undefined,
  speed: number | undefined,
): Promise<void> {
  const { robot, hardware, client, identity } = link;
  // Whoever is late here has the robot stopped.
  askForPriority();
  const { signal, dispose } = interruptible();
  const input = process.stdin.isTTY && process.stdout.isTTY ? new KeyInput() : new LineInput();
  try {
    console.log([identity.description, ...identity.notes].join('\n'));
    if (leader) console.log(`leader: ${leader.description}`);
    await Promise.race([client.activate(), link.lost]);
    const position = () => newest.exchange!.position;
    while (newest.exchange === undefined) await Promise.race([pause(10), link.lost]);
    const goals = new TeleopGoals(robot, hardware, position(), speed ?? hardware.resetVelocity);
    const givenUp = () => signal.aborted || ['quit', 'stay'].includes(input.take(goals, position()) ?? '');
    if (leader) {
      console.log('to where the leader is …');
      await leader.ready();
      const target = leader.position;
      if (!(await led(link, target, givenUp))) return;
      goals.rest(target);
    }
    console.log(leader ? 'move the leader; Esc or Ctrl-C stops' : input.hint);
    const table = new LiveTable();
    let shown = 0;
    let before = performance.now();
    let seen = newest.exchange;
    let blocked: string | undefined;
    while (!signal.aborted) {
      const deed = input.take(goals, position());
      if (deed === 'quit') return;
      if (deed === 'home' && !leader) {
        const home = homeOfActuators(link.robot);
        if (!(await led(link, home, givenUp))) return;
        goals.rest(home);
        before = performance.now();
      }
      const now = performance.now();
      const passed = Math.min(0.1, (now - before) / 1000);
      before = now;
      if (leader) goals.follow(leader.position, passed, position());
      else {
        const inTheWay = newest.exchange !== seen ? blockedBy(newest.exchange) : undefined;
        seen = newest.exchange;
        if (inTheWay) goals.rest(seen.sent);
        blocked = inTheWay ?? (goals.resting ? blocked : undefined);
        goals.advance(passed, position());
      }
      client.command(goals.command.slice());
      if (performance.now() - shown >= SHOWN) {
        shown = performance.now();
        table.show(tableOf(goals, newest, leader ? undefined : input.chosen, blocked));
      }
      await Promise.race([pause(PERIOD * 1000, signal), link.lost]);
    }
  } finally {
    input.close();
    dispose();
  }
}

/** What is in the way of the command, which was therefore not sent: then the goal is given up, or it would block all joints. */
function blockedBy({ limited, sent }: Exchange): string | undefined {
  return sent.every(Number.isFinite) ? limited.find((reason) => limitOf(reason) === 'path') : undefined;
}

/** Leads the robot to `target` [J]; false when the person gave up on the way, and the robot is to be stopped. @throws RobotFault */
async function led(
  { client, lost }: RobotLink,
  target: Float64Array,
  givenUp: () => boolean,
): Promise<boolean> {
  let there = false;
  const way = client.move(target).then(() => {
    there = true;
  });
  // Who gives up stops the robot, which fails the move.
  way.catch(() => {});
  while (!there) {
    if (givenUp()) return false;
    await Promise.race([way, lost, pause(PERIOD * 1000)]);
  }
  return true;
}

function tableOf(
  goals: TeleopGoals,
  { exchange, report }: Newest,
  chosen: number | undefined,
  blocked: string | undefined,
): string[] {
  if (!exchange) return [];
  const text = (value: number) => (Number.isFinite(value) ? value.toFixed(3) : '–');
  const rows = goals.names.map((name, j) => {
    const limited = exchange.limited.filter((reason) => reason.startsWith(`${name}:`));
    const mark = chosen === j ? '>' : ' ';
    return [
      ...[
        `${mark} ${j + 1} ${name}`,
        text(exchange.position[j]),
        text(exchange.asked[j]),
        text(exchange.sent[j]),
      ],
      limited.map((reason) => reason.slice(name.length + 2)).join(', ') || '–',
    ];
  });
  const others = exchange.limited.filter(
    (reason) => !goals.names.some((name) => reason.startsWith(`${name}:`)),
  );
  const total = Object.entries(report?.limited ?? {}).map(([reason, count]) => `${reason} ${count}`);
  return [
    ...alignColumns([['  joint', 'position', 'asked', 'sent', 'limited by'], ...rows]),
    ...(blocked ? [`! ${blocked}; the goal is given up`] : others.map((reason) => `! ${reason}`)),
    ...(total.length > 0 ? [`limited so far: ${total.join(', ')}`] : []),
    ...(report ? [loopLine(report.loop)] : []),
  ];
}

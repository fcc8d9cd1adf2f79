import { expect, it } from 'vitest';
import { chooseRobot } from '#src/cli/hardware/chosen-robot';
import { mockOptionsOf } from '#src/cli/hardware/mock-words';
import { InputError } from '#src/core/errors';
import { loadRobot } from '#src/load/robot';
import { eventsOf, premotor } from '../premotor.ts';

it('words become options of the driver mock', () => {
  expect(
    mockOptionsOf([
      ...['positionOffset=0.05', 'disableCommands=true', 'stuckFeedback=elbow_flex, gripper'],
      ...['start.elbow_flex=0.3', 'start.gripper=-0.1', 'faults=[{"kind":"silent","from":2}]'],
    ]),
  ).toEqual({
    ...{ positionOffset: 0.05, disableCommands: true, stuckFeedback: ['elbow_flex', 'gripper'] },
    ...{ start: { elbow_flex: 0.3, gripper: -0.1 }, faults: [{ kind: 'silent', from: 2 }] },
  });
});

it('a shipped robot is mocked with them, and without its own driver’s options', async () => {
  const so101 = await loadRobot('so101');
  const robot = { ...so101, hardware: { ...so101.hardware!, options: { latency: 0.1 } } };
  const options = async (...mock: string[]) =>
    (await chooseRobot(robot, 'so101', { port: 'mock', mock })).robot.hardware!.options;
  expect(await options()).toEqual({});
  expect(await options('positionOffset=0.05')).toEqual({ positionOffset: 0.05 });
  const own = { ...robot, hardware: { ...robot.hardware, driver: 'mock', options: { timeConstant: 0.2 } } };
  const { hardware } = (await chooseRobot(own, 'so101', { port: 'mock', mock: ['positionOffset=0.05'] }))
    .robot;
  expect(hardware!.options).toEqual({ timeConstant: 0.2, positionOffset: 0.05 });
});

it.each([
  ['mock', 'positionOffset', '--mock positionOffset: must be key=value'],
  ['mock', 'positionOfset=1', '--mock: Unrecognized key: "positionOfset"; driver mock takes positionOffset'],
  ['mock', 'positionOffset=much', '--mock positionOffset: '],
  [
    'mock',
    'stuckFeedback=elbw_flex',
    '--mock: so101 has no driven joint "elbw_flex"; there are shoulder_pan, shoulder_lift, elbow_flex, wrist_flex, wrist_roll, gripper; did you mean elbow_flex?',
  ],
  ['tcp://127.0.0.1:1', 'positionOffset=1', '--mock positionOffset=1: is for --port mock, not for tcp:'],
])('--port %s --mock %s is an error that says so', async (port, word, message) => {
  const choosing = chooseRobot(await loadRobot('so101'), 'so101', { port, mock: [word] });
  await expect(choosing).rejects.toThrow(InputError);
  await expect(choosing).rejects.toThrow(message);
});

it('a mocked robot stands where the words say, and --port sim takes none', async () => {
  const { code, stdout } = await premotor([
    ...['hardware', 'monitor', 'so101', '--port', 'mock', '--mock', 'start.elbow_flex=0.25'],
    ...['--mock', 'start.gripper=0.5', '--seconds', '1', '--json'],
  ]);
  const states = eventsOf({ stdout } as never) as unknown as { joints: Record<string, unknown>[] }[];
  expect([code, states.at(-1)!.joints[2], states.at(-1)!.joints[5]]).toEqual([
    ...[0, expect.objectContaining({ position: 0.25 }), expect.objectContaining({ position: 0.5 })],
  ]);
  const sim = await premotor(['run', 'reach', '--port', 'sim', '--mock', 'positionOffset=1']);
  expect([sim.code, sim.stderr]).toEqual([2, expect.stringContaining('--mock is for real robots')]);
}, 30_000);

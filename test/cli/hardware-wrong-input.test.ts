import { symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmulatedArm, emulatedArm } from './emulated.ts';
import { premotor } from './premotor.ts';

describe('wrong input on purpose', { timeout: 30_000 }, () => {
  let arm: EmulatedArm;
  beforeAll(async () => {
    arm = await emulatedArm();
  });
  afterAll(() => arm.close());
  const robotCommands = ['setup', 'calibrate', 'check', 'monitor', 'teleop'];

  it.each([...robotCommands, 'stop'])('hardware %s says that it needs a port', async (name) => {
    const { code, stderr } = await premotor(['hardware', name, ...(name === 'stop' ? [] : ['so101'])]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`premotor hardware ${name} needs --port`)]);
  });

  it.each(robotCommands)('hardware %s says that a robot is none with motors', async (name) => {
    const { code, stderr } = await premotor(['hardware', name, 'cartpole', '--port', arm.port]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('robot cartpole: its robot.json has no "hardware"'),
    ]);
  });

  it.each(robotCommands)('hardware %s knows the nearest robot', async (name) => {
    const { code, stderr } = await premotor(['hardware', name, 'so102', '--port', arm.port]);
    expect([code, stderr]).toEqual([2, 'premotor: unknown robot "so102"; did you mean "so101"?\n']);
  });

  it.each(['scan', 'stop', 'check so101', 'monitor so101', 'calibrate so101 --yes'])(
    'hardware %s says that a device cannot be opened',
    async (words) => {
      for (const [port, why] of [
        ['/dev/no-such-port', 'is it plugged in, and is this its name?'],
        ['/dev/null', 'it is no serial port'],
        ['tcp://127.0.0.1:1', 'is the emulator or the serial server running there?'],
      ]) {
        const calibration = /check|monitor/.test(words) ? ['--calibration', arm.calibrationFile] : [];
        const { code, stderr } = await premotor([
          'hardware',
          ...words.split(' '),
          '--port',
          port,
          ...calibration,
        ]);
        expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
        expect(stderr.trim().split('\n')).toHaveLength(1);
      }
    },
  );

  it('says that a port is taken', async () => {
    const busy = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    const { port } = busy.address() as { port: number };
    const { code, stderr } = await premotor(['hardware', 'stop', '--port', `tcp://127.0.0.1:${port}`]);
    busy.close();
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/^premotor: port tcp:.*(closed|ECONNRESET|EPIPE)/),
    ]);
  });

  it('hardware teleop knows a device that is given under two names', async () => {
    const link = join(arm.folder, 'by-id');
    await symlink(arm.calibrationFile, link);
    const { code, stderr } = await premotor([
      ...['hardware', 'teleop', 'so101', '--port', arm.calibrationFile, '--leader', link],
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--leader and --port are the same port')]);
  });

  it.each([
    [['hardware', 'scn'], 'unknown command "hardware scn": did you mean hardware scan?'],
    [['hardware', 'stop', '--port', 'x', '--expect', '1-x'], '--expect 1-x: "1-x" is no id'],
    [
      ['hardware', 'teleop', 'so101', '--port', 'x', '--speed', '9'],
      '--speed 9: must be a number above 0 and at most 3',
    ],
    [
      ['hardware', 'teleop', 'so101', '--port', 'x', '--leader', 'x'],
      '--leader and --port are the same port',
    ],
    [
      ['hardware', 'teleop', 'so101', '--port', 'mock', '--dry-run', '--leader', 'ws://127.0.0.1:9090'],
      '--dry-run: a leader behind ROS is made limp by its controllers, which is a write',
    ],
    [
      ['hardware', 'stop', '--port', 'ws://127.0.0.1:9090?token=secret', '--release'],
      'hardware stop is for servo buses (a device or tcp://host:port), and --port ws://127.0.0.1:9090 is none; a robot behind ROS holds when its program ends (Ctrl-C), and is let go where its controllers are: ros2 control switch_controllers --deactivate',
    ],
    [['hardware', 'stop', '--port', 'mock'], 'mock is none; nothing moves there that could be stopped'],
    [['hardware', 'scan', '--port', 'ws://127.0.0.1:1'], 'premotor hardware check looks at it'],
    [['hardware', 'setup', 'so101', '--port', 'mock'], 'hardware setup is for servo buses'],
    [['hardware', 'setup', 'so101', '--port', 'sim'], '--port sim is none; there are no motors'],
    [['hardware', 'calibrate', 'so101', '--port', 'mock'], 'hardware calibrate is for servo buses'],
    [['emulate', 'cartpole'], 'robot cartpole: its robot.json has no "hardware"'],
    [
      ['emulate', 'cartpole', '--driver', 'dynamixel', '--tcp', '0'],
      'no position actuator that a servo could be',
    ],
    [
      ['emulate', 'so101', '--fault', 'dorp'],
      'fault "dorp": there is drop, corrupt, late, duplicate; did you mean drop?',
    ],
    [['emulate', 'so101', '--baud', '12345'], '12345 baud: motors of feetech have 1000000'],
    [['emulate', 'so101', '--latency', 'soon'], '--latency soon: must be a time of at most 1 s'],
    [['emulate', 'so101', '--new', '--uncalibrated'], '--uncalibrated and --new exclude one another'],
  ])('premotor %j is one line and code 2', async (args, message) => {
    const { code, stderr } = await premotor(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunDescription } from '#src/core/telemetry';
import { loadRobot } from '#src/load/robot';
import { Recorder } from '#src/stream/recorder';
import { altered } from '../identify/arm.ts';
import { recordingOf } from '../identify/recording.ts';
import { FakeClock } from '../stream/fake-clock.ts';
import { exchange, hardwareReport } from '../stream/fixture.ts';
import { eventsOf, premotor } from './premotor.ts';

const folder = mkdtempSync(join(tmpdir(), 'premotor-identify-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const so101 = await loadRobot('so101');
const truth = altered(so101, { gains: 0.8, latency: 0.02 });
const run = { directory: null, clock: 'wall' } as RunDescription;

async function record(name: string, dryRun = false, exchanges = recordingOf(truth, { seconds: 6 })) {
  // Time passes between cycles as it does on a robot: a burst of them would be ordered by how fast it was written.
  const clock = new FakeClock();
  const recorder = await Recorder.create({ robot: so101, version: '0', folder: join(folder, name), clock });
  recorder.emit({ type: 'start', run });
  recorder.emit({ type: 'hardware', report: hardwareReport(so101, { dryRun }) });
  for (const exchange of exchanges) {
    recorder.emit({ type: 'exchange', epoch: 1, exchange });
    clock.advance(10);
  }
  await recorder.close();
  return recorder.path as string;
}

const recording = await record('run');
const quick = ['--what', 'gains,latency', '--minutes', '0.05', '--threads', '1'];

describe('premotor identify', () => {
  it('prints errors before and after, each parameter with its uncertainty, and the keys of a robot.json', async () => {
    const { code, stdout, stderr } = await premotor(['identify', recording, ...quick]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^so101: 6 s under command, 100 readings a second; fitted to 3 stretches, judged on 1 others$/m,
    );
    expect(stdout).toMatch(/^positions, mrad or mm( +[\d.]+ → [\d.]+){3}$/m);
    expect(stdout).toMatch(/^gains elbow_flex +17\.8 +14\.\d+ +\d %/m);
    expect(stdout).toMatch(/^latency +0 +0\.0[12]\d+ /m);
    const overlay = JSON.parse(stdout.slice(stdout.indexOf('\n{')));
    expect(overlay.actuators).toHaveLength(6);
    expect(overlay.sim.latency).toBeCloseTo(0.02, 2);
    expect(overlay.joints).toBeUndefined();
  });

  it('reads all recordings of a run folder and writes a robot that can be used at once', async () => {
    const target = join(folder, 'mine');
    const ended = await premotor(['identify', join(folder, 'run'), ...quick, '--write', target, '--json']);
    expect(ended.code).toBe(0);
    const last = eventsOf(ended).at(-1)!;
    expect(last).toMatchObject({ event: 'end', written: join(target, 'robot.urdf'), converged: true });
    const mine = await loadRobot(join(target, 'robot.urdf'));
    expect(mine.name).toBe('so101');
    expect(mine.simulation.latency).toBeCloseTo(0.02, 2);
    for (const actuator of mine.actuators) {
      const { stiffness } = actuator as { stiffness: number };
      expect(Math.abs(stiffness / (0.8 * 17.8) - 1)).toBeLessThan(0.05);
    }
    expect(mine.hardware).toEqual(so101.hardware);
    const again = await premotor(['identify', recording, ...quick, '--write', target]);
    expect(again).toMatchObject({ code: 2 });
    expect(again.stderr).toMatch(/holds a robot already; name a new folder/);
    // What was found is told all the same.
    expect(JSON.parse(again.stdout.slice(again.stdout.indexOf('\n{'))).actuators).toHaveLength(6);
  });

  it('puts what it found into a robot.json that is there, and leaves its other keys', async () => {
    const file = join(folder, 'robot.json');
    writeFileSync(
      file,
      JSON.stringify({ name: 'left arm', sim: { timestep: 0.002 }, home: { gripper: 0.4 } }),
    );
    const { code } = await premotor(['identify', recording, ...quick, '--write', file]);
    expect(code).toBe(0);
    const json = JSON.parse(readFileSync(file, 'utf8'));
    expect(json).toMatchObject({ name: 'left arm', sim: { timestep: 0.002 }, home: { gripper: 0.4 } });
    expect(json.sim.latency).toBeCloseTo(0.02, 2);
  });

  it('writes what is no nearer as asked, and does not recommend it', async () => {
    const described = await record('described', false, recordingOf(so101, { seconds: 6 }));
    const target = join(folder, 'no-nearer');
    const { code, stdout } = await premotor(['identify', described, ...quick, '--write', target]);
    expect([code, (await loadRobot(join(target, 'robot.urdf'))).name]).toEqual([0, 'so101']);
    expect(stdout).toMatch(/no nearer than the description: keep that/);
    expect(stdout).toContain(
      `written to ${target} as asked, and not to be used: it is no nearer; stay with --robot so101`,
    );
    expect(stdout).not.toContain('use it as');
  });

  it('reads a recording that was cut off up to there, and says so', async () => {
    const cut = await record('cut', false, recordingOf(truth, { seconds: 12 }));
    truncateSync(cut, Math.floor(0.7 * readFileSync(cut).length));
    const { code, stdout } = await premotor(['identify', cut, ...quick]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^note: the recording was cut off/m);
  });

  it('of a run folder leaves out what is no recording of a moved robot, and says so', async () => {
    await record('mixed', true, [exchange(so101, 0)]);
    await record('mixed');
    const { code, stdout } = await premotor(['identify', join(folder, 'mixed'), ...quick]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^note: left out: .*\.mcap: no command reached the robot/m);
  });

  it.each([
    ['of a file that is not there', [join(folder, 'none.mcap')], /none\.mcap: no such file or folder/],
    ['of a folder without recordings', [folder], /has no recordings/],
    ['of something else', [new URL(import.meta.url).pathname], /not an MCAP file/],
    ['of an unknown group', [recording, '--what', 'frction'], /--what frction: did you mean friction\?/],
    ['of no minutes', [recording, '--minutes', '0'], /--minutes 0: must be a number above 0/],
    [
      'of another robot',
      [recording, '--robot', 'arm7'],
      /was recorded from a robot with 6 motors, arm7 has 7/,
    ],
  ])('%s says so in one line', async (_, args, message) => {
    const { code, stderr } = await premotor(['identify', ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('of a dry run, or of a simulation, says that no command reached a robot', async () => {
    const dry = await record('dry', true, [exchange(so101, 0)]);
    expect((await premotor(['identify', dry])).stderr).toMatch(
      /no command reached the robot in it \(a dry run, or premotor hardware monitor\)/,
    );
    const help = (name: string) => premotor(['hardware', name, '--help']);
    expect((await help('monitor')).stdout).toMatch(/--record +.*for premotor replay\n/);
    expect((await help('teleop')).stdout).toMatch(/--record +.*for premotor replay, and identify where/);
    const none = await record('none', false, []);
    expect((await premotor(['identify', none])).stderr).toMatch(/holds no exchanges with a robot/);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { obeyLine } from '#src/cli/hardware/emulator-prompt';
import { readExchanges } from '#src/identify/exchanges';
import { Recording } from '#src/stream/recording';
import { topics } from '#src/stream/wire';
import { type EmulatedArm, emulatedArm, heal, turnOn, typing } from './emulated.ts';
import { premotor } from './premotor.ts';

describe('an SO-101 that a person moves', { timeout: 30_000 }, () => {
  let arm: EmulatedArm;
  beforeAll(async () => {
    arm = await emulatedArm();
  });
  afterEach(() => heal(arm));
  afterAll(() => arm.close());
  const torque = () => arm.emulated.bus.servos.map((servo) => servo.get('torque_enable'));

  it('is driven by lines, stops at the end, and says what was verified', async () => {
    const [servo] = arm.emulated.bus.servos;
    const before = servo.get('present_position');
    let moved = 0;
    const ended = await typing(async (type) => {
      const running = premotor([
        ...['hardware', 'teleop', arm.reference, '--port', arm.port],
        ...['--calibration', arm.calibrationFile],
      ]);
      type('elbw 1');
      type('shoulder_pan +0.2');
      const looking = setInterval(() => {
        moved = Math.max(moved, servo.get('present_position') - before);
        // 0.2 rad are 130 ticks; a servo gives way a little.
        if (moved > 60) type('quit');
      }, 50);
      const enough = setTimeout(() => type('quit'), 15_000);
      try {
        return await running;
      } finally {
        clearInterval(looking);
        clearTimeout(enough);
      }
    });
    expect(ended.stdout).toContain('"elbw"? there are shoulder_pan');
    expect(ended.stdout).toMatch(/stopped: at rest, torque on, read back from all 6 motors/);
    // A machine that stands still for longer than the watchdog allows stops the robot, and that is said.
    if (ended.code === 3) expect(ended.stderr).toMatch(/no command|stood still|not answered|no answer/);
    else {
      // What the robot's limits said is at the end of what the table showed.
      const moving = [moved, ended.stdout.slice(-1500)];
      expect([ended.code, moving]).toEqual([
        0,
        [expect.toSatisfy((ticks: number) => ticks > 60), expect.anything()],
      ]);
    }
    expect(torque()).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('is stopped by the line stop while it is led home', async () => {
    let late = false;
    const ended = await typing(async (type) => {
      const running = premotor(['hardware', 'teleop', 'so101', '--port', 'mock']);
      const typed = (line: string, after: number) => setTimeout(() => type(line), after);
      const timers = [typed('shoulder_pan 1', 1500), typed('home', 3500), typed('stop', 3800)];
      const giveUp = setTimeout(() => {
        late = true;
        type('quit');
      }, 15_000);
      try {
        return await running;
      } finally {
        for (const timer of [...timers, giveUp]) clearTimeout(timer);
      }
    });
    expect(late).toBe(false);
    if (ended.code === 3) expect(ended.stderr).toMatch(/no command|stood still|not answered/);
    else {
      expect(ended.code).toBe(0);
      expect(ended.stdout).toMatch(/\nstopped: /);
    }
  });

  it('gives a goal up that something is in the way of, and goes on with others', async () => {
    const ended = await typing(async (type) => {
      const running = premotor(['hardware', 'teleop', 'so101', '--port', 'mock']);
      // Into the table, at 0.8 rad/s.
      type('shoulder_lift 1.2');
      const timers = [setTimeout(() => type('shoulder_pan 0.3'), 4500), setTimeout(() => type('quit'), 6500)];
      try {
        return await running;
      } finally {
        for (const timer of timers) clearTimeout(timer);
      }
    });
    if (ended.code === 3) expect(ended.stderr).toMatch(/no command|stood still|not answered/);
    else {
      expect(ended.stdout).toMatch(/! path: .* below the floor.*; the goal is given up/);
      const position = (joint: string) => {
        const rows = ended.stdout.split('\n').filter((line) => line.includes(` ${joint} `));
        return Number(rows.at(-1)!.trim().split(/\s+/)[2]);
      };
      expect(position('shoulder_pan')).toBeCloseTo(0.3, 1);
      expect(position('shoulder_lift')).toBeLessThan(1.1);
    }
  });

  it('is recorded while it is led by hand, for replay and identify', async () => {
    const ended = await typing(async (type) => {
      const out = ['--record', '--out', arm.folder];
      const running = premotor(['hardware', 'teleop', 'so101', '--port', 'mock', ...out]);
      type('shoulder_pan 0.3');
      const enough = setTimeout(() => type('quit'), 3000);
      try {
        return await running;
      } finally {
        clearTimeout(enough);
      }
    });
    const [, file] = /recorded in (\S+):/.exec(ended.stderr)!;
    const { exchanges, robot } = await readExchanges(file);
    expect(robot).toBe('so101');
    const asked = exchanges.filter(({ asked }) => asked[0] > 0.29);
    expect(asked.length).toBeGreaterThan(20);
    const recording = await Recording.open(file);
    let poses = 0;
    for await (const _ of recording.messages({ topics: [topics.jointStates] })) poses++;
    await recording.close();
    expect(poses).toBeGreaterThan(20);
  });

  it('is no leader of a dry run while it holds, and is not let go for it', async () => {
    turnOn(arm);
    const servo = arm.emulated.bus.servo(2);
    const before = servo.get('return_delay');
    servo.set('return_delay', 99);
    const leader = ['--leader', arm.port, '--leader-calibration', arm.calibrationFile];
    const { code, stderr } = await premotor([
      ...['hardware', 'teleop', arm.reference, '--port', 'mock', '--dry-run', ...leader],
    ]);
    const found = servo.get('return_delay');
    servo.set('return_delay', before);
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/the leader on tcp:.* is not limp: dry run: nothing is written, .*motor 1 \(/),
    ]);
    expect([found, torque()]).toEqual([99, [1, 1, 1, 1, 1, 1]]);
  });

  it('leads another robot by hand, limp itself', async () => {
    const { emulated, reference, calibrationFile, port } = arm;
    // Off the table, where the other one would not go.
    await obeyLine(emulated, 'middle');
    const ended = await typing(async (type) => {
      const leader = ['--leader', port, '--leader-calibration', calibrationFile];
      const running = premotor(['hardware', 'teleop', reference, '--port', 'mock', ...leader]);
      void obeyLine(emulated, 'turn shoulder_pan 0.4');
      const enough = setTimeout(() => type('quit'), 7000);
      try {
        return await running;
      } finally {
        clearTimeout(enough);
        emulated.hand.release();
      }
    });
    expect(ended.stdout).toContain('leader: 6 × sts3215 on tcp://');
    if (ended.code === 3) expect(ended.stderr).toMatch(/no command|stood still|not answered|does not tell/);
    else {
      const rows = ended.stdout.split('\n').filter((line) => line.includes('1 shoulder_pan'));
      const [, , position, asked] = rows.at(-1)!.trim().split(/\s+/);
      expect([Number(asked), Number(position)].map((angle) => Math.abs(angle - 0.4) < 0.06)).toEqual([
        true,
        true,
      ]);
    }
    expect(torque()).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

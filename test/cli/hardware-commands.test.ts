import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { obeyLine } from '#src/cli/hardware/emulator-prompt';
import { type EmulatedArm, emulatedArm, heal, turnOn, typing } from './emulated.ts';
import { eventsOf, premotor } from './premotor.ts';

describe('an SO-101 that is calibrated', { timeout: 30_000 }, () => {
  let arm: EmulatedArm;
  beforeAll(async () => {
    arm = await emulatedArm();
  });
  afterEach(() => heal(arm));
  afterAll(() => arm.close());
  const run = (...args: string[]) => premotor(['hardware', ...args, '--port', arm.port]);
  const torque = () => arm.emulated.bus.servos.map((servo) => servo.get('torque_enable'));

  it('is found by a scan: ids, models, rate, supply, and nothing is written', async () => {
    const { code, stdout } = await run('scan', '--json');
    expect(code).toBe(0);
    const [{ motors }] = eventsOf({ stdout } as never) as unknown as { motors: Record<string, unknown>[] }[];
    expect(motors.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(motors[2]).toMatchObject({
      ...{ family: 'feetech', baud: 1_000_000, model: 'sts3215', firmware: '3.10' },
      ...{ voltage: 12, temperature: 30, torque: false, error: '' },
    });
  });

  it('is stopped with its torque on, and every motor verified', async () => {
    turnOn(arm);
    const servo = arm.emulated.bus.servo(1);
    // So slow that it is on its way for seconds.
    servo.set('goal_velocity', 100);
    servo.set('goal_position', 3200);
    const { code, stdout } = await run('stop', '--expect', '1-6', '--json');
    servo.set('goal_velocity', 0);
    const [stop] = eventsOf({ stdout } as never);
    expect(stop).toMatchObject({ how: 'hold', verified: true, missing: [] });
    expect(code).toBe(0);
    expect(torque()).toEqual([1, 1, 1, 1, 1, 1]);
    expect(servo.get('goal_position')).toBeLessThan(3000);
    expect(Math.abs(servo.get('goal_position') - servo.get('present_position'))).toBeLessThan(60);
  });

  it('has motors without torque left alone by a stop, which says so', async () => {
    turnOn(arm);
    const servo = arm.emulated.bus.servo(3);
    servo.set('torque_enable', 0);
    servo.set('goal_position', 1000);
    const { code, stdout } = await run('stop', '--expect', '1-6');
    expect([code, servo.get('goal_position'), servo.get('torque_enable')]).toEqual([0, 1000, 0]);
    expect(stdout).toMatch(/motor 3 .*stopped +limp: at rest, its torque was off already/);
    expect(stdout.match(/at rest with torque on, read back/g)).toHaveLength(5);
  });

  it('is released when that is asked for', async () => {
    turnOn(arm);
    const { code, stdout } = await run('stop', '--release');
    expect(code).toBe(0);
    expect(stdout.match(/stopped +torque off, read back/g)).toHaveLength(6);
    expect(torque()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('is not called stopped while a motor that was expected is silent', async () => {
    turnOn(arm);
    await obeyLine(arm.emulated, 'dead 3');
    const { code, stderr } = await run('stop', '--expect', '1-6');
    expect(code).toBe(3);
    expect(stderr).toBe('premotor: no answer from motor 3; cut the power if anything moves\n');
  });

  it('is not called stopped when nobody answers', async () => {
    await obeyLine(arm.emulated, 'unplug');
    const { code, stderr } = await run('stop', '--driver', 'feetech', '--baud', '1000000');
    expect(code).toBe(3);
    expect(stderr).toContain('no motor answered, so nothing was stopped');
  });

  it('has nothing wrong, as far as that shows without moving', async () => {
    const { stdout } = await run('check', arm.reference, '--calibration', arm.calibrationFile, '--json');
    const findings = eventsOf({ stdout } as never).filter(({ event }) => event === 'finding');
    const of = (what: string) => findings.filter((finding) => finding.what === what);
    for (const what of ['motors', 'models', 'firmware', 'supply', 'temperature', 'complaints', 'calibration'])
      expect(of(what).map(({ verdict }) => verdict)).toEqual(['ok']);
    for (const what of ['places', 'rate', 'limits', 'driver'])
      expect(of(what)[0]).toMatchObject({ verdict: 'ok' });
    expect(of('safety')).toEqual([
      expect.objectContaining({
        verdict: 'note',
        detail: expect.stringContaining('not watched: workspace;'),
      }),
    ]);
    // How well the loop does is the machine's affair.
    expect(of('loop')[0].detail).toMatch(
      /^loop [\d.]+ Hz; jitter mean.* 100 Hz are asked for; good: 95 Hz or more and jitter p99 up to 5.0 ms, wrong: below 80 Hz/,
    );
    expect(torque()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('is told what is wrong with it, each with motor and cause', async () => {
    for (const line of ['dead 4', 'undervoltage 2', 'overheat 1']) await obeyLine(arm.emulated, line);
    arm.emulated.bus.servo(6).set('homing_offset', 12);
    const { code, stdout, stderr } = await run('check', arm.reference, '--calibration', arm.calibrationFile);
    arm.emulated.bus.servo(6).set('homing_offset', 0);
    expect(code).toBe(3);
    expect(stdout).toMatch(/WRONG motors +motor 4 \(wrist_flex\) does not answer/);
    expect(stdout).toMatch(/WRONG supply +motor 2 \(shoulder_lift\) has 3\.5 V, and 4\.5 … 13 V is right/);
    expect(stdout).toMatch(/WRONG temperature +motor 1 \(shoulder_pan\) has 75 °C, and 65 °C stops it/);
    expect(stdout).toMatch(/WRONG calibration +motor 6 \(gripper\) holds homing_offset 12, the file says 0/);
    expect(stderr).toMatch(
      /^premotor: \d+ things are wrong: motors, supply, temperature, complaints, calibration\n$/,
    );
  });

  it('is watched through its bridge: places in rad and ticks, and torque stays off', async () => {
    const { code, stdout, stderr } = await run(
      ...['monitor', arm.reference, '--calibration', arm.calibrationFile, '--seconds', '2', '--json'],
    );
    expect([code, stderr.split('\n')[0]]).toEqual([0, expect.stringContaining('6 × sts3215 on tcp://')]);
    const states = eventsOf({ stdout } as never) as unknown as { joints: Record<string, number>[] }[];
    expect(states.length).toBeGreaterThan(0);
    const { joints } = states.at(-1)!;
    joints.forEach((joint, i) => {
      const servo = arm.emulated.bus.servos[i];
      expect(Math.abs(joint.tick - servo.get('present_position'))).toBeLessThan(3);
      expect(joint.voltage).toBe(12);
    });
    expect(joints[3].position).toBeCloseTo(1.5, 2);
    expect(torque()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('takes a calibration back that its motors have lost', async () => {
    const before = arm.emulated.bus.servo(2).get('min_position');
    arm.emulated.bus.servo(2).set('min_position', 0);
    const { code, stdout } = await run(
      ...['calibrate', arm.reference, '--from', arm.calibrationFile, '--out', arm.calibrationFile],
    );
    expect(code).toBe(0);
    expect(stdout).toContain(`calibrated: ${arm.calibrationFile}`);
    expect(arm.emulated.bus.servo(2).get('min_position')).toBe(before);
  });
});

describe('an SO-101 that was only put together', { timeout: 60_000 }, () => {
  let arm: EmulatedArm;
  beforeAll(async () => {
    arm = await emulatedArm('uncalibrated');
  });
  afterAll(() => arm.close());
  const calibrate = (...args: string[]) =>
    premotor(['hardware', 'calibrate', arm.reference, '--port', arm.port, ...args]);

  it('keeps nothing when a range is too narrow, and says whose', async () => {
    const out = join(arm.folder, 'narrow.json');
    const { code, stderr } = await typing(async (type) => {
      for (const line of ['y', '', '', 'end']) type(line);
      return calibrate('--out', out);
    });
    expect(code).toBe(2);
    expect(stderr).toContain(
      'a range of 0° for shoulder_pan, and the URDF says 220°: move it from end to end',
    );
    await expect(readFile(out)).rejects.toThrow('ENOENT');
  });

  it.each([
    ['before anything was touched', [], [], 'stopped: nothing was done'],
    [
      'while the joints are put in the middle',
      ['--yes'],
      [],
      'stopped: torque is off, and the calibration of the motors is as it was',
    ],
    [
      'while they are swept',
      ['--yes'],
      [''],
      'stopped: nothing was kept, and the motors agree with no calibration now; calibrate again, or bring the former one back: premotor hardware calibrate FILE --port PORT --from KEPT --out KEPT',
    ],
  ])('says what Ctrl-C leaves behind %s', async (_, flags, lines, left) => {
    const { code, stderr } = await typing(async (type) => {
      const listening = process.listenerCount('SIGINT');
      const running = calibrate(...flags, '--out', arm.calibrationFile);
      for (const line of lines) type(line);
      await vi.waitFor(() => expect(process.listenerCount('SIGINT')).toBeGreaterThan(listening), 10_000);
      (process.listeners('SIGINT').at(-1) as () => void)();
      return running;
    });
    const said = stderr
      .replaceAll(arm.calibrationFile, 'KEPT')
      .replace(arm.reference, 'FILE')
      .replace(arm.port, 'PORT');
    expect([code, said]).toEqual([130, `premotor: ${left}\n`]);
  });

  it('says how the former calibration comes back when it is given up half way', async () => {
    const { code, stderr } = await typing(async (type) => {
      for (const line of ['y', '', '', 'end']) type(line);
      return calibrate('--out', arm.calibrationFile);
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining(`--from ${arm.calibrationFile} --out`)]);
  });

  it('does nothing when the person does not want it limp', async () => {
    const ended = await typing(async (type) => {
      type('n');
      return calibrate();
    });
    expect([ended.code, ended.stderr]).toEqual([
      2,
      'premotor: nothing was done; calibration needs the robot limp\n',
    ]);
  });

  it('does not wait for ever where nobody can answer', async () => {
    const before = Object.getOwnPropertyDescriptor(process, 'stdin')!;
    const { PassThrough } = await import('node:stream');
    Object.defineProperty(process, 'stdin', { configurable: true, value: new PassThrough().end() });
    try {
      const { code, stderr } = await calibrate();
      expect(code).toBe(2);
      expect(stderr).toContain('standard input has ended and nobody answers');
    } finally {
      Object.defineProperty(process, 'stdin', before);
    }
  });

  it('cannot be recorded before it is calibrated', async () => {
    const home = join(arm.folder, 'home');
    process.env.PREMOTOR_HOME = home;
    try {
      const ended = await premotor(['hardware', 'monitor', arm.reference, '--port', arm.port, '--record']);
      expect([ended.code, ended.stderr]).toEqual([
        2,
        expect.stringMatching(
          /^premotor: --record: robot so101 is not calibrated, and a recording holds angles; run /,
        ),
      ]);
    } finally {
      delete process.env.PREMOTOR_HOME;
      await rm(home, { recursive: true, force: true });
    }
  });

  it('cannot be moved before it is calibrated', async () => {
    const home = join(arm.folder, 'home');
    process.env.PREMOTOR_HOME = home;
    try {
      const ended = await premotor(['hardware', 'teleop', arm.reference, '--port', arm.port]);
      expect(ended.code).toBe(2);
      expect(ended.stderr).toMatch(
        /^premotor: robot so101 is not calibrated; run premotor hardware calibrate so101/,
      );
    } finally {
      delete process.env.PREMOTOR_HOME;
      await rm(home, { recursive: true, force: true });
    }
  });
});

describe('motors as they are delivered', { timeout: 30_000 }, () => {
  let arm: EmulatedArm;
  beforeAll(async () => {
    arm = await emulatedArm('new');
  });
  afterAll(() => arm.close());
  const setup = (...args: string[]) =>
    premotor(['hardware', 'setup', arm.reference, '--port', arm.port, ...args]);

  it('get their ids one after the other, each connected alone', async () => {
    await obeyLine(arm.emulated, 'connect gripper');
    const first = await setup('--motor', 'gripper', '--yes', '--json');
    expect([first.code, eventsOf(first)[0]]).toEqual([
      0,
      expect.objectContaining({ joint: 'gripper', id: 6 }),
    ]);
    expect(arm.emulated.bus.servos.map(({ id }) => id)).toEqual([1, 1, 1, 1, 1, 6]);

    await obeyLine(arm.emulated, 'connect elbow_flex');
    const second = await typing(async (type) => {
      for (const line of ['', 'y']) type(line);
      return setup('--motor', '3');
    });
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('elbow_flex: id 1 → 3')]);
    expect(arm.emulated.bus.servos.map(({ id }) => id)).toEqual([1, 1, 3, 1, 1, 6]);
  });

  it('are left alone when several answer to one id, which scan and stop say too', async () => {
    await obeyLine(arm.emulated, 'connect all');
    const before = arm.emulated.bus.servos.map(({ id }) => id);
    const { code, stdout, stderr } = await setup('--motor', 'wrist_roll', '--yes');
    expect([code, stdout, stderr]).toEqual([
      3,
      '',
      'premotor: two or more motors answer as id 1; connect one alone\n',
    ]);
    expect(arm.emulated.bus.servos.map(({ id }) => id)).toEqual(before);
    const scanned = await premotor(['hardware', 'scan', '--port', arm.port]);
    expect(scanned.stdout).toMatch(
      / 1 +unknown .* unknown( +–){4} +two or more motors answer as id 1; connect one alone/,
    );
    const stopped = await premotor(['hardware', 'stop', '--port', arm.port]);
    expect([stopped.code, stopped.stdout]).toEqual([3, expect.stringMatching(/motor 1 .*NOT VERIFIED/)]);
  });

  it('are left alone when two answer', async () => {
    await obeyLine(arm.emulated, 'connect all');
    for (const i of [1, 3, 4]) arm.emulated.bus.servos[i].condition.dead = true;
    const { code, stderr } = await setup('--motor', 'wrist_roll', '--yes');
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/motors answer \(ids 1, 3, 6\); connect that of wrist_roll alone/),
    ]);
    expect(arm.emulated.bus.servos.map(({ id }) => id)).toEqual([1, 1, 3, 1, 1, 6]);
  });

  it('need somebody who connects them', async () => {
    const { code, stderr } = await setup('--yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining('--yes needs --motor')]);
  });
});

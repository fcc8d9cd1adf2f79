import { describe, expect, it } from 'vitest';
import { RobotFault } from '#src/core/errors';
import { address, bench, counts, number } from './fixture.ts';

const ids = [1, 2, 3, 4, 5, 6];

describe.each(['feetech', 'dynamixel'] as const)('a %s bus and its emulator', (family) => {
  const { position, size, goal, torque } = address[family];

  it('ping, read and write, and the motor goes where it was told', async () => {
    const { clock, bus, emulated } = bench(family);
    const said = await clock.run(bus.ping(3));
    expect(Array.from(said)).toEqual(family === 'feetech' ? [] : [0xfc, 0x03, 48]);
    await clock.run(bus.write(3, torque, Uint8Array.of(1)));
    await clock.run(bus.write(3, goal, counts(3000, size)));
    await clock.pass(1);
    expect(number(await clock.run(bus.read(3, position, size)))).toBe(3000);
    expect(emulated.servo(3).get('goal_position')).toBe(3000);
    expect(bus.statistics()).toMatchObject({ retries: 0, misses: 0, corrupted: 0, skipped: 0, stray: 0 });
  });

  it('read and write many motors at once, in one exchange each', async () => {
    const { clock, bus } = bench(family);
    const entries = (value: (id: number) => Uint8Array) => ids.map((id) => ({ id, data: value(id) }));
    await clock.run(
      bus.syncWrite(
        torque,
        entries(() => Uint8Array.of(1)),
      ),
    );
    await clock.run(
      bus.syncWrite(
        goal,
        entries((id) => counts(2000 + id, size)),
      ),
    );
    await clock.pass(1);
    const found = await clock.run(bus.syncRead(position, size, ids));
    expect(Array.from(found, ([id, data]) => [id, number(data)])).toEqual(ids.map((id) => [id, 2000 + id]));
    expect(bus.statistics().exchanges).toBe(1);
  });

  it('read and write registers by name, signs and all', async () => {
    const { clock, bus, emulated } = bench(family);
    await clock.run(bus.set(2, 'homing_offset', -300));
    expect(emulated.servo(2).get('homing_offset')).toBe(-300);
    expect(await clock.run(bus.get(2, 'homing_offset'))).toBe(-300);
    await expect(bus.get(2, 'colour')).rejects.toThrow(`${family} motors have no register colour`);
    await expect(bus.set(2, 'id', 256)).rejects.toThrow('id: 256 is outside 0 … 255');
  });

  it('keep a registered write until the action', async () => {
    const { clock, bus, emulated } = bench(family);
    await clock.run(bus.regWrite(2, goal, counts(2500, size)));
    expect(emulated.servo(2).get('goal_position')).toBe(2048);
    await clock.run(bus.action());
    await clock.pass(0.01);
    expect(emulated.servo(2).get('goal_position')).toBe(2500);
  });

  it('find who is there, each asked once', async () => {
    const { clock, bus } = bench(family);
    expect(await clock.run(bus.find([0, 1, 4, 9, 6]))).toEqual([1, 4, 6]);
    expect(bus.statistics().exchanges).toBe(5);
  });

  it.each([1, 2])('get over %i dropped answers by asking again at once', async (count) => {
    const { clock, bus, emulated } = bench(family);
    emulated.fault({ fault: { kind: 'drop' }, id: 4, count });
    const found = await clock.run(bus.syncRead(position, size, ids));
    expect([...found.keys()].sort()).toEqual(ids);
    expect(bus.health(4)).toMatchObject({ retries: count, misses: 0, lastMiss: 'no answer' });
    expect(bus.health(3)).toMatchObject({ retries: 0, answers: 1 });
  });

  it('leave out a motor that dropped three answers, count it, and go on', async () => {
    const { clock, bus, emulated } = bench(family);
    emulated.fault({ fault: { kind: 'drop' }, id: 4, count: 3 });
    const found = await clock.run(bus.syncRead(position, size, ids));
    expect([...found.keys()]).toEqual([1, 2, 3, 5, 6]);
    expect(bus.health(4)).toMatchObject({ retries: 2, misses: 1 });
    expect(bus.health(4).missingSince).toBeGreaterThan(0);
    expect((await clock.run(bus.syncRead(position, size, ids))).size).toBe(6);
    expect(bus.health(4)).toMatchObject({ misses: 1, missingSince: undefined });
  });

  it('tell a read for setting up from one in a loop: it throws at once', async () => {
    const { clock, bus, emulated } = bench(family);
    emulated.fault({ fault: { kind: 'drop' }, id: 4, count: 6 });
    await expect(clock.run(bus.read(4, position, size))).rejects.toThrow(
      `motor 4: read of present_position at ${position} (${size} bytes): no answer, 3 tries each; check its power`,
    );
    expect(await clock.run(bus.poll(4, position, size))).toBeUndefined();
    expect(number(await clock.run(bus.poll(4, position, size)))).toBe(2048);
  });

  it('say what a silent motor was asked for and why, and of all at once that it is the line', async () => {
    const { clock, bus, emulated } = bench(family);
    const ask = () => clock.run(bus.syncRead(position, size, ids));
    await ask();
    expect(bus.silence([4])).toBeUndefined();
    emulated.condition(4, { dead: true });
    await ask();
    await clock.pass(0.1);
    expect(bus.silence([4])).toMatch(
      /^motor 4: sync read of present_position at \d+ .*: no answer for 0\.1\d s, 3 tries each; check its power/,
    );
    expect(bus.silence(ids)).toBeUndefined();
    emulated.condition(4, { dead: false });
    await clock.pass(2);
    await ask();
    expect(bus.silence([4])).toBeUndefined();
    emulated.unplug(true);
    await ask();
    expect(bus.silence(ids)).toMatch(
      /^no motor answers: sync read of present_position .*; check the port's cable/,
    );
    const fault = clock.run(
      (async () => {
        for (;;) await bus.syncRead(position, size, ids);
      })(),
    );
    await expect(fault).rejects.toThrow(/^no motor answers: .*: no answer for 0\.5\d s/);
  });

  it('report a dead motor once its window is over: motor, name, register, cause', async () => {
    const nameOf = (id: number) => (id === 5 ? 'wrist_roll' : undefined);
    const { clock, bus, emulated } = bench(family, {}, { nameOf });
    emulated.condition(5, { dead: true });
    const begun = clock.now();
    let polls = 0;
    const poll = async () => {
      for (;;) {
        const found = await bus.syncRead(position, size, ids);
        expect(found.size).toBe(5);
        polls++;
      }
    };
    const fault = await clock.run(poll().catch((error) => error));
    expect(fault).toBeInstanceOf(RobotFault);
    expect(fault.message).toMatch(
      /^motor 5 \(wrist_roll\): sync read of present_position .*: no answer for 0\.5\d s/,
    );
    expect(clock.now() - begun).toBeGreaterThan(0.5);
    expect(clock.now() - begun).toBeLessThan(0.56);
    expect(polls).toBeGreaterThan(10);
    emulated.condition(5, { dead: false });
    await clock.pass(0.2);
    expect((await clock.run(bus.syncRead(position, size, ids))).size).toBe(6);
  });

  it('never take a corrupted answer for an answer', async () => {
    const { clock, bus, emulated, motors } = bench(family, { seed: 7 });
    motors.place(0, 0.5);
    const truth = number(await clock.run(bus.read(1, position, size)));
    emulated.fault({ fault: { kind: 'corrupt' }, share: 0.5 });
    for (let i = 0; i < 200; i++) {
      const found = await clock.run(bus.poll(1, position, size));
      if (found) expect(number(found)).toBe(truth);
    }
    expect(bus.statistics().corrupted + bus.statistics().skipped).toBeGreaterThan(50);
    expect(bus.health(1).retries).toBeGreaterThan(50);
  });

  it('find the answer behind a false header when the line falls silent', async () => {
    const { clock, bus, far } = bench(family);
    const reading = bus.read(1, position, size);
    const lie = family === 'feetech' ? [0xff, 0xff, 5, 240] : [0xff, 0xff, 0xfd, 0, 5, 0, 3];
    far.write(Uint8Array.from(lie));
    expect(number(await clock.run(reading))).toBe(2048);
    expect(bus.statistics()).toMatchObject({ retries: 0, skipped: lie.length });
  });

  it('do not take a late answer for that of the next request', async () => {
    const { clock, bus, emulated } = bench(family);
    emulated.fault({ fault: { kind: 'late', by: 0.004 }, id: 1, count: 1 });
    expect(number(await clock.run(bus.read(1, position, size)))).toBe(2048);
    expect(bus.health(1)).toMatchObject({ retries: 1, misses: 0 });
    expect(bus.statistics().stray).toBe(1);
    const voltage = family === 'feetech' ? [62, 1, 120] : [144, 2, 120];
    expect(number(await clock.run(bus.read(1, voltage[0], voltage[1])))).toBe(voltage[2]);
  });

  it('drop the second copy of a doubled answer', async () => {
    const { clock, bus, emulated } = bench(family);
    emulated.fault({ fault: { kind: 'duplicate' } });
    for (let i = 0; i < 10; i++) {
      expect(number(await clock.run(bus.read(1, position, size)))).toBe(2048);
      expect(number(await clock.run(bus.read(1, goal, size)))).toBe(2048);
      const model = await clock.run(bus.read(1, family === 'feetech' ? 3 : 0, 2));
      expect(number(model)).toBe(family === 'feetech' ? 777 : 1020);
    }
    expect(bus.statistics()).toMatchObject({ retries: 0, misses: 0 });
    expect(bus.statistics().stray).toBeGreaterThan(20);
  });

  it.each([
    ['one', { drop: 1, duplicate: 1 }],
    ['none', { drop: 3, duplicate: 0 }],
    ['several', { drop: 2, duplicate: 3 }],
    // Without a majority nobody knows, and several is the answer that changes no motor.
    ['several', { drop: 2, duplicate: 2 }],
    ['several', { drop: 2, duplicate: 1 }],
  ] as const)('count %s after %o of five pings', async (verdict, faults) => {
    const { clock, bus, emulated } = bench(family);
    for (const kind of ['drop', 'duplicate'] as const)
      if (faults[kind] > 0) emulated.fault({ fault: { kind }, count: faults[kind] });
    expect(await clock.run(bus.countOf(1))).toBe(verdict);
  });

  it('see all motors silent when the data line is pulled, and well when it is back', async () => {
    const { clock, bus, emulated } = bench(family);
    emulated.unplug(true);
    expect((await clock.run(bus.syncRead(position, size, ids))).size).toBe(0);
    expect(bus.statistics().misses).toBe(6);
    emulated.unplug(false);
    expect((await clock.run(bus.syncRead(position, size, ids))).size).toBe(6);
  });

  it('fail every call, the one in progress first, when the adapter is pulled', async () => {
    const { clock, bus, emulated } = bench(family);
    const calls = [bus.read(1, position, size), bus.ping(2)];
    const results = Promise.allSettled(calls);
    await emulated.close();
    const reasons = (await clock.run(results)).map((result) => (result as PromiseRejectedResult).reason);
    for (const reason of reasons) expect(reason).toBeInstanceOf(RobotFault);
    expect(reasons[0].message).toBe(
      'port loopback: the other end was closed; check the cable and open it again',
    );
    await expect(clock.run(bus.syncRead(position, size, ids))).rejects.toThrow(RobotFault);
  });

  it('find a motor again after it rebooted, its torque off', async () => {
    const { clock, bus, emulated } = bench(family);
    await clock.run(bus.write(1, torque, Uint8Array.of(1)));
    emulated.reboot(1);
    expect(await clock.run(bus.poll(1, torque, 1))).toBeUndefined();
    await clock.pass(0.1);
    expect(number(await clock.run(bus.read(1, torque, 1)))).toBe(0);
  });

  it('take a motor at another baud for absent', async () => {
    const code = family === 'feetech' ? 1 : 1;
    const servos = [{ id: 1, registers: { baud: code } }];
    const { clock, bus, emulated } = bench(family, { servos });
    expect(await clock.run(bus.find([1]))).toEqual([]);
    emulated.lineBaud = family === 'feetech' ? 500_000 : 57_600;
    const slow = bench(family, { servos, baud: emulated.lineBaud }, { baud: emulated.lineBaud });
    expect(await slow.clock.run(slow.bus.find([1]))).toEqual([1]);
  });

  it.each(['auto', true] as const)(
    'do not take the echo of an adapter for an answer (echo %s)',
    async (echo) => {
      const { clock, bus, emulated } = bench(family, { echo: true }, { echo });
      expect(number(await clock.run(bus.read(1, position, size)))).toBe(2048);
      expect((await clock.run(bus.syncRead(position, size, ids))).size).toBe(6);
      expect(bus.statistics()).toMatchObject({ echo: true, stray: 0, retries: 0 });
      emulated.condition(1, { dead: true });
      expect(await clock.run(bus.poll(1, position, size))).toBeUndefined();
      expect(bus.health(1).lastMiss).toBe('no answer');
    },
  );

  it('let an urgent call pass what waits, and give up retries for it', async () => {
    const { clock, bus, emulated } = bench(family);
    emulated.condition(1, { dead: true });
    const order: string[] = [];
    const waiting = [
      bus.poll(1, position, size).then(() => order.push('poll')),
      bus.read(2, position, size).then(() => order.push('read')),
      bus
        .syncWrite(torque, [{ id: 2, data: Uint8Array.of(0) }], { urgent: true })
        .then(() => order.push('stop')),
    ];
    await clock.run(Promise.all(waiting));
    expect(order).toEqual(['poll', 'stop', 'read']);
    expect(bus.health(1).retries).toBe(0);
  });
});

describe('a Feetech motor', () => {
  it('says voltage, heat and overload in its status, and turns torque off when it must', async () => {
    const { clock, bus, emulated } = bench('feetech');
    await clock.run(bus.write(1, 40, Uint8Array.of(1)));
    emulated.condition(1, { voltage: 3.5 });
    expect(number(await clock.run(bus.read(1, 62, 1)))).toBe(35);
    expect(bus.health(1)).toMatchObject({ error: 0x01, errorText: 'voltage out of limits' });
    emulated.condition(1, { voltage: 12, temperature: 75 });
    expect(number(await clock.run(bus.read(1, 63, 1)))).toBe(75);
    expect(bus.health(1).errorText).toBe('overheated');
    expect(number(await clock.run(bus.read(1, 40, 1)))).toBe(0);
    emulated.condition(1, { temperature: 30, overload: true });
    await clock.run(bus.ping(1));
    expect(bus.health(1).errorText).toBe('overload');
    emulated.condition(1, { overload: false });
    await clock.run(bus.ping(1));
    expect(bus.health(1)).toMatchObject({ error: 0, errorText: '' });
  });

  it('keeps EEPROM through a reboot only when it was unlocked, and takes none with torque on', async () => {
    const { clock, bus, emulated } = bench('feetech');
    const limit = async () => number(await clock.run(bus.read(1, 11, 2)));
    await clock.run(bus.write(1, 11, counts(3000, 2)));
    expect(await limit()).toBe(3000);
    emulated.reboot(1);
    await clock.pass(0.2);
    expect(await limit()).toBe(4095);
    await clock.run(bus.write(1, 55, Uint8Array.of(0)));
    await clock.run(bus.write(1, 11, counts(3000, 2)));
    await clock.run(bus.write(1, 40, Uint8Array.of(1)));
    await clock.run(bus.write(1, 11, counts(2000, 2)));
    emulated.reboot(1);
    await clock.pass(0.2);
    expect(await limit()).toBe(3000);
  });

  it('has present = actual − homing offset, and makes where it stands the middle', async () => {
    const { clock, bus, emulated, motors } = bench('feetech');
    motors.place(0, 0.5);
    const before = number(await clock.run(bus.read(1, 56, 2)))!;
    await clock.run(bus.write(1, 31, counts(100, 2)));
    expect(number(await clock.run(bus.read(1, 56, 2)))).toBe(before - 100);
    await clock.run(bus.write(1, 40, Uint8Array.of(128)));
    expect(number(await clock.run(bus.read(1, 56, 2)))).toBe(2048);
    expect(emulated.servo(1).get('homing_offset')).toBe(before - 2048);
    await clock.run(bus.write(1, 40, Uint8Array.of(1)));
    await clock.run(bus.write(1, 42, counts(2148, 2)));
    await clock.pass(1);
    emulated.refresh();
    expect(motors.position(0)).toBeCloseTo(((before + 100 - 2048) * 2 * Math.PI) / 4096, 6);
  });

  it('stays within its position limits, and no faster than its goal velocity', async () => {
    const { clock, bus, motors, emulated } = bench('feetech');
    await clock.run(bus.write(1, 11, counts(2500, 2)));
    await clock.run(bus.write(1, 46, counts(100, 2)));
    await clock.run(bus.write(1, 40, Uint8Array.of(1)));
    await clock.run(bus.write(1, 42, counts(4000, 2)));
    await clock.pass(1);
    emulated.refresh();
    expect((motors.position(0) * 4096) / (2 * Math.PI)).toBeCloseTo(100, 0);
    await clock.pass(9);
    expect(number(await clock.run(bus.read(1, 56, 2)))).toBe(2500);
  });

  it('answers only pings and reads at response level 0', async () => {
    const { clock, bus, emulated } = bench('feetech', {}, { answersWrites: false });
    emulated.servo(1).set('response_level', 0);
    await clock.run(bus.write(1, 42, counts(2100, 2)));
    expect(number(await clock.run(bus.read(1, 42, 2)))).toBe(2100);
    expect(bus.statistics()).toMatchObject({ stray: 0, misses: 0 });
  });

  it('has neither a reboot nor a bulk read', async () => {
    const { bus } = bench('feetech');
    await expect(bus.reboot(1)).rejects.toThrow('no reboot');
    await expect(bus.bulkRead([])).rejects.toThrow('no bulk read');
  });

  it('goes back to its own settings by a factory reset, but for the id', async () => {
    const { clock, bus } = bench('feetech');
    await clock.run(bus.write(2, 55, Uint8Array.of(0)));
    await clock.run(bus.write(2, 21, Uint8Array.of(16)));
    await clock.run(bus.factoryReset(2));
    expect(number(await clock.run(bus.read(2, 21, 1)))).toBe(32);
  });
});

describe('a Dynamixel motor', () => {
  it('refuses what it must, and the fault says what and why', async () => {
    const { clock, bus } = bench('dynamixel');
    await clock.run(bus.write(1, 64, Uint8Array.of(1)));
    await expect(clock.run(bus.write(1, 11, Uint8Array.of(1)))).rejects.toThrow(
      'motor 1 refused write of mode at 11 (1 byte): register read-only, or locked while torque is on',
    );
    await expect(clock.run(bus.write(1, 132, counts(0, 4)))).rejects.toThrow('read-only');
    await expect(clock.run(bus.write(1, 116, counts(5000, 4)))).rejects.toThrow('beyond a limit');
    await expect(clock.run(bus.read(1, 600, 4))).rejects.toThrow('out of range');
    expect(bus.statistics().retries).toBe(0);
  });

  it('tells each its own span in a bulk read', async () => {
    const { clock, bus } = bench('dynamixel');
    const found = await clock.run(
      bus.bulkRead([
        { id: 1, address: 144, size: 2 },
        { id: 2, address: 146, size: 1 },
      ]),
    );
    expect(Array.from(found, ([id, data]) => [id, number(data)])).toEqual([
      [1, 120],
      [2, 30],
    ]);
  });

  it('raises the alert, turns torque off, and is well only after a reboot', async () => {
    const { clock, bus, emulated } = bench('dynamixel');
    await clock.run(bus.write(1, 64, Uint8Array.of(1)));
    emulated.condition(1, { temperature: 90 });
    expect(number(await clock.run(bus.read(1, 70, 1)))).toBe(0x04);
    expect(bus.health(1)).toMatchObject({ error: 0x80, errorText: 'hardware alert' });
    expect(number(await clock.run(bus.read(1, 64, 1)))).toBe(0);
    emulated.condition(1, { temperature: 30 });
    expect(number(await clock.run(bus.read(1, 70, 1)))).toBe(0x04);
    await expect(clock.run(bus.write(1, 64, Uint8Array.of(1)))).rejects.toThrow('failed');
    await clock.run(bus.reboot(1));
    await clock.pass(0.2);
    expect(number(await clock.run(bus.read(1, 70, 1)))).toBe(0);
    expect(bus.health(1).error).toBe(0);
  });

  it('stops when its bus watchdog lapses, and takes goals again once that is cleared', async () => {
    const { clock, bus, motors } = bench('dynamixel');
    await clock.run(bus.write(1, 112, counts(10, 4)));
    await clock.run(bus.write(1, 64, Uint8Array.of(1)));
    await clock.run(bus.write(1, 98, Uint8Array.of(5)));
    await clock.run(bus.write(1, 116, counts(4000, 4)));
    await clock.pass(1);
    const rate = (10 * 0.229 * 2 * Math.PI) / 60;
    expect(number(await clock.run(bus.read(1, 98, 1)))).toBe(255);
    const stopped = motors.position(0);
    expect(stopped).toBeCloseTo(rate * 0.1, 3);
    await clock.pass(1);
    await expect(clock.run(bus.write(1, 116, counts(2048, 4)))).rejects.toThrow('read-only');
    expect(motors.position(0)).toBe(stopped);
    await clock.run(bus.write(1, 98, Uint8Array.of(0)));
    await clock.run(bus.write(1, 116, counts(2048, 4)));
    await clock.pass(2);
    expect(number(await clock.run(bus.read(1, 132, 4)))).toBe(2048);
  });

  it('has present = actual + homing offset', async () => {
    const { clock, bus } = bench('dynamixel');
    await clock.run(bus.write(1, 20, counts(-100, 4)));
    expect(number(await clock.run(bus.read(1, 132, 4)))).toBe(1948);
  });

  it('keeps id and baud through a factory reset', async () => {
    const { clock, bus } = bench('dynamixel');
    await clock.run(bus.write(2, 84, counts(1, 2)));
    await clock.run(bus.factoryReset(2));
    await clock.pass(0.2);
    expect(number(await clock.run(bus.read(2, 84, 2)))).toBe(800);
    expect(await clock.run(bus.find([2]))).toEqual([2]);
  });
});

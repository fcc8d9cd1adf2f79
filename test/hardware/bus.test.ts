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

import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { wallClock } from '#src/hardware/clock';
import { Connection } from '#src/hardware/rosbridge/connection';
import { rosbridge as module } from '#src/hardware/rosbridge/driver';
import { serveRosbridge } from '#src/hardware/rosbridge/stand-in/serve-rosbridge';
import { arm, closeAll, home, moved, pause, quicker, readFails, reads, rig, until } from './fixture.ts';

afterEach(closeAll);

describe('the connection of a ROS driver', () => {
  it('faults at once when it is cut, comes back by itself, and never sends what was asked meanwhile', async () => {
    const { robot, driver, server, motors } = await rig();
    const arm = driver();
    await arm.configure();
    await arm.activate(home(robot));
    server.disconnect();
    await until(
      () =>
        arm.write(home(robot)).then(
          () => false,
          () => true,
        ),
      'a fault',
    );
    await expect(arm.write(moved(home(robot), 1))).rejects.toThrow(/ws:.*(connection is gone|not active)/);
    await reads(arm);
    await pause(0.2);
    expect(motors.position(0)).toBeCloseTo(home(robot)[0], 6);
    await expect(arm.write(home(robot))).rejects.toThrow('not active');
    await arm.activate((await arm.read()).position.slice());
    await until(async () => {
      await arm.write(moved(home(robot), 0.1));
      await pause(0.02);
      return motors.position(0) > home(robot)[0] + 0.09;
    }, 'it moves again');
    expect(server.node.controllers[0].reason).toBe('');
  });

  it('refuses what is published while it is cut, and does not send it later', async () => {
    const { server } = await rig();
    const connection = await Connection.open({
      url: server.address,
      maxMessage: 1e6,
      png: false,
      clock: wallClock,
    });
    const heard: unknown[] = [];
    server.graph.subscribe('/me', '/chatter', 'std_msgs/msg/String', (message) => heard.push(message));
    connection.advertise('/chatter', 'std_msgs/msg/String');
    connection.publish('/chatter', { data: 'before' });
    await until(() => heard.length === 1, 'the first message');
    server.disconnect();
    await until(() => connection.lost !== undefined, 'it is cut');
    expect(() => connection.publish('/chatter', { data: 'between' })).toThrow('the connection is gone');
    await until(() => connection.lost === undefined, 'it is open again');
    connection.publish('/chatter', { data: 'after' });
    await until(() => heard.length > 1, 'the next message');
    expect(heard).toEqual([{ data: 'before' }, { data: 'after' }]);
    connection.close();
  });

  it('cut in the middle of a stop, is waited for, and the stop sent again', async () => {
    const { robot, driver, server, motors } = await rig({ lead: 20, stopTimeout: 10 });
    const arm = driver();
    await arm.configure();
    await arm.activate(home(robot));
    await arm.write(moved(home(robot), 1.5));
    await until(() => motors.position(0) > home(robot)[0] + 0.02, 'it moves');
    const stopping = arm.stop('hold');
    // What is under way does not arrive.
    server.disconnect();
    expect(await stopping).toMatchObject({ stopped: true });
    expect(motors.position(0)).toBeLessThan(home(robot)[0] + 1.2);
  });

  it('outlives a server that is started anew on its port', async () => {
    const { robot, driver, server } = await rig();
    const arm = driver();
    await arm.configure();
    await server.close();
    await readFails(arm);
    const port = Number(server.address.split(':').at(-1));
    const again = await serveRosbridge({ robot, port });
    await reads(arm);
    await arm.activate((await arm.read()).position.slice());
    expect(await arm.stop('hold')).toMatchObject({ stopped: true });
    await arm.close();
    await again.close();
  });

  it('says that a stop could not be sent when nobody is there', async () => {
    const { robot, driver, server } = await rig({ stopTimeout: 0.3 });
    const arm = driver();
    await arm.configure();
    await arm.activate(home(robot));
    await server.close();
    const stop = await arm.stop('hold');
    expect(stop.stopped).toBe(false);
    expect(stop.how).toMatch(/the connection is gone/);
  });

  it('is refused in a line: nobody there, no address, a wrong token, which it never repeats', async () => {
    const { robot, server } = await rig({}, { token: 'sesame' });
    const at = (port: string) => module.create({ robot, hardware: robot.hardware!, port });
    await expect(at('ws://127.0.0.1:1').configure()).rejects.toThrow(
      /port ws:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*rosbridge_server/,
    );
    await expect(at('/dev/ttyACM0').configure()).rejects.toThrow('write it as ws://host:port');
    const wrong = await at(`${server.address}/?token=open`)
      .configure()
      .catch((error: Error) => error.message);
    expect(wrong).toContain('401');
    expect(wrong).not.toContain('open,');
    expect(wrong).not.toContain('token=');
    const right = at(`${server.address}/?token=sesame`);
    expect((await right.configure()).description).not.toContain('sesame');
    await right.close();
  });

  it('counts hostile messages and reads on', async () => {
    const { driver, server } = await rig();
    const arm = driver();
    await arm.configure();
    const publish = (msg: unknown) => JSON.stringify({ op: 'publish', topic: '/joint_states', msg });
    for (const hostile of [
      ...['', '{', 'null', '7', '[]', '{"op":7}', '{"op":"png","data":"AAAA"}', '{"op":"png","data":7}'],
      ...['{"op":"publish","topic":"close","msg":{}}', '{"op":"publish","topic":"connection"}'],
      ...[
        '{"op":"publish","topic":"error"}',
        '{"op":"publish","topic":"__proto__"}',
        '{"op":"status","msg":{}}',
      ],
      ...[
        '{"op":"service_response","id":"x"}',
        '{"op":"action_result","id":"/joint_states"}',
        '[['.repeat(20_000),
      ],
      ...['{"op":"fragment","id":"a","num":0,"total":1e12,"data":""}', '{"op":"fragment"}'],
      ...['{"op":"fragment","id":"b","num":0,"total":1,"data":"{\\"op\\":\\"fragment\\"}"}'],
      ...[publish(null), publish(7), publish({ name: 'x' }), publish({ name: [], position: [1, 2] })],
      ...[
        publish({ name: new Array(5000).fill('x') }),
        publish({ name: ['gripper'], position: [Number.MAX_VALUE] }),
      ],
      ...[new Uint8Array([0xff, 0xff]), new Uint8Array(0), new Uint8Array([0x9f, 0x9f, 0x9f])],
    ])
      server.inject(hostile);
    await until(() => arm.statistics.malformed >= 20, 'all are counted');
    const { position } = await arm.read();
    expect(position.every(Number.isFinite)).toBe(true);
    expect(arm.statistics.reopened).toBe(0);
    expect(arm.statistics.unexpected).toBeGreaterThanOrEqual(6);
  });

  it('outlives ten thousand random messages', async () => {
    const { driver, server } = await rig();
    const arm = driver();
    await arm.configure();
    const ops = [
      'publish',
      'status',
      'service_response',
      'action_result',
      'action_feedback',
      'fragment',
      'call_service',
    ];
    const name = fc.constantFrom(
      '/joint_states',
      'close',
      'connection',
      'error',
      'message',
      'constructor',
      '1',
    );
    const message = fc.record(
      {
        op: fc.oneof(fc.constantFrom(...ops), fc.jsonValue()),
        ...{ topic: name, id: fc.oneof(name, fc.jsonValue()), msg: fc.jsonValue(), values: fc.jsonValue() },
        ...{
          num: fc.integer(),
          total: fc.integer(),
          data: fc.string(),
          level: fc.string(),
          result: fc.jsonValue(),
        },
      },
      { requiredKeys: ['op'] },
    );
    const messages = fc.sample(
      fc.oneof(
        fc.json(),
        message.map((m) => JSON.stringify(m)),
      ),
      {
        ...{ numRuns: 10_000, seed: 7 },
      },
    );
    for (const [i, each] of messages.entries()) {
      server.inject(each);
      if (i % 200 === 0) await pause(0.005);
    }
    await until(() => arm.statistics.malformed > 1000, 'they have come');
    await reads(arm);
    expect((await arm.read()).position.every(Number.isFinite)).toBe(true);
    expect(await arm.stop('hold')).toMatchObject({ stopped: true });
    expect(arm.statistics.reopened).toBe(0);
  });

  it('ends with a message longer than allowed, and opens again', async () => {
    const { driver, server } = await rig({ maxMessage: 4096 });
    const arm = driver();
    await arm.configure();
    server.inject(JSON.stringify({ op: 'publish', topic: '/joint_states', msg: 'x'.repeat(5000) }));
    expect((await readFails(arm)).message).toMatch(/payload size/i);
    await reads(arm);
  });

  it('is given up when pings are not answered', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: false });
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const url = `ws://127.0.0.1:${port}`;
    const connection = await Connection.open({ url, maxMessage: 1e6, png: false, clock: quicker(20) });
    let cause = '';
    connection.onLost = (why) => {
      cause = why;
    };
    await until(() => cause !== '', 'it is given up');
    expect(cause).toBe('the other side does not answer');
    await until(() => connection.reopened > 0, 'it is opened again');
    connection.close();
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });

  it('opens against a server that speaks something else, and says what is missing', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    server.on('connection', (socket) => socket.send('hello'));
    const robot = await arm({ startTimeout: 0.3 });
    const { port } = server.address() as { port: number };
    const driver = module.create({ robot, hardware: robot.hardware!, port: `ws://127.0.0.1:${port}` });
    await expect(driver.configure()).rejects.toThrow(/nothing came on \/joint_states within 0.3 s/);
    await driver.close();
    await driver.close();
    await new Promise((resolve) => server.close(resolve));
  });
});

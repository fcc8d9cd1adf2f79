import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { arm, client, closeAll, home, pause, rig, until } from './fixture.ts';

const clients: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of clients.splice(0)) each.close();
  await closeAll();
});

async function connect(url: string) {
  const ros = new client.Ros({ url });
  clients.push(ros as unknown as { close(): unknown });
  await new Promise<void>((resolve, reject) => {
    ros.on('connection', () => resolve());
    ros.on('error', reject);
  });
  return ros;
}

/** The bare protocol: every message that comes, and a way to send. */
async function bare(url: string) {
  const socket = new WebSocket(url);
  const heard: Record<string, unknown>[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data))));
  await new Promise((resolve) => socket.on('open', resolve));
  clients.push(socket);
  return { heard, socket, send: (message: unknown) => socket.send(JSON.stringify(message)) };
}

const goal = (
  joints: readonly string[],
  positions: readonly number[],
  seconds: number,
  rest: object = {},
) => ({
  trajectory: {
    joint_names: joints,
    points: [
      { positions, time_from_start: { sec: Math.floor(seconds), nanosec: Math.round((seconds % 1) * 1e9) } },
    ],
  },
  ...rest,
});
const follow = {
  name: '/joint_trajectory_controller/follow_joint_trajectory',
  actionType: 'control_msgs/action/FollowJointTrajectory',
};

describe("roslib's own client against the stand-in", () => {
  it.each(['none', 'png', 'cbor'])('hears joint states, compressed as %s', async (compression) => {
    const { server, robot } = await rig();
    const ros = await connect(server.address);
    const messages: { name: string[]; position: ArrayLike<number> }[] = [];
    const topic = new client.Topic({
      ...{ ros, name: '/joint_states', messageType: 'sensor_msgs/msg/JointState', compression },
    });
    topic.subscribe((message: unknown) => messages.push(message as (typeof messages)[number]));
    await until(() => messages.length > 2, 'three states');
    expect(messages[0].name).toEqual(robot.actuators.map(({ joint }) => joint));
    expect(Array.from(messages[0].position)).toEqual([...home(robot)]);
    topic.unsubscribe();
    await pause(0.1);
    const { length } = messages;
    await pause(0.1);
    expect(messages.length).toBe(length);
  });

  it('publishes to others, and to those that come later', async () => {
    const { server } = await rig();
    const [one, two] = [await connect(server.address), await connect(server.address)];
    const options = { name: '/chatter', messageType: 'std_msgs/msg/String' };
    const heard: unknown[] = [];
    new client.Topic({ ...options, ros: two }).subscribe((message: unknown) => heard.push(message));
    const talker = new client.Topic({ ...options, ros: one });
    await until(() => server.graph.nodesOn('/chatter', 'subscribers').length === 1, 'the subscription');
    talker.publish({ data: 'hello' });
    await until(() => heard.length === 1, 'the message');
    expect(heard).toEqual([{ data: 'hello' }]);
  });

  it('calls services, and hears of those that fail or are not there', async () => {
    const { server } = await rig();
    const ros = await connect(server.address);
    server.graph.serve('/add_two_ints', {
      type: 'example_interfaces/srv/AddTwoInts',
      call: ({ a, b }) => ({ sum: (a as number) + (b as number) }),
    });
    const call = (name: string, request: object) =>
      new Promise((resolve, reject) => {
        new client.Service({ ros, name, serviceType: 'any/srv/Any' }).callService(request, resolve, reject);
      });
    expect(await call('/add_two_ints', { a: 1, b: 2 })).toEqual({ sum: 3 });
    await expect(call('/nowhere', {})).rejects.toBe('Service /nowhere does not exist');
    const topics = await new Promise<{ topics: string[]; types: string[] }>((resolve) => {
      ros.getTopics((found: unknown) => resolve(found as { topics: string[]; types: string[] }));
    });
    expect(topics.types[topics.topics.indexOf('/joint_states')]).toBe('sensor_msgs/msg/JointState');
  });

  it('sends goals: feedback on the way, a result at the end, and the joints are there', async () => {
    const { server, robot, motors } = await rig({ command: 'action' });
    const ros = await connect(server.address);
    const joints = robot.actuators.map(({ joint }) => joint);
    const target = [...home(robot)].map((q) => q + 0.1);
    const feedback: { error: { positions: number[] } }[] = [];
    const result = await new Promise((resolve, reject) => {
      new client.Action({ ros, ...follow }).sendGoal(
        goal([...joints].reverse(), [...target].reverse(), 0.3),
        resolve,
        (values: unknown) => feedback.push(values as (typeof feedback)[number]),
        reject,
      );
    });
    expect(result).toMatchObject({ error_code: 0 });
    expect(feedback.length).toBeGreaterThan(2);
    await pause(0.3);
    target.forEach((q, j) => {
      expect(motors.position(j)).toBeCloseTo(q, 2);
    });
  });

  it('cancels a goal: the joints hold where they are', async () => {
    const { server, robot, motors } = await rig({ command: 'action' });
    const ros = await connect(server.address);
    const joints = robot.actuators.map(({ joint }) => joint);
    const action = new client.Action({ ros, ...follow });
    const target = [...home(robot)].map((q) => q + 1);
    let id: unknown;
    const failed = new Promise((resolve, reject) => {
      id = action.sendGoal(goal(joints, target, 20), reject, undefined, resolve);
    });
    await until(() => motors.position(0) > home(robot)[0] + 0.02, 'it moves');
    action.cancelGoal(id);
    // 5 = canceled, of action_msgs/GoalStatus.
    expect(String(await failed)).toMatch(/5|cancel/i);
    await pause(0.3);
    const held = motors.position(0);
    await pause(0.2);
    expect(motors.position(0)).toBeCloseTo(held, 4);
    expect(held).toBeLessThan(target[0] - 0.5);
  });

  it('hears why a goal was aborted or refused', async () => {
    const { server, robot } = await rig({ command: 'action' });
    const ros = await connect(server.address);
    const joints = robot.actuators.map(({ joint }) => joint);
    const send = (message: object) =>
      new Promise<string>((resolve, reject) => {
        new client.Action({ ros, ...follow }).sendGoal(message, reject, undefined, (why: unknown) =>
          resolve(String(why)),
        );
      });
    // First-order joints lag behind a jump; a tolerance of 1 mrad does not allow that.
    const far = [...home(robot)].map((q) => q + 1);
    const strict = { path_tolerance: [{ name: joints[0], position: 0.001 }] };
    expect(await send(goal(joints, far, 0.5, strict))).toContain('-4');
    const late = {
      goal_tolerance: [{ name: joints[0], position: 1e-6 }],
      goal_time_tolerance: { nanosec: 20_000_000 },
    };
    expect(await send(goal(joints, far, 0.02, late))).toContain('-5');
    expect(await send(goal(['nobody', ...joints.slice(1)], far, 1))).toContain('rejected');
    expect(await send(goal(joints, far, 0, { trajectory: { joint_names: joints, points: [] } }))).toContain(
      'rejected',
    );
    const elsewhere = new client.Action({ ros, name: '/nowhere', actionType: follow.actionType });
    const why = await new Promise((resolve, reject) => {
      elsewhere.sendGoal(goal(joints, far, 1), reject, undefined, resolve);
    });
    expect(String(why)).toContain('No action server available');
  });

  it('finds its topics again after the server was gone', async () => {
    const { server, robot } = await rig();
    const ros = await connect(server.address);
    let heard = 0;
    new client.Topic({ ros, name: '/joint_states', messageType: 'sensor_msgs/msg/JointState' }).subscribe(
      () => {
        heard++;
      },
    );
    const talker = new client.Topic({
      ...{ ros, name: '/joint_trajectory_controller/joint_trajectory' },
      messageType: 'trajectory_msgs/msg/JointTrajectory',
    });
    talker.advertise();
    await until(() => heard > 0, 'a state');
    const gone = new Promise((resolve) => ros.on('close', resolve));
    server.disconnect();
    await gone;
    heard = 0;
    await ros.connect(server.address);
    await until(() => heard > 0, 'a state of the second connection');
    const { trajectory } = goal(
      robot.actuators.map(({ joint }) => joint),
      [...home(robot)],
      0.1,
    );
    talker.publish(trajectory);
    await pause(0.2);
    expect(server.node.controllers[0].reason).toBe('');
  });
});

describe('the protocol of the stand-in', () => {
  it('answers what it cannot do with a status that has the id of the question', async () => {
    const { server } = await rig();
    const { heard, send, socket } = await bare(server.address);
    send({ op: 'fly', id: 'x1' });
    send({ op: 'publish', topic: '/nothing', msg: {}, id: 'x2' });
    send({ op: 'subscribe', topic: '/joint_states', type: 'std_msgs/msg/String', id: 'x3' });
    send({ op: 'advertise', topic: '/t', type: 'trajectory_msgs/msg/JointTrajectory' });
    send({ op: 'publish', topic: '/t', msg: { jonit_names: [] }, id: 'x4' });
    send({ op: 'publish', topic: '/t', msg: { joint_names: [1] }, id: 'x5' });
    send({ op: 'publish', topic: '/t', msg: { points: [{ positions: [null] }] }, id: 'x6' });
    socket.send('{"op":');
    await until(() => heard.length === 7, 'seven statuses');
    expect(heard.map(({ op, level }) => `${op} ${level}`)).toEqual(new Array(7).fill('status error'));
    expect(heard.slice(0, 6).map(({ id }) => id)).toEqual(['x1', 'x2', 'x3', 'x4', 'x5', 'x6']);
    expect(heard[3].msg).toContain('jonit_names');
  });

  it('says as much as it is told to', async () => {
    const { server } = await rig();
    const { heard, send } = await bare(server.address);
    send({ op: 'set_level', level: 'none' });
    send({ op: 'fly' });
    send({ op: 'set_level', level: 'info' });
    send({ op: 'subscribe', topic: '/new', type: 'std_msgs/msg/String', id: 's' });
    await until(() => heard.length === 1, 'one status');
    expect(heard).toEqual([{ op: 'status', level: 'info', msg: 'Subscribed to /new', id: 's' }]);
  });

  it('throttles, and of a queue of one sends the newest', async () => {
    const { server } = await rig();
    const { heard, send } = await bare(server.address);
    server.graph.advertise('/me', '/count', 'std_msgs/msg/String');
    send({
      op: 'subscribe',
      topic: '/count',
      type: 'std_msgs/msg/String',
      throttle_rate: 200,
      queue_length: 1,
    });
    await until(() => server.graph.nodesOn('/count', 'subscribers').length === 1, 'the subscription');
    for (let i = 0; i < 10; i++) server.graph.publish('/count', { data: String(i) });
    await pause(0.5);
    expect(heard.map(({ msg }) => (msg as { data: string }).data)).toEqual(['0', '9']);
  });

  it('sends and takes fragments', async () => {
    const { server } = await rig();
    const { heard, send } = await bare(server.address);
    server.graph.advertise('/me', '/long', 'std_msgs/msg/String');
    const call = JSON.stringify({
      op: 'subscribe',
      topic: '/long',
      type: 'std_msgs/msg/String',
      fragment_size: 40,
    });
    send({ op: 'fragment', id: 'f', num: 1, total: 2, data: call.slice(30) });
    send({ op: 'fragment', id: 'f', num: 0, total: 2, data: call.slice(0, 30) });
    await until(() => server.graph.nodesOn('/long', 'subscribers').length === 1, 'the subscription');
    server.graph.publish('/long', { data: 'x'.repeat(100) });
    await until(() => heard.length >= 4, 'the fragments');
    expect(heard.every(({ op, total }) => op === 'fragment' && total === heard.length)).toBe(true);
    expect(JSON.parse(heard.map(({ data }) => data).join(''))).toEqual({
      ...{ op: 'publish', topic: '/long', msg: { data: 'x'.repeat(100) } },
    });
  });

  it('takes hostile bytes and goes on', async () => {
    const { server } = await rig();
    const { heard, socket, send } = await bare(server.address);
    for (const text of [
      '',
      'null',
      '[]',
      '7',
      '{"op":7}',
      '[['.repeat(50_000),
      '{"op":"fragment","id":"a","num":-1,"total":1e9,"data":"x"}',
    ])
      socket.send(text);
    socket.send(new Uint8Array([0xff, 0x00, 0xfe]));
    send({ op: 'send_action_goal', action: '/x' });
    send({
      op: 'call_service',
      service: '/controller_manager/switch_controller',
      args: { activate_controllers: 7 },
      id: 'c',
    });
    await until(() => heard.some(({ op }) => op === 'service_response'), 'the answer to the last');
    expect(heard.find(({ op }) => op === 'service_response')).toMatchObject({ result: false, id: 'c' });
    expect(server.node.controllers[0].active).toBe(true);
  });

  it('wants its token, where it has one', async () => {
    const { server } = await rig({}, { token: 'sesame' });
    await expect(
      new Promise((resolve, reject) => {
        const socket = new WebSocket(server.address);
        socket.on('open', resolve);
        socket.on('error', reject);
      }),
    ).rejects.toThrow('401');
    await bare(`${server.address}/?token=sesame`);
  });

  it('says in a line that its port is taken', async () => {
    const { server } = await rig();
    const port = Number(server.address.split(':').at(-1));
    await expect(rig({}, { port })).rejects.toThrow(/cannot serve on 127\.0\.0\.1:\d+ .*choose another port/);
    expect((await arm()).hardware?.driver).toBe('rosbridge');
  });
});

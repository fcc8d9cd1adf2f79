import { afterEach, describe, expect, it } from 'vitest';
import { InputError, RobotFault } from '#src/core/errors';
import { wallClock } from '#src/hardware/clock';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { rosbridge as module } from '#src/hardware/rosbridge/driver';
import { readOptions } from '#src/hardware/rosbridge/options';
import { arm, closeAll, home, moved, pause, readFails, reads, rig, until } from './fixture.ts';

afterEach(closeAll);

describe('a robot behind rosbridge', () => {
  it.each([
    ['a trajectory of one point', { command: 'trajectory' }],
    ['an array of positions', { command: 'positions' }],
    ['goals of an action', { command: 'action', goalPeriod: 0.05, lead: 0.2 }],
    ['ROS 1 messages', { ros: 1 }],
    [
      'two controllers, joints in an order of their own',
      {
        controllers: [
          {
            name: 'arm_controller',
            joints: ['wrist_roll', 'wrist_flex', 'elbow_flex', 'shoulder_lift', 'shoulder_pan'],
          },
          { name: 'gripper_controller', command: 'positions' },
        ],
      },
    ],
    ['names of its own', { names: { shoulder_pan: 'joint_1', gripper: 'finger' } }],
    ['states as CBOR, throttled', { compression: 'cbor', throttle: 20 }],
    ['states as images', { compression: 'png' }],
  ])('is read, led and stopped through %s', async (_, options) => {
    const { robot, driver, motors, server } = await rig(options);
    const arm = driver();
    const { description, serial, notes } = await arm.configure();
    expect(description).toContain('6 joints from /joint_states');
    expect([serial, notes]).toEqual([null, []]);
    const start = await arm.read();
    expect([...start.position]).toEqual([...home(robot)]);
    expect(start.age.every((age) => age >= 0 && age < 0.3)).toBe(true);
    await arm.activate(start.position.slice());
    const targets = home(robot).map((q, j) => q + 0.05 * (j % 2 ? 1 : -1));
    await until(async () => {
      await arm.write(targets);
      await pause(0.02);
      const { position } = await arm.read();
      return position.every((q, j) => Math.abs(q - targets[j]) < 0.005);
    }, 'the joints are there');
    targets.forEach((q, j) => {
      expect(Math.abs(motors.position(j) - q)).toBeLessThan(0.005);
    });
    const stop = await arm.stop('hold');
    expect(stop).toMatchObject({ stopped: true });
    expect(stop.how).toContain('at rest as /joint_states tells it');
    for (const { reason } of server.node.controllers) expect(reason).toBe('');
  });

  it('does not move when it is activated and told what was read', async () => {
    const { robot, driver, motors } = await rig();
    const arm = driver();
    await arm.configure();
    await arm.activate((await arm.read()).position.slice());
    await pause(0.2);
    home(robot).forEach((q, j) => {
      expect(motors.position(j)).toBeCloseTo(q, 9);
    });
  });

  it('is held on the way by a stop, which says what it saw', async () => {
    const { robot, driver, motors } = await rig({ lead: 4 });
    const arm = driver();
    await arm.configure();
    await arm.activate(home(robot));
    await arm.write(moved(home(robot), 1.5));
    await until(() => motors.position(0) > home(robot)[0] + 0.05, 'it moves');
    const stop = await arm.stop('hold');
    expect(stop).toMatchObject({ stopped: true });
    const held = motors.position(0);
    expect(held).toBeLessThan(home(robot)[0] + 1.2);
    await pause(0.2);
    expect(Math.abs(motors.position(0) - held)).toBeLessThan(0.005);
    await expect(arm.write(home(robot))).rejects.toThrow('not active');
  });

  it('is never told to hold where it was long ago', async () => {
    const { robot, driver, server } = await rig({ stopTimeout: 0.4 });
    const arm = driver();
    await arm.configure();
    await arm.activate(home(robot));
    await pause(0.1);
    server.node.faults = { silent: true };
    await pause(0.1);
    let taken = 0;
    server.node.controllers[0].take = () => {
      taken++;
    };
    const { stopped, how } = await arm.stop('hold');
    await pause(0.05);
    expect([stopped, taken]).toEqual([false, 0]);
    expect(how).toContain('joint_trajectory_controller not told to hold, as /joint_states tells nothing new');
  });

  it('is told to hold where it is once states come again', async () => {
    const { robot, driver, server, motors } = await rig({ lead: 4 });
    const arm = driver();
    await arm.configure();
    await arm.activate(home(robot));
    await arm.write(moved(home(robot), 1.5));
    await until(() => motors.position(0) > home(robot)[0] + 0.05, 'it moves');
    server.node.faults = { silent: true };
    await pause(0.2);
    const held: number[] = [];
    const [controller] = server.node.controllers;
    const take = controller.take.bind(controller);
    controller.take = (message, now) => {
      const { joint_names, points } = message as { joint_names: string[]; points: { positions: number[] }[] };
      held.push(points[0].positions[joint_names.indexOf('shoulder_pan')]);
      take(message, now);
    };
    const stopping = arm.stop('hold');
    await pause(0.05);
    const at = motors.position(0);
    server.node.faults = {};
    expect(await stopping).toMatchObject({ stopped: true });
    expect(held).toHaveLength(1);
    expect(held[0]).toBeGreaterThan(at - 0.01);
  });

  it('is not said to be stopped while it moves, or when nobody tells', async () => {
    const { robot, driver, server } = await rig({ stopTimeout: 0.4, lead: 4 });
    const arm = driver();
    await arm.configure();
    await arm.activate(home(robot));
    await arm.write(moved(home(robot), 1.5));
    await pause(0.1);
    // It goes on whatever it is told.
    server.node.controllers[0].take = () => {};
    const moving = await arm.stop('hold');
    expect(moving.stopped).toBe(false);
    expect(moving.how).toMatch(/still moving as \/joint_states tells it \(\w+ at \d/);
    server.node.faults = { silent: true };
    await pause(0.1);
    const silent = await arm.stop('hold');
    expect(silent.stopped).toBe(false);
    expect(silent.how).toContain('/joint_states told nothing of shoulder_pan since');
  });

  it.each([
    ['rates are told as zero while positions change', (rate: number) => rate * 0, 4],
    ['positions stand while a rate is told', () => 0.5, 0.02],
  ])('is not said to be stopped where %s', async (_, told, lead) => {
    class Odd extends FirstOrderMotors {
      override velocity(motor: number): number {
        return told(super.velocity(motor));
      }
    }
    const { robot, driver, server } = await rig(
      { stopTimeout: 0.4, lead },
      { motors: new Odd(home(await arm())) },
    );
    const odd = driver();
    await odd.configure();
    await odd.activate(home(robot));
    await odd.write(moved(home(robot), lead > 1 ? 1.5 : 0));
    await pause(0.1);
    for (const controller of server.node.controllers) controller.take = () => {};
    const stop = await odd.stop('hold');
    expect(stop.stopped).toBe(false);
    expect(stop.how).toContain('still moving');
  });

  it('cannot take its torque off, and says so; where it may switch controllers it does', async () => {
    const first = await rig();
    const arm = first.driver();
    await arm.configure();
    await arm.activate(home(first.robot));
    const held = await arm.stop('release');
    expect(held.stopped).toBe(true);
    expect(held.how).toContain('nothing here can take its torque off');

    const second = await rig({ switch: true }, { active: false });
    const other = second.driver();
    await other.configure();
    expect(second.server.node.controllers[0].active).toBe(false);
    await other.activate(home(second.robot));
    expect(second.server.node.controllers[0].active).toBe(true);
    const released = await other.stop('release');
    expect(released).toMatchObject({ stopped: true });
    expect(released.how).toContain('controllers are inactive');
    expect(second.server.node.controllers[0].active).toBe(false);
  });

  it('is refused where its controller is not known or nobody listens', async () => {
    const { robot, server } = await rig();
    const with_ = (options: Record<string, unknown>) => ({ ...robot.hardware!, options });
    const make = (options: Record<string, unknown>) =>
      module.create({ robot, hardware: with_(options), port: server.address });
    const unknown = make({ controllers: [{ name: 'other' }] });
    await expect(unknown.configure()).rejects.toThrow(/nobody listens to \/other\/joint_trajectory/);
    await unknown.close();
    const switching = make({
      switch: true,
      controllers: [{ name: 'other', topic: '/joint_trajectory_controller/joint_trajectory' }],
    });
    await switching.configure();
    await expect(switching.activate(home(robot))).rejects.toThrow(
      /has no controller other; it has joint_trajectory_controller/,
    );
    await switching.close();
  });

  it('tells which joints are missing, and what is named instead', async () => {
    const { robot, server } = await rig({ names: { gripper: 'finger' } });
    const hardware = { ...robot.hardware!, options: { startTimeout: 0.5 } };
    const arm = module.create({ robot, hardware, port: server.address });
    const failure = await arm.configure().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InputError);
    expect((failure as Error).message).toMatch(/tells nothing of gripper; it names shoulder_pan, .*finger/);
    server.node.faults = { silent: true };
    await expect(arm.configure()).rejects.toThrow(/nothing came on \/joint_states within 0.5 s/);
    await arm.close();
  });

  it('names topic and joint when a state grows old, and is well again when it comes', async () => {
    const { driver, server } = await rig({ stateTimeout: 0.2 });
    const arm = driver();
    await arm.configure();
    server.node.faults = { blank: ['elbow_flex'] };
    const fault = await readFails(arm, 'elbow_flex');
    expect(fault).toBeInstanceOf(RobotFault);
    expect((fault as RobotFault).passing).toBe(true);
    expect(fault.message).toMatch(/\/joint_states: no state of elbow_flex for \d\.\d\d s \(0\.2 s allowed\)/);
    server.node.faults = {};
    await reads(arm);
    const { motors } = await arm.read();
    expect(motors[2].misses).toBeGreaterThan(0);
    expect(motors[0].misses).toBe(0);
  });

  it('goes on through dropped and late states, whose age it knows', async () => {
    const { driver, server } = await rig();
    const arm = driver();
    await arm.configure();
    await pause(0.2);
    server.node.faults = { drop: 0.5, delay: 0.1 };
    await pause(0.4);
    const { age } = await arm.read();
    expect(Math.min(...age)).toBeGreaterThan(0.095);
    expect(Math.max(...age)).toBeLessThan(0.3);
  });

  it('says of states that come, but too late, that they do', async () => {
    const { driver, server } = await rig({ stateTimeout: 0.25 });
    const arm = driver();
    await arm.configure();
    await pause(0.1);
    server.node.faults = { delay: 0.6 };
    const fault = await readFails(arm, 'by its stamp');
    expect(fault.message).toMatch(/shoulder_pan is \d\.\d\d s old by its stamp \(0\.25 s allowed\)/);
  });

  it("knows the robot's clock", async () => {
    const { driver } = await rig({}, { clockOffset: 5000 });
    const arm = driver();
    await arm.configure();
    await pause(0.2);
    const before = 1000 * wallClock.now();
    const { robotTime } = await arm.read();
    expect(robotTime! - before).toBeGreaterThan(4_999_900);
    expect(robotTime! - before).toBeLessThan(5_000_100);
  });

  it('gives rates by difference where the robot tells positions alone', async () => {
    const { robot, driver, server } = await rig({ lead: 1 });
    server.node.faults = { positionsOnly: true };
    const arm = driver();
    await arm.configure();
    await arm.activate(home(robot));
    await arm.write(moved(home(robot), 0.5));
    await until(async () => Math.abs((await arm.read()).velocity[0] - 0.5) < 0.1, 'a rate of 0.5 rad/s');
    expect((await arm.read()).motors[0].load).toBeNaN();
    expect(await arm.stop('hold')).toMatchObject({ stopped: true });
  });

  it('faults when an action gives up, by its name', async () => {
    const { robot, driver, server } = await rig({ command: 'action', lead: 9 });
    const arm = driver();
    await arm.configure();
    await arm.activate(home(robot));
    await pause(0.2);
    await arm.read();
    // Somebody else switches the controller off.
    server.node.controllers[0].switch(false);
    expect((await readFails(arm)).message).toMatch(
      /follow_joint_trajectory: INVALID_GOAL: Controller was switched/,
    );
    server.node.controllers[0].switch(true);
    await arm.stop('hold');
    await arm.activate((await arm.read()).position.slice());
    await arm.read();
  });
});

describe('options', () => {
  it.each([
    [
      'controllers.0.joints',
      { controllers: [{ name: 'a', joints: ['elbow_flx'] }] },
      'did you mean "elbow_flex"?',
    ],
    ['controllers', { controllers: [{ name: 'a', joints: ['elbow_flex'] }] }, 'nobody moves shoulder_pan'],
    ['controllers.1', { controllers: [{ name: 'a' }, { name: 'b' }] }, 'no joint is left for b'],
    ['controllers.0.joints', { controllers: [{ name: 'a', joints: ['gripper', 'gripper'] }] }, 'named twice'],
    ['controllers.0.command', { ros: 1, command: 'action' }, 'actions need ROS 2'],
    ['names', { names: { gripper: 'elbow_flex' } }, 'the same name in ROS'],
    ['states', { states: 'joint states' }, 'no name of ROS'],
    ['', { comand: 'action' }, 'comand'],
  ])('that are wrong are told by their key %s', async (key, options, why) => {
    const robot = await arm(options);
    const where = `hardware.options${key && `.${key}`}: `;
    const failure = (() => {
      try {
        readOptions(robot, robot.hardware!);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(failure).toContain(where);
    expect(failure).toContain(why);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { keysOf } from '#src/cli/hardware/questions';
import { loadRealRobot, type RealRobot } from '#src/cli/hardware/real-robot';
import { TeleopGoals } from '#src/cli/hardware/teleop-goals';
import { loadRobot } from '#src/load/robot';

let so101: RealRobot;
beforeAll(async () => {
  so101 = await loadRealRobot('so101');
});
const rest = [0, 0, 0, 0, 0, 0.5];
const goals = (position = rest, speed = 1) => new TeleopGoals(so101.robot, so101.hardware, position, speed);

describe('goals of a person who moves a robot', () => {
  it('begin where the joints are', () => {
    expect([...goals().command]).toEqual(rest);
    const still = goals();
    still.advance(1, rest);
    expect([...still.command]).toEqual(rest);
  });

  it('are approached at the speed that was asked for, and reached', () => {
    const arm = goals(rest, 0.5);
    arm.say('elbow_flex 0.1');
    arm.advance(0.1, rest);
    expect(arm.command[2]).toBeCloseTo(0.05, 12);
    arm.advance(1, [0, 0, 0.05, 0, 0, 0.5]);
    expect(arm.command[2]).toBeCloseTo(0.1, 12);
  });

  it('stay within the range of their joint', () => {
    const arm = goals();
    const { upper } = so101.robot.joints.find(({ name }) => name === 'elbow_flex')!;
    arm.say('elbow_flex 9');
    expect(arm.goal[2]).toBeCloseTo(upper - so101.hardware.limits.elbow_flex.margin, 12);
  });

  it('are relative with a plus, absolute with a minus', () => {
    const arm = goals();
    arm.say('shoulder_pan +0.3');
    arm.say('shoulder_pan +0.3');
    expect(arm.goal[0]).toBeCloseTo(0.6, 12);
    arm.say('shoulder_pan -0.2');
    expect(arm.goal[0]).toBeCloseTo(-0.2, 12);
  });

  it('do not run away from a joint that is held back, by keys or by time', () => {
    const arm = goals(rest, 0.8);
    for (let i = 0; i < 100; i++) arm.jog(0, 0.03, 0);
    expect(arm.goal[0]).toBeCloseTo(0.4, 12);
    arm.say('shoulder_pan 1.5');
    for (let i = 0; i < 100; i++) arm.advance(0.1, rest);
    expect(arm.command[0]).toBeCloseTo(0.4, 12);
  });

  it('are where the joints are after a rest', () => {
    const arm = goals();
    arm.say('elbow_flex 1');
    arm.rest(rest);
    arm.advance(1, rest);
    expect([...arm.command]).toEqual(rest);
  });

  it('come up to a leader that moved on at the speed, and follow it as it goes once they are near', () => {
    const arm = goals(rest, 0.5);
    const leader = [1, 0, 0, 0, 0, 0.5];
    arm.follow(leader, 0.1, rest);
    expect(arm.command[0]).toBeCloseTo(0.05, 12);
    let steps = 1;
    for (; arm.command[0] < 1; steps++) arm.follow(leader, 0.1, arm.command.slice());
    expect(steps).toBe(20);
    leader[0] = 0.2;
    arm.follow(leader, 0.1, arm.command.slice());
    expect(arm.command[0]).toBeCloseTo(0.2, 12);
    // After a rest it is come up to anew.
    arm.rest(rest);
    arm.follow(leader, 0.1, rest);
    expect(arm.command[0]).toBeCloseTo(0.05, 12);
  });

  it.each([
    ['elbw_flex 1', '"elbw_flex"? did you mean elbow_flex?'],
    ['elbow_flex', 'elbow_flex: write it as elbow_flex 0.5'],
    ['elbow_flex far', 'elbow_flex: write it as elbow_flex 0.5'],
  ])('are not said as "%s"', (line, message) => {
    expect(() => goals().say(line)).toThrow(message);
  });

  it('are for joints that hold a position', async () => {
    const robot = await loadRobot('cartpole');
    expect(() => new TeleopGoals(robot, so101.hardware, [0], 1)).toThrow(
      'has a effort actuator; teleop moves joints that hold a position',
    );
  });
});

describe('keys of a terminal', () => {
  it.each([
    ['\x1b[A\x1b[B\x1b[C\x1b[D', ['up', 'down', 'right', 'left']],
    ['\x1bOA', ['up']],
    ['\x1b[1;5C', ['right']],
    ['\x1b', ['escape']],
    ['\r\x03 h+5', ['enter', 'ctrl-c', 'space', 'h', '+', '5']],
    ['\x1b[3~x', ['x']],
  ])('%j are %j', (bytes, keys) => {
    expect(keysOf(bytes)).toEqual(keys);
  });
});

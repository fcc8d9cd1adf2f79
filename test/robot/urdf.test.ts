import { describe, expect, it } from 'vitest';
import { robotFromUrdf } from '#src/robot/index';
import { failure, inertial, joint, limit, link, read, two } from './small-urdf.ts';

describe('a URDF', () => {
  it('is read with its joints, limits, dynamics and defaults', () => {
    const robot = read(
      two +
        joint(
          'j',
          'a',
          'b',
          '<origin xyz="1 2 3" rpy="0 0 1.5707963267948966"/><axis xyz="0 0 4"/><limit lower="-1" upper="2" effort="5" velocity="3"/><dynamics damping="0.5" friction="0.1"/>',
        ),
    );
    const [only] = robot.joints;
    expect(only).toMatchObject({
      name: 'j',
      kind: 'revolute',
      axis: [0, 0, 1],
      lower: -1,
      upper: 2,
      maxEffort: 5,
      maxVelocity: 3,
      damping: 0.5,
      friction: 0.1,
    });
    expect(only.origin.position).toEqual([1, 2, 3]);
    expect(only.origin.rotation[2]).toBeCloseTo(Math.SQRT1_2, 12);
    expect(robot.actuators).toEqual([{ joint: 'j', kind: 'effort', maxEffort: 5 }]);
    expect(robot.home).toEqual([0]);
    expect(robot.tip).toEqual({ link: 1, point: [0, 0, 0] });
    expect(robot.notes).toEqual(['joint "j": <axis> has length 4, only its direction counts']);
  });

  it('may list a child before its parent', () => {
    const robot = read(link('c') + two + joint('second', 'b', 'c') + joint('first', 'a', 'b'));
    expect(robot.joints.map(({ name }) => name)).toEqual(['first', 'second']);
    expect(robot.links[robot.root].name).toBe('a');
    expect(robot.links[robot.tip.link].name).toBe('c');
  });

  it('keeps its order where parents come first already', () => {
    const robot = read(
      two + link('c') + link('d') + joint('1', 'a', 'b') + joint('2', 'a', 'c') + joint('3', 'b', 'd'),
    );
    expect(robot.joints.map(({ name }) => name)).toEqual(['1', '2', '3']);
  });

  it('gives shapes and their colours, and says what it ignored', () => {
    const robot = read(`
      <material name="red"><color rgba="1 0 0 1"/></material>
      <link name="a">
        <visual><geometry><box size="1 2 3"/></geometry><material name="red"/></visual>
        <visual><geometry><sphere radius="2"/></geometry><material name="own"><color rgba="0 1 0 0.5"/></material></visual>
        <visual><origin xyz="0 0 1"/><geometry><cylinder radius="1" length="2"/></geometry></visual>
        <visual><geometry><capsule radius="1" length="2"/></geometry><material name="never"/></visual>
        <visual><geometry><mesh filename="package://x/y.stl"/></geometry></visual>
        <collision><geometry><sphere radius="1"/></geometry></collision>
      </link><transmission name="t"/>`);
    const { visuals, collisions } = robot.links[0];
    expect(visuals.map(({ geometry }) => geometry)).toEqual([
      { kind: 'box', size: [1, 2, 3] },
      { kind: 'sphere', radius: 2 },
      { kind: 'cylinder', radius: 1, length: 2 },
      { kind: 'capsule', radius: 1, length: 2 },
      { kind: 'mesh', uri: 'package://x/y.stl', scale: [1, 1, 1] },
    ]);
    expect(visuals.map(({ color }) => color)).toEqual([
      [1, 0, 0, 1],
      [0, 1, 0, 0.5],
      undefined,
      undefined,
      undefined,
    ]);
    expect(visuals[2].pose.position).toEqual([0, 0, 1]);
    expect(collisions).toHaveLength(1);
    const notes = robot.notes.join('\n');
    expect(notes).toContain('"never"');
    expect(notes).toContain('<transmission>');
  });

  it('treats a joint without room as fixed, where its limits hold it', () => {
    const robot = read(
      two +
        joint(
          'j',
          'a',
          'b',
          '<axis xyz="0 1 0"/><limit lower="0.5" upper="0.5" effort="1" velocity="1"/>',
          'prismatic',
        ),
    );
    expect(robot.movable).toEqual([]);
    expect(robot.joints[0].origin.position).toEqual([0, 0.5, 0]);
    expect(robot.notes.join()).toContain('fixed');
  });

  it('takes a limit that is not given as 0, as URDF has it, and says so', () => {
    const robot = read(two + joint('j', 'a', 'b', '<limit upper="2" effort="5" velocity="3"/>'));
    expect(robot.joints[0]).toMatchObject({ lower: 0, upper: 2 });
    expect(robot.notes.join()).toContain('lacks lower');
  });

  it('ignores the bounds of a continuous joint, and the inertia of what has no mass, and says so', () => {
    const robot = read(
      `${two}${link('c', inertial.replace('"1"', '"0"'))}${joint('j', 'a', 'b', limit, 'continuous')}${joint('k', 'b', 'c', '', 'fixed')}`,
    );
    expect(robot.joints[0]).toMatchObject({ lower: -Infinity, upper: Infinity });
    expect(robot.links[2].inertial).toBeUndefined();
    expect(robot.notes).toEqual([
      'ignored the inertia of link "c", which has no mass',
      'ignored lower and upper of the continuous joint "j"',
    ]);
  });

  it('takes limits that no joint can reach as none', () => {
    const robot = read(
      two + joint('j', 'a', 'b', '<limit lower="-1e16" upper="inf" effort="5" velocity="3"/>'),
    );
    expect(robot.joints[0]).toMatchObject({ kind: 'revolute', lower: -Infinity, upper: Infinity });
  });

  it('reads the entities that XML defines', () => {
    const robot = read('<link name="a &amp; b&#x2F;&#99;"/>');
    expect(robot.links[0].name).toBe('a & b/c');
  });

  it('is not taken for xacro because xacro made it', () => {
    const text = `<robot name="r" xmlns:xacro="http://x">${link('a')}</robot>`;
    expect(robotFromUrdf(text, undefined, { urdfFile: 'r.urdf' }).links).toHaveLength(1);
  });

  it('keeps control characters of names out of messages', () => {
    expect(failure(() => read('<link name="a\u001b[31m"/><link name="b"/>'))).not.toContain('\u001b');
  });

  it('does not drive a joint without effort limit, and says so', () => {
    const robot = read(two + joint('j', 'a', 'b', '', 'continuous'));
    expect(robot.actuators).toEqual([]);
    expect(robot.notes.join()).toContain('not driven');
  });

  it('rests inside its limits', () => {
    const robot = read(two + joint('j', 'a', 'b', '<limit lower="0.2" upper="1" effort="1" velocity="1"/>'));
    expect(robot.home).toEqual([0.2]);
  });

  it('lets massless links ride on others that have mass', () => {
    const robot = read(
      link('a', '') + link('b', '') + link('c') + joint('j', 'a', 'b') + joint('k', 'b', 'c', '', 'fixed'),
    );
    expect(robot.movable).toEqual([0]);
  });
});

import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import { InputError } from '#src/core/errors';
import { axisAngle, compose, fromRollPitchYaw, rotate } from '#src/core/linalg';
import { Random } from '#src/core/random';
import type { Pose, RobotModel, Vec3 } from '#src/core/robot';
import { Kinematics, robotFromUrdf, TipChain } from '#src/robot/index';
import { reader } from '../sim/reading.ts';

const inertial =
  '<inertial><origin xyz="0.1 0.2 0.3"/><mass value="1"/><inertia ixx="1" iyy="1" izz="1"/></inertial>';
const limit = '<limit lower="-2" upper="2" effort="5" velocity="3"/>';
const link = (name: string, inside = inertial) => `<link name="${name}">${inside}</link>`;
const joint = (name: string, parent: string, child: string, type: string, inside = '') =>
  `<joint name="${name}" type="${type}"><parent link="${parent}"/><child link="${child}"/>${inside}</joint>`;

function read(inside: string): RobotModel {
  return robotFromUrdf(`<robot name="r">${inside}</robot>`, undefined, { urdfFile: 'r.urdf' });
}

function failure(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

function expectPose(actual: Pose, expected: Pose): void {
  for (let k = 0; k < 3; k++) expect(actual.position[k]).toBeCloseTo(expected.position[k], 12);
  const sign = Math.sign(actual.rotation.reduce((sum, value, k) => sum + value * expected.rotation[k], 0));
  for (let k = 0; k < 4; k++) expect(sign * actual.rotation[k]).toBeCloseTo(expected.rotation[k], 12);
}

const origin: Pose = { position: [1, 2, 3], rotation: fromRollPitchYaw(0.3, -0.4, 0.5) };
const placed = '<origin xyz="1 2 3" rpy="0.3 -0.4 0.5"/>';

describe('a floating joint', () => {
  const robot = read(link('world') + link('body') + joint('base', 'world', 'body', 'floating', placed));

  it('becomes three that slide and three that turn, unlimited and not driven', () => {
    expect(robot.movable.map((j) => [robot.joints[j].name, robot.joints[j].kind])).toEqual([
      ['base.x', 'prismatic'],
      ['base.y', 'prismatic'],
      ['base.z', 'prismatic'],
      ['base.yaw', 'continuous'],
      ['base.pitch', 'continuous'],
      ['base.roll', 'continuous'],
    ]);
    expect(robot.joints.every(({ lower, upper }) => lower === -Infinity && upper === Infinity)).toBe(true);
    expect(robot.actuators).toEqual([]);
    expect(robot.home).toEqual([0, 0, 0, 0, 0, 0]);
    expect(robot.notes.join()).toMatch(/"base": floating/);
  });

  it('moves its link by translation, then Rz Ry Rx, in the frame of its origin', () => {
    const random = new Random(5, 'test');
    const kinematics = new Kinematics(robot);
    const body = robot.links.findIndex(({ name }) => name === 'body');
    for (let i = 0; i < 50; i++) {
      const q = Array.from({ length: 6 }, () => 6 * (random.uniform() - 0.5));
      const [x, y, z, yaw, pitch, roll] = q;
      expectPose(
        kinematics.linkPoses(q)[body],
        compose(origin, { position: [x, y, z], rotation: fromRollPitchYaw(roll, pitch, yaw) }),
      );
    }
  });
});

describe('a planar joint', () => {
  const normals: Vec3[] = [
    [0, 0, 1],
    [0, 0, -1],
    [1, 0, 0],
    [-1, 0, 0],
    [0, 1, 0],
    [0.6, 0, 0.8],
    [1 / Math.sqrt(3), 1 / Math.sqrt(3), 1 / Math.sqrt(3)],
    [Math.sqrt(1 - 1e-12), 1e-6, 0],
  ];
  for (const normal of normals)
    it(`slides in the plane normal to ${normal.map((value) => value.toFixed(6)).join(' ')} and turns about it`, () => {
      const robot = read(
        link('world') +
          link('body') +
          joint('base', 'world', 'body', 'planar', `${placed}<axis xyz="${normal.join(' ')}"/>`),
      );
      expect(robot.movable.map((j) => robot.joints[j].name)).toEqual(['base.x', 'base.y', 'base.yaw']);
      const [x, y] = robot.joints.map(({ axis }) => axis);
      const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
      for (const [a, b, value] of [
        [x, x, 1],
        [y, y, 1],
        [x, y, 0],
        [x, normal, 0],
        [y, normal, 0],
      ] as const)
        expect(dot(a, b)).toBeCloseTo(value, 9);
      // Right-handed with the normal, and x nowhere against the frame's own.
      expect(
        dot([x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]], normal),
      ).toBeCloseTo(1, 9);
      expect(x[0]).toBeGreaterThan(-1e-5);
      const q = [0.4, -0.7, 1.1];
      const moved: Vec3 = [0, 1, 2].map((k) => q[0] * x[k] + q[1] * y[k]) as unknown as Vec3;
      expectPose(
        new Kinematics(robot).linkPoses(q)[robot.links.findIndex(({ name }) => name === 'body')],
        compose(origin, { position: moved, rotation: axisAngle(normal, q[2]) }),
      );
    });

  it('with the normal z keeps the x and y of its frame', () => {
    const robot = read(
      link('world') + link('body') + joint('base', 'world', 'body', 'planar', '<axis xyz="0 0 1"/>'),
    );
    expect(robot.joints.slice(0, 2).map(({ axis }) => axis)).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });

  it('keeps its damping, the same in every direction of the plane', async () => {
    const mass = '<inertial><mass value="2"/><inertia ixx="0.3" iyy="0.3" izz="0.3"/></inertial>';
    const robot = read(
      link('world') +
        link('body', mass) +
        joint('base', 'world', 'body', 'planar', '<axis xyz="0 0 1"/><dynamics damping="1.5"/>'),
    );
    expect(robot.joints.map(({ damping }) => damping)).toEqual([1.5, 1.5, 1.5]);
    expect(robot.notes.join('\n')).not.toContain('ignored');
    const plant = await createSimPlant({ robot, controlPeriod: 0.1 });
    plant.reset({ position: [0, 0, 0], velocity: [3, -4, 2] });
    for (let k = 0; k < 10; k++) plant.advance();
    const { part } = reader(plant);
    const decay = Math.exp(-1.5 / 2);
    expect(part('base.x.velocity')[0]).toBeCloseTo(3 * decay, 3);
    expect(part('base.y.velocity')[0]).toBeCloseTo(-4 * decay, 3);
    expect(part('base.yaw.velocity')[0]).toBeCloseTo(2 * Math.exp(-1.5 / 0.3), 3);
    plant.close();
  });

  it('says what it does not take over: limits, dry friction; of a floating joint damping too', () => {
    const robot = read(
      link('world') +
        link('body') +
        joint('base', 'world', 'body', 'planar', `${limit}<dynamics damping="1" friction="2"/>`),
    );
    expect(robot.notes.join('\n')).toMatch(/ignored <limit> of the planar joint "base"/);
    expect(robot.notes).toContain('ignored the friction of <dynamics> of the planar joint "base"');
    const floating = read(
      link('world') +
        link('body') +
        joint('base', 'world', 'body', 'floating', '<dynamics damping="1" friction="2"/>'),
    );
    expect(floating.notes).toContain(
      'ignored the damping and friction of <dynamics> of the floating joint "base"',
    );
    expect(floating.joints.every(({ damping, friction }) => damping === 0 && friction === 0)).toBe(true);
  });

  it('cannot share the names of its parts', () => {
    expect(
      failure(() => read(link('world') + link('base.x') + joint('base', 'world', 'base.x', 'planar'))),
    ).toMatch(/link "base\.x": the name is used twice/);
  });
});

describe('a mimic joint', () => {
  const three = link('a') + link('b') + link('c') + link('d');
  const mimic = (of: string, rest = '') => `${limit}<mimic joint="${of}"${rest}/>`;

  it('follows its source with multiplier 1 and offset 0 unless told', () => {
    const robot = read(
      three +
        joint('first', 'a', 'b', 'revolute', limit) +
        joint('plain', 'b', 'c', 'revolute', mimic('first')) +
        joint('turned', 'c', 'd', 'prismatic', mimic('first', ' multiplier="-0.5" offset="0.25"')),
    );
    expect(robot.movable).toEqual([0]);
    expect(robot.actuators).toHaveLength(1);
    expect(robot.joints.map((one) => one.mimic)).toEqual([
      undefined,
      { joint: 0, multiplier: 1, offset: 0 },
      { joint: 0, multiplier: -0.5, offset: 0.25 },
    ]);
    const { position, rotation } = new Kinematics(robot).linkPoses([0.7])[3];
    for (const [k, value] of [0.25 - 0.35, 0, 0].entries()) expect(position[k]).toBeCloseTo(value, 12);
    const expected = axisAngle([1, 0, 0], 1.4);
    for (let k = 0; k < 4; k++) expect(rotation[k]).toBeCloseTo(expected[k], 12);
  });

  it('is resolved through a chain of others, in whatever order', () => {
    const robot = read(
      three +
        joint('last', 'a', 'b', 'revolute', mimic('middle', ' multiplier="2" offset="1"')) +
        joint('middle', 'b', 'c', 'revolute', mimic('source', ' multiplier="3" offset="-2"')) +
        joint('source', 'c', 'd', 'revolute', limit),
    );
    expect(robot.joints[0].mimic).toEqual({ joint: 2, multiplier: 6, offset: -3 });
    expect(robot.movable).toEqual([2]);
  });

  it('of what cannot move is fixed where that puts it', () => {
    const locked = '<limit lower="0.3" upper="0.3" effort="1" velocity="1"/>';
    const robot = read(
      three +
        joint('locked', 'a', 'b', 'prismatic', locked) +
        joint('led', 'b', 'c', 'prismatic', mimic('locked', ' multiplier="2" offset="0.1"')) +
        joint('still', 'c', 'd', 'prismatic', mimic('led', ' multiplier="0" offset="0.5"')),
    );
    expect(robot.movable).toEqual([]);
    expect(robot.joints.map(({ kind }) => kind)).toEqual(['fixed', 'fixed', 'fixed']);
    expect(new Kinematics(robot).linkPoses([])[3].position[0]).toBeCloseTo(0.3 + 0.7 + 0.5, 12);
    expect(robot.notes.join()).toMatch(/"led": follows what does not move/);
  });

  it('whose limits and those of its like leave no room is remarked, and the simulator refuses it', async () => {
    const within = (lower: number, upper: number) =>
      `<limit lower="${lower}" upper="${upper}" effort="1" velocity="1"/><mimic joint="first" multiplier="-2"/>`;
    const robotWith = (range: string) =>
      read(
        three +
          joint('first', 'a', 'b', 'revolute', limit) +
          joint('low', 'b', 'c', 'revolute', within(-1, -0.5)) +
          joint('high', 'c', 'd', 'revolute', range),
      );
    const stuck = 'joint "first": the limits of the joints that follow it leave it no room';
    const robot = robotWith(within(0.5, 1));
    expect(robot.notes.some((note) => note.startsWith(stuck))).toBe(true);
    await expect(createSimPlant({ robot, controlPeriod: 0.02 })).rejects.toThrow(/leave it no room/);
    expect(robotWith(within(-0.5, 1)).notes.some((note) => note.startsWith(stuck))).toBe(false);
  });

  it('that is led beyond its own limits is remarked', () => {
    const narrow = '<limit lower="0" upper="1" effort="1" velocity="1"/><mimic joint="first"/>';
    const robot = read(
      three +
        joint('first', 'a', 'b', 'revolute', limit) +
        joint('narrow', 'b', 'c', 'revolute', narrow) +
        joint('fine', 'c', 'd', 'revolute', mimic('first')),
    );
    expect(robot.notes).toEqual([
      'joint "narrow": "first", which it follows, leads it beyond its own limits',
    ]);
  });

  it.each<[string, string, RegExp]>([
    [
      'a circle',
      joint('p', 'a', 'b', 'revolute', mimic('r')) +
        joint('q', 'b', 'c', 'revolute', mimic('p')) +
        joint('r', 'c', 'd', 'revolute', mimic('q')),
      /joint "p": <mimic> goes in a circle: "p" → "r" → "q" → "p"/,
    ],
    [
      'a circle that it only leads into',
      joint('p', 'a', 'b', 'revolute', mimic('q')) +
        joint('q', 'b', 'c', 'revolute', mimic('r')) +
        joint('r', 'c', 'd', 'revolute', mimic('q')),
      /joint "p": <mimic> goes in a circle: "q" → "r" → "q"/,
    ],
    [
      'itself',
      joint('p', 'a', 'b', 'revolute', mimic('p')) +
        joint('q', 'b', 'c', 'fixed') +
        joint('r', 'c', 'd', 'fixed'),
      /joint "p": <mimic> goes in a circle: "p" → "p"/,
    ],
    [
      'an unknown joint',
      joint('finger', 'a', 'b', 'revolute', limit) +
        joint('q', 'b', 'c', 'revolute', mimic('fingr')) +
        joint('r', 'c', 'd', 'fixed'),
      /joint "q": <mimic> names the unknown joint "fingr"; did you mean "finger"/,
    ],
    [
      'a floating joint, as a whole',
      joint('base', 'a', 'b', 'floating') +
        joint('q', 'b', 'c', 'revolute', mimic('base')) +
        joint('r', 'c', 'd', 'fixed'),
      /joint "q": <mimic> names the unknown joint "base"/,
    ],
    [
      'anything, being planar',
      joint('p', 'a', 'b', 'planar', '<mimic joint="q"/>') +
        joint('q', 'b', 'c', 'revolute', limit) +
        joint('r', 'c', 'd', 'fixed'),
      /joint "p": a planar joint cannot follow another/,
    ],
  ])('cannot follow %s', (_, joints, expected) => {
    expect(failure(() => read(three + joints))).toMatch(expected);
  });
});

describe('TipChain', () => {
  /** A random tree of all kinds of joints, mimics among them. */
  function randomRobot(random: Random): RobotModel {
    const pick = <T>(items: readonly T[]) => items[Math.floor(random.uniform() * items.length)];
    const number = () => (2 * (random.uniform() - 0.5)).toFixed(6);
    const triple = () => `${number()} ${number()} ${number()}`;
    let text = link('l0');
    const single: string[] = [];
    for (let i = 1; i <= 12; i++) {
      const type = pick(['fixed', 'revolute', 'continuous', 'prismatic', 'prismatic', 'planar', 'floating']);
      const turns = type !== 'fixed' && type !== 'planar' && type !== 'floating';
      const follows =
        turns && single.length > 0 && random.uniform() < 0.3
          ? `<mimic joint="${pick(single)}" multiplier="${number()}" offset="${number()}"/>`
          : '';
      text += link(`l${i}`);
      text += joint(
        `j${i}`,
        `l${Math.max(0, i - 1 - Math.floor(random.uniform() * 3))}`,
        `l${i}`,
        type,
        `<origin xyz="${triple()}" rpy="${triple()}"/><axis xyz="${triple()}"/>${limit}${follows}`,
      );
      if (turns) single.push(`j${i}`);
    }
    return read(text);
  }

  it('agrees with linkPoses on random trees of every kind of joint, to 1e-12', () => {
    const random = new Random(11, 'test');
    const out = new Float64Array(3);
    let compared = 0;
    for (let i = 0; i < 40; i++) {
      const robot = randomRobot(random);
      const q = robot.movable.map(() => 4 * (random.uniform() - 0.5));
      const poses = new Kinematics(robot).linkPoses(q);
      for (const [index, { position, rotation }] of poses.entries()) {
        const point: Vec3 = [random.uniform(), random.uniform(), random.uniform()];
        new TipChain(robot, index, point).position(q, out);
        const offset = rotate(rotation, point);
        for (let k = 0; k < 3; k++) {
          const expected = position[k] + offset[k];
          expect(Math.abs(out[k] - expected)).toBeLessThan(1e-12 * Math.max(1, Math.abs(expected)) * 10);
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(1500);
  });

  it('takes the tip by default, reads q from an offset and writes only three values', () => {
    const robot = read(
      link('a') + link('b') + joint('j', 'a', 'b', 'prismatic', `<axis xyz="0 0 2"/>${limit}`),
    );
    const out = [9, 9, 9, 9, 9];
    new TipChain(robot).position([7, 7, 0.5], out, 1, 2);
    expect(out).toEqual([9, 0, 0, 0.5, 9]);
  });
});

import { describe, expect, it } from 'vitest';
import { InputError } from '#src/core/errors';
import { robotFromUrdf } from '#src/robot/index';

const inertial = '<inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1"/></inertial>';
const limit = '<limit lower="-1" upper="2" effort="5" velocity="3"/>';

function link(name: string, inside = inertial): string {
  return `<link name="${name}">${inside}</link>`;
}

function joint(name: string, parent: string, child: string, inside = limit, type = 'revolute'): string {
  return `<joint name="${name}" type="${type}"><parent link="${parent}"/><child link="${child}"/>${inside}</joint>`;
}

function read(inside: string, json?: unknown) {
  return robotFromUrdf(`<?xml version="1.0"?><robot name="r">${inside}</robot>`, json, {
    urdfFile: 'r.urdf',
  });
}

function failure(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    return message;
  }
  throw new Error('nothing was thrown');
}

const two = link('a') + link('b');

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

describe('a malformed URDF', () => {
  const deep = `${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`;
  const cases: [string, () => unknown, RegExp][] = [
    [
      'truncated',
      () => robotFromUrdf('<robot name="r"><link name="a"', undefined, { urdfFile: 'r.urdf' }),
      /well-formed.*complete/,
    ],
    [
      'cut between elements',
      () => robotFromUrdf('<robot name="r"><link name="a"/>', undefined, { urdfFile: 'r.urdf' }),
      /well-formed|cannot be read/,
    ],
    ['empty', () => robotFromUrdf(' ', undefined, { urdfFile: 'r.urdf' }), /empty/],
    ['not XML', () => robotFromUrdf('hello', undefined, { urdfFile: 'r.urdf' }), /r\.urdf/],
    ['binary', () => robotFromUrdf('\u0000\u0001\ufffd<<', undefined, { urdfFile: 'r.urdf' }), /r\.urdf/],
    ['another format', () => robotFromUrdf('<mujoco/>', undefined, { urdfFile: 'r.urdf' }), /<mujoco>.*MJCF/],
    [
      'xacro',
      () =>
        robotFromUrdf('<robot xmlns:xacro="http://x" name="r"><xacro:arm/></robot>', undefined, {
          urdfFile: 'r.urdf',
        }),
      /xacro/,
    ],
    [
      'an entity bomb',
      () =>
        robotFromUrdf('<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><robot name="&b;"/>', undefined, {
          urdfFile: 'r.urdf',
        }),
      /document type/,
    ],
    ['deeply nested', () => read(deep), /r\.urdf/],
    [
      'huge',
      () => robotFromUrdf(`<robot>${' '.repeat(2e7)}</robot>`, undefined, { urdfFile: 'r.urdf' }),
      /million/,
    ],
    ['a prototype key', () => read('<__proto__ x="1"/><link name="__proto__"/><constructor/>'), /r\.urdf: /],
    ['no links', () => read(''), /no <link>/],
    [
      'more links than any robot has',
      () => read(Array.from({ length: 1002 }, (_, i) => link(`l${i}`, '')).join('')),
      /<robot>: has 1002 links; at most 1001/,
    ],
    ['nameless link', () => read('<link/>'), /link lacks name|lacks name/],
    ['a cycle', () => read(two + joint('j', 'a', 'b') + joint('k', 'b', 'a')), /cycle/],
    [
      'a cycle beside a tree',
      () => read(`${two}${link('c')}${joint('j', 'b', 'c')}${joint('k', 'c', 'b')}`),
      /"j", "k" form a cycle/,
    ],
    ['a joint onto itself', () => read(link('a') + joint('j', 'a', 'a')), /cycle/],
    ['two roots', () => read(two), /2 root links: "a", "b"/],
    [
      'two parents',
      () => read(`${two}${link('c')}${joint('j', 'a', 'c')}${joint('k', 'b', 'c')}`),
      /child of two joints, "j" and "k"/,
    ],
    ['duplicate links', () => read(link('a') + link('a')), /link "a".*twice/],
    [
      'duplicate joints',
      () => read(`${two}${link('c')}${joint('j', 'a', 'b')}${joint('j', 'b', 'c')}`),
      /joint "j".*twice/,
    ],
    [
      'an unknown parent',
      () => read(link('base') + link('b') + joint('j', 'bass', 'b')),
      /unknown link "bass"; did you mean "base"/,
    ],
    [
      'no child',
      () => read('<link name="a"/><joint name="j" type="fixed"><parent link="a"/></joint>'),
      /joint "j": lacks <child/,
    ],
    ['an unknown type', () => read(two + joint('j', 'a', 'b', '', 'revolving')), /"revolving".*revolute/],
    ['a mimic of nothing', () => read(two + joint('j', 'a', 'b', `${limit}<mimic/>`)), /<mimic> lacks joint/],
    ['no limits', () => read(two + joint('j', 'a', 'b', '')), /joint "j": lacks <limit>.*continuous/],
    [
      'swapped limits',
      () => read(two + joint('j', 'a', 'b', '<limit lower="1" upper="0" effort="1" velocity="1"/>')),
      /lower 1 is above upper 0/,
    ],
    [
      'a zero axis',
      () => read(two + joint('j', 'a', 'b', `<axis xyz="0 0 0"/>${limit}`)),
      /<axis> has no length/,
    ],
    [
      'NaN in an axis',
      () => read(two + joint('j', 'a', 'b', `<axis xyz="0 NaN 1"/>${limit}`)),
      /joint "j": <axis xyz="0 NaN 1">.*3 finite numbers/,
    ],
    [
      'infinity in an origin',
      () => read(two + joint('j', 'a', 'b', `<origin xyz="0 1e999 1"/>${limit}`)),
      /3 finite numbers/,
    ],
    [
      'two numbers for three',
      () => read(two + joint('j', 'a', 'b', `<origin xyz="0 1"/>${limit}`)),
      /3 finite numbers/,
    ],
    [
      'negative damping',
      () => read(two + joint('j', 'a', 'b', `${limit}<dynamics damping="-1"/>`)),
      /damping="-1"/,
    ],
    ['NaN mass', () => read(link('a', inertial.replace('"1"', '"nan"'))), /link "a": <mass value="nan">/],
    [
      'a number of a million digits, in no time',
      () => read(link('a', inertial.replace('"1"', `"${'1'.repeat(1e6)}x"`))),
      /link "a": <mass value="1{60}"> is not a finite number/,
    ],
    ['negative mass', () => read(link('a', inertial.replace('"1"', '"-1"'))), /cannot be negative/],
    [
      'indefinite inertia',
      () => read(link('a', inertial.replace('izz="1"', 'izz="1" ixy="5"'))),
      /negative principal moment/,
    ],
    [
      'mass without inertia',
      () => read(link('a', '<inertial><mass value="1"/></inertial>')),
      /lacks <inertia>/,
    ],
    [
      'a flat box',
      () => read(link('a', '<visual><geometry><box size="1 0 1"/></geometry></visual>')),
      /<box>.*above 0/,
    ],
    ['a visual without shape', () => read(link('a', '<visual/>')), /lacks a <geometry>/],
    [
      'a colour out of range',
      () =>
        read(
          link(
            'a',
            '<visual><geometry><sphere radius="1"/></geometry><material name="m"><color rgba="255 0 0 1"/></material></visual>',
          ),
        ),
      /0 … 1/,
    ],
    [
      'two axes',
      () => read(two + joint('j', 'a', 'b', `<axis xyz="0 0 1"/><axis xyz="0 0 1"/>${limit}`)),
      /2 <axis>/,
    ],
  ];
  for (const [what, act, expected] of cases)
    it(`ends in one line that says what to do: ${what}`, () => {
      expect(failure(act)).toMatch(expected);
    });

  it('never ends in anything but an InputError when it is cut anywhere', () => {
    const text = `<robot name="r">${two}${joint('j', 'a', 'b')}</robot>`;
    for (let length = 0; length < text.length; length++)
      failure(() => robotFromUrdf(text.slice(0, length), undefined, { urdfFile: 'r.urdf' }));
  });

  it('never ends in anything but an InputError when a character is changed', () => {
    const text = `<robot name="r">${two}${joint('j', 'a', 'b')}</robot>`;
    for (let at = 0; at < text.length; at++)
      for (const other of ['<', '"', '0', '\u0000', '&'])
        try {
          robotFromUrdf(text.slice(0, at) + other + text.slice(at + 1), undefined, { urdfFile: 'r.urdf' });
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
  });
});

describe('robot.json', () => {
  const tree = two + joint('elbow', 'a', 'b');

  it('names, rests, drives and marks the robot', () => {
    const robot = read(tree, {
      name: 'mine',
      home: { elbow: 0.5 },
      actuators: [{ joint: 'elbow', maxEffort: 2 }],
      tip: { link: 'b', point: [0, 0, 1] },
      sim: { timestep: 0.0005, iterations: 8 },
      source: 'here',
      licence: 'MIT',
    });
    expect(robot).toMatchObject({
      name: 'mine',
      home: [0.5],
      actuators: [{ joint: 'elbow', kind: 'effort', maxEffort: 2 }],
      tip: { link: 1, point: [0, 0, 1] },
      simulation: { timestep: 0.0005, iterations: 8 },
    });
  });

  it('gives servos, bearings, surfaces, sensors and pairs that never touch', () => {
    const robot = read(`${tree}${link('c')}${joint('wrist', 'b', 'c', `${limit}<dynamics damping="7"/>`)}`, {
      actuators: [
        { joint: 'wrist', kind: 'velocity', damping: 3 },
        { joint: 'elbow', kind: 'position', stiffness: 20, damping: 1, backlash: 0.01, maxEffort: 2 },
      ],
      joints: { '*': { armature: 0.1, friction: 0.2 }, wrist: { armature: 0.3 } },
      surfaces: { '*': { friction: 0.5 }, c: { restitution: 0.4 } },
      sensors: [
        { name: 'joints', kind: 'encoder', quality: { noise: 0.1, rate: 50 } },
        { name: 'head', kind: 'pose', link: 'b' },
      ],
      untouching: [['a', 'c']],
    });
    expect(robot.actuators).toEqual([
      { joint: 'wrist', kind: 'velocity', damping: 3, maxEffort: 5 },
      { joint: 'elbow', kind: 'position', stiffness: 20, damping: 1, backlash: 0.01, maxEffort: 2 },
    ]);
    expect(robot.joints).toMatchObject([
      { armature: 0.1, friction: 0.2, damping: 0 },
      { armature: 0.3, friction: 0.2, damping: 7 },
    ]);
    expect(robot.links.map(({ surface }) => surface)).toEqual([
      { friction: 0.5, restitution: 0 },
      { friction: 0.5, restitution: 0 },
      { friction: 0.5, restitution: 0.4 },
    ]);
    expect(robot.sensors).toMatchObject([
      { name: 'joints', kind: 'encoder', joint: '*', quality: { noise: 0.1, rate: 50 } },
      { name: 'head', kind: 'pose', link: 'b', point: [0, 0, 0] },
    ]);
    expect(robot.untouching).toEqual([[0, 2]]);
  });

  it('cannot drive, rest or measure a joint that follows another, but gives it bearings', () => {
    const follower = `${tree}${link('c')}${joint('finger', 'b', 'c', `${limit}<mimic joint="elbow"/>`)}`;
    for (const json of [
      { actuators: [{ joint: 'finger' }] },
      { home: { finger: 0 } },
      { sensors: [{ name: 's', kind: 'encoder', joint: 'finger' }] },
    ])
      expect(failure(() => read(follower, json))).toMatch(
        /joint "finger" follows "elbow" \(mimic\); name "elbow"/,
      );
    expect(read(follower, { joints: { finger: { armature: 2 } } }).joints[1].armature).toBe(2);
  });

  it('says where a car drives, and refuses joints that slide or do two things', () => {
    const wheel = { spin: 'elbow', driven: true, radius: 0.1, corneringStiffness: 5 };
    const car = {
      chassis: 'b',
      wheels: [wheel],
      maxSteer: 0.4,
      maxSteerRate: 3,
      maxAcceleration: 9,
      maxBraking: 9,
      maxSpeed: 5,
      suspension: { stiffness: 400, damping: 10, restLength: 0.1, travel: 0.02 },
      friction: 1,
    };
    expect(read(tree, { vehicle: car }).vehicle).toEqual(car);
    const wrong = (change: object) => failure(() => read(tree, { vehicle: { ...car, ...change } }));
    expect(wrong({ chassis: 'd' })).toMatch(/vehicle\.chassis: unknown link "d"/);
    expect(wrong({ wheels: [{ ...wheel, spin: 'x' }] })).toMatch(
      /vehicle\.wheels\.0\.spin: unknown movable joint/,
    );
    expect(wrong({ wheels: [{ ...wheel, steer: 'elbow' }] })).toMatch(/both spins and steers/);
    expect(wrong({ maxSped: 1 })).toMatch(/vehicle: unknown key "maxSped"; did you mean "maxSpeed"/);
  });

  const cases: [string, unknown, RegExp][] = [
    ['unknown key', { hom: {} }, /unknown key "hom"; did you mean "home"/],
    ['unknown key inside', { sim: { timstep: 1 } }, /sim: unknown key "timstep"; did you mean "timestep"/],
    [
      'unknown actuator key',
      { actuators: [{ joint: 'elbow', stifness: 1 }] },
      /actuators\.0: unknown key "stifness"; did you mean "stiffness"/,
    ],
    ['unknown kind of actuator', { actuators: [{ joint: 'elbow', kind: 'torque' }] }, /actuators\.0\.kind/],
    [
      'servo without stiffness',
      { actuators: [{ joint: 'elbow', kind: 'position' }] },
      /actuators\.0: a position servo needs stiffness/,
    ],
    [
      'velocity servo without damping',
      { actuators: [{ joint: 'elbow', kind: 'velocity' }] },
      /actuators\.0: a velocity servo needs damping/,
    ],
    [
      'stiffness of an effort',
      { actuators: [{ joint: 'elbow', stiffness: 1 }] },
      /actuators\.0\.stiffness: an actuator of kind effort has none/,
    ],
    [
      'backlash of a velocity servo',
      { actuators: [{ joint: 'elbow', kind: 'velocity', damping: 1, backlash: 1 }] },
      /actuators\.0\.backlash/,
    ],
    [
      'unknown overridden joint',
      { joints: { elbou: { armature: 1 } } },
      /joints: unknown moving joint "elbou"; did you mean "elbow"/,
    ],
    [
      'unknown key of a joint',
      { joints: { elbow: { armatur: 1 } } },
      /joints\.elbow: unknown key "armatur"; did you mean "armature"/,
    ],
    ['negative armature', { joints: { '*': { armature: -1 } } }, /joints\.\*\.armature/],
    ['unknown surface', { surfaces: { c: {} } }, /surfaces: unknown link "c"/],
    ['restitution above 1', { surfaces: { a: { restitution: 2 } } }, /surfaces\.a\.restitution/],
    ['unknown pair', { untouching: [['a', 'z']] }, /untouching\.0\.1: unknown link "z"/],
    ['a link untouching itself', { untouching: [['a', 'a']] }, /untouching\.0: names "a" twice/],
    ['unknown kind of sensor', { sensors: [{ name: 's', kind: 'sonar' }] }, /sensors\.0\.kind/],
    [
      'unknown link of a sensor',
      { sensors: [{ name: 's', kind: 'pose', link: 'q' }] },
      /sensors\.0\.link: unknown link "q"/,
    ],
    [
      'unknown key of a sensor',
      { sensors: [{ name: 's', kind: 'pose', link: 'a', qualty: {} }] },
      /sensors\.0: unknown key "qualty"; did you mean "quality"/,
    ],
    [
      'two sensors of one name',
      {
        sensors: [
          { name: 's', kind: 'encoder' },
          { name: 's', kind: 'encoder' },
        ],
      },
      /sensors\.1\.name: "s" is used twice/,
    ],
    [
      'lidar turned round',
      { sensors: [{ name: 's', kind: 'lidar', link: 'a', rays: 2, from: 1, to: 0, range: 1 }] },
      /sensors\.0: from 1 is not below to 0/,
    ],
    ['car without chassis', { vehicle: {} }, /vehicle\.chassis/],
    ['unknown joint', { home: { elbw: 0 } }, /home: unknown movable joint "elbw"; did you mean "elbow"/],
    ['home outside the limits', { home: { elbow: 9 } }, /home\.elbow: 9 is outside/],
    ['unknown link', { tip: { link: 'hand' } }, /tip\.link: unknown link "hand"/],
    ['driven twice', { actuators: [{ joint: 'elbow' }, { joint: 'elbow' }] }, /driven twice/],
    ['not an object', 'text', /robot\.json/],
    ['step out of range', { sim: { timestep: 0 } }, /sim\.timestep/],
    ['step without end', { sim: { timestep: 1e-9 } }, /sim\.timestep/],
    ['negative effort', { actuators: [{ joint: 'elbow', maxEffort: -1 }] }, /actuators\.0\.maxEffort/],
  ];
  for (const [what, json, expected] of cases)
    it(`that is wrong is named: ${what}`, () => {
      expect(failure(() => read(tree, json))).toMatch(expected);
    });
});

import { describe, expect, it } from 'vitest';
import { failure, joint, limit, link, read, two } from './small-urdf.ts';

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

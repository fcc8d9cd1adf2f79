import { describe, expect, it, test } from 'vitest';
import { InputError } from '#src/core/errors';
import { type HardwareSpec, tripsOf } from '#src/core/hardware';
import { loadRobot } from '#src/load/robot';
import { robotFromUrdf, unwatched } from '#src/robot/index';

const mass = `<inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>`;
const urdf = `<robot name="bench">
  <link name="base"/>
  <link name="arm">${mass}</link>
  <link name="slide">${mass}</link>
  <link name="jaw">${mass}</link>
  <joint name="hinge" type="revolute"><parent link="base"/><child link="arm"/><axis xyz="0 0 1"/>
    <limit lower="-1" upper="1" effort="4" velocity="3"/></joint>
  <joint name="rail" type="prismatic"><parent link="arm"/><child link="slide"/><axis xyz="1 0 0"/>
    <limit lower="0" upper="0.1" effort="9" velocity="0"/></joint>
  <joint name="free" type="revolute"><parent link="slide"/><child link="jaw"/><axis xyz="0 0 1"/>
    <limit lower="-1" upper="1" effort="1" velocity="3"/></joint>
</robot>`;

function read(hardware: unknown, drives: readonly string[] = ['hinge', 'rail']): HardwareSpec {
  const actuators = drives.map((joint) => ({ joint, kind: 'position', stiffness: 10 }));
  return robotFromUrdf(urdf, { actuators, hardware }, { urdfFile: 'bench.urdf', jsonFile: 'bench.json' })
    .hardware!;
}

const motor = (joint: string, id: number) => ({ joint, id, model: 'sts3215' });

describe('the key hardware', () => {
  it('needs nothing but a driver; limits follow from the joints', () => {
    expect(read({ driver: 'mock' })).toEqual({
      ...{ driver: 'mock', motors: [], baud: 1_000_000, rate: 100, resetVelocity: 0.5, options: {} },
      limits: {
        hinge: { step: 0.2, velocity: 3, acceleration: 50, effort: 4, margin: 0 },
        rail: { step: 0.02, velocity: 0.5, acceleration: 5, effort: 9, margin: 0 },
      },
      trips: { loadTime: 1, trackingTime: 0.5, age: 0.3 },
      jointTrips: {
        hinge: { load: 0.9, tracking: 0.9 * 0.2, overspeed: 1.2, beyond: 0.1 },
        // Its URDF says a largest speed of 0, which is none.
        rail: { load: 0.9, tracking: 0.9 * 0.02, beyond: 0.01 },
      },
      stop: { release: null },
    });
  });

  it('watches by itself what limits and motors allow, but for what is said, or said to be off', () => {
    const hardware = read({
      ...{ driver: 'feetech', limits: { hinge: { step: 0.5 } } },
      motors: [motor('hinge', 1), { ...motor('rail', 2), model: 'XL330-m288' }],
      trips: { load: 0.5, overspeed: null, maxVoltage: null },
    });
    expect(hardware.trips).toEqual({ load: 0.5, loadTime: 1, trackingTime: 0.5, age: 0.3 });
    expect(tripsOf(hardware, 'hinge')).toEqual({
      ...hardware.trips,
      ...{ temperature: 65, minVoltage: 4, tracking: 0.45, beyond: 0.1 },
    });
    expect(tripsOf(hardware, 'rail')).toEqual({
      ...hardware.trips,
      ...{ temperature: 65, minVoltage: 3.5, tracking: 0.9 * 0.02, beyond: 0.01 },
    });
  });

  it('leaves out of account a voltage that is not watched', () => {
    const motors = [motor('hinge', 1)];
    const { trips } = read({ driver: 'feetech', motors, trips: { minVoltage: 15, maxVoltage: null } });
    expect(trips).toMatchObject({ minVoltage: 15 });
  });

  it('watches no load and no tracking of rates and efforts, and no heat of a motor that it does not know', () => {
    const actuators = [
      { joint: 'hinge', kind: 'velocity', damping: 1 },
      { joint: 'free', kind: 'effort' },
    ];
    const hardware = { driver: './own.js', motors: [{ joint: 'hinge', id: 1, model: 'lathe' }] };
    const { jointTrips } = robotFromUrdf(urdf, { actuators, hardware }, { urdfFile: 'bench.urdf' }).hardware!;
    expect(jointTrips).toEqual({
      hinge: { overspeed: 1.2, beyond: 0.1 },
      free: { overspeed: 1.2, beyond: 0.1 },
    });
  });

  it('keeps links from one another where they have shapes, unless that is said to be off', () => {
    const shaped = urdf.replace(
      '<link name="base"/>',
      '<link name="base"><collision><geometry><sphere radius="0.1"/></geometry></collision></link>',
    );
    const clearance = (hardware: object, text = shaped) =>
      robotFromUrdf(text, { hardware: { driver: 'mock', ...hardware } }, { urdfFile: 'bench.urdf' }).hardware!
        .clearance;
    expect(clearance({})).toBe(0);
    expect(clearance({ clearance: 0.01 })).toBe(0.01);
    expect(clearance({ clearance: null })).toBe(null);
    expect(clearance({}, urdf)).toBe(undefined);
  });

  it('says what of the surroundings nobody watches, unless that is said to be so', () => {
    const box = { min: [-1, -1, 0], max: [1, 1, 1] };
    const says = (hardware: object, text = urdf) =>
      unwatched(
        robotFromUrdf(text, { hardware: { driver: 'mock', ...hardware } }, { urdfFile: 'bench.urdf' }),
      );
    const shaped = urdf.replace(
      '<link name="base"/>',
      '<link name="base"><collision><geometry><sphere radius="0.1"/></geometry></collision></link>',
    );
    expect(says({}, shaped)).toBe('not watched: floor, workspace; name them in robot.json, key hardware');
    expect(says({ floor: 0 }, shaped)).toBe('not watched: workspace; name it in robot.json, key hardware');
    expect(says({ floor: 0, workspace: box }, shaped)).toBe(null);
    expect(says({ floor: null, workspace: null }, shaped)).toBe(null);
    expect(says({ floor: 0, workspace: box })).toBe(
      'not watched: floor, clearance: no link has a collision shape',
    );
    expect(says({ floor: null, clearance: null, workspace: box })).toBe(null);
    expect(unwatched(robotFromUrdf(urdf, undefined, { urdfFile: 'bench.urdf' }))).toBe(null);
  });

  it('takes limits by joint, and * for what a joint does not say itself', () => {
    const { limits } = read(
      { driver: 'mock', limits: { '*': { step: 0.1, margin: 0.2 }, hinge: { step: 0.3, effort: 1 } } },
      ['hinge', 'free'],
    );
    expect(limits.hinge).toEqual({ step: 0.3, velocity: 3, acceleration: 50, effort: 1, margin: 0.2 });
    expect(limits.free).toEqual({ step: 0.1, velocity: 3, acceleration: 50, effort: 1, margin: 0.2 });
  });

  it('keeps motors, their signs and the options of a driver as they are', () => {
    const options = { controllers: [{ topic: '/x' }] };
    const { motors, options: kept } = read({
      ...{ driver: './own.js', options },
      motors: [motor('hinge', 1), { ...motor('rail', 2), sign: -1 }],
    });
    expect(motors).toEqual([
      { ...motor('hinge', 1), sign: 1 },
      { ...motor('rail', 2), sign: -1 },
    ]);
    expect(kept).toEqual(options);
  });
});

test.each<[string, object, RegExp]>([
  ['no driver', {}, /hardware\.driver: .*docs\/robots\.md/],
  ['an empty driver', { driver: '' }, /hardware\.driver: /],
  ['an unknown key', { drivr: 'mock' }, /hardware: .*"drivr"; did you mean "driver"\?|hardware\.driver/],
  ['an unknown key beside a driver', { floors: 0 }, /hardware: unknown key "floors"; did you mean "floor"\?/],
  [
    'an unknown limit',
    { limits: { '*': { setp: 1 } } },
    /hardware\.limits\.\*: .*"setp"; did you mean "step"\?/,
  ],
  ['more effort to explore with', { exploration: { effort: 1.5 } }, /hardware\.exploration\.effort: /],
  [
    'an unknown trip',
    { trips: { temprature: 1 } },
    /hardware\.trips: .*"temprature"; did you mean "temperature"\?/,
  ],
  ['an unknown stop', { stop: { hold: 1 } }, /hardware\.stop: unknown key "hold"/],
  [
    'a motor of no joint',
    { motors: [motor('hingee', 1)] },
    /hardware\.motors\.0\.joint: no actuator drives a joint "hingee"; did you mean "hinge"\?/,
  ],
  [
    'a motor of a passive joint',
    { motors: [motor('free', 1)] },
    /hardware\.motors\.0\.joint: no actuator drives a joint "free"; there are actuators for hinge, rail/,
  ],
  [
    'two motors of one joint',
    { motors: [motor('rail', 1), motor('rail', 2)] },
    /motors\.1\.joint: "rail" has a motor/,
  ],
  [
    'two motors of one id',
    { motors: [motor('rail', 1), motor('hinge', 1)] },
    /motors\.1\.id: 1 is used twice/,
  ],
  ['an id off the bus', { motors: [motor('rail', 254)] }, /motors\.0\.id: .*253/],
  ['a part of an id', { motors: [motor('rail', 1.5)] }, /motors\.0\.id: /],
  ['a sign of 0', { motors: [{ ...motor('rail', 1), sign: 0 }] }, /motors\.0\.sign: /],
  ['limits of no joint', { limits: { rial: {} } }, /hardware\.limits\.rial: .*did you mean "rail"\?/],
  ['a step of 0', { limits: { hinge: { step: 0 } } }, /limits\.hinge\.step: .*>0/],
  ['a negative margin', { limits: { hinge: { margin: -0.1 } } }, /limits\.hinge\.margin: .*>=0/],
  [
    'an acceleration without end',
    { limits: { hinge: { acceleration: Infinity } } },
    /limits\.hinge\.acceleration: /,
  ],
  [
    'a velocity that is no number',
    { limits: { hinge: { velocity: Number.NaN } } },
    /limits\.hinge\.velocity: /,
  ],
  ['a velocity as a text', { limits: { hinge: { velocity: '3' } } }, /limits\.hinge\.velocity: /],
  [
    'a margin that leaves nothing',
    { limits: { hinge: { margin: 1 } } },
    /limits\.hinge\.margin: .*leaves "hinge" no range/,
  ],
  [
    'rad for a joint that slides',
    { limits: { '*': { step: 0.1 } } },
    /hardware\.limits\.\*\.step: is rad .* "rail" slides; say hardware\.limits\.rail\.step too/,
  ],
  ['a rate that no bridge keeps', { rate: 5000 }, /hardware\.rate: .*1000/],
  ['a rate that is too slow to stop in time', { rate: 1 }, /hardware\.rate: .*10/],
  ['half a workspace', { workspace: { min: [0, 0, 0] } }, /hardware\.workspace\.max: /],
  ['a flat corner', { workspace: { min: [0, 0], max: [1, 1, 1] } }, /hardware\.workspace\.min/],
  [
    'a workspace inside out',
    { workspace: { min: [0, 1, 0], max: [1, 0, 1] } },
    /workspace\.min\.1: is not below/,
  ],
  ['a negative clearance', { clearance: -0.01 }, /hardware\.clearance: /],
  ['more than all load', { trips: { load: 1.5 } }, /hardware\.trips\.load: .*1/],
  [
    'voltages the wrong way round',
    { trips: { minVoltage: 12, maxVoltage: 9 } },
    /trips\.minVoltage: 12 V is not below maxVoltage, 9 V; mend it/,
  ],
  [
    'a lowest voltage above what the motor takes',
    { motors: [motor('hinge', 1)], trips: { minVoltage: 15 } },
    /trips\.minVoltage: 15 V is not below the 14 V of the motor of "hinge"; mend it/,
  ],
  [
    'a highest voltage below what the motor needs',
    { motors: [{ ...motor('rail', 2), model: 'xm430-w350' }], trips: { maxVoltage: 9 } },
    /trips\.maxVoltage: 9 V is not above the 9\.5 V of the motor of "rail"; mend it/,
  ],
  [
    'a tracking trip that never comes',
    { trips: { tracking: 0.2 } },
    /trips\.tracking: 0\.2 never comes.*0\.2/,
  ],
  ['a release before it stops', { stop: { release: -1 } }, /hardware\.stop\.release: /],
  ['options that are none', { options: 'fast' }, /hardware\.options: /],
])('%s is an error that names file, key and what to do', (name, given, message) => {
  const whole =
    /driver|drivr/.test(JSON.stringify(given)) || name === 'no driver' ? given : { driver: 'mock', ...given };
  const attempt = () => read(whole);
  expect(attempt).toThrow(InputError);
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(/^bench\.json: hardware[^\n]*$/);
});

test.each(['so101', 'panda'])('%s says what it may do with every joint it drives', async (name) => {
  const { hardware, actuators } = await loadRobot(name);
  expect(Object.keys(hardware!.limits)).toEqual(actuators.map(({ joint }) => joint));
});

test.each(['so101', 'panda'])(
  '%s says itself what it is stopped for, as far as its motors tell',
  async (name) => {
    const { hardware } = await loadRobot(name);
    expect(Object.values(hardware!.jointTrips!)).toEqual(Object.keys(hardware!.limits).map(() => ({})));
  },
);

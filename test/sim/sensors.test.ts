import { describe, expect, test } from 'vitest';
import { SensorSuite } from '#sim/sensors/index';
import { axisAngle, identityPose, quatConjugate, quatMultiply, rotate } from '#src/core/linalg';
import { Random } from '#src/core/random';
import type { Vec3 } from '#src/core/robot';
import type { Quality, Sensor } from '#src/core/sensor';
import { advance, at, chain, link, reading, readings, type Script, ScriptedProbe } from './scripted-probe.ts';

const period = 0.02;
const arm = chain([link('base'), link('upper'), link('fore')], ['revolute', 'prismatic']);
/** Coordinates that move at 1 rad/s and −2 m/s. */
const steady: Script = { joints: (t) => ({ position: [t, -2 * t], velocity: [1, -2] }) };

function encoder(quality?: Quality, joint = '*', name = 'encoder'): Sensor {
  return { kind: 'encoder', name, joint, quality };
}

function suiteOf(sensors: readonly Sensor[], script: Script = {}, robot = arm) {
  const probe = new ScriptedProbe(robot, script);
  return { probe, suite: new SensorSuite(sensors, probe, period) };
}

function moments(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return { mean, deviation };
}

/** Mean and deviation within four standard errors of a normal sample's. */
function expectNormal(values: readonly number[], deviation: number) {
  const seen = moments(values);
  expect(Math.abs(seen.mean)).toBeLessThan((4 * deviation) / Math.sqrt(values.length));
  expect(Math.abs(seen.deviation - deviation)).toBeLessThan((4 * deviation) / Math.sqrt(2 * values.length));
}

describe('quality', () => {
  test('a perfect encoder changes nothing', () => {
    const { probe, suite } = suiteOf([encoder()], steady);
    const all = readings(suite, probe, 40);
    expect(suite.channels).toEqual([]);
    expect([...all[40]]).toEqual([0.04, -0.08, 1, -2].map(Math.fround));
  });

  test('noise is normal with the deviation asked for, in each quantity its own', () => {
    const { probe, suite } = suiteOf([encoder({ rate: 1000, noise: { position: 0.01, velocity: 0.3 } })]);
    const all = readings(suite, probe, 4000);
    for (const [index, deviation] of [0.01, 0.01, 0.3, 0.3].entries())
      expectNormal(
        all.map((values) => values[index]),
        deviation,
      );
    // White, and independent from joint to joint.
    const lagged = all.slice(1).map((values, i) => values[0] * all[i][0]);
    const crossed = all.map((values) => values[0] * values[1]);
    for (const products of [lagged, crossed])
      expect(Math.abs(moments(products).mean)).toBeLessThan((4 * 0.01 ** 2) / Math.sqrt(4000));
  });

  test('values are rounded to exact multiples of the resolution, after the noise', () => {
    const resolution = (2 * Math.PI) / 4096;
    const { probe, suite } = suiteOf(
      [encoder({ noise: 0.002, resolution: { position: resolution, velocity: 0.25 } })],
      { joints: (t) => ({ position: [Math.sin(40 * t), t], velocity: [40 * Math.cos(40 * t), 1] }) },
    );
    const counts = new Set<number>();
    for (const [step, values] of readings(suite, probe, 400).entries()) {
      const count = Math.round(values[0] / resolution);
      expect(values[0]).toBe(Math.fround(count * resolution));
      expect(values[2] / 0.25).toBe(Math.round(values[2] / 0.25));
      if (step % 20 === 0)
        expect(Math.abs(values[0] - Math.sin(0.04 * step))).toBeLessThan(resolution / 2 + 5 * 0.002);
      counts.add(count);
    }
    expect(counts.size).toBeGreaterThan(15);
  });

  test('a counting encoder tells the difference of its last two positions as the rate', () => {
    const resolution = 0.01;
    const { probe, suite } = suiteOf([encoder({ resolution })], {
      joints: (t) => ({ position: [0.83 * t, 0], velocity: [0.83, 0] }),
    });
    const all = readings(suite, probe, 2000).filter((_, step) => step % 20 === 0);
    // A count more in 20 ms is half a rad/s: nothing finer can be told.
    for (let i = 1; i < all.length; i++)
      expect(all[i][2]).toBeCloseTo((all[i][0] - all[i - 1][0]) / period, 4);
    expect(new Set(all.slice(1).map((values) => Math.round(values[2] / 0.5)))).toEqual(new Set([1, 2]));
    expect(moments(all.slice(1).map((values) => values[2])).mean).toBeCloseTo(0.83, 2);
    // The first rate is the true one, in the same steps.
    expect(all[0][2]).toBe(1);
  });

  test('a rate holds each value until the next is due', () => {
    const { probe, suite } = suiteOf([encoder({ rate: 40 })], steady);
    const seen = readings(suite, probe, 200).map((values) => Math.round(values[0] * 1000));
    expect(seen).toEqual(seen.map((_, step) => step - (step % 25)));
  });

  test('a rate that does not divide the simulation is met on average', () => {
    const { probe, suite } = suiteOf([encoder({ rate: 300 })], steady);
    const seen = readings(suite, probe, 1000).map((values) => Math.round(values[0] * 1000));
    // The k-th sample is the first at or after k / 300 s.
    const due = (step: number) => Math.max(0, Math.ceil(Math.floor((step * 300) / 1000) / 0.3 - 1e-9));
    expect(seen).toEqual(seen.map((_, step) => due(step)));
    expect(new Set(seen).size).toBe(301);
  });

  test.each([0.001, 0.007, 0.02, 0.033, 0.0995])(
    'what arrives is as old as the latency of %f s, in whole steps',
    (latency) => {
      const { probe, suite } = suiteOf([encoder({ latency })], steady);
      const all = readings(suite, probe, 400);
      const lag = Math.ceil(latency * 1000 - 1e-9);
      for (let step = 0; step <= 400; step += 20)
        expect(all[step][0]).toBe(Math.fround(Math.max(0, step - lag) / 1000));
    },
  );

  test('with rate and latency the newest sample that is old enough arrives', () => {
    const { probe, suite } = suiteOf([encoder({ rate: 100, latency: 0.035 })], steady);
    const seen = readings(suite, probe, 300).map((values) => Math.round(values[0] * 1000));
    expect(seen).toEqual(seen.map((_, step) => Math.max(0, Math.floor((step - 35) / 10) * 10)));
  });

  test('any rate, latency and period deliver what a list of all samples would', () => {
    const random = new Random(4, 'timing');
    for (let round = 0; round < 150; round++) {
      const stepsPerPeriod = 1 + random.integer(12);
      const rate = random.uniform() < 0.3 ? undefined : random.uniform(5, 1000);
      const latency = random.uniform() < 0.3 ? 0 : random.uniform(0, 0.05);
      const probe = new ScriptedProbe(arm, steady);
      const suite = new SensorSuite([encoder({ rate, latency })], probe, stepsPerPeriod / 1000);
      const taken = [0];
      const lag = Math.ceil(latency * 1000);
      for (let step = 1; step < 200; step++)
        if (
          rate === undefined
            ? (step + lag) % stepsPerPeriod === 0
            : Math.floor((step / 1000) * rate) > Math.floor(((step - 1) / 1000) * rate)
        )
          taken.push(step);
      for (const [step, values] of readings(suite, probe, 199).entries()) {
        const due = taken.filter((sample) => sample <= step - lag).at(-1) ?? 0;
        expect(values[0], `${stepsPerPeriod} steps, ${rate} Hz, ${latency} s, step ${step}`).toBe(
          Math.fround(due / 1000),
        );
      }
    }
  });

  test('an encoder of one joint leaves the others to the encoder of all', () => {
    const { probe, suite } = suiteOf(
      [encoder({ resolution: 1 }), encoder({ latency: 0.02 }, 'joint2', 'slow')],
      steady,
    );
    const all = readings(suite, probe, 600);
    expect([...all[600]]).toEqual([1, Math.fround(-1.16), 0, -2]);
  });
});

describe('repeatable', () => {
  const everything: Sensor[] = [
    encoder({ rate: 90, latency: 0.013, noise: 0.01, resolution: 0.001 }),
    { kind: 'pose', name: 'tip', link: 'fore', point: [0, 0, 0.1], quality: { noise: 0.01, latency: 0.05 } },
    { kind: 'imu', name: 'imu', link: 'upper', pose: identityPose, quality: { rate: 200, noise: 0.1 } },
    { kind: 'contact', name: 'touch', of: 'fore', quality: { latency: 0.007, noise: 0.2 } },
    {
      kind: 'lidar',
      name: 'lidar',
      link: 'base',
      pose: identityPose,
      rays: 9,
      from: -1,
      to: 1,
      range: 5,
      quality: { rate: 33, latency: 0.03, noise: 0.01 },
    },
  ];
  const robot = chain(
    [
      link('base'),
      link('upper'),
      link('fore', [{ geometry: { kind: 'sphere', radius: 0.3 }, pose: identityPose }]),
    ],
    ['revolute', 'prismatic'],
  );
  const moving: Script = {
    joints: (t) => ({ position: [Math.sin(t), t], velocity: [Math.cos(t), 1] }),
    pose: (frame, t) => ({ position: [frame * (1 + t), 0, 0], rotation: axisAngle([0, 1, 0], frame * t) }),
    motion: (frame, t) => [frame, t, 0, 0, frame, 0],
    contacts: (t) => [[1, 2, t, 1, 0]],
  };

  test('the same seed gives the same bits, whatever was measured before', () => {
    const { probe, suite } = suiteOf(everything, moving, robot);
    const noise = { seed: 7, episode: 3 };
    const first = readings(suite, probe, 200, noise);
    readings(suite, probe, 77, { seed: 8, episode: 0 });
    expect(readings(suite, probe, 200, noise)).toEqual(first);
    const fresh = suiteOf(everything, moving, robot);
    expect(readings(fresh.suite, fresh.probe, 200, noise)).toEqual(first);
    expect(readings(suite, probe, 200, { seed: 7, episode: 4 })).not.toEqual(first);
    expect(readings(suite, probe, 200, { seed: 8, episode: 3 })).not.toEqual(first);
  });

  test('a sensor keeps its noise when others join it', () => {
    const all = suiteOf(everything, moving, robot);
    const one = suiteOf([everything[1]], moving, robot);
    const whole = readings(all.suite, all.probe, 100).map((values) => [...values.subarray(4, 11)]);
    const alone = readings(one.suite, one.probe, 100).map((values) => [...values.subarray(4, 11)]);
    expect(whole).toEqual(alone);
  });

  test('saved at any step and restored, also into a suite that did something else, it goes on alike', () => {
    const { probe, suite } = suiteOf(everything, moving, robot);
    const noise = { seed: 5, episode: 2 };
    const whole = readings(suite, probe, 120, noise);
    for (const cut of [0, 1, 13, 20, 59, 101]) {
      readings(suite, probe, cut, noise);
      const saved = new Float64Array(suite.saved + 2);
      suite.save(saved, 2);
      const other = suiteOf(everything, moving, robot);
      readings(other.suite, other.probe, 33, { seed: 1, episode: 1 });
      for (const [target, source] of [
        [suite, probe],
        [other.suite, other.probe],
      ] as const) {
        readings(target, source, 5);
        target.restore(saved, 2);
        source.goTo(cut);
        expect(reading(target, source)).toEqual(whole[cut]);
        for (let step = cut + 1; step <= 120; step++) {
          advance(target, source);
          expect(reading(target, source)).toEqual(whole[step]);
        }
      }
    }
  });
});

describe('pose', () => {
  test('tells a point of a link and a body of the world', () => {
    const turned = axisAngle([0, 0, 1], 0.7);
    const script: Script = {
      pose: (frame, t) => (frame === 2 ? { position: [1, 2, t], rotation: turned } : at(3, 0, -t)),
    };
    const probe = new ScriptedProbe(arm, script, {
      bodies: [{ name: 'cube', kind: 'free', shapes: [], pose: identityPose }],
    });
    const suite = new SensorSuite(
      [
        { kind: 'pose', name: 'hand', link: 'fore', point: [0.1, 0, 0.3] },
        { kind: 'pose', name: 'camera', link: 'cube', point: [0, 0, 0], quality: { latency: period } },
      ],
      probe,
      period,
    );
    expect(suite.channels.map(({ name, size, unit }) => [name, size, unit])).toEqual([
      ['hand.position', 3, 'm'],
      ['hand.rotation', 4, '-'],
      ['camera.position', 3, 'm'],
      ['camera.rotation', 4, '-'],
    ]);
    const values = [...readings(suite, probe, 60)[60].subarray(4)];
    const offset = rotate(turned, [0.1, 0, 0.3]);
    for (const [i, truth] of [
      1 + offset[0],
      2 + offset[1],
      0.06 + offset[2],
      ...turned,
      3,
      0,
      -0.04,
    ].entries())
      expect(values[i]).toBeCloseTo(truth, 6);
  });

  test('noise moves the point and turns the frame by normal angles', () => {
    const rotation = quatMultiply(axisAngle([0, 0, 1], 2), axisAngle([1, 0, 0], -1));
    const { probe, suite } = suiteOf(
      [
        {
          kind: 'pose',
          name: 'tip',
          link: 'fore',
          point: [0, 0, 0],
          quality: { rate: 1000, noise: { position: 0.004, rotation: 0.02 } },
        },
      ],
      { pose: () => ({ position: [1, 0, 0], rotation }) },
    );
    const all = readings(suite, probe, 3000).map((values) => [...values.subarray(4)]);
    expectNormal(
      all.map((values) => values[0] - 1),
      0.004,
    );
    const errors = all.map((values) => {
      const seen = values.slice(3) as unknown as [number, number, number, number];
      expect(Math.hypot(...seen)).toBeCloseTo(1, 6);
      const [x, y, z, w] = quatMultiply(seen, quatConjugate(rotation));
      return [x, y, z].map((value) => (2 * value) / w);
    });
    // The reading has 24 bits; the deviation is far above them.
    for (const k of [0, 1, 2])
      expectNormal(
        errors.map((error) => error[k]),
        0.02,
      );
  });

  test('a quaternion never jumps to its opposite', () => {
    const script: Script = {
      // The source changes its sign at every step; the rotation turns three times.
      pose: (_, t) => {
        const [x, y, z, w] = axisAngle([0, 0, 1], 60 * Math.PI * t);
        const sign = Math.round(t * 1000) % 2 === 0 ? 1 : -1;
        return { position: [0, 0, 0], rotation: [sign * x, sign * y, sign * z, sign * w] };
      },
    };
    const { probe, suite } = suiteOf(
      [{ kind: 'pose', name: 'tip', link: 'fore', point: [0, 0, 0], quality: { rate: 1000 } }],
      script,
    );
    const all = readings(suite, probe, 100);
    expect(all[0][10]).toBe(1);
    for (let i = 1; i < all.length; i++) {
      let near = 0;
      for (let k = 7; k < 11; k++) near += all[i][k] * all[i - 1][k];
      expect(near).toBeGreaterThan(0.99);
    }
  });
});

describe('imu', () => {
  const imu = (pose = identityPose): Sensor => ({
    kind: 'imu',
    name: 'imu',
    link: 'upper',
    pose,
    quality: { rate: 1000 },
  });

  test('at rest it reads g upwards in its own frame, at the reset too', () => {
    const { probe, suite } = suiteOf([
      imu({ position: [0.1, 0, 0], rotation: axisAngle([1, 0, 0], Math.PI / 2) }),
    ]);
    for (const values of readings(suite, probe, 3)) {
      expect(values[4]).toBeCloseTo(0, 6);
      // World up is the sensor's y axis.
      expect(values[5]).toBeCloseTo(9.81, 5);
      expect(values[6]).toBeCloseTo(0, 6);
      expect([...values.subarray(7)]).toEqual([0, 0, 0]);
    }
  });

  test('in free fall it reads nothing', () => {
    const { probe, suite } = suiteOf([imu()], {
      pose: (_, t) => at(t, 0, -0.5 * 9.81 * t * t),
      motion: (_, t) => [1, 0, -9.81 * t, 0, 0, 0],
    });
    for (const values of readings(suite, probe, 50).slice(1))
      for (const k of [4, 5, 6]) expect(values[k]).toBeCloseTo(0, 5);
  });

  test('on a swinging rod it reads gravity and the centripetal and tangential acceleration of its place', () => {
    const length = 0.8;
    const angle = (t: number) => 1.2 * Math.cos(3 * t);
    const rate = (t: number) => -3.6 * Math.sin(3 * t);
    const acceleration = (t: number) => -10.8 * Math.cos(3 * t);
    // The rod hangs along −z of its link, which turns about y at the origin.
    const script: Script = {
      pose: (_, t) => ({ position: [0, 0, 0], rotation: axisAngle([0, 1, 0], angle(t)) }),
      motion: (_, t) => [0, 0, 0, 0, rate(t), 0],
    };
    const probe = new ScriptedProbe(arm, script, {}, 1e-4);
    const suite = new SensorSuite(
      [imu({ position: [0, 0, -length], rotation: [0, 0, 0, 1] })],
      probe,
      period,
    );
    const all = readings(suite, probe, 20_000);
    for (let step = 1000; step <= 20_000; step += 10) {
      const t = step * 1e-4;
      const up: Vec3 = rotate(axisAngle([0, -1, 0], angle(t)), [0, 0, 9.81]);
      // r = (0, 0, −l), ω along y: ω × (ω × r) = (0, 0, ω² l), ω̇ × r = (−ω̇ l, 0, 0).
      const truth = [up[0] - acceleration(t) * length, 0, up[2] + rate(t) ** 2 * length, 0, rate(t), 0];
      // Sampled at 1 kHz of 10 kHz, so every tenth step is fresh; the difference lags by half a step.
      for (const [k, value] of truth.entries())
        expect(Math.abs(all[step][4 + k] - value)).toBeLessThan(k < 3 ? 0.01 : 1e-5);
    }
  });
});

describe('contact', () => {
  const cube = { name: 'cube', kind: 'free', shapes: [], pose: identityPose } as const;
  const touch = (rest: Partial<Extract<Sensor, { kind: 'contact' }>> = {}): Sensor => ({
    kind: 'contact',
    name: 'touch',
    of: 'fore',
    ...rest,
  });
  const suiteWith = (sensors: readonly Sensor[], script: Script) => {
    const probe = new ScriptedProbe(arm, script, { bodies: [cube] });
    return { probe, suite: new SensorSuite(sensors, probe, period) };
  };

  test('sums the forces on a link, whichever side it is named on, or those against one thing', () => {
    const { probe, suite } = suiteWith(
      [
        touch(),
        touch({ name: 'cube', against: 'cube' }),
        touch({ name: 'ground', of: 'cube', against: 'ground' }),
      ],
      {
        contacts: () => [
          [1, 2, 1, 0, 0],
          [2, 3, 0, 5, 0],
          [3, 2, 0, 0, 7],
          [-1, 3, 0, 0, 9],
        ],
      },
    );
    expect([...readings(suite, probe, 20)[20].subarray(4)]).toEqual([1, -5, 7, 0, -5, 7, 0, 0, 9]);
  });

  test('is the mean over the control period', () => {
    const { probe, suite } = suiteWith([touch()], {
      contacts: (t) => [[1, 2, Math.round(1000 * t), 0, 0]],
    });
    const all = readings(suite, probe, 60);
    expect(all[0][4]).toBe(0);
    expect([all[20][4], all[40][4], all[60][4]]).toEqual([10.5, 30.5, 50.5]);
    const fast = suiteWith([touch({ quality: { rate: 1000 } })], {
      contacts: (t) => [[1, 2, Math.round(1000 * t), 0, 0]],
    });
    const each = readings(fast.suite, fast.probe, 60);
    // Since the reset when that is less, then a moving mean over twenty steps.
    expect([each[1][4], each[2][4], each[33][4]]).toEqual([1, 1.5, 23.5]);
  });
});

describe('what cannot be is refused when the plant is made', () => {
  const lidar: Sensor = {
    kind: 'lidar',
    name: 'lidar',
    link: 'base',
    pose: identityPose,
    rays: 9,
    from: -1,
    to: 1,
    range: 5,
  };
  test.each<[string, Sensor[], RegExp]>([
    ['an unknown link', [{ ...lidar, link: 'uper' }], /link "uper".*did you mean "upper"/],
    ['an unknown joint', [encoder({}, 'joint3')], /joint "joint3".*did you mean "joint/],
    ['an unknown thing to touch', [{ kind: 'contact', name: 'c', of: 'cup' }], /of "cup"/],
    ['an unknown partner', [{ kind: 'contact', name: 'c', of: 'fore', against: 'floor' }], /against "floor"/],
    ['a link that touches itself', [{ kind: 'contact', name: 'c', of: 'fore', against: 'fore' }], /itself/],
    ['two sensors of one name', [lidar, lidar], /two sensors are called "lidar"/],
    [
      'a channel that the plant has already',
      [{ kind: 'pose', name: 'joint1', link: 'fore', point: [0, 0, 0] }],
      /two channels are called "joint1.position"/,
    ],
    [
      'two encoders on a joint',
      [encoder({}, 'joint1', 'a'), encoder({}, 'joint1', 'b')],
      /joint1 has an encoder/,
    ],
    ['an encoder without a joint', [encoder({}, '*', 'a'), encoder({}, '*', 'b')], /already|no joint/],
    ['no ray', [{ ...lidar, rays: 0 }], /rays 0/],
    ['more rays than memory holds', [{ ...lidar, rays: 1e9 }], /rays 1000000000/],
    ['half a ray', [{ ...lidar, rays: 1.5 }], /rays 1.5/],
    ['no range', [{ ...lidar, range: 0 }], /range 0/],
    ['angles that fall', [{ ...lidar, to: -2 }], /must rise/],
    ['more than a turn', [{ ...lidar, to: 7 }], /one turn at most/],
    [
      'a rotation of nothing',
      [{ ...lidar, pose: { position: [0, 0, 0], rotation: [0, 0, 0, 0] } }],
      /pose needs/,
    ],
    [
      'a rate above the simulation',
      [encoder({ rate: 2000 })],
      /rate 2000 Hz is above the simulation's own \(1000 Hz\)/,
    ],
    ['no rate', [encoder({ rate: 0 })], /rate 0 Hz/],
    ['a message from the future', [encoder({ latency: -0.01 })], /latency -0.01/],
    ['noise below 0', [encoder({ noise: -1 })], /noise -1/],
    ['noise that is no number', [encoder({ noise: Number.NaN })], /noise NaN/],
    ['an infinite resolution', [encoder({ resolution: Infinity })], /resolution Infinity/],
    [
      'a figure for no channel',
      [encoder({ noise: { positon: 1 } })],
      /names "positon".*did you mean "position"/,
    ],
  ])('%s', (_, sensors, message) => {
    expect(() => suiteOf(sensors)).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) }),
    );
  });

  test('an encoder where the plant has no such channels', () => {
    const probe = new ScriptedProbe(arm);
    const bare = Object.assign(Object.create(Object.getPrototypeOf(probe)), probe, { channels: [] });
    expect(() => new SensorSuite([encoder()], bare, period)).toThrow(/delivers no channel "joint1.position"/);
  });
});

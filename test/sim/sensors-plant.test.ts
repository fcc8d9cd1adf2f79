import { expect, test } from 'vitest';
import { createSimPlant } from '#sim/index';
import { axisAngle, identityPose, rotate } from '#src/core/linalg';
import type { Vec3 } from '#src/core/robot';
import type { Sensor } from '#src/core/sensor';
import type { WorldSpec } from '#src/core/task';
import { robotFromUrdf } from '#src/robot/index';
import { reader } from './reading.ts';

const controlPeriod = 0.02;
const rodLength = 0.6;

/** A rod that swings about y, its mass at its end. */
const pendulum = robotFromUrdf(
  `<robot name="pendulum">
    <link name="world"/>
    <link name="rod"><inertial><origin xyz="0 0 -${rodLength}"/><mass value="2"/>
      <inertia ixx="1e-4" iyy="1e-4" izz="1e-4" ixy="0" ixz="0" iyz="0"/></inertial></link>
    <joint name="hinge" type="continuous"><parent link="world"/><child link="rod"/><axis xyz="0 1 0"/></joint>
  </robot>`,
  { tip: { link: 'rod', point: [0, 0, -rodLength] } },
  { urdfFile: 'pendulum.urdf' },
);

const elevator = robotFromUrdf(
  `<robot name="elevator">
    <link name="world"/>
    <link name="cabin"><inertial><mass value="3"/>
      <inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial></link>
    <joint name="rail" type="prismatic"><parent link="world"/><child link="cabin"/><axis xyz="0 0 1"/>
      <limit lower="-10" upper="10" effort="100" velocity="100"/></joint>
  </robot>`,
  undefined,
  { urdfFile: 'elevator.urdf' },
);

const ball: WorldSpec = {
  bodies: [
    {
      name: 'ball',
      kind: 'free',
      mass: 0.2,
      shapes: [{ geometry: { kind: 'sphere', radius: 0.1 }, pose: identityPose }],
      pose: { position: [2, 0, 1], rotation: [0, 0, 0, 1] },
    },
  ],
};

test('an IMU on a swinging pendulum reads what mechanics says', async () => {
  const place: Vec3 = [0.05, 0, -0.4];
  const plant = await createSimPlant({
    robot: pendulum,
    controlPeriod,
    timestep: 2e-4,
    world: {
      sensors: [
        {
          kind: 'imu',
          name: 'imu',
          link: 'rod',
          pose: { position: place, rotation: axisAngle([0, 1, 0], 0.3) },
        },
      ],
    },
  });
  plant.reset({ position: [1.8], velocity: [0] });
  const { part } = reader(plant);
  const inertia = 2 * rodLength ** 2 + 1e-4;
  let fastest = 0;
  for (let k = 0; k < 100; k++) {
    plant.advance();
    const [q] = part('hinge.position');
    const [rate] = part('hinge.velocity');
    const turn = (-2 * 9.81 * rodLength * Math.sin(q)) / inertia;
    // In the rod's frame, ω along y: ω̇ × r + ω × (ω × r) − g.
    const up = rotate(axisAngle([0, 1, 0], -q), [0, 0, 9.81]);
    const force: Vec3 = [
      turn * place[2] - rate ** 2 * place[0] + up[0],
      0,
      -turn * place[0] - rate ** 2 * place[2] + up[2],
    ];
    const truth = rotate(axisAngle([0, 1, 0], -0.3), force);
    // It lags by half a step.
    for (const [i, value] of part('imu.acceleration').entries())
      expect(Math.abs(value - truth[i])).toBeLessThan(0.015);
    expect(part('imu.gyro')[1]).toBeCloseTo(rate, 5);
    fastest = Math.max(fastest, Math.abs(rate));
  }
  expect(fastest).toBeGreaterThan(5);
  plant.close();
});

test('an IMU in a falling cabin reads nothing, in a held one g', async () => {
  const sensors: Sensor[] = [{ kind: 'imu', name: 'imu', link: 'cabin', pose: identityPose }];
  const plant = await createSimPlant({ robot: elevator, controlPeriod, world: { sensors } });
  const { part } = reader(plant);
  expect(part('imu.acceleration')[2]).toBeCloseTo(9.81, 5);
  for (let k = 0; k < 20; k++) plant.advance();
  for (const value of part('imu.acceleration')) expect(Math.abs(value)).toBeLessThan(1e-4);
  plant.reset({ position: [0], velocity: [0] });
  plant.write(Float32Array.of(3 * 9.81));
  for (let k = 0; k < 20; k++) plant.advance();
  expect(part('imu.acceleration')[2]).toBeCloseTo(9.81, 4);
  plant.close();
});

test("a pose sensor at the tip tells the tip, one on a body the body's place of a while ago", async () => {
  const sensors: Sensor[] = [
    { kind: 'pose', name: 'hand', link: 'rod', point: [0, 0, -rodLength] },
    { kind: 'pose', name: 'camera', link: 'ball', point: [0, 0, 0], quality: { latency: 0.05 } },
  ];
  const plant = await createSimPlant({ robot: pendulum, controlPeriod, world: { ...ball, sensors } });
  plant.reset({ position: [1], velocity: [2] });
  const { part } = reader(plant);
  for (let k = 1; k <= 30; k++) {
    plant.advance();
    const tip = part('tip.position');
    for (const [i, value] of part('hand.position').entries()) expect(value).toBeCloseTo(tip[i], 6);
    const [q] = part('hinge.position');
    const turned = axisAngle([0, 1, 0], q);
    const seen = part('hand.rotation');
    const near = turned.reduce((sum, value, i) => sum + value * seen[i], 0);
    expect(Math.abs(near)).toBeCloseTo(1, 6);
    const then = Math.max(0, k * controlPeriod - 0.05);
    expect(part('camera.position')[2]).toBeCloseTo(1 - (9.81 / 2) * then ** 2, 4);
  }
  plant.close();
});

test('encoders hide the truth by their counts, and the plant moves as without them', async () => {
  const resolution = 0.01;
  const encoder: Sensor = { kind: 'encoder', name: 'encoder', joint: '*', quality: { resolution } };
  const plain = await createSimPlant({ robot: pendulum, controlPeriod });
  const counted = await createSimPlant({ robot: { ...pendulum, sensors: [encoder] }, controlPeriod });
  expect(counted.spec.channels).toEqual(plain.spec.channels);
  const [truth, seen] = [reader(plain), reader(counted)];
  for (const plant of [plain, counted]) plant.reset({ position: [1.234], velocity: [0.5] });
  let before = seen.part('hinge.position')[0];
  expect(before).toBe(Math.fround(1.23));
  for (let k = 0; k < 40; k++) {
    plain.advance();
    counted.advance();
    const [position] = seen.part('hinge.position');
    expect(Math.round(position / resolution)).toBe(Math.round(truth.part('hinge.position')[0] / resolution));
    expect(seen.part('hinge.velocity')[0]).toBeCloseTo((position - before) / controlPeriod, 3);
    expect(seen.part('tip.position')).toEqual(truth.part('tip.position'));
    before = position;
  }
  plain.close();
  counted.close();
});

test('a lidar on a moving link sees a body fall past', async () => {
  const sensors: Sensor[] = [
    {
      kind: 'lidar',
      name: 'lidar',
      link: 'cabin',
      pose: identityPose,
      rays: 3,
      from: -0.04,
      to: 0.04,
      range: 3,
    },
  ];
  const plant = await createSimPlant({ robot: elevator, controlPeriod, world: { ...ball, sensors } });
  plant.reset({ position: [0.5], velocity: [0] });
  plant.write(Float32Array.of(3 * 9.81));
  const { part } = reader(plant);
  let seen = 0;
  for (let k = 0; k < 30; k++) {
    plant.advance();
    const height = part('ball.position')[2] - 0.5;
    const [right, ahead, left] = part('lidar.ranges');
    if (Math.abs(height) < 0.0999) {
      expect(ahead).toBeCloseTo(2 - Math.sqrt(0.01 - height ** 2), 5);
      seen++;
    } else if (Math.abs(height) > 0.1001) expect(ahead).toBe(3);
    const aside = 2 * Math.sin(0.04);
    const square = 0.01 - height ** 2 - aside ** 2;
    for (const range of [left, right])
      if (square > 1e-4) expect(range).toBeCloseTo(2 * Math.cos(0.04) - Math.sqrt(square), 5);
  }
  expect(seen).toBeGreaterThan(2);
  plant.close();
});

test('everything goes on alike from a saved plant, in the midst of latencies', async () => {
  const sensors: Sensor[] = [
    {
      kind: 'encoder',
      name: 'encoder',
      joint: '*',
      quality: { resolution: 0.01, noise: 0.004, latency: 0.03 },
    },
    {
      kind: 'pose',
      name: 'camera',
      link: 'ball',
      point: [0, 0, 0],
      quality: { rate: 30, latency: 0.08, noise: 0.01 },
    },
    { kind: 'imu', name: 'imu', link: 'rod', pose: identityPose, quality: { noise: { gyro: 0.01 } } },
    { kind: 'contact', name: 'touch', of: 'ball', quality: { noise: 0.1, latency: 0.05 } },
    {
      kind: 'lidar',
      name: 'lidar',
      link: 'rod',
      pose: identityPose,
      rays: 16,
      from: -1,
      to: 1,
      range: 3,
      quality: { rate: 12, noise: 0.01 },
    },
  ];
  const make = () => createSimPlant({ robot: pendulum, controlPeriod, world: { ...ball, sensors } });
  const plant = await make();
  const other = await make();
  const start = { position: [1], velocity: [0], noise: { seed: 11, episode: 4 } };
  plant.reset(start);
  for (let k = 0; k < 9; k++) plant.advance();
  const saved = plant.save();
  const rows: Float32Array[] = [];
  for (let k = 0; k < 20; k++) {
    plant.advance();
    rows.push(reader(plant).all());
  }
  // A plant that did something else, under other noise, goes on from there alike; a fresh one comes there alike.
  other.reset({ position: [-1], velocity: [3] });
  for (let k = 0; k < 4; k++) other.advance();
  other.restore(saved);
  for (const row of rows) {
    other.advance();
    expect(reader(other).all()).toEqual(row);
  }
  other.reset(start);
  for (let k = 0; k < 29; k++) other.advance();
  expect(reader(other).all()).toEqual(rows[19]);
  other.reset({ ...start, noise: { seed: 11, episode: 5 } });
  for (let k = 0; k < 29; k++) other.advance();
  expect(reader(other).all()).not.toEqual(rows[19]);
  plant.close();
  other.close();
});

test('a sensor that cannot be is refused when the plant is made', async () => {
  const fast: Sensor = { kind: 'encoder', name: 'encoder', joint: '*', quality: { rate: 5000 } };
  const nowhere: Sensor = { kind: 'pose', name: 'camera', link: 'bal', point: [0, 0, 0] };
  const taken: Sensor = { kind: 'pose', name: 'tip', link: 'rod', point: [0, 0, 0] };
  for (const [sensor, message] of [
    [fast, /rate 5000 Hz is above the simulation's own/],
    [nowhere, /link "bal".*did you mean "ball"/],
    [taken, /two channels are called "tip.position"/],
  ] as const)
    await expect(
      createSimPlant({ robot: pendulum, controlPeriod, world: { ...ball, sensors: [sensor] } }),
    ).rejects.toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) }),
    );
});

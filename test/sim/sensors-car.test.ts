import { expect, test } from 'vitest';
import { createVehiclePlant, type VehiclePlant } from '#sim/vehicle/index';
import { identityPose, rotate } from '#src/core/linalg';
import type { Quat, Vec3 } from '#src/core/robot';
import type { Sensor } from '#src/core/sensor';
import type { WorldBody } from '#src/core/task';
import { loadRobot } from '#src/load/robot';
import { reader } from './reading.ts';

const controlPeriod = 0.05;
const mounted: Vec3 = [0.1, 0.02, 0.09];
const rays = 90;
const sensors: Sensor[] = [
  { kind: 'pose', name: 'truth', link: 'chassis', point: [0, 0, 0] },
  { kind: 'pose', name: 'box', link: 'box', point: [0, 0, 0] },
  { kind: 'imu', name: 'imu', link: 'chassis', pose: identityPose },
  {
    kind: 'lidar',
    name: 'lidar',
    link: 'chassis',
    pose: { position: mounted, rotation: [0, 0, 0, 1] },
    rays,
    from: -2,
    to: 2,
    range: 30,
  },
];

function wall(name: string, size: Vec3, x: number, y: number): WorldBody {
  return {
    name,
    kind: 'fixed',
    shapes: [{ geometry: { kind: 'box', size }, pose: identityPose }],
    pose: { position: [x, y, 0], rotation: [0, 0, 0, 1] },
  };
}

const bodies = [
  wall('east', [0.2, 20, 4], 10.1, 0),
  wall('west', [0.2, 20, 4], -10.1, 0),
  wall('north', [20.4, 0.2, 4], 0, 10.1),
  wall('south', [20.4, 0.2, 4], 0, -10.1),
  wall('box', [1, 1, 4], 50, 50),
];

async function car(extra: readonly Sensor[] = []): Promise<VehiclePlant> {
  const robot = await loadRobot('car');
  return createVehiclePlant({ robot, controlPeriod, world: { bodies, sensors: [...sensors, ...extra] } });
}

function drive(plant: VehiclePlant, steps: number, steer: number, acceleration: number): void {
  const command = Float32Array.of(steer, acceleration);
  for (let step = 0; step < steps; step++) {
    plant.write(command);
    plant.advance();
  }
}

/** Distance along a ray to the walls of the room, or to a square of 1 m about (bx, by). */
function distance(o: Vec3, d: Vec3, bx: number, by: number): number {
  const walls = Math.min(
    ...[0, 1].map((k) => (d[k] > 0 ? (10 - o[k]) / d[k] : d[k] < 0 ? (-10 - o[k]) / d[k] : Infinity)),
  );
  let near = -Infinity;
  let far = Infinity;
  for (const [k, c] of [bx, by].entries()) {
    const edges = [(c - 0.5 - o[k]) / d[k], (c + 0.5 - o[k]) / d[k]];
    near = Math.max(near, Math.min(...edges));
    far = Math.min(far, Math.max(...edges));
  }
  return near > 0 && near < far ? Math.min(walls, near) : walls;
}

test('a driving car sees the room as it is, and what an episode put there', async () => {
  const plant = await car();
  const { robot } = plant.spec;
  plant.reset({
    position: robot.home,
    velocity: robot.home.map(() => 0),
    bodies: { box: { position: [4, 1.5, 0], rotation: [0, 0, 0, 1] } },
  });
  const { part } = reader(plant);
  let boxed = 0;
  for (let k = 0; k < 12; k++) {
    drive(plant, 4, 0.2, k < 6 ? 2 : -2);
    const rotation = part('truth.rotation') as unknown as Quat;
    const [x, y, z] = part('truth.position');
    const offset = rotate(rotation, mounted);
    const origin: Vec3 = [x + offset[0], y + offset[1], z + offset[2]];
    expect(part('box.position').slice(0, 2)).toEqual([4, 1.5]);
    for (const [i, seen] of part('lidar.ranges').entries()) {
      const angle = -2 + (i * 4) / (rays - 1);
      const direction = rotate(rotation, [Math.cos(angle), Math.sin(angle), 0]);
      const truth = distance(origin, direction, 4, 1.5);
      if (truth < distance(origin, direction, 50, 50)) boxed++;
      // Poses are read with 24 bits.
      expect(Math.abs(seen - truth)).toBeLessThan(2e-4);
    }
  }
  expect(boxed).toBeGreaterThan(30);
  plant.close();
});

test('the IMU of a resting car reads g upwards, of a circling one the centripetal acceleration', async () => {
  const plant = await car();
  const { part } = reader(plant);
  drive(plant, 20, 0, 0);
  const rest = part('imu.acceleration');
  for (const [k, value] of [0, 0, 9.81].entries()) expect(Math.abs(rest[k] - value)).toBeLessThan(0.02);
  drive(plant, 20, 0.15, 1.5);
  drive(plant, 20, 0.15, 0);
  const means = [0, 0, 0];
  let expected = 0;
  for (let k = 0; k < 20; k++) {
    drive(plant, 1, 0.15, 0);
    for (const [i, value] of part('imu.acceleration').entries()) means[i] += value / 20;
    expected += (part('velocity')[0] * part('yaw_rate')[0]) / 20;
    expect(part('imu.gyro')[2]).toBeCloseTo(part('yaw_rate')[0], 2);
  }
  expect(expected).toBeGreaterThan(0.3);
  expect(Math.abs(means[1] / expected - 1)).toBeLessThan(0.05);
  expect(Math.abs(means[2] - 9.81)).toBeLessThan(0.1);
  plant.close();
});

test('noisy, late sensors go on alike from a saved car, and alike in a fresh one', async () => {
  const noisy: Sensor[] = [
    {
      kind: 'pose',
      name: 'gps',
      link: 'chassis',
      point: [0, 0, 0],
      quality: { noise: 0.1, latency: 0.13, rate: 10 },
    },
    {
      kind: 'imu',
      name: 'second',
      link: 'chassis',
      pose: identityPose,
      quality: { noise: 0.05, latency: 0.02 },
    },
  ];
  const plant = await car(noisy);
  const { robot } = plant.spec;
  const start = {
    position: robot.home,
    velocity: robot.home.map(() => 0),
    noise: { seed: 3, episode: 9 },
  };
  plant.reset(start);
  drive(plant, 7, 0.1, 1);
  const saved = plant.save();
  drive(plant, 9, -0.1, 1);
  const end = reader(plant).all();
  plant.reset({ ...start, noise: { seed: 4, episode: 0 } });
  drive(plant, 3, 0, 0);
  plant.restore(saved);
  drive(plant, 9, -0.1, 1);
  expect(reader(plant).all()).toEqual(end);
  plant.close();
  const fresh = await car(noisy);
  fresh.reset(start);
  drive(fresh, 7, 0.1, 1);
  drive(fresh, 9, -0.1, 1);
  expect(reader(fresh).all()).toEqual(end);
  fresh.close();
});

test('a car refuses an encoder, whose channels it does not have, and a sensor of nothing', async () => {
  await expect(car([{ kind: 'encoder', name: 'e', joint: '*' }])).rejects.toThrow(
    expect.objectContaining({ name: 'InputError', message: expect.stringMatching(/delivers no channel/) }),
  );
  await expect(car([{ kind: 'imu', name: 'i', link: 'chasis', pose: identityPose }])).rejects.toThrow(
    expect.objectContaining({ name: 'InputError', message: expect.stringMatching(/did you mean "chassis"/) }),
  );
});

import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import { InputError } from '#src/core/errors';
import type { Physics, SimulatedPlant } from '#src/core/plant';
import { Random } from '#src/core/random';
import type { Pose, Shape } from '#src/core/robot';
import type { WorldSpec } from '#src/core/task';
import { car, driven, newCar, readingOf, rolling } from './vehicle-driving.ts';

const flat: Pose['rotation'] = [0, 0, 0, 1];
const block = (size: readonly [number, number, number]): Shape => ({
  geometry: { kind: 'box', size },
  pose: { position: [0, 0, 0], rotation: flat },
});

/** A wall ahead, a block aslant before it, and a post beside. */
const yard: WorldSpec = {
  bodies: [
    {
      name: 'wall',
      kind: 'fixed',
      shapes: [block([0.1, 3, 0.3])],
      pose: { position: [1.5, 0, 0.15], rotation: flat },
    },
    {
      name: 'block',
      kind: 'fixed',
      shapes: [block([0.5, 0.3, 0.3])],
      pose: { position: [1, 0.5, 0.15], rotation: [0, 0, Math.sin(0.4), Math.cos(0.4)] },
    },
    {
      name: 'post',
      kind: 'fixed',
      shapes: [{ geometry: { kind: 'cylinder', radius: 0.1, length: 0.3 }, pose: block([1, 1, 1]).pose }],
      pose: { position: [0.6, -0.6, 0.15], rotation: flat },
    },
  ],
  sensors: [
    {
      name: 'scan',
      kind: 'lidar',
      link: 'chassis',
      pose: { position: [0.3, 0, 0], rotation: flat },
      rays: 5,
      from: -1,
      to: 1,
      range: 4,
      quality: { noise: 0.01, latency: 0.1 },
    },
    { name: 'bumper', kind: 'contact', of: 'chassis' },
    { name: 'imu', kind: 'imu', link: 'chassis', pose: { position: [0, 0, 0], rotation: flat } },
  ],
};

const commands = (index: number) => {
  const random = new Random(5, 'commands', index);
  return Float32Array.of(random.uniform(-0.4, 0.4), random.uniform(-4, 6));
};

function readAll(plant: SimulatedPlant): number[] {
  const out = new Float32Array(plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
  plant.read(out);
  return [...out];
}

it('a car refuses factors on the friction and damping of joints, which it has not', async () => {
  const plant = await newCar();
  for (const physics of [{ jointFriction: 2 }, { jointDamping: 0.5 }])
    expect(() => plant.reset(rolling(0, { physics }))).toThrow(InputError);
  plant.reset(rolling(0, { physics: { jointFriction: 1, jointDamping: 1 } }));
  plant.close();
});

describe('a car’s state', () => {
  const steps = 60;
  const start = rolling(2, { physics: { latency: 0.13, gain: 0.9 }, noise: { seed: 3, episode: 4 } });

  it('is put back bit for bit, also while it touches walls, into any plant of the same kind', async () => {
    const plant = await newCar({ world: yard });
    plant.reset(start);
    const saved: Uint8Array[] = [];
    const readings: number[][] = [];
    const touching: string[] = [];
    for (let i = 0; i < steps; i++) {
      saved.push(plant.save());
      plant.write(commands(i));
      plant.advance();
      readings.push(readAll(plant));
      touching.push(JSON.stringify(plant.contacts()));
    }
    // The test is about nothing if nothing was touched.
    expect(touching.filter((list) => list !== '[]').length).toBeGreaterThan(3);

    const other = await newCar({ world: yard });
    for (let from = steps - 4; from >= 0; from -= 8) {
      other.restore(saved[from]);
      for (let i = from; i < from + 4; i++) {
        other.write(commands(i));
        other.advance();
        expect(readAll(other)).toEqual(readings[i]);
        expect(JSON.stringify(other.contacts())).toBe(touching[i]);
      }
      expect(Buffer.compare(other.save(), saved[from + 4] ?? plant.save())).toBe(0);
    }

    // A reset equals a fresh plant, whatever happened before.
    other.reset(start);
    for (let i = 0; i < steps; i++) {
      other.write(commands(i));
      other.advance();
      expect(readAll(other)).toEqual(readings[i]);
    }
    plant.close();
    other.close();
  });

  it('holds the episode’s physics and places of bodies', async () => {
    const plant = await newCar({ world: yard });
    plant.reset({
      ...rolling(1, { physics: { mass: { '*': 1.4 }, contactFriction: 0.5 } }),
      bodies: { wall: { position: [0.6, 0, 0.15], rotation: flat } },
    });
    const saved = plant.save();
    const run = (one: SimulatedPlant) => Array.from({ length: 8 }, () => driven(one, 0, 3));
    const first = run(plant);
    expect(first[7].x).toBeLessThan(0.3);
    const other = await newCar({ world: yard });
    other.restore(saved);
    expect(run(other)).toEqual(first);
    plant.close();
    other.close();
  });

  it('refuses what is no state of it', async () => {
    const plant = await newCar();
    expect(() => plant.restore(new Uint8Array(8))).toThrow(/has \d+ bytes, got 8/);
    expect(() => plant.reset({ position: [1], velocity: [0] })).toThrow(/12 finite positions/);
    expect(() => plant.reset({ ...rolling(0), bodies: { wal: yard.bodies?.[0].pose as Pose } })).toThrow(
      /"wal", which the world does not have/,
    );
    expect(() => plant.reset(rolling(0, { physics: { latency: 3 } }))).toThrow(/latency 3 s/);
    expect(() => plant.reset(rolling(0, { physics: { mass: { chasis: 2 } } }))).toThrow(
      /did you mean "chassis"/,
    );
    plant.close();
    plant.close();
    expect(() => plant.advance()).toThrow(/closed/);
    const crate: WorldSpec = { bodies: (yard.bodies ?? []).map((body) => ({ ...body, kind: 'free' })) };
    await expect(newCar({ world: crate })).rejects.toThrow(/wall: .* fixed bodies only/);
    await expect(newCar({ robot: { ...car, vehicle: undefined } })).rejects.toThrow(/no car/);
  });
});

describe('a car against a wall', () => {
  it('pushes with the force of its drive, and the wall does not give', async () => {
    const plant = await newCar({ world: yard });
    plant.reset(rolling(1));
    for (let i = 0; i < 30; i++) driven(plant, 0, 2);
    const contacts = plant.contacts();
    expect(contacts.map(({ a, b }) => [a, b])).toEqual([['chassis', 'wall']]);
    expect(contacts[0].force[0]).toBeCloseTo(3.74 * 2, 1);
    expect(Math.abs(contacts[0].force[1])).toBeLessThan(0.1);
    expect(contacts[0].gap).toBeGreaterThan(-1e-3);
    expect(contacts[0].point[0]).toBeCloseTo(1.45, 2);
    // Its front is 0.29 m before its middle, the wall's face at 1.45 m.
    expect(readingOf(plant).x).toBeCloseTo(1.16, 2);
    expect(Math.abs(readingOf(plant).forward)).toBeLessThan(1e-3);
    plant.close();
  });

  it('is felt by its sensors', async () => {
    const plant = await newCar({ world: yard });
    plant.reset(rolling(0));
    const names = plant.spec.channels.flatMap(({ name, size }) => new Array<string>(size).fill(name));
    const at = (name: string) => readAll(plant)[names.indexOf(name)];
    // The middle ray starts 0.3 m before the car's middle; noise of 10 mm.
    expect(Math.abs(readAll(plant)[names.indexOf('scan.ranges') + 2] - 1.15)).toBeLessThan(0.05);
    for (let i = 0; i < 30; i++) driven(plant, 0, 2);
    expect(at('bumper.force')).toBeCloseTo(-7.48, 1);
    expect(readAll(plant)[names.indexOf('imu.acceleration') + 2]).toBeCloseTo(9.81, 2);
    plant.close();
  });
});

describe('varied physics', () => {
  const outcome = async (physics: Physics, drive: (plant: SimulatedPlant) => number) => {
    const plant = await newCar();
    plant.reset(rolling(3, { physics }));
    const value = drive(plant);
    plant.close();
    return value;
  };
  const brake = (plant: SimulatedPlant) => {
    for (let i = 0; i < 2; i++) driven(plant, 0, -12);
    return 3 - readingOf(plant).forward;
  };

  it('friction bounds the braking, mass does not', async () => {
    const usual = await outcome({}, brake);
    expect(await outcome({ contactFriction: 0.5 }, brake)).toBeCloseTo(usual / 2, 1);
    expect(await outcome({ mass: { '*': 1.5 } }, brake)).toBeCloseTo(usual, 1);
  });

  it('gain weakens drive and steering', async () => {
    const speedUp = (plant: SimulatedPlant) => driven(plant, 0, 4).forward - 3;
    expect(await outcome({ gain: 0.5 }, speedUp)).toBeCloseTo(0.2, 2);
    const steer = (plant: SimulatedPlant) => driven(plant, 0.4, 0).steering;
    expect(await outcome({ gain: 0.5 }, steer)).toBeCloseTo(0.16, 6);
  });

  it('latency delays a command to the step', async () => {
    const plant = await newCar({ controlPeriod: 0.05 });
    plant.reset(rolling(1, { physics: { latency: 0.12 } }));
    const seen = Array.from({ length: 5 }, () => driven(plant, 0.4, 0).steering);
    // The command takes effect at 0.12 s, and the servo turns 3.2 rad/s.
    const expected = [0, 0, 0.03 * 3.2, 0.08 * 3.2, 0.13 * 3.2].map((angle) => Math.min(0.4, angle));
    seen.forEach((angle, i) => {
      expect(angle).toBeCloseTo(expected[i], 6);
    });
    plant.close();
  });
});

it('createSimPlant makes a car of a robot with a vehicle', async () => {
  const plant = await createSimPlant({ robot: car, controlPeriod: 0.1 });
  expect(plant.spec.channels.map(({ name, kind, size }) => [name, kind, size])).toEqual([
    ['pose', 'pose2', 3],
    ['velocity', 'linear', 2],
    ['yaw_rate', 'linear', 1],
    ['steering', 'linear', 1],
  ]);
  plant.close();
});

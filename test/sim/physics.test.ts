import { describe, expect, it } from 'vitest';
import { System } from '#sim/dynamics/system';
import { createSimPlant } from '#sim/index';
import { InputError } from '#src/core/errors';
import type { EpisodeStart, Physics, SimulatedPlant } from '#src/core/plant';
import { Random } from '#src/core/random';
import type { WorldSpec } from '#src/core/task';
import { loadRobot } from '#src/load/robot';
import { readingSize } from './reading.ts';

const none = [0, 0, 0] as const;
const controlPeriod = 0.02;

const brick: WorldSpec = {
  gravity: none,
  bodies: [
    {
      name: 'post',
      kind: 'fixed',
      shapes: [
        { geometry: { kind: 'sphere', radius: 0.1 }, pose: { position: none, rotation: [0, 0, 0, 1] } },
      ],
      pose: { position: [9, 9, 9], rotation: [0, 0, 0, 1] },
    },
    {
      name: 'brick',
      kind: 'free',
      mass: 2,
      shapes: [
        {
          geometry: { kind: 'box', size: [0.2, 0.4, 0.6] },
          pose: { position: [0.1, 0, 0], rotation: [0, 0, 0, 1] },
        },
      ],
      pose: { position: [5, 5, 5], rotation: [0, 0, 0, 1] },
    },
  ],
};

async function moved(name: string, physics: Physics | undefined, periods = 25, share = 0.1) {
  const robot = await loadRobot(name);
  const plant = await createSimPlant({ robot, controlPeriod, world: { gravity: none } });
  plant.reset({ position: robot.home, velocity: robot.home.map(() => 0), physics });
  plant.write(Float32Array.from(plant.spec.command.high, (high) => high * share));
  const out = new Float32Array(readingSize(plant));
  for (let step = 0; step < periods; step++) plant.advance();
  plant.read(out);
  plant.close();
  return out;
}

function readings(plant: SimulatedPlant, seed: number): Float32Array {
  const size = readingSize(plant);
  const random = new Random(seed, 'commands');
  const seen = new Float32Array(30 * size);
  for (let step = 0; step < 30; step++) {
    plant.write(Float32Array.from(plant.spec.command.high, (high) => random.uniform(-high, high)));
    plant.advance();
    plant.read(seen.subarray(step * size, (step + 1) * size));
  }
  return seen;
}

describe('the physics of an episode', () => {
  it('scales masses by link, and of all others by *', async () => {
    const plain = await moved('cartpole', undefined);
    const all = await moved('cartpole', { mass: { '*': 2 }, jointDamping: 0 }, 3);
    const undamped = await moved('cartpole', { jointDamping: 0 }, 3);
    // Nothing but inertia is left: twice the mass goes half as far.
    expect(all[0] / undamped[0]).toBeCloseTo(0.5, 4);
    const cart = await moved('cartpole', { mass: { cart: 2 } });
    const others = await moved('cartpole', { mass: { '*': 2, pole: 1 } });
    expect(cart).toEqual(others);
    expect(cart[0]).toBeLessThan(plain[0] * 0.8);
  });

  it('scales what motors give for a command, their full effort too', async () => {
    const weak = await moved('cartpole', { gain: 0.5 }, 25, 1);
    expect(weak).toEqual(await moved('cartpole', undefined, 25, 0.5));
    const strong = await moved('cartpole', { gain: 1.5, jointDamping: 0 }, 1, 1);
    const plain = await moved('cartpole', { jointDamping: 0 }, 1, 1);
    expect(strong[2] / plain[2]).toBeCloseTo(1.5, 2);
    expect(await moved('cartpole', { gain: 0 })).toEqual(await moved('cartpole', undefined, 25, 0));
  });

  it('delays commands by its latency in whole simulation steps', async () => {
    const robot = await loadRobot('cartpole');
    const plant = await createSimPlant({ robot, controlPeriod, timestep: 0.001, world: { gravity: none } });
    const start = { position: [0, 0], velocity: [0, 0] };
    const out = new Float32Array(readingSize(plant));
    const speedAfter = (latency: number, periods: number) => {
      plant.reset({ ...start, physics: { latency, jointDamping: 0 } });
      for (let step = 0; step < periods; step++) {
        // Pushed for the first two periods, then let go.
        plant.write(Float32Array.of(step < 2 ? 100 : 0));
        plant.advance();
      }
      plant.read(out);
      return out[2];
    };
    const full = speedAfter(0, 2);
    expect(speedAfter(0.01, 2) / full).toBeCloseTo(0.75, 1);
    expect(speedAfter(0.04, 2)).toBe(0);
    expect(speedAfter(0.05, 4) / full).toBeCloseTo(0.75, 1);
    // All of it arrives in the end.
    for (const latency of [0.003, 0.01, 0.04, 0.057, 0.5])
      expect(speedAfter(latency, 40) / full).toBeCloseTo(1, 1);
    expect(() => plant.reset({ ...start, physics: { latency: 0.6 } })).toThrow(InputError);
    plant.close();
  });

  it('is part of a saved state, and forgotten at the next reset', async () => {
    const robot = await loadRobot('so101');
    const make = () => createSimPlant({ robot, controlPeriod, world: brick });
    const start = (physics?: Physics): EpisodeStart => ({
      position: robot.home,
      velocity: robot.home.map(() => 0),
      bodies: {
        post: { position: [7, 0, 0], rotation: [0, 0, 0, 1] },
        brick: { position: [3, 0, 0], rotation: [0, 0, 0.6, 0.8] },
      },
      physics,
    });
    const physics = {
      mass: { '*': 1.3, brick: 0.5 },
      jointFriction: 2,
      jointDamping: 0.7,
      gain: 1.4,
      latency: 0.033,
    };
    const plant = await make();
    const other = await make();
    plant.reset(start(physics));
    readings(plant, 1);
    const saved = plant.save();
    const truth = readings(plant, 2);
    readings(other, 3);
    other.restore(saved);
    expect(readings(other, 2)).toEqual(truth);
    expect(other.save()).toEqual(plant.save());
    plant.reset(start());
    const fresh = await make();
    fresh.reset(start());
    expect(plant.save()).toEqual(fresh.save());
    const plain = readings(plant, 2);
    expect(plain).toEqual(readings(fresh, 2));
    expect(plain).not.toEqual(truth);
    for (const used of [plant, other, fresh]) used.close();
  });

  it('refuses names that nothing has, and factors that make no sense', async () => {
    const robot = await loadRobot('cartpole');
    const plant = await createSimPlant({ robot, controlPeriod });
    const start = { position: [0, 0], velocity: [0, 0] };
    expect(() => plant.reset({ ...start, physics: { mass: { carte: 2 } } })).toThrow(/did you mean "cart"/);
    for (const physics of [
      { mass: { cart: 0 } },
      { gain: -1 },
      { jointFriction: Number.NaN },
      { latency: -1 },
    ])
      expect(() => plant.reset({ ...start, physics })).toThrow(InputError);
    plant.close();
  });
});

describe('bodies of the world', () => {
  it('are told in channels after the tip: pose and motion of the free ones', async () => {
    const robot = await loadRobot('cartpole');
    const plant = await createSimPlant({ robot, controlPeriod, world: brick });
    expect(plant.spec.channels.slice(4).map(({ name, size, unit }) => `${name} ${size} ${unit}`)).toEqual([
      'tip.position 3 m',
      'brick.position 3 m',
      'brick.rotation 4 1',
      'brick.velocity 3 m/s',
      'brick.spin 3 rad/s',
    ]);
    const out = new Float32Array(readingSize(plant));
    const rotation = [0, 0, 0.6, 0.8] as const;
    plant.reset({ position: [0, 0], velocity: [0, 0], bodies: { brick: { position: [1, 2, 3], rotation } } });
    plant.read(out);
    const near = (values: ArrayLike<number>, truth: readonly number[]) => {
      for (const [k, value] of truth.entries()) expect(values[k]).toBeCloseTo(value, 5);
    };
    near(out.subarray(7), [1, 2, 3, ...rotation, 0, 0, 0, 0, 0, 0]);
    // The tip hangs 0.6 m below the cart.
    near(out.subarray(4), [0, 0, -0.6]);
    plant.close();
  });

  it('fall against drag as the equation says', async () => {
    const robot = await loadRobot('cartpole');
    const drag = { linear: 1, angular: 0 };
    const falling = await createSimPlant({
      robot,
      controlPeriod,
      world: { bodies: brick.bodies?.map((body) => (body.kind === 'free' ? { ...body, drag } : body)) },
    });
    const out = new Float32Array(readingSize(falling));
    for (let step = 0; step < 50; step++) falling.advance();
    falling.read(out);
    // 2 kg, 1 N s/m: v = −g τ (1 − e^(−t/τ)), τ = 2 s.
    expect(out[16]).toBeCloseTo(-9.81 * 2 * (1 - Math.exp(-0.5)), 4);
    expect(out[9]).toBeCloseTo(5 - 9.81 * 2 * (1 - 2 * (1 - Math.exp(-0.5))), 4);
    falling.close();
  });

  it('tumble with the energy and the angular momentum that they began with', async () => {
    const robot = await loadRobot('cartpole');
    const system = new System(robot, brick, { timestep: 1e-3, iterations: 10 });
    system.placeBody(1, { position: [1, 2, 3], rotation: [0, 0, 0, 1] });
    // About the axis in the middle, which is the unstable one, a little off.
    const spin = [0.05, 6, 0.02];
    system.velocity.set([0.1, 0.2, 0.3, ...spin], 2);
    const now = () => {
      system.free.update(0);
      const inertia = system.free.heldInertia;
      const w = system.velocity.subarray(5, 8);
      const momentum = [0, 1, 2].map((k) => w.reduce((sum, value, l) => sum + inertia[3 * k + l] * value, 0));
      return { momentum, energy: momentum.reduce((sum, value, k) => sum + value * w[k], 0) / 2 };
    };
    const start = now();
    const center = system.free.center.slice();
    const none = new Float32Array(1);
    let flipped = false;
    for (let step = 0; step < 3000; step++) {
      system.step(none);
      // Its own y axis against the world's.
      flipped ||= system.rotation[9 * system.bodies + 4] < -0.5;
    }
    const end = now();
    expect(flipped).toBe(true);
    expect(end.energy / start.energy).toBeCloseTo(1, 5);
    for (let k = 0; k < 3; k++) {
      expect(end.momentum[k]).toBeCloseTo(start.momentum[k], 5);
      expect(system.free.center[k]).toBeCloseTo(center[k] + 3 * [0.1, 0.2, 0.3][k], 9);
    }
  });

  it('do not move along axes that are locked', async () => {
    const robot = await loadRobot('cartpole');
    const bodies = brick.bodies?.map((body) =>
      body.kind === 'free' ? { ...body, freedom: ['x', 'z', 'pitch'] as const } : body,
    );
    const system = new System(robot, { bodies }, { timestep: 1e-3, iterations: 10 });
    system.velocity.set([1, 1, 0, 0, 1, 0], 2);
    for (let step = 0; step < 100; step++) system.step(new Float32Array(1));
    const velocity = system.velocity.subarray(2);
    for (const [k, truth] of [1, 0, -0.981, 0, 1, 0].entries()) expect(velocity[k]).toBeCloseTo(truth, 9);
  });

  it('refuse to be placed when unknown, nameless twice, massless or shapeless', async () => {
    const robot = await loadRobot('cartpole');
    const plant = await createSimPlant({ robot, controlPeriod, world: brick });
    const pose = { position: none, rotation: [0, 0, 0, 1] as const };
    const start = { position: [0, 0], velocity: [0, 0] };
    expect(() => plant.reset({ ...start, bodies: { brik: pose } })).toThrow(/did you mean "brick"/);
    expect(() =>
      plant.reset({ ...start, bodies: { brick: { position: none, rotation: [0, 0, 0, 0] } } }),
    ).toThrow(InputError);
    plant.close();
    const [post, free] = brick.bodies as NonNullable<WorldSpec['bodies']>;
    for (const bodies of [
      [free, { ...post, name: 'brick' }],
      [{ ...free, name: 'cart' }],
      [{ ...free, mass: undefined }],
      [{ ...free, shapes: [] }],
    ])
      await expect(createSimPlant({ robot, controlPeriod, world: { bodies } })).rejects.toThrow(InputError);
  });
});

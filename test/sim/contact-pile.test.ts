import { describe, expect, it } from 'vitest';
import type { System } from '#sim/dynamics/system';
import { createSimPlant } from '#sim/index';
import { Random } from '#src/core/random';
import type { Geometry, Quat } from '#src/core/robot';
import type { WorldBody, WorldSpec } from '#src/core/task';
import { robotFromUrdf } from '#src/robot/index';
import { at, box, sceneOf, shape } from './scene.ts';

const kinds: readonly Geometry[] = [
  { kind: 'box', size: [0.05, 0.04, 0.06] },
  { kind: 'sphere', radius: 0.025 },
  { kind: 'cylinder', radius: 0.02, length: 0.05 },
  { kind: 'capsule', radius: 0.015, length: 0.04 },
  {
    kind: 'convex',
    vertices: [-3, -3, -1.5, 3, -3, -1.5, 0, 3, -1.5, 0, 0, 2].map((x) => x / 100),
    triangles: [0, 2, 1, 0, 1, 3, 1, 2, 3, 2, 0, 3],
  },
];

/** Mixed bodies above a well of four walls. */
function pile(seed: number): WorldSpec {
  const random = new Random(seed, 'pile');
  const free = Array.from({ length: 10 }, (_, i): WorldBody => {
    const q = Array.from({ length: 4 }, () => random.normal());
    const norm = Math.hypot(...q);
    const rotation = q.map((value) => value / norm) as unknown as Quat;
    return {
      name: `body${i}`,
      kind: 'free',
      mass: random.uniform(0.02, 0.5),
      shapes: [shape(kinds[i % kinds.length])],
      pose: at(random.uniform(-0.04, 0.04), random.uniform(-0.04, 0.04), 0.05 + 0.07 * i, rotation),
      surface: { friction: 0.6, restitution: 0 },
    };
  });
  const walls = [-1, 1].flatMap((side): WorldBody[] => [
    { name: `x${side}`, kind: 'fixed', shapes: [box(0.02, 0.24, 0.8)], pose: at(0.11 * side, 0, 0.4) },
    { name: `y${side}`, kind: 'fixed', shapes: [box(0.24, 0.02, 0.8)], pose: at(0, 0.11 * side, 0.4) },
  ]);
  return { ground: { height: 0 }, bodies: [...free, ...walls] };
}

function energy({ free, velocity }: System): number {
  free.update(0.002);
  let sum = 0;
  for (let f = 0; f < free.count; f++) {
    const v = velocity.subarray(6 * f, 6 * f + 6);
    sum += free.mass[f] * (0.5 * (v[0] ** 2 + v[1] ** 2 + v[2] ** 2) + 9.81 * free.center[3 * f + 2]);
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) sum += 0.5 * v[3 + i] * free.heldInertia[9 * f + 3 * i + j] * v[3 + j];
  }
  return sum;
}

describe('a pile of all shapes', () => {
  it.each([1, 2, 3])('falls, loses energy and comes to rest inside its walls (seed %d)', (seed) => {
    const system = sceneOf(pile(seed), 0.002);
    let least = energy(system);
    let gained = 0;
    for (let step = 0; step < 1500; step++) {
      system.step(new Float32Array());
      const now = energy(system);
      gained = Math.max(gained, now - least);
      least = Math.min(least, now);
    }
    const { center, count } = system.free;
    // What overlaps after an impact is driven apart: that lifts.
    expect(gained).toBeLessThan(0.01);
    for (let f = 0; f < count; f++) {
      expect(Math.abs(center[3 * f])).toBeLessThan(0.095);
      expect(Math.abs(center[3 * f + 1])).toBeLessThan(0.095);
      expect(center[3 * f + 2]).toBeGreaterThan(0.01);
      const v = system.velocity.subarray(6 * f, 6 * f + 3);
      expect(Math.hypot(...v)).toBeLessThan(0.05);
    }
    for (const { gap } of system.contacts?.contacts() ?? []) expect(gap).toBeGreaterThan(-1e-3);
  });
});

describe('a robot against itself', () => {
  /** Two arms that turn towards each other on a post. */
  const robot = robotFromUrdf(
    `<robot name="scissors">
      <link name="post"><collision><geometry><box size="0.1 0.1 0.1"/></geometry></collision></link>
      ${['left', 'right']
        .map(
          (side) => `<link name="${side}"><inertial><origin xyz="0.2 0 0"/><mass value="1"/>
        <inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial>
        <collision><origin xyz="0.25 0 0"/><geometry><box size="0.28 0.04 0.04"/></geometry></collision></link>
      <joint name="${side}" type="continuous"><parent link="post"/><child link="${side}"/><axis xyz="0 0 1"/></joint>`,
        )
        .join('')}
    </robot>`,
    {
      name: 'scissors',
      actuators: ['left', 'right'].map((joint) => ({ joint, kind: 'effort', maxEffort: 1 })),
    },
    { urdfFile: 'scissors.urdf' },
  );

  async function closed(
    model: typeof robot,
    selfCollision: boolean,
  ): Promise<{ angle: number; pairs: string[] }> {
    const plant = await createSimPlant({
      robot: model,
      controlPeriod: 0.02,
      world: { gravity: [0, 0, 0], selfCollision },
    });
    plant.reset({ position: [-0.6, 0.6], velocity: [0, 0] });
    for (let tick = 0; tick < 50; tick++) {
      plant.write(Float32Array.of(0.2, -0.2));
      plant.advance();
    }
    const out = new Float32Array(7);
    plant.read(out);
    return { angle: out[1] - out[0], pairs: plant.contacts().map(({ a, b }) => `${a} ${b}`) };
  }

  it('collides where the world asks for it, but never a link with its parent', async () => {
    const { angle, pairs } = await closed(robot, true);
    expect(angle).toBeGreaterThan(0.05);
    expect(new Set(pairs)).toEqual(new Set(['left right']));
  });

  it('does not where the world does not ask, nor where two links are said never to touch', async () => {
    expect((await closed(robot, false)).angle).toBeLessThan(0);
    expect((await closed({ ...robot, untouching: [[2, 1]] }, true)).angle).toBeLessThan(0);
  });
});

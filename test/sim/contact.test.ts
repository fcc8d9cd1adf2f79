import { describe, expect, it } from 'vitest';
import { Contacts } from '#sim/contact/contacts';
import { System } from '#sim/dynamics/system';
import { createSimPlant } from '#sim/index';
import { axisAngle } from '#src/core/linalg';
import { Random } from '#src/core/random';
import type { WorldSpec } from '#src/core/task';
import { robotFromUrdf } from '#src/robot/index';
import { at, box, distance, forceOn, mujoco, nobody, reading, sceneOf, shape } from './scene.ts';

const g = 9.81;

describe('a sliding block', () => {
  const friction = 0.3;
  const speed = 1.5;
  const world = (rotation = at(0, 0, 0).rotation): WorldSpec => ({
    ground: { height: 0, surface: { friction, restitution: 0 } },
    bodies: [
      {
        name: 'block',
        kind: 'free',
        mass: 0.5,
        shapes: [box(0.12, 0.1, 0.06)],
        pose: at(0, 0, 0.03, rotation),
        surface: { friction, restitution: 0 },
      },
    ],
  });

  it.each([0, 0.5])(
    "comes to rest where MuJoCo's does and Coulomb's law says (turned by %d rad)",
    async (yaw) => {
      const rotation = axisAngle([0, 0, 1], yaw);
      const system = sceneOf(world(rotation), 0.002, { block: [speed, 0, 0, 0, 0, 0] });
      for (let step = 0; step < 600; step++) system.step(new Float32Array());
      const law = speed ** 2 / (2 * friction * g);
      expect(Math.abs(system.free.center[0] / law - 1)).toBeLessThan(0.01);
      const theirs = await mujoco(
        `<mujoco><option timestep="0.0005" cone="elliptic" impratio="10"/><worldbody>
        <geom type="plane" size="9 9 1" friction="${friction}"/>
        <body pos="0 0 0.03"><freejoint/><geom type="box" size="0.06 0.05 0.03" mass="0.5" friction="${friction}"/></body>
      </worldbody></mujoco>`,
        1.2,
        (data) => {
          data.qpos.set([0, 0, 0.03, rotation[3], 0, 0, rotation[2]]);
          data.qvel.set([speed]);
        },
        (data) => Array.from(data.qpos as Float64Array),
      );
      expect(Math.abs(system.free.center[0] / theirs[0] - 1)).toBeLessThan(0.03);
      expect(distance(Array.from(system.velocity), [0, 0, 0, 0, 0, 0])).toBeLessThan(1e-6);
      // Nothing lifts off while it slides, and nothing sinks.
      expect(Math.abs(system.free.center[2] - 0.03)).toBeLessThan(1e-4);
    },
  );

  it('stays on a slope below the angle of friction, slides above it as the law says', () => {
    for (const [slope, slides] of [
      [0.28, false],
      [0.32, true],
    ] as const) {
      const system = sceneOf(
        { ...world(), gravity: [g * Math.sin(Math.atan(slope)), 0, -g * Math.cos(Math.atan(slope))] },
        0.002,
      );
      for (let step = 0; step < 1000; step++) system.step(new Float32Array());
      const angle = Math.atan(slope);
      const law = slides ? 0.5 * g * (Math.sin(angle) - friction * Math.cos(angle)) * 4 : 0;
      expect(system.free.center[0]).toBeCloseTo(law, slides ? 3 : 6);
    }
  });
});

describe('a stack of five cubes', () => {
  const random = new Random(5, 'stack');
  const side = 0.05;
  const start = Array.from({ length: 5 }, (_, i) =>
    at(
      random.uniform(-0.004, 0.004),
      random.uniform(-0.004, 0.004),
      side * (i + 0.5) + 1e-4 * i,
      axisAngle([0, 0, 1], random.uniform(-0.3, 0.3)),
    ),
  );
  const world: WorldSpec = {
    ground: { height: 0 },
    bodies: start.map((pose, i) => ({
      name: `cube${i}`,
      kind: 'free',
      mass: 0.1,
      shapes: [box(side, side, side)],
      pose,
    })),
  };

  it('stands for ten seconds', async () => {
    const plant = await createSimPlant({ robot: nobody, controlPeriod: 0.02, world });
    for (let tick = 0; tick < 500; tick++) plant.advance();
    const seen = reading(plant);
    for (const [i, { position, rotation }] of start.entries()) {
      const [x, y] = seen[`cube${i}.position`];
      expect(Math.hypot(x - position[0], y - position[1])).toBeLessThan(1e-4);
      expect(Math.abs(seen[`cube${i}.position`][2] - side * (i + 0.5))).toBeLessThan(1e-4);
      expect(distance(seen[`cube${i}.rotation`], rotation)).toBeLessThan(1e-3);
    }
    for (let i = 0; i < 5; i++) {
      const force = forceOn(plant, `cube${i}`, i === 0 ? 'ground' : `cube${i - 1}`);
      expect(force[2]).toBeCloseTo(0.1 * g * (5 - i), 4);
      expect(Math.hypot(force[0], force[1])).toBeLessThan(1e-4);
    }
  });

  it('goes on from a saved state to the same bits', async () => {
    const plant = await createSimPlant({ robot: nobody, controlPeriod: 0.02, world });
    // While the cubes still fall into place.
    for (let tick = 0; tick < 2; tick++) plant.advance();
    const saved = plant.save();
    const touching = plant.contacts();
    expect(touching.length).toBeGreaterThan(8);
    for (let tick = 0; tick < 10; tick++) plant.advance();
    const first = plant.save();
    plant.reset({ position: [], velocity: [] });
    for (let tick = 0; tick < 3; tick++) plant.advance();
    plant.restore(saved);
    expect(plant.contacts()).toEqual(touching);
    for (let tick = 0; tick < 10; tick++) plant.advance();
    expect(plant.save()).toEqual(first);
  });

  it('begins every episode alike, whatever went before', async () => {
    const used = await createSimPlant({ robot: nobody, controlPeriod: 0.02, world });
    for (let tick = 0; tick < 7; tick++) used.advance();
    used.reset({ position: [], velocity: [] });
    const fresh = await createSimPlant({ robot: nobody, controlPeriod: 0.02, world });
    for (let tick = 0; tick < 10; tick++) {
      used.advance();
      fresh.advance();
    }
    expect(used.save()).toEqual(fresh.save());
  });
});

describe('a ball', () => {
  it.each([
    ['sphere', 0.9],
    ['sphere', 0.5],
    ['box', 0.7],
  ] as const)('(%s) bounces to the height that restitution %d gives', (kind, restitution) => {
    const drop = 1;
    const half = 0.05;
    const geometry = kind === 'sphere' ? shape({ kind, radius: half }) : box(0.1, 0.1, 0.1);
    const system = sceneOf(
      {
        ground: { height: 0 },
        bodies: [
          {
            name: 'ball',
            kind: 'free',
            mass: 0.2,
            shapes: [geometry],
            pose: at(0, 0, drop + half),
            surface: { friction: 0.5, restitution },
          },
        ],
      },
      0.002,
    );
    let height = 0;
    let falling = true;
    for (let step = 0; step < 600; step++) {
      system.step(new Float32Array());
      if (falling && system.velocity[2] > 0) falling = false;
      if (!falling) height = Math.max(height, system.free.center[2] - half);
    }
    expect(Math.abs(height - restitution ** 2 * drop)).toBeLessThan(0.01);
  });

  it('without restitution does not bounce, and rests', () => {
    const system = sceneOf(
      {
        ground: { height: 0 },
        bodies: [
          {
            name: 'ball',
            kind: 'free',
            mass: 0.2,
            shapes: [shape({ kind: 'sphere', radius: 0.05 })],
            pose: at(0, 0, 0.4),
          },
        ],
      },
      0.002,
    );
    let high = -1;
    for (let step = 0; step < 1000; step++) {
      system.step(new Float32Array());
      if (step > 200) high = Math.max(high, system.free.center[2]);
    }
    expect(high).toBeLessThan(0.0501);
    expect(system.free.center[2]).toBeGreaterThan(0.0499);
  });

  it('that is thrown without spin rolls on at 5/7 of its speed', () => {
    const system = sceneOf(
      {
        ground: { height: 0 },
        bodies: [
          {
            name: 'ball',
            kind: 'free',
            mass: 0.2,
            shapes: [shape({ kind: 'sphere', radius: 0.05 })],
            pose: at(0, 0, 0.05),
          },
        ],
      },
      0.002,
      { ball: [1, 0, 0, 0, 0, 0] },
    );
    for (let step = 0; step < 300; step++) system.step(new Float32Array());
    expect(system.velocity[0]).toBeCloseTo(5 / 7, 3);
    expect(system.velocity[4]).toBeCloseTo(5 / 7 / 0.05, 2);
  });
});

describe('what stands in a corner or on another', () => {
  it('keeps its locked axes', () => {
    const system = sceneOf(
      {
        ground: { height: 0 },
        bodies: [
          {
            name: 'puck',
            kind: 'free',
            mass: 0.3,
            freedom: ['x', 'y'],
            drag: { linear: 0.5, angular: 0 },
            shapes: [shape({ kind: 'cylinder', radius: 0.05, length: 0.1 })],
            pose: at(0, 0, 0.2),
          },
          { name: 'wall', kind: 'fixed', shapes: [box(0.1, 1, 1)], pose: at(0.3, 0, 0.2) },
        ],
      },
      0.002,
      { puck: [2, 0.5, 0, 0, 0, 0] },
    );
    for (let step = 0; step < 300; step++) system.step(new Float32Array());
    expect(Array.from(system.free.quaternion)).toEqual([0, 0, 0, 1]);
    expect(system.free.center[2]).toBe(0.2);
    expect(system.free.center[0]).toBeCloseTo(0.2, 4);
    expect(system.free.center[1]).toBeGreaterThan(0.01);
  });

  it('is held up by a fixed body that an episode moved', async () => {
    const plant = await createSimPlant({
      robot: nobody,
      controlPeriod: 0.02,
      world: {
        bodies: [
          { name: 'shelf', kind: 'fixed', shapes: [box(0.4, 0.4, 0.02)], pose: at(0, 0, 0) },
          {
            name: 'can',
            kind: 'free',
            mass: 0.3,
            shapes: [shape({ kind: 'cylinder', radius: 0.03, length: 0.1 })],
            pose: at(0, 0, 0.06),
          },
        ],
      },
    });
    plant.reset({ position: [], velocity: [], bodies: { shelf: at(1, 0, 0.5), can: at(1, 0, 0.5602) } });
    for (let tick = 0; tick < 100; tick++) plant.advance();
    expect(reading(plant)['can.position'][2]).toBeCloseTo(0.56, 4);
    expect(forceOn(plant, 'can', 'shelf')[2]).toBeCloseTo(0.3 * g, 4);
  });
});

describe("a body that is locked along a surface's normal", () => {
  it.each([0, 1e-4, 1e-3, 5e-3])('slides over it unloaded, %d m inside', (depth) => {
    const world: WorldSpec = {
      ground: { height: 0 },
      bodies: [
        {
          name: 'puck',
          kind: 'free',
          mass: 1,
          freedom: ['x', 'y', 'yaw'],
          shapes: [box(0.1, 0.1, 0.1)],
          pose: at(0, 0, 0.05 - depth),
        },
      ],
    };
    const system = sceneOf(world, 0.002, { puck: [1, 0, 0, 0, 0, 0] });
    for (let step = 0; step < 100; step++) system.step(new Float32Array());
    expect(system.free.center[0]).toBeCloseTo(0.2, 9);
    expect(system.contacts?.contacts()).toEqual([]);
  });
});

describe('a ball that falls on a table on a servo', () => {
  it.each([1e6, 30, 20])(
    'bounces by its restitution, also where the blow is more than %d N can hold',
    (maxEffort) => {
      const lift = robotFromUrdf(
        `<robot name="lift"><link name="floor"/>
        <link name="table"><inertial><mass value="2"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>
          <collision><geometry><box size="1 1 0.1"/></geometry></collision></link>
        <joint name="z" type="prismatic"><parent link="floor"/><child link="table"/><axis xyz="0 0 1"/>
          <limit lower="-5" upper="5" effort="100" velocity="9"/></joint></robot>`,
        { actuators: [{ joint: 'z', kind: 'position', stiffness: 20000, damping: 200, maxEffort }] },
        { urdfFile: 'lift.urdf' },
      );
      const restitution = 0.8;
      const world: WorldSpec = {
        bodies: [
          {
            name: 'ball',
            kind: 'free',
            mass: 1,
            surface: { friction: 0, restitution },
            shapes: [shape({ kind: 'sphere', radius: 0.1 })],
            pose: at(0, 0, 1),
          },
        ],
      };
      const system = new System(lift, world, { timestep: 0.002, iterations: 50 });
      system.contacts = Contacts.of(system);
      system.placeBody(0, at(0, 0, 1));
      const apart = () => system.velocity[3] - system.velocity[0];
      let before = 0;
      do {
        before = apart();
        system.step(new Float32Array(1));
      } while (apart() < before + 1 && system.free.center[2] > 0);
      expect(apart() / -before).toBeCloseTo(restitution, 2);
    },
  );
});

it('tells the forces of all that touches, also where that is much', () => {
  const boxes = 60;
  const world: WorldSpec = {
    ground: { height: 0 },
    bodies: Array.from({ length: boxes }, (_, i) => ({
      name: `box-${i}`,
      kind: 'free',
      mass: 1,
      shapes: [box(0.1, 0.1, 0.1)],
      pose: at(0.2 * i, 0, 0.05),
    })),
  };
  const system = sceneOf(world, 0.002);
  for (let step = 0; step < 20; step++) system.step(new Float32Array());
  const contacts = system.contacts?.contacts() ?? [];
  expect(contacts.length).toBe(4 * boxes);
  const load = contacts.reduce((sum, { force }) => sum + force[2], 0);
  expect(load).toBeCloseTo(boxes * g, 3);
});

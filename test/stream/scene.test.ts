import { expect, test } from 'vitest';
import { rotate } from '#src/core/linalg';
import type { RobotModel } from '#src/core/robot';
import type { WorldSpec } from '#src/core/task';
import { loadRobot } from '#src/load/robot';
import { Kinematics } from '#src/robot/index';
import { contactUpdate } from '#src/stream/contact-scene';
import { planUpdate } from '#src/stream/plan-scene';
import { sceneUpdate } from '#src/stream/scene';
import { accent, bodyFrames, danger } from '#src/stream/wire';
import { cube } from './shapes.ts';

const robot = await loadRobot('cartpole');
const here = { position: [0, 0, 0], rotation: [0, 0, 0, 1] } as const;
const world: WorldSpec = {
  bodies: [
    {
      ...{ name: 'puck', kind: 'free', mass: 1, pose: { ...here, position: [0.3, 0, 0.1] } },
      shapes: [
        { geometry: { kind: 'cylinder', radius: 0.05, length: 0.1 }, pose: here, color: [0.2, 0.4, 0.6, 1] },
      ],
    },
    {
      name: 'wall',
      kind: 'fixed',
      pose: here,
      shapes: [{ geometry: { kind: 'box', size: [1, 2, 3] }, pose: here }],
    },
  ],
};

// biome-ignore lint/suspicious/noExplicitAny: a message of many shapes, read by tests
function entities(...given: Partial<Parameters<typeof sceneUpdate>>): any[] {
  const [of = robot, surroundings, markers = []] = given;
  return (sceneUpdate(of, surroundings, markers, 0) as { entities: object[] }).entities;
}

test('bodies are drawn in frames of their own, which no link has, in the colours a task gives', () => {
  const [puck, wall] = entities(robot, world).filter(({ id }) => id.startsWith('body/'));
  expect(puck).toMatchObject({
    frame_id: 'body/puck',
    cylinders: [{ color: { r: 0.2, g: 0.4, b: 0.6, a: 1 } }],
  });
  expect(wall).toMatchObject({ frame_id: 'body/wall', cubes: [{ size: { x: 1, y: 2, z: 3 } }] });
  const links = [{ ...robot.links[0], name: 'body/puck' }, ...robot.links.slice(1)];
  const twin = { ...world, bodies: [...(world.bodies ?? []), ...(world.bodies ?? [])] };
  const frames = bodyFrames({ ...robot, links }, twin);
  expect(new Set([...frames, ...links.map(({ name }) => name)]).size).toBe(4 + links.length);
});

test('every kind of marker has a shape, and says what it is', () => {
  const markers = [
    { kind: 'sphere', position: [1, 2, 3], radius: 0.1 },
    { kind: 'ring', position: [0, 0, 1], radius: 0.2, normal: [0, 0, 2] },
    { kind: 'box', pose: { ...here, position: [4, 0, 0] }, size: [1, 2, 0.01], label: 'slot' },
    { kind: 'path', points: [0, 0, 0, 1, 0, 0, 1, 1, 0], closed: true },
  ] as const;
  const goals = entities(robot, undefined, markers).filter(({ id }) => id.startsWith('goal/'));
  expect(goals.map(({ metadata }) => JSON.parse(metadata[1].value))).toEqual(markers);
  expect(goals[0].spheres[0].pose.position).toEqual({ x: 1, y: 2, z: 3 });
  for (const { x, y, z } of goals[1].lines[0].points) {
    expect(z).toBeCloseTo(1, 6);
    expect(Math.hypot(x, y)).toBeCloseTo(0.2, 5);
  }
  expect(goals[2].cubes[0]).toMatchObject({ pose: { position: { x: 4 } }, size: { x: 1, y: 2, z: 0.01 } });
  expect(goals[2].metadata[2].value).toBe('slot');
  expect(goals[3].lines[0]).toMatchObject({ type: 1, points: [{ x: 0 }, { x: 1 }, { x: 1, y: 1 }] });
});

test('a convex shape is its triangles, a mesh a model to fetch, a missing mesh what it collides with', () => {
  const box = { kind: 'box', size: [0.1, 0.1, 0.1] } as const;
  const convex = {
    kind: 'convex',
    vertices: cube.flat(),
    triangles: cube.map((_, i) => i),
  } as const;
  const look = (visual: RobotModel['links'][number]['visuals'][number]['geometry']) => {
    const link = {
      ...robot.links[0],
      visuals: [{ geometry: visual, pose: here }],
      collisions: [{ geometry: box, pose: here }],
    };
    return entities({ ...robot, links: [link, ...robot.links.slice(1)] })[0];
  };
  const [triangles] = look(convex).triangles;
  expect(triangles.points).toHaveLength(36);
  expect(triangles.indices).toHaveLength(36);
  const mesh = { kind: 'mesh', uri: 'package://x/a.stl', scale: [1, 2, 3] } as const;
  const shown = look({ ...mesh, file: 'meshes/abc.stl' });
  expect(shown.models).toMatchObject([
    { url: 'package://premotor/meshes/abc.stl', scale: { x: 1, y: 2, z: 3 }, override_color: true },
  ]);
  expect(shown.cubes).toEqual([]);
  expect(look(mesh)).toMatchObject({ models: [], cubes: [{ size: { x: 0.1 } }] });
});

test('a contact force is an arrow at its point, along it and to scale; tiny ones are left out', () => {
  const forces = [
    [3, -4, 12],
    [-5, 0, 0],
    [0, 0, 1e-4],
  ];
  const contacts = Float64Array.from(forces.flatMap((force, i) => [i, 2, 3, ...force]));
  // biome-ignore lint/suspicious/noExplicitAny: a message of many shapes, read by tests
  const { arrows } = (contactUpdate(contacts, 0.02, 0) as any).entities[0];
  expect(arrows).toHaveLength(2);
  for (const [i, { pose, shaft_length, head_length }] of arrows.entries()) {
    expect(pose.position).toEqual({ x: i, y: 2, z: 3 });
    const { x, y, z, w } = pose.orientation;
    const tip = rotate([x, y, z, w], [shaft_length + head_length, 0, 0]);
    for (const [k, value] of tip.entries()) expect(value).toBeCloseTo(0.02 * forces[i][k], 5);
  }
});

test('a plan is drawn in red from where something is in the way, and says what', () => {
  const path = Float32Array.from({ length: 61 * robot.movable.length }, (_, i) => i / 100);
  const nothing = new Float32Array(0);
  const when = { epoch: 1, time: 2.5 };
  const plan = {
    ...({ type: 'plan', ...when, path, particles: nothing } as const),
    particleCount: 0,
    disagreement: nothing,
  };
  const draw = (given: Parameters<typeof planUpdate>[1]) =>
    // biome-ignore lint/suspicious/noExplicitAny: a message of many shapes, read by tests
    (planUpdate(new Kinematics(robot), given, 0) as any).entities[0];
  const reds = (colors: { r: number }[]) => colors.map(({ r }) => r === danger[0]);
  const free = draw(plan);
  expect(reds(free.lines[0].colors)).not.toContain(true);
  expect(free.lines[0].colors[0].r).toBe(accent[0]);
  const { lines, spheres, metadata } = draw({ ...plan, blocked: { step: 31, reason: 'a wall' } });
  const red = reds(lines[0].colors);
  // Red to the end, from the point at step 31 on: it is drawn though lines are thinned.
  expect(red.indexOf(true)).toBe(red.length - red.filter(Boolean).length);
  const tip = new Kinematics(robot).tip(path.subarray(31 * robot.movable.length), new Float64Array(3));
  const { x, z } = lines[0].points[red.indexOf(true)];
  expect([x, z]).toEqual([expect.closeTo(tip[0], 5), expect.closeTo(tip[2], 5)]);
  expect(spheres.at(-1).color.r).toBe(danger[0]);
  expect(metadata).toEqual([
    { key: 'time', value: '2.5' },
    { key: 'blocked', value: 'a wall' },
  ]);
});

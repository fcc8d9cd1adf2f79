import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import { InputError } from '#src/core/errors';
import { fromRollPitchYaw, rotate } from '#src/core/linalg';
import { Random } from '#src/core/random';
import type { Geometry, Pose, RobotModel, Shape, Vec3 } from '#src/core/robot';
import {
  boundsOfShapes,
  inertialOfShapes,
  inertiaSanity,
  Kinematics,
  massMatrix,
  robotFromUrdf,
} from '#src/robot/index';

const still: Pose = { position: [0, 0, 0], rotation: [0, 0, 0, 1] };
const turned: Pose = { position: [0.3, -0.2, 0.5], rotation: fromRollPitchYaw(0.4, 0.9, -1.3) };

/** An octahedron with half axes a, b, c: volume 4/3 abc, second moments a²/10 … */
function octahedron(a: number, b: number, c: number): Geometry {
  const vertices = [a, 0, 0, -a, 0, 0, 0, b, 0, 0, -b, 0, 0, 0, c, 0, 0, -c];
  const triangles = [0, 2, 4, 2, 1, 4, 1, 3, 4, 3, 0, 4, 2, 0, 5, 1, 2, 5, 3, 1, 5, 0, 3, 5];
  return { kind: 'convex', vertices, triangles };
}

function inside(geometry: Geometry, [x, y, z]: Vec3): boolean {
  switch (geometry.kind) {
    case 'box':
      return [x, y, z].every((value, k) => Math.abs(value) <= geometry.size[k] / 2);
    case 'sphere':
      return Math.hypot(x, y, z) <= geometry.radius;
    case 'cylinder':
      return Math.hypot(x, y) <= geometry.radius && Math.abs(z) <= geometry.length / 2;
    case 'capsule': {
      const over = Math.max(0, Math.abs(z) - geometry.length / 2);
      return Math.hypot(x, y, over) <= geometry.radius;
    }
    default:
      return Math.abs(x) / 0.3 + Math.abs(y) / 0.2 + Math.abs(z) / 0.5 <= 1;
  }
}

const solids: [string, Geometry][] = [
  ['box', { kind: 'box', size: [0.3, 0.5, 0.7] }],
  ['sphere', { kind: 'sphere', radius: 0.4 }],
  ['cylinder', { kind: 'cylinder', radius: 0.2, length: 0.6 }],
  ['capsule', { kind: 'capsule', radius: 0.2, length: 0.5 }],
  ['convex', octahedron(0.3, 0.2, 0.5)],
];

describe('the mass of a solid shape', () => {
  it.each(solids)('is that of its volume, counted by random points: %s', (_, geometry) => {
    const random = new Random(3, 'test');
    const shapes: Shape[] = [{ geometry, pose: turned }];
    const inertial = inertialOfShapes(shapes, 1000);
    if (!inertial) throw new Error('no inertial');
    // Points in a cube of 1 m around the shape, in its own frame.
    const count = 200_000;
    let hits = 0;
    const moment = [0, 0, 0];
    const square = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const local: Vec3 = [random.uniform() - 0.5, random.uniform() - 0.5, random.uniform() - 0.5];
      if (!inside(geometry, local)) continue;
      hits++;
      const r = rotate(turned.rotation, local);
      for (let k = 0; k < 3; k++) moment[k] += r[k];
      const [x, y, z] = r;
      const terms = [y * y + z * z, -x * y, -x * z, x * x + z * z, -y * z, x * x + y * y];
      for (let k = 0; k < 6; k++) square[k] += terms[k];
    }
    const mass = (1000 * hits) / count;
    expect(Math.abs(inertial.mass / mass - 1)).toBeLessThan(0.02);
    for (let k = 0; k < 3; k++) expect(inertial.pose.position[k]).toBeCloseTo(turned.position[k], 12);
    const largest = Math.max(inertial.inertia[0], inertial.inertia[3], inertial.inertia[5]);
    for (let k = 0; k < 6; k++)
      expect(Math.abs(inertial.inertia[k] - (1000 * square[k]) / count)).toBeLessThan(0.03 * largest);
  });

  it('of an octahedron has its closed form, wherever it lies', () => {
    const [a, b, c] = [0.3, 0.2, 0.5];
    const geometry = octahedron(a, b, c);
    const shifted: Geometry = {
      ...(geometry as Extract<Geometry, { kind: 'convex' }>),
      vertices: (geometry as Extract<Geometry, { kind: 'convex' }>).vertices.map((value) => value + 2),
    };
    for (const [shape, center] of [
      [geometry, 0],
      [shifted, 2],
    ] as const) {
      const inertial = inertialOfShapes([{ geometry: shape, pose: still }], 100);
      if (!inertial) throw new Error('no inertial');
      const mass = 100 * (4 / 3) * a * b * c;
      expect(inertial.mass).toBeCloseTo(mass, 10);
      for (const value of inertial.pose.position) expect(value).toBeCloseTo(center, 10);
      const expected = [b * b + c * c, 0, 0, a * a + c * c, 0, a * a + b * b].map(
        (value) => (mass * value) / 10,
      );
      for (let k = 0; k < 6; k++) expect(inertial.inertia[k]).toBeCloseTo(expected[k], 10);
    }
  });

  it('is unknown for meshes, and for what has no volume', () => {
    const flat: Geometry = { kind: 'convex', vertices: [0, 0, 0, 1, 0, 0, 0, 1, 0], triangles: [0, 1, 2] };
    for (const geometry of [flat, { kind: 'mesh', uri: 'x.stl', scale: [1, 1, 1] } as const])
      expect(inertialOfShapes([{ geometry, pose: still }], 1000)).toBeUndefined();
  });
});

describe('the bounding box of shapes', () => {
  it.each(solids)('holds the shape and touches it: %s', (_, geometry) => {
    const box = boundsOfShapes([{ geometry, pose: turned }]);
    if (!box) throw new Error('no box');
    // The support of the shape along each axis, searched over directions and grown from a cloud.
    const random = new Random(4, 'test');
    const low = [Infinity, Infinity, Infinity];
    const high = [-Infinity, -Infinity, -Infinity];
    for (let i = 0; i < 300_000; i++) {
      const local: Vec3 = [random.uniform() - 0.5, random.uniform() - 0.5, random.uniform() - 0.5];
      if (!inside(geometry, local)) continue;
      const r = rotate(turned.rotation, local);
      for (let k = 0; k < 3; k++) {
        low[k] = Math.min(low[k], r[k] + turned.position[k]);
        high[k] = Math.max(high[k], r[k] + turned.position[k]);
      }
    }
    for (let k = 0; k < 3; k++) {
      expect(box.low[k]).toBeLessThanOrEqual(low[k]);
      expect(box.high[k]).toBeGreaterThanOrEqual(high[k]);
      expect(low[k] - box.low[k]).toBeLessThan(0.04);
      expect(box.high[k] - high[k]).toBeLessThan(0.04);
    }
  });
});

const inertial = '<inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1"/></inertial>';
const limit = '<limit lower="-1" upper="2" effort="5" velocity="3"/>';
const link = (name: string, content = inertial) => `<link name="${name}">${content}</link>`;
const joint = (name: string, parent: string, child: string, content = limit, type = 'revolute') =>
  `<joint name="${name}" type="${type}"><parent link="${parent}"/><child link="${child}"/>${content}</joint>`;

function read(content: string, json?: unknown, mesh?: () => readonly Geometry[]): RobotModel {
  return robotFromUrdf(`<robot name="r">${content}</robot>`, json, { urdfFile: 'r.urdf', mesh });
}

async function expectRefused(robot: RobotModel, message: RegExp): Promise<void> {
  const error = await createSimPlant({ robot, controlPeriod: 0.02 }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toMatch(message);
}

describe('a moving link without a mass', () => {
  const box = '<geometry><box size="0.1 0.2 0.3"/></geometry>';
  const ball = '<geometry><sphere radius="0.1"/></geometry>';
  const mesh = '<geometry><mesh filename="a.stl"/></geometry>';

  it('gets that of its collision shapes, and it is said', () => {
    const robot = read(
      link('a') +
        link('b', `<visual>${ball}</visual><collision><origin xyz="1 0 0"/>${box}</collision>`) +
        joint('j', 'a', 'b'),
    );
    expect(robot.links[1].inertial?.mass).toBeCloseTo(6, 12);
    expect(robot.links[1].inertial?.pose.position).toEqual([1, 0, 0]);
    expect(robot.links[1].inertial?.inertia[0]).toBeCloseTo((6 * 0.13) / 12, 12);
    expect(robot.notes).toEqual(['guessed the mass of link "b": 6 kg, its shapes at 1000 kg/m³']);
  });

  it('gets that of its visual shapes where no collision shape can be computed', () => {
    const robot = read(
      link('a') + link('b', `<visual>${ball}</visual><collision>${mesh}</collision>`) + joint('j', 'a', 'b'),
    );
    expect(robot.links[1].inertial?.mass).toBeCloseTo((4000 / 3) * Math.PI * 0.001, 9);
  });

  it('gets that of what a loader made of its meshes', () => {
    const parts = () => [octahedron(0.1, 0.1, 0.1), octahedron(0.1, 0.1, 0.2)];
    const robot = read(
      link('a') + link('b', `<collision>${mesh}</collision>`) + joint('j', 'a', 'b'),
      undefined,
      parts,
    );
    expect(robot.links[1].collisions).toHaveLength(2);
    expect(robot.links[1].inertial?.mass).toBeCloseTo(1000 * (4 / 3) * (0.001 + 0.002), 9);
  });

  it('is weighed by its meshes where a loader knows what they enclose, turned inside out or not', () => {
    const solid = octahedron(0.1, 0.2, 0.3) as Extract<Geometry, { kind: 'convex' }>;
    const inside = { ...solid, triangles: [...solid.triangles].reverse() };
    for (const found of [solid, inside]) {
      const robot = robotFromUrdf(
        `<robot name="r">${link('a') + link('b', `<visual><origin xyz="0 0 1"/>${mesh}</visual>`) + joint('j', 'a', 'b')}</robot>`,
        undefined,
        { urdfFile: 'r.urdf', solid: ({ uri }) => (uri === 'a.stl' ? found : undefined) },
      );
      expect(robot.links[1].inertial?.mass).toBeCloseTo(8, 12);
      expect(robot.links[1].inertial?.pose.position[2]).toBeCloseTo(1, 12);
      expect(robot.links[1].inertial?.inertia[0]).toBeCloseTo((8 * 0.13) / 10, 12);
      expect(robot.notes).toEqual(['guessed the mass of link "b": 8 kg, its visual shapes at 1000 kg/m³']);
    }
  });

  it('is there to look at where nothing can be computed: its name is said, and the simulator refuses it', async () => {
    const text = (content: string) => link('a') + link('b', content) + joint('j', 'a', 'b');
    for (const [content, why] of [
      [`<visual>${mesh}</visual>`, ', and none can be computed from its meshes'],
      [inertial.replace('"1"', '"0"'), ''],
      ['', ''],
    ]) {
      const robot = read(text(content));
      expect(robot.links[1].inertial).toBeUndefined();
      expect(robot.notes).toContain(
        `cannot be simulated: link "b" has no mass${why}, so joint "j" moves none; give it an <inertial> with a mass above 0`,
      );
      await expectRefused(
        robot,
        /^robot r: cannot be simulated: link "b" has no mass[^\n]*joint "j" moves none; give it an <inertial>[^\n]*$/,
      );
      const geared = read(text(content), { joints: { j: { armature: 0.1 } } });
      expect(geared.notes.join()).not.toContain('simulated');
      (await createSimPlant({ robot: geared, controlPeriod: 0.02 })).close();
    }
  });

  it('needs none where another of its group has one', () => {
    const robot = read(
      link('a') +
        link('b', `<visual>${box}</visual>`) +
        link('c') +
        joint('j', 'a', 'b') +
        joint('k', 'b', 'c', '', 'fixed'),
    );
    expect(robot.links[1].inertial).toBeUndefined();
    expect(robot.notes).toEqual([]);
  });

  it('may lie between two joints, but not at the end', () => {
    const between =
      link('a') + link('b', '') + link('c') + joint('j', 'a', 'b', `<axis xyz="0 0 1"/>${limit}`);
    expect(read(between + joint('k', 'b', 'c', `<axis xyz="0 1 0"/>${limit}`)).movable).toEqual([0, 1]);
    const end = link('a') + link('b') + link('c', '') + joint('j', 'a', 'b') + joint('k', 'b', 'c');
    expect(read(end).notes).toEqual([
      expect.stringMatching(/^cannot be simulated: link "c" has no mass, so joint "k"/),
    ]);
  });

  it('may not lie between two joints about one axis', async () => {
    const text = link('a') + link('b', '') + link('c') + joint('j', 'a', 'b') + joint('k', 'b', 'c');
    const robot = read(text);
    expect(robot.notes).toEqual([
      expect.stringMatching(/^cannot be simulated: joint "k" can move without moving any mass; give/),
    ]);
    await expectRefused(robot, /cannot be simulated: joint "k" can move without moving any mass/);
    expect(read(text, { joints: { j: { armature: 0.1 } } }).notes).toEqual([]);
  });

  it('may be a point that swings, but not one that spins', async () => {
    const point = (x: number) =>
      `<inertial><origin xyz="${x} 0 0"/><mass value="1"/><inertia ixx="0" iyy="0" izz="0"/></inertial>`;
    const text = (x: number) =>
      link('a') + link('b', point(x)) + joint('j', 'a', 'b', `<axis xyz="0 0 1"/>${limit}`);
    expect(read(text(0.5)).movable).toEqual([0]);
    expect(read(text(0)).notes).toEqual([
      expect.stringMatching(/^cannot be simulated: joint "j" can move without moving any mass/),
    ]);
    await expectRefused(read(text(0)), /cannot be simulated: joint "j" can move without moving any mass/);
  });
});

describe('inertiaSanity', () => {
  const sanity = (inertia: string, rest = '') =>
    inertiaSanity(
      read(
        link(
          'a',
          `<inertial><origin xyz="0.3 0 0"/><mass value="1"/><inertia ${inertia}/></inertial>${rest}`,
        ),
      ).links[0],
    );

  it('tells a definite, a possible and a centred inertia from others', () => {
    expect(sanity('ixx="1" iyy="1" izz="1"')).toEqual({
      positive: true,
      triangle: true,
      centerOutside: undefined,
    });
    expect(sanity('ixx="1" iyy="1" izz="3"')).toMatchObject({ positive: true, triangle: false });
    expect(sanity('ixx="0" iyy="1" izz="1"')).toMatchObject({ positive: false, triangle: true });
    const ball = (radius: number) =>
      `<collision><geometry><sphere radius="${radius}"/></geometry></collision>`;
    expect(sanity('ixx="1" iyy="1" izz="1"', ball(0.4))?.centerOutside).toBe(0);
    expect(sanity('ixx="1" iyy="1" izz="1"', ball(0.2))?.centerOutside).toBeCloseTo(0.1, 12);
    const mesh = '<collision><geometry><mesh filename="a.stl"/></geometry></collision>';
    expect(sanity('ixx="1" iyy="1" izz="1"', ball(0.2) + mesh)?.centerOutside).toBeUndefined();
  });

  it('knows nothing of a link without mass', () => {
    expect(inertiaSanity(read('<link name="a"/>').links[0])).toBeUndefined();
  });
});

describe('massMatrix', () => {
  it('gives the kinetic energy of the bodies, by differences of their poses', () => {
    const mass = (m: number, xyz: string) =>
      `<inertial><origin xyz="${xyz}" rpy="0.3 0.2 0.1"/><mass value="${m}"/><inertia ixx="0.3" iyy="0.4" izz="0.5" ixy="0.02" iyz="-0.03"/></inertial>`;
    const robot = read(
      link('a') +
        link('b', mass(2, '0.1 0.2 0.3')) +
        link('c', mass(3, '-0.2 0.1 0')) +
        link('d', mass(1, '0.3 0 0.1')) +
        link('e', mass(1.5, '0 0 0.2')) +
        joint('base', 'a', 'b', '', 'floating') +
        joint('j', 'b', 'c', `<origin xyz="0.5 0 0" rpy="0.1 0.2 0.3"/><axis xyz="0 1 1"/>${limit}`) +
        joint('k', 'b', 'd', `<origin xyz="0 0.5 0"/><axis xyz="1 1 0"/>${limit}`, 'prismatic') +
        joint(
          'm',
          'd',
          'e',
          `<origin xyz="0 0.2 0"/><axis xyz="0 0 1"/>${limit}<mimic joint="j" multiplier="-2" offset="0.1"/>`,
        ),
      { joints: { j: { armature: 0.7 }, m: { armature: 0.2 } } },
    );
    const random = new Random(8, 'test');
    const kinematics = new Kinematics(robot);
    const step = 1e-5;
    for (let i = 0; i < 10; i++) {
      const q = robot.movable.map(() => random.uniform() - 0.5);
      const v = robot.movable.map(() => random.uniform() - 0.5);
      const at = (t: number) => kinematics.linkPoses(q.map((value, d) => value + t * v[d]));
      const [before, now, after] = [at(-step), at(0), at(step)];
      let energy = 0.5 * (0.7 * v[6] ** 2 + 0.2 * (2 * v[6]) ** 2);
      for (const [index, { inertial: body }] of robot.links.entries()) {
        if (!body) continue;
        const centre = (poses: Pose[]) => {
          const offset = rotate(poses[index].rotation, body.pose.position);
          return offset.map((value, k) => value + poses[index].position[k]);
        };
        const [c0, c1] = [centre(before), centre(after)];
        const speed = c0.map((value, k) => (c1[k] - value) / (2 * step));
        energy += 0.5 * body.mass * speed.reduce((sum, value) => sum + value * value, 0);
        // ω from q̇ q*, taken into the inertia's own axes.
        const [a, b] = [before[index].rotation, after[index].rotation];
        const rate = a.map((value, k) => (b[k] - value) / (2 * step));
        const [x, y, z, w] = now[index].rotation;
        const spin: Vec3 = [
          2 * (-rate[3] * x + rate[0] * w - rate[1] * z + rate[2] * y),
          2 * (-rate[3] * y + rate[0] * z + rate[1] * w - rate[2] * x),
          2 * (-rate[3] * z - rate[0] * y + rate[1] * x + rate[2] * w),
        ];
        const inLink = rotate([-x, -y, -z, w], spin);
        const [px, py, pz, pw] = body.pose.rotation;
        const [wx, wy, wz] = rotate([-px, -py, -pz, pw], inLink);
        const [xx, xy, xz, yy, yz, zz] = body.inertia;
        energy +=
          0.5 *
          (xx * wx * wx + yy * wy * wy + zz * wz * wz + 2 * (xy * wx * wy + xz * wx * wz + yz * wy * wz));
      }
      const matrix = massMatrix(robot, q);
      let form = 0;
      for (let r = 0; r < v.length; r++)
        for (let c = 0; c < v.length; c++) {
          form += 0.5 * v[r] * matrix[r * v.length + c] * v[c];
          expect(matrix[r * v.length + c]).toBeCloseTo(matrix[c * v.length + r], 12);
        }
      expect(Math.abs(form / energy - 1)).toBeLessThan(1e-7);
    }
  });
});

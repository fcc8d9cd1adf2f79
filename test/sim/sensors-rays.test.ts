import loadMujoco from '@mujoco/mujoco';
import { describe, expect, test } from 'vitest';
import { RayScene, SensorSuite } from '#sim/sensors/index';
import { axisAngle, compose, identityPose, quatMultiply, rotate } from '#src/core/linalg';
import { Random } from '#src/core/random';
import type { Geometry, Pose, Quat, Vec3 } from '#src/core/robot';
import type { Sensor } from '#src/core/sensor';
import type { WorldSpec } from '#src/core/task';
import { advance, at, chain, link, reading, readings, ScriptedProbe } from './scripted-probe.ts';

const bare = chain([link('base'), link('arm')], ['revolute']);

function sceneOf(geometry: Geometry, pose: Pose = identityPose, world: WorldSpec = {}): RayScene {
  const bodies = [{ name: 'it', kind: 'fixed', shapes: [{ geometry, pose }], pose: identityPose } as const];
  return new RayScene(new ScriptedProbe(bare, {}, { ...world, bodies }));
}

/** A tetrahedron with the corner of its right angles at the origin, legs of length 1. */
const tetrahedron: Geometry = {
  kind: 'convex',
  vertices: [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1],
  triangles: [0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3],
};

describe('a ray', () => {
  const along = 1 / Math.sqrt(2);
  test.each<[string, Geometry, Vec3, Vec3, number]>([
    ['meets a box', { kind: 'box', size: [2, 1, 1] }, [-5, 0.2, 0.1], [1, 0, 0], 4],
    ['meets a box aslant', { kind: 'box', size: [2, 2, 2] }, [-2, -1.5, 0], [along, along, 0], Math.SQRT2],
    ['passes a box', { kind: 'box', size: [2, 1, 1] }, [-5, 0.6, 0], [1, 0, 0], 100],
    ['leaves a box behind', { kind: 'box', size: [2, 1, 1] }, [5, 0, 0], [1, 0, 0], 100],
    ['begins in a box', { kind: 'box', size: [2, 1, 1] }, [0.5, 0, 0], [0, 1, 0], 0],
    ['meets a sphere', { kind: 'sphere', radius: 1 }, [-4, 0.6, 0], [1, 0, 0], 3.2],
    ['passes a sphere', { kind: 'sphere', radius: 1 }, [-4, 1.01, 0], [1, 0, 0], 100],
    ['begins in a sphere', { kind: 'sphere', radius: 1 }, [0, 0.6, 0], [1, 0, 0], 0],
    [
      'meets the side of a cylinder',
      { kind: 'cylinder', radius: 1, length: 2 },
      [0.8, 4, 0.9],
      [0, -1, 0],
      3.4,
    ],
    ['meets the end of a cylinder', { kind: 'cylinder', radius: 1, length: 2 }, [0.8, 0, 5], [0, 0, -1], 4],
    ['passes over a cylinder', { kind: 'cylinder', radius: 1, length: 2 }, [0, 4, 1.1], [0, -1, 0], 100],
    [
      'meets the side of a capsule',
      { kind: 'capsule', radius: 1, length: 2 },
      [0.8, 4, 0.9],
      [0, -1, 0],
      3.4,
    ],
    ['meets the cap of a capsule', { kind: 'capsule', radius: 1, length: 2 }, [0.8, 0, 5], [0, 0, -1], 3.4],
    ['passes a cap of a capsule', { kind: 'capsule', radius: 1, length: 2 }, [0.9, 5, 1.9], [0, -1, 0], 100],
    ['meets a leg of a tetrahedron', tetrahedron, [0.2, 0.2, -1], [0, 0, 1], 1],
    ['meets the slope of a tetrahedron', tetrahedron, [0.25, 0.25, 3], [0, 0, -1], 2.5],
    ['passes a tetrahedron', tetrahedron, [0.6, 0.6, 3], [0, 0, -1], 100],
    ['begins in a tetrahedron', tetrahedron, [0.1, 0.1, 0.1], [0, 0, -1], 0],
  ])('%s', (_, geometry, origin, direction, distance) => {
    expect(sceneOf(geometry).cast(origin, direction, 100)).toBeCloseTo(distance, 12);
    // The same, shifted and turned.
    const pose: Pose = {
      position: [3, -1, 2],
      rotation: quatMultiply(axisAngle([0, 0, 1], 0.7), axisAngle([1, 0, 0], -2)),
    };
    const moved = compose(pose, { position: origin, rotation: [0, 0, 0, 1] }).position;
    const turned = rotate(pose.rotation, direction);
    expect(sceneOf(geometry, pose).cast(moved, turned, 100)).toBeCloseTo(distance, 12);
  });

  test('meets the ground, and is in it below', () => {
    const scene = new RayScene(new ScriptedProbe(bare, {}, { ground: { height: -0.5 } }));
    expect(scene.cast([7, 8, 0.7], [0, 0.6, -0.8], 10)).toBeCloseTo(1.5, 12);
    expect(scene.cast([7, 8, 0.7], [0, 0.6, -0.8], 1.4)).toBe(1.4);
    expect(scene.cast([7, 8, 0.7], [0, 1, 0], 10)).toBe(10);
    expect(scene.cast([0, 0, -0.6], [0, 0, 1], 10)).toBe(0);
  });

  test('meets what MuJoCo says it meets', async () => {
    const mujoco = await loadMujoco();
    const random = new Random(3, 'rays');
    const vector = (scale: number): Vec3 => [
      scale * random.normal(),
      scale * random.normal(),
      scale * random.normal(),
    ];
    const quaternion = (): Quat => {
      const q = [random.normal(), random.normal(), random.normal(), random.normal()];
      const length = Math.hypot(...q);
      return q.map((value) => value / length) as unknown as Quat;
    };
    const wxyz = ([x, y, z, w]: Quat) => `${w} ${x} ${y} ${z}`;
    const shapes = Array.from({ length: 40 }, (_, i) => {
      const size = () => random.uniform(0.1, 0.5);
      const geometries: Geometry[] = [
        { kind: 'box', size: [size(), size(), size()] },
        { kind: 'sphere', radius: size() },
        { kind: 'cylinder', radius: size(), length: size() },
        { kind: 'capsule', radius: size(), length: size() },
        tetrahedron,
      ];
      return { geometry: geometries[i % 5], pose: { position: vector(3), rotation: quaternion() } };
    });
    const geoms = shapes.map(({ geometry, pose }) => {
      const attributes = {
        box: () =>
          `type="box" size="${geometry.kind === 'box' && geometry.size.map((s) => s / 2).join(' ')}"`,
        sphere: () => `type="sphere" size="${geometry.kind === 'sphere' && geometry.radius}"`,
        cylinder: () =>
          `type="cylinder" size="${geometry.kind === 'cylinder' && `${geometry.radius} ${geometry.length / 2}`}"`,
        capsule: () =>
          `type="capsule" size="${geometry.kind === 'capsule' && `${geometry.radius} ${geometry.length / 2}`}"`,
        convex: () => 'type="mesh" mesh="tetrahedron"',
        mesh: () => '',
      }[geometry.kind]();
      return `<geom ${attributes} pos="${pose.position.join(' ')}" quat="${wxyz(pose.rotation)}"/>`;
    });
    const rays = Array.from({ length: 400 }, () => ({ origin: vector(4), rotation: quaternion() }));
    const model = mujoco.MjModel.from_xml_string(`<mujoco><compiler autolimits="true"/>
      <asset><mesh name="tetrahedron" vertex="0 0 0 1 0 0 0 1 0 0 0 1"/></asset>
      <worldbody>${geoms.join('')}<geom type="plane" size="0 0 1" pos="0 0 -6"/>
      <body><freejoint/><inertial pos="0 0 0" mass="1" diaginertia="1 1 1"/>
      ${rays.map(({ origin, rotation }, i) => `<site name="s${i}" pos="${origin.join(' ')}" quat="${wxyz(rotation)}"/>`).join('')}
      </body></worldbody>
      <sensor>${rays.map((_, i) => `<rangefinder site="s${i}"/>`).join('')}</sensor></mujoco>`);
    if (!model) throw new Error('MuJoCo refused the scene');
    const data = new mujoco.MjData(model);
    mujoco.mj_forward(model, data);
    const truth = Float64Array.from(data.sensordata as Float64Array);
    data.delete();
    model.delete();
    const bodies = [{ name: 'all', kind: 'fixed', shapes, pose: identityPose } as const];
    const scene = new RayScene(new ScriptedProbe(bare, {}, { bodies, ground: { height: -6 } }));
    const farthest = (distance: number) => (distance < 0 ? 1000 : Math.min(1000, distance));
    const kinds = new Set<string>();
    for (const [i, { origin, rotation }] of rays.entries()) {
      const seen = scene.cast(origin, rotate(rotation, [0, 0, 1]), 1000);
      // MuJoCo keeps the vertices of meshes in float32. From inside a solid it tells where the ray leaves it; below the plane, nothing.
      if (seen === 0) continue;
      expect(seen, `ray ${i}`).toBeCloseTo(farthest(truth[i]), 6);
      kinds.add(farthest(truth[i]) === 1000 ? 'miss' : 'hit');
    }
    expect(kinds.size).toBe(2);
  });
});

describe('lidar', () => {
  const wall = (name: string, size: Vec3, x: number, y: number) => ({
    name,
    kind: 'fixed' as const,
    shapes: [{ geometry: { kind: 'box', size } as const, pose: identityPose }],
    pose: at(x, y, 0),
  });
  /** A room from −3 to 3 by −2 to 2 m, and a post. */
  const bodies = [
    wall('east', [0.2, 4.4, 1], 3.1, 0),
    wall('west', [0.2, 4.4, 1], -3.1, 0),
    wall('north', [6.4, 0.2, 1], 0, 2.1),
    wall('south', [6.4, 0.2, 1], 0, -2.1),
    {
      name: 'post',
      kind: 'free' as const,
      shapes: [{ geometry: { kind: 'cylinder', radius: 0.25, length: 1 } as const, pose: identityPose }],
      pose: at(0, 0, 0),
    },
  ];
  const lidar = (rest: Partial<Extract<Sensor, { kind: 'lidar' }>> = {}): Sensor => ({
    kind: 'lidar',
    name: 'lidar',
    link: 'base',
    pose: identityPose,
    rays: 360,
    from: -Math.PI,
    to: Math.PI - (2 * Math.PI) / 360,
    range: 4,
    ...rest,
  });

  /** Distances in the empty room from (x, y) at an angle. */
  function toWalls(x: number, y: number, angle: number): number {
    const c = Math.cos(angle);
    const s = Math.sin(angle);
    return Math.min(c > 0 ? (3 - x) / c : (-3 - x) / c, s > 0 ? (2 - y) / s : (-2 - y) / s);
  }

  function toPost(x: number, y: number, angle: number, post: { x: number; y: number }): number {
    const dx = post.x - x;
    const dy = post.y - y;
    const ahead = dx * Math.cos(angle) + dy * Math.sin(angle);
    const aside = dx * Math.sin(angle) - dy * Math.cos(angle);
    return ahead > 0 && Math.abs(aside) < 0.25 ? ahead - Math.sqrt(0.25 ** 2 - aside ** 2) : Infinity;
  }

  test('sees the walls of a room and what moves in it, from wherever it stands and looks', () => {
    const robotAt = (t: number) => ({ x: 0.5 - 20 * t, y: -1 + 10 * t, yaw: 30 * t });
    const postAt = (t: number) => ({ x: -1 + 15 * t, y: 1 - 30 * t });
    const probe = new ScriptedProbe(
      bare,
      {
        pose: (frame, t) => {
          if (frame === 0) {
            const { x, y, yaw } = robotAt(t);
            return { position: [x, y, 0.1], rotation: axisAngle([0, 0, 1], yaw) };
          }
          if (frame === 6) return at(postAt(t).x, postAt(t).y, 0);
          return frame === 1 ? identityPose : bodies[frame - 2].pose;
        },
      },
      { bodies, ground: { height: -0.5 } },
    );
    const mounted: Pose = { position: [0.2, 0, 0.05], rotation: axisAngle([0, 0, 1], 0.5) };
    const suite = new SensorSuite([lidar({ pose: mounted })], probe, 0.02);
    expect(suite.channels).toMatchObject([{ name: 'lidar.ranges', size: 360, low: 0, high: 4, unit: 'm' }]);
    let posts = 0;
    let nothing = 0;
    for (const [step, values] of readings(suite, probe, 80).entries()) {
      if (step % 20 !== 0) continue;
      const { x, y, yaw } = robotAt(step / 1000);
      const [sx, sy] = [x + 0.2 * Math.cos(yaw), y + 0.2 * Math.sin(yaw)];
      for (let i = 0; i < 360; i++) {
        const angle = yaw + 0.5 - Math.PI + (i * 2 * Math.PI) / 360;
        const post = toPost(sx, sy, angle, postAt(step / 1000));
        const truth = Math.min(4, toWalls(sx, sy, angle), post);
        expect(Math.abs(values[2 + i] - truth)).toBeLessThan(2e-6);
        if (truth === post) posts++;
        if (truth === 4) {
          nothing++;
          expect(values[2 + i]).toBe(4);
        }
      }
    }
    expect(posts).toBeGreaterThan(50);
    expect(nothing).toBeGreaterThan(10);
  });

  test('tilted, it sees the ground', () => {
    const probe = new ScriptedProbe(bare, {}, { ground: { height: -0.5 } });
    const pose: Pose = { position: [0, 0, 0], rotation: axisAngle([0, 1, 0], Math.PI / 6) };
    const suite = new SensorSuite(
      [lidar({ pose, rays: 3, from: -Math.PI / 2, to: Math.PI / 2 })],
      probe,
      0.02,
    );
    const [right, ahead, left] = readings(suite, probe, 0)[0].subarray(2);
    expect([right, ahead, left]).toEqual([4, 1, 4]);
  });

  test('looks through the link that carries it and what is fixed to it, not through the others', () => {
    const ball = (x: number) => [{ geometry: { kind: 'sphere', radius: 0.1 } as const, pose: at(x, 0, 0) }];
    const robot = chain(
      [link('base', ball(0.5)), link('mast', ball(1)), link('arm', ball(2)), link('hand', ball(3))],
      ['fixed', 'revolute', 'fixed'],
    );
    const seen = (carrier: string) => {
      const probe = new ScriptedProbe(robot);
      const suite = new SensorSuite([lidar({ link: carrier, rays: 1, from: 0, to: 0 })], probe, 0.02);
      return readings(suite, probe, 0)[0][2];
    };
    expect(seen('base')).toBeCloseTo(1.9, 6);
    expect(seen('mast')).toBeCloseTo(1.9, 6);
    expect(seen('arm')).toBeCloseTo(0.4, 6);
    expect(seen('hand')).toBeCloseTo(0.4, 6);
  });

  test('a fan over any angles sees what single rays see', () => {
    const random = new Random(9, 'fans');
    const shapes = Array.from({ length: 30 }, (_, i) => ({
      geometry: (i % 2
        ? { kind: 'sphere', radius: 0.3 }
        : { kind: 'box', size: [0.2, 0.5, 0.9] }) as Geometry,
      pose: {
        position: [random.normal(0, 2), random.normal(0, 2), random.normal(0, 0.3)] as Vec3,
        rotation: axisAngle([0, 0, 1], random.uniform(0, 6)),
      },
    }));
    const world = { bodies: [{ name: 'all', kind: 'fixed', shapes, pose: identityPose } as const] };
    for (const [from, to, rays] of [
      [-Math.PI, Math.PI, 101],
      [0, 2 * Math.PI, 64],
      [5, 6.5, 40],
      [-9, -8, 33],
      [1, 1 + 2 * Math.PI - 0.1, 50],
      [0.3, 0.3, 1],
    ]) {
      const probe = new ScriptedProbe(bare, {}, world);
      const scene = new RayScene(probe);
      const suite = new SensorSuite([lidar({ from, to, rays })], probe, 0.02);
      const seen = readings(suite, probe, 0)[0].subarray(2);
      for (let i = 0; i < rays; i++) {
        const angle = from + (rays > 1 ? (i * (to - from)) / (rays - 1) : 0);
        const one = scene.cast([0, 0, 0], [Math.cos(angle), Math.sin(angle), 0], 4);
        expect(Math.abs(seen[i] - one)).toBeLessThan(1e-6);
      }
    }
  });

  test('noise and resolution keep to 0 … range, and nothing stays nothing', () => {
    const probe = new ScriptedProbe(
      bare,
      { pose: (frame) => (frame > 1 ? bodies[frame - 2].pose : at(0, 1.97, 0)) },
      { bodies },
    );
    const suite = new SensorSuite(
      [lidar({ range: 2, quality: { rate: 1000, noise: 0.05, resolution: 0.01 } })],
      probe,
      0.02,
    );
    const errors: number[] = [];
    for (const values of readings(suite, probe, 60))
      for (let i = 0; i < 360; i++) {
        const value = values[2 + i];
        const truth = toWalls(0, 1.97, -Math.PI + (i * 2 * Math.PI) / 360);
        const post = toPost(0, 1.97, -Math.PI + (i * 2 * Math.PI) / 360, { x: 0, y: 0 });
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(2);
        if (Math.min(truth, post) > 2) expect(value).toBe(2);
        else {
          expect(value).toBe(Math.fround(Math.round(value / 0.01) * 0.01));
          if (truth > 0.3 && truth < 1.7) errors.push(value - truth);
        }
      }
    const variance = errors.reduce((sum, error) => sum + error * error, 0) / errors.length;
    const expected = 0.05 ** 2 + 0.01 ** 2 / 12;
    expect(errors.length).toBeGreaterThan(300);
    expect(Math.abs(variance / expected - 1)).toBeLessThan(4 * Math.sqrt(2 / errors.length));
  });

  test('a scan of a moving world arrives as it was', () => {
    const probe = new ScriptedProbe(
      bare,
      {
        pose: (frame, t) =>
          frame === 6 ? at(1 + t, 0, 0) : frame > 1 ? bodies[frame - 2].pose : at(0, 0, 0),
      },
      { bodies },
    );
    const suite = new SensorSuite(
      [lidar({ rays: 1, from: 0, to: 0, quality: { rate: 10, latency: 0.05 } })],
      probe,
      0.02,
    );
    probe.goTo(0);
    suite.reset();
    for (let step = 1; step <= 400; step++) {
      advance(suite, probe);
      const taken = Math.max(0, Math.floor((step - 50) / 100) * 100);
      expect(reading(suite, probe)[2]).toBeCloseTo(0.75 + taken / 1000, 6);
    }
  });
});

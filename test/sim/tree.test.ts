import { describe, expect, it } from 'vitest';
import { Articulation } from '#sim/dynamics/articulation';
import { treeOf } from '#sim/dynamics/tree';
import { createSimPlant } from '#sim/index';
import { InputError } from '#src/core/errors';
import { Random } from '#src/core/random';
import type { Joint, Link, RobotModel } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';
import { Kinematics } from '#src/robot/index';
import { readingSize } from './reading.ts';

const none = [0, 0, 0] as const;
const level = { position: none, rotation: [0, 0, 0, 1] as const };

function link(name: string, mass = 0, moment = 0, center: readonly [number, number, number] = none): Link {
  const inertial = {
    mass,
    pose: { position: center, rotation: [0, 0, 0, 1] as const },
    inertia: [moment, 0, 0, moment, 0, moment] as const,
  };
  return { name, visuals: [], collisions: [], ...(mass > 0 ? { inertial } : {}) };
}

function joint(
  name: string,
  kind: Joint['kind'],
  parent: number,
  axis: Joint['axis'],
  rest: Partial<Joint> = {},
): Joint {
  return {
    name,
    kind,
    parent,
    child: parent + 1,
    origin: level,
    axis,
    lower: -Infinity,
    upper: Infinity,
    maxVelocity: 10,
    maxEffort: 10,
    damping: 0,
    friction: 0,
    armature: 0,
    ...rest,
  };
}

function robot(links: Link[], joints: Joint[], movable: number[]): RobotModel {
  return {
    name: 'made',
    links,
    joints,
    root: 0,
    movable,
    home: movable.map(() => 0),
    actuators: [],
    tip: { link: links.length - 1, point: none },
    simulation: { timestep: 1e-3, iterations: 10 },
    sensors: [],
    notes: [],
  };
}

/** A body on six joints, through five links without mass. */
const floating = robot(
  [...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => link(name)), link('body', 2, 0.1, [0.1, 0, 0.05])],
  [
    joint('x', 'prismatic', 0, [1, 0, 0]),
    joint('y', 'prismatic', 1, [0, 1, 0]),
    joint('z', 'prismatic', 2, [0, 0, 1]),
    joint('yaw', 'continuous', 3, [0, 0, 1]),
    joint('pitch', 'continuous', 4, [0, 1, 0]),
    joint('roll', 'continuous', 5, [1, 0, 0]),
  ],
  [0, 1, 2, 3, 4, 5],
);

describe('links without mass in the middle of a chain', () => {
  it('carry a floating body that falls and tumbles as a free one', async () => {
    const plant = await createSimPlant({ robot: floating, controlPeriod: 0.02 });
    const spin = [0.3, -0.4, 0.5];
    plant.reset({ position: [0, 0, 0, 0, 0, 0], velocity: [1, 0, 2, ...spin] });
    const out = new Float32Array(readingSize(plant));
    const kinematics = new Kinematics(floating);
    for (let step = 0; step < 50; step++) plant.advance();
    plant.read(out);
    // The centre of mass flies a parabola.
    const [pose] = kinematics.linkPoses(out.subarray(0, 6)).slice(-1);
    const [x, y, z, w] = pose.rotation;
    const turned = [
      0.1 * (1 - 2 * (y * y + z * z)) + 0.05 * 2 * (x * z + w * y),
      0.1 * 2 * (x * y + w * z) + 0.05 * 2 * (y * z - w * x),
      0.1 * 2 * (x * z - w * y) + 0.05 * (1 - 2 * (x * x + y * y)),
    ];
    const center = pose.position.map((value, k) => value + turned[k]);
    // Rates at the start: yaw about z, pitch about y, roll about x; velocity of the centre adds ω × c.
    const omega = [spin[2], spin[1], spin[0]];
    const c = [0.1, 0, 0.05];
    const start = [
      1 + omega[1] * c[2] - omega[2] * c[1],
      omega[2] * c[0] - omega[0] * c[2],
      2 + omega[0] * c[1] - omega[1] * c[0],
    ];
    expect(center[0]).toBeCloseTo(c[0] + start[0], 4);
    expect(center[1]).toBeCloseTo(c[1] + start[1], 4);
    expect(center[2]).toBeCloseTo(c[2] + start[2] - 9.81 / 2, 4);
    plant.close();
  });

  it('are refused at the end of a chain, where nothing resists the joint, unless it has an armature', async () => {
    const links = [link('a'), link('b', 1, 0.1), link('c')];
    const joints = [joint('one', 'continuous', 0, [0, 0, 1]), joint('two', 'continuous', 1, [0, 0, 1])];
    const bare = robot(links, joints, [0, 1]);
    await expect(createSimPlant({ robot: bare, controlPeriod: 0.02 })).rejects.toThrow(InputError);
    await expect(createSimPlant({ robot: bare, controlPeriod: 0.02 })).rejects.toThrow(
      /cannot be simulated: .*joint "two"/,
    );
    const geared = { ...bare, joints: [joints[0], { ...joints[1], armature: 0.01 }] };
    const plant = await createSimPlant({ robot: geared, controlPeriod: 0.02 });
    plant.advance();
    plant.close();
  });
});

describe('a joint that mimics another', () => {
  /** Two fingers on one slider: the second runs the other way at twice the rate from 0.1 on. */
  const gripper = robot(
    [link('base'), link('left', 0.5, 0.01), link('right', 0.25, 0.02)],
    [
      joint('left', 'prismatic', 0, [0, 1, 0], {
        lower: -0.2,
        upper: 0.4,
        armature: 0.3,
        damping: 2,
        friction: 1,
      }),
      joint('right', 'prismatic', 0, [0, 1, 0], {
        child: 2,
        lower: -0.5,
        upper: 0.3,
        armature: 0.1,
        damping: 3,
        friction: 0.5,
        mimic: { joint: 0, multiplier: -2, offset: 0.1 },
      }),
    ],
    [0],
  );

  it('adds its inertia, armature, damping and friction by its ratio, and narrows the limits', () => {
    const tree = treeOf(gripper);
    expect(tree.size).toBe(1);
    expect(tree.bodies).toBe(2);
    expect(tree.damping[0]).toBeCloseTo(2 + 4 * 3, 12);
    expect(tree.friction[0]).toBeCloseTo(1 + 2 * 0.5, 12);
    // −2 q + 0.1 in −0.5 … 0.3: q in −0.1 … 0.3.
    expect(tree.lower[0]).toBeCloseTo(-0.1, 12);
    expect(tree.upper[0]).toBeCloseTo(0.3, 12);
    const articulation = new Articulation(tree);
    articulation.place(Float64Array.of(0.05));
    articulation.weigh();
    expect(articulation.mass[0]).toBeCloseTo(0.5 + 0.3 + 4 * (0.25 + 0.1), 12);
    expect(articulation.origin[1]).toBeCloseTo(0.05, 12);
    expect(articulation.origin[4]).toBeCloseTo(-2 * 0.05 + 0.1, 12);
  });

  it('is moved by an effort on the joint that it follows, as one mass', async () => {
    const smooth = { ...gripper, joints: gripper.joints.map((j) => ({ ...j, damping: 0, friction: 0 })) };
    const driven: RobotModel = { ...smooth, actuators: [{ joint: 'left', kind: 'effort', maxEffort: 10 }] };
    const plant = await createSimPlant({ robot: driven, controlPeriod: 0.02, world: { gravity: none } });
    plant.write(Float32Array.of(1));
    for (let step = 0; step < 20; step++) plant.advance();
    const out = new Float32Array(readingSize(plant));
    plant.read(out);
    expect(out[1]).toBeCloseTo(0.4 / 2.2, 6);
    // The tip is on the follower.
    expect(out[3]).toBeCloseTo(0.1 - 2 * out[0], 6);
    plant.close();
  });

  it('refuses loops and limits that leave no room', () => {
    const [left, right] = gripper.joints;
    const loop = {
      ...gripper,
      movable: [],
      joints: [{ ...left, mimic: { joint: 1, multiplier: 1, offset: 0 } }, right],
    };
    expect(() => treeOf(loop)).toThrow(/mimics itself in a loop/);
    const tight = { ...gripper, joints: [{ ...left, lower: 0.35 }, right] };
    expect(() => treeOf(tight)).toThrow(/leave it no room/);
  });

  it('moves the Panda’s second finger with the first', async () => {
    const panda = await loadRobot('panda');
    const tree = treeOf(panda);
    expect(tree.size).toBe(8);
    expect(tree.bodies).toBe(9);
    // The kinetic energy is that of the kinematics, both fingers included.
    const articulation = new Articulation(tree);
    const random = new Random(1, 'pose');
    const q = random.fillNormal(new Float64Array(8));
    const rate = random.fillNormal(new Float64Array(8));
    articulation.place(q);
    articulation.weigh();
    let ours = 0;
    for (let i = 0; i < 8; i++)
      for (let j = 0; j < 8; j++) ours += 0.5 * rate[i] * rate[j] * articulation.mass[8 * i + j];
    const { energy } = await import('./energy.ts');
    const { kinetic } = energy(panda, [...q], [...rate], none);
    expect(Math.abs(ours - kinetic)).toBeLessThan(1e-6 * kinetic);
  });
});

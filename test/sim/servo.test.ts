import { describe, expect, it } from 'vitest';
import { Articulation } from '#sim/dynamics/articulation';
import { System } from '#sim/dynamics/system';
import { treeOf } from '#sim/dynamics/tree';
import { createSimPlant } from '#sim/index';
import { InputError } from '#src/core/errors';
import type { SimulatedPlant } from '#src/core/plant';
import type { Actuator, RobotModel } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';
import { coordinateOf, robotFromUrdf } from '#src/robot/index';
import { readingSize } from './reading.ts';

const none = [0, 0, 0] as const;
const down = [0, 0, -9.81] as const;

/** A bar of inertia 0.05 about its hinge, joint damping 0.02, driven by `actuator`. */
function bar(actuator: Omit<Extract<Actuator, { kind: 'position' }>, 'joint'>): RobotModel;
function bar(actuator: Omit<Extract<Actuator, { kind: 'velocity' }>, 'joint'>): RobotModel;
function bar(actuator: Omit<Actuator, 'joint'>): RobotModel {
  const robot = robotFromUrdf(
    `<robot name="bar"><link name="a"/><link name="b"><inertial><origin xyz="0.2 0 0"/><mass value="1"/>
      <inertia ixx="0.01" iyy="0.01" izz="0.01"/></inertial></link>
    <joint name="j" type="revolute"><parent link="a"/><child link="b"/><axis xyz="0 1 0"/>
      <limit lower="-9" upper="9" effort="99" velocity="30"/><dynamics damping="0.02"/></joint></robot>`,
    undefined,
    { urdfFile: 'bar' },
  );
  return { ...robot, actuators: [{ ...actuator, joint: 'j' } as Actuator] };
}
const inertia = 0.05;
const jointDamping = 0.02;

function run(plant: SimulatedPlant, periods: number): Float32Array {
  for (let step = 0; step < periods; step++) plant.advance();
  const out = new Float32Array(readingSize(plant));
  plant.read(out);
  return out;
}

/** Coordinate after 0.02 s steps of a hinge from rest at 0, driven by `effort(q, rate)`: RK4 at 20 µs. */
function reference(effort: (q: number, rate: number) => number, periods: number): number[] {
  const acceleration = (q: number, v: number) => (effort(q, v) - jointDamping * v) / inertia;
  const h = 2e-5;
  let q = 0;
  let v = 0;
  const seen: number[] = [];
  for (let step = 1; step <= periods * 1000; step++) {
    const a1 = acceleration(q, v);
    const a2 = acceleration(q + (h / 2) * v, v + (h / 2) * a1);
    const a3 = acceleration(q + (h / 2) * v + (h * h * a1) / 4, v + (h / 2) * a2);
    const a4 = acceleration(q + h * v + (h * h * a2) / 2, v + h * a3);
    q += h * v + ((h * h) / 6) * (a1 + a2 + a3);
    v += (h / 6) * (a1 + 2 * a2 + 2 * a3 + a4);
    if (step % 1000 === 0) seen.push(q);
  }
  return seen;
}

const clamp = (value: number, most: number) => Math.max(-most, Math.min(most, value));

describe('a position servo', () => {
  it('sags under a weight as the closed form says, to 0.1 %', async () => {
    for (const stiffness of [20, 100, 4000]) {
      const robot = bar({ kind: 'position', maxEffort: 99, stiffness, damping: stiffness / 10, backlash: 0 });
      const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: down } });
      plant.reset({ position: [0.3], velocity: [0] });
      const [q, rate] = run(plant, 250);
      plant.close();
      // k (0.3 − q) = −m g l cos q: the bar's weight turns it down, towards larger q.
      let truth = 0.3;
      for (let round = 0; round < 100; round++) truth = 0.3 + (9.81 * 0.2 * Math.cos(truth)) / stiffness;
      expect(Math.abs(q - truth)).toBeLessThan(1e-3 * Math.abs(truth - 0.3));
      expect(Math.abs(rate)).toBeLessThan(1e-6);
    }
  });

  it('holds the Panda and the SO-101 up with the sag that their weight and stiffness give, to 0.1 %', async () => {
    for (const name of ['panda', 'so101']) {
      const shipped = await loadRobot(name);
      const robot = {
        ...shipped,
        actuators: shipped.actuators.map((actuator) =>
          actuator.kind === 'position' ? { ...actuator, backlash: 0 } : actuator,
        ),
      };
      const plant = await createSimPlant({ robot, controlPeriod: 0.05 });
      const position = robot.home;
      plant.reset({ position, velocity: position.map(() => 0), physics: { jointFriction: 0 } });
      const out = run(plant, 200);
      plant.close();
      const q = Float64Array.from(out.subarray(0, position.length));
      const articulation = new Articulation(treeOf(robot));
      const weight = new Float64Array(q.length);
      articulation.place(q);
      articulation.bias(new Float64Array(q.length), down, weight);
      let most = 0;
      for (const actuator of robot.actuators) {
        if (actuator.kind !== 'position') throw new Error('no servo');
        const d = coordinateOf(robot, actuator.joint);
        const held = position[d] - q[d];
        const truth = weight[d] / actuator.stiffness;
        // A finger lies at its limit.
        const { lower, upper } = robot.joints[robot.movable[d]];
        if (q[d] < lower + 1e-4 || q[d] > upper - 1e-4) continue;
        most = Math.max(most, Math.abs(truth));
        // float32 readings know an angle to 1e-7 rad.
        expect(Math.abs(held - truth)).toBeLessThan(1e-3 * Math.abs(truth) + 3e-7);
      }
      expect(most).toBeGreaterThan(0.005);
    }
  });

  for (const [what, servo, target] of [
    ['within its bounds', { maxEffort: 99, stiffness: 20, damping: 0.4, backlash: 0 }, 1],
    ['at its bounds', { maxEffort: 0.5, stiffness: 20, damping: 0.4, backlash: 0 }, 2],
    ['at its bounds by damping too', { maxEffort: 0.4, stiffness: 2, damping: 1.5, backlash: 0 }, -1.5],
    ['with free play', { maxEffort: 99, stiffness: 20, damping: 0.05, backlash: 0.3 }, 0.8],
  ] as const)
    it(`moves as the differential equation ${what}, to 2e-4 rad`, async () => {
      const robot = bar({ kind: 'position', ...servo });
      const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: none } });
      plant.reset({ position: [0], velocity: [0] });
      plant.write(Float32Array.of(target));
      const half = servo.backlash / 2;
      const truth = reference((q, rate) => {
        const away = Math.fround(target) - q;
        const gap = away > half ? away - half : away < -half ? away + half : 0;
        return clamp(servo.stiffness * gap - servo.damping * rate, servo.maxEffort);
      }, 50);
      let furthest = 0;
      for (const q of truth) {
        const [ours] = run(plant, 1);
        expect(Math.abs(ours - q)).toBeLessThan(2e-4);
        furthest = Math.max(furthest, Math.abs(q));
      }
      expect(furthest).toBeGreaterThan(0.4);
      plant.close();
    });

  it('is stable however stiff, and holds where the episode began until told otherwise', async () => {
    for (const stiffness of [1e3, 1e6, 1e9]) {
      const robot = bar({
        kind: 'position',
        maxEffort: 1e9,
        stiffness,
        damping: stiffness / 100,
        backlash: 0,
      });
      const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: down } });
      plant.reset({ position: [0.5], velocity: [0] });
      const [held] = run(plant, 100);
      expect(Math.abs(held - 0.5)).toBeLessThan(2.1 / stiffness + 1e-7);
      plant.write(Float32Array.of(-1));
      const [moved] = run(plant, 500);
      expect(Math.abs(moved + 1)).toBeLessThan(2.1 / stiffness + 1e-6);
      plant.close();
    }
  });

  it('is commanded within the joint’s limits, ±2π where it has none, and takes NaN for the middle', async () => {
    const servo = { kind: 'position', maxEffort: 9, stiffness: 50, damping: 5, backlash: 0 } as const;
    const robot = bar(servo);
    const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: none } });
    expect(plant.spec.command).toMatchObject({ low: [-9], high: [9] });
    plant.reset({ position: [1], velocity: [0] });
    plant.write(Float32Array.of(Number.NaN));
    expect(run(plant, 200)[0]).toBeCloseTo(0, 4);
    plant.close();
    const free = { ...robot, joints: robot.joints.map((j) => ({ ...j, lower: -Infinity, upper: Infinity })) };
    const other = await createSimPlant({ robot: free, controlPeriod: 0.02 });
    expect(other.spec.command).toMatchObject({ low: [-2 * Math.PI], high: [2 * Math.PI] });
    other.close();
  });

  it('takes its gains from the episode’s physics, and holds when stopped', async () => {
    const robot = bar({ kind: 'position', maxEffort: 99, stiffness: 100, damping: 10, backlash: 0 });
    const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: down } });
    plant.reset({ position: [0], velocity: [0], physics: { gain: 0.5 } });
    const [soft] = run(plant, 250);
    plant.reset({ position: [0], velocity: [0] });
    const [stiff] = run(plant, 250);
    expect(soft / stiff).toBeCloseTo(2, 2);
    plant.write(Float32Array.of(1));
    run(plant, 2);
    expect(plant.stop()).toEqual({ stopped: true, how: 'servos hold the joints where they are' });
    const [at] = run(plant, 0);
    const [held] = run(plant, 100);
    expect(Math.abs(held - at)).toBeLessThan(0.03);
    // Stopped again in every period, it does not sink step by step.
    for (let i = 0; i < 100; i++) {
      plant.stop();
      run(plant, 1);
    }
    expect(run(plant, 0)[0]).toBeCloseTo(held, 4);
    plant.close();
  });
});

describe('a velocity servo', () => {
  const servo = { kind: 'velocity', maxEffort: 99, damping: 0.5 } as const;

  it('nears its rate as an exponential, and slows under a load by effort over damping', async () => {
    const robot = bar(servo);
    const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: none } });
    expect(plant.spec.command).toMatchObject({ low: [-30], high: [30] });
    plant.reset({ position: [0], velocity: [0] });
    expect(run(plant, 5)[1]).toBe(0);
    plant.write(Float32Array.of(2));
    const total = servo.damping + jointDamping;
    for (let step = 1; step <= 50; step++) {
      const [, rate] = run(plant, 1);
      const truth = ((2 * servo.damping) / total) * (1 - Math.exp((-total / inertia) * 0.02 * step));
      expect(Math.abs(rate - truth)).toBeLessThan(1e-4);
    }
    plant.close();
  });

  it('gives no more than its effort', async () => {
    const robot = bar({ ...servo, maxEffort: 0.3 });
    const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: none } });
    plant.reset({ position: [0], velocity: [0] });
    plant.write(Float32Array.of(20));
    const truth = reference((_q, rate) => clamp(0.5 * (20 - rate), 0.3), 50);
    for (const q of truth) expect(Math.abs(run(plant, 1)[0] - q)).toBeLessThan(1e-4);
    plant.close();
  });

  it('refuses to drive a joint that does not move of its own', async () => {
    const robot = bar(servo);
    const actuators = [{ ...robot.actuators[0], joint: 'k' }];
    await expect(createSimPlant({ robot: { ...robot, actuators }, controlPeriod: 0.02 })).rejects.toThrow(
      InputError,
    );
  });
});

describe('a servo whose joint is held', () => {
  it('presses with its greatest effort and no more, however light the joint', async () => {
    for (const [inertia, stiffness] of [
      [0.05, 20],
      [1e-4, 1000],
      [1e-6, 1000],
    ]) {
      const heavy = bar({
        kind: 'position',
        maxEffort: 0.5,
        stiffness,
        damping: stiffness / 10,
        backlash: 0,
      });
      const robot = {
        ...heavy,
        links: heavy.links.map((link) =>
          link.inertial
            ? {
                ...link,
                inertial: {
                  mass: 1e-6,
                  pose: { position: none, rotation: [0, 0, 0, 1] as const },
                  inertia: [inertia, 0, 0, inertia, 0, inertia] as const,
                },
              }
            : link,
        ),
        joints: heavy.joints.map((joint) => ({ ...joint, upper: 0.2 })),
      };
      const system = new System(robot, { gravity: none }, { timestep: 1e-3, iterations: 10 });
      for (let step = 0; step < 3000; step++) system.step(Float32Array.of(5));
      expect(system.position[0]).toBeCloseTo(0.2, 6);
      expect(system.solver.impulse[0] / 1e-3).toBeCloseTo(0.5, 4);
      // Within its bounds it presses with what its spring says.
      const soft = Math.fround(0.2 + 0.2 / stiffness);
      for (let step = 0; step < 3000; step++) system.step(Float32Array.of(soft));
      expect(system.solver.impulse[0] / 1e-3).toBeCloseTo((soft - 0.2) * stiffness, 4);
    }
  });
});

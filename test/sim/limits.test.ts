import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import type { SimulatedPlant } from '#src/core/plant';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';
import { robotFromUrdf } from '#src/robot/index';
import { energy } from './energy.ts';

const none = [0, 0, 0] as const;
const everyStep = 1e6;
const bound = 1e-3;

/** Keeps the largest excursion beyond each joint's limits, seen at every simulation step. */
function watch(plant: SimulatedPlant, robot: RobotModel): number[] {
  const joints = robot.movable.map((j) => robot.joints[j]);
  const worst = joints.map(() => 0);
  plant.observePoses((_time, q) => {
    for (const [d, { lower, upper }] of joints.entries())
      worst[d] = Math.max(worst[d], q[d] - upper, lower - q[d]);
  }, everyStep);
  return worst;
}

function undamped(robot: RobotModel): RobotModel {
  return { ...robot, joints: robot.joints.map((joint) => ({ ...joint, damping: 0 })) };
}

const still = (robot: RobotModel) => ({
  position: robot.home,
  velocity: robot.home.map(() => 0),
});

function hinge(lower: number, upper: number): RobotModel {
  return robotFromUrdf(
    `<robot name="hinge"><link name="a"/><link name="b"><inertial><origin xyz="0.2 0 0"/><mass value="1"/>
      <inertia ixx="0.01" iyy="0.01" izz="0.01"/></inertial></link>
    <joint name="j" type="revolute"><origin rpy="0.3 0.2 0.1"/><parent link="a"/><child link="b"/><axis xyz="0 0 1"/>
      <limit lower="${lower}" upper="${upper}" effort="5" velocity="30"/></joint></robot>`,
    undefined,
    { urdfFile: 'hinge' },
  );
}

describe('a joint limit', () => {
  for (const name of ['cartpole', 'arm7'])
    for (const damped of [true, false])
      it(`holds every joint of ${damped ? '' : 'undamped '}${name} at full effort, within 0.001`, async () => {
        const shipped = await loadRobot(name);
        const robot = damped ? shipped : undamped(shipped);
        const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: none } });
        const worst = watch(plant, robot);
        for (const [a, { maxEffort }] of robot.actuators.entries())
          for (const sign of [1, -1]) {
            plant.reset(still(robot));
            const command = new Float32Array(robot.actuators.length);
            command[a] = sign * maxEffort;
            plant.write(command);
            for (let step = 0; step < 100; step++) plant.advance();
          }
        plant.close();
        for (const overshoot of worst) expect(overshoot).toBeLessThanOrEqual(bound);
      });

  for (const name of ['cartpole', 'arm7'])
    it(`holds every joint of ${name} while all are thrown about, within 0.001`, async () => {
      const robot = await loadRobot(name);
      const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: none } });
      const worst = watch(plant, robot);
      const random = new Random(1, 'bang');
      for (let episode = 0; episode < 10; episode++) {
        plant.reset(still(robot));
        for (let step = 0; step < 100; step++) {
          if (step % 10 === 0)
            plant.write(
              Float32Array.from(
                robot.actuators,
                ({ maxEffort }) => (random.uniform() < 0.5 ? -1 : 1) * maxEffort,
              ),
            );
          plant.advance();
        }
      }
      plant.close();
      for (const overshoot of worst) expect(overshoot).toBeLessThanOrEqual(bound);
    });

  // Ranges on one side of zero, across half a turn, of nearly a turn, and of more than one.
  for (const [lower, upper] of [
    [-1, 1],
    [2.5, 4],
    [-3.9, 0.8],
    [-3.1, 3.1],
    [-5, 5],
    [1, 20],
  ])
    it(`stands at ${lower} and at ${upper} rad, wherever they lie on the circle`, async () => {
      const robot = hinge(lower, upper);
      const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: none } });
      const worst = watch(plant, robot);
      const out = new Float32Array(5);
      for (const sign of [1, -1]) {
        plant.reset({ position: [(lower + upper) / 2], velocity: [0] });
        plant.write(Float32Array.of(sign));
        for (let step = 0; step < 400; step++) plant.advance();
        plant.read(out);
        expect(Math.abs(out[0] - (sign > 0 ? upper : lower))).toBeLessThan(0.005);
        expect(Math.abs(out[1])).toBeLessThan(0.01);
      }
      plant.close();
      expect(worst[0]).toBeLessThanOrEqual(bound);
    });

  it('takes energy and never gives any, for one joint and for a coasting arm', async () => {
    const arm = undamped(await loadRobot('arm7'));
    const cases = [
      { robot: hinge(-1, 1), velocity: [12] },
      { robot: hinge(-5, 5), velocity: [-30] },
      { robot: arm, velocity: [1, 2, -3, -4, 3, -4, 5] },
      { robot: arm, velocity: [-2, -1, 2, 3, -3, 5, -5] },
    ];
    for (const { robot, velocity } of cases) {
      const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: none } });
      const size = velocity.length;
      plant.reset({ position: robot.movable.map((j) => middle(robot.joints[j])), velocity });
      const worst = watch(plant, robot);
      const out = new Float32Array(2 * size + 3);
      const now = () => {
        plant.read(out);
        const values = [...out.subarray(0, 2 * size)];
        return energy(robot, values.slice(0, size), values.slice(size), none).kinetic;
      };
      const start = now();
      const seen = [start, start];
      for (let step = 0; step < 150; step++) {
        plant.advance();
        // In the middle of an impact the reading dips below what remains after it.
        expect(now()).toBeLessThan(Math.max(...seen.slice(-2)) + 0.01 * start);
        seen.push(now());
      }
      const last = seen[seen.length - 1];
      plant.close();
      expect(Math.max(...worst)).toBeLessThanOrEqual(bound);
      expect(last).toBeLessThan(0.9 * start);
    }
  });
});

function middle({ lower, upper }: { lower: number; upper: number }): number {
  return Number.isFinite(lower + upper) ? (lower + upper) / 2 : 0;
}

import { expect, test } from 'vitest';
import { createSimPlant } from '#sim/index';
import { identityPose } from '#src/core/linalg';
import type { SimulatedPlant } from '#src/core/plant';
import type { Sensor } from '#src/core/sensor';
import type { WorldBody, WorldSpec } from '#src/core/task';
import { robotFromUrdf } from '#src/robot/index';

const controlPeriod = 0.02;

/** A plate that a rail presses down on what lies under it; a pad fixed to it does the touching. */
const press = robotFromUrdf(
  `<robot name="press">
    <link name="world"/>
    <link name="plate"><inertial><mass value="1"/>
      <inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial>
    </link>
    <link name="pad"><collision><geometry><box size="0.4 0.4 0.02"/></geometry></collision></link>
    <joint name="glue" type="fixed"><parent link="plate"/><child link="pad"/></joint>
    <joint name="rail" type="prismatic"><parent link="world"/><child link="plate"/><axis xyz="0 0 1"/>
      <limit lower="-1" upper="2" effort="100" velocity="10"/></joint>
  </robot>`,
  undefined,
  { urdfFile: 'press.urdf' },
);

function cube(name: string, height: number, mass: number): WorldBody {
  return {
    name,
    kind: 'free',
    mass,
    shapes: [{ geometry: { kind: 'box', size: [0.1, 0.1, 0.1] }, pose: identityPose }],
    pose: { position: [0, 0, height], rotation: [0, 0, 0, 1] },
  };
}

const world: WorldSpec = {
  ground: { height: 0 },
  bodies: [cube('lower', 0.05, 2), cube('upper', 0.15, 0.5)],
};
const sensors: Sensor[] = [
  { kind: 'contact', name: 'all', of: 'lower' },
  { kind: 'contact', name: 'floor', of: 'lower', against: 'ground' },
  { kind: 'contact', name: 'load', of: 'lower', against: 'upper' },
  { kind: 'contact', name: 'top', of: 'upper' },
  { kind: 'contact', name: 'pad', of: 'pad', against: 'upper' },
  { kind: 'contact', name: 'plate', of: 'plate' },
];

function forces(plant: SimulatedPlant): Record<string, number[]> {
  const out = new Float32Array(plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
  plant.read(out);
  let at = 0;
  const found: Record<string, number[]> = {};
  for (const { name, size } of plant.spec.channels) {
    found[name] = Array.from(out.subarray(at, at + size));
    at += size;
  }
  return found;
}

function expectForce(seen: number[], vertical: number) {
  for (const [k, value] of [0, 0, vertical].entries()) expect(Math.abs(seen[k] - value)).toBeLessThan(0.02);
}

test('what rests is carried by its weight, and what a press adds', async () => {
  const plant = await createSimPlant({ robot: press, controlPeriod, world: { ...world, sensors } });
  plant.reset({ position: [1], velocity: [0] });
  plant.write(Float32Array.of(9.81));
  for (let k = 0; k < 30; k++) plant.advance();
  const resting = forces(plant);
  expectForce(resting['floor.force'], 2.5 * 9.81);
  expectForce(resting['load.force'], -0.5 * 9.81);
  expectForce(resting['all.force'], 2 * 9.81);
  expectForce(resting['top.force'], 0.5 * 9.81);
  expect(resting['pad.force']).toEqual([0, 0, 0]);
  // The plate comes down on the stack and leans on it with 5 N.
  plant.reset({ position: [0.215], velocity: [0] });
  plant.write(Float32Array.of(9.81 - 5));
  for (let k = 0; k < 60; k++) plant.advance();
  const pressed = forces(plant);
  expectForce(pressed['pad.force'], 5);
  // A link feels its own shapes alone.
  expect(pressed['plate.force']).toEqual([0, 0, 0]);
  expectForce(pressed['top.force'], 0.5 * 9.81);
  expectForce(pressed['load.force'], -0.5 * 9.81 - 5);
  expectForce(pressed['floor.force'], 2.5 * 9.81 + 5);
  plant.close();
});

test('a falling body gathers the same momentum from the floor as gravity gave it', async () => {
  const plant = await createSimPlant({ robot: press, controlPeriod, world: { ...world, sensors } });
  plant.reset({
    position: [1],
    velocity: [0],
    bodies: { upper: { position: [1, 0, 0.3], rotation: [0, 0, 0, 1] } },
  });
  plant.write(Float32Array.of(9.81));
  let impulse = 0;
  for (let k = 0; k < 50; k++) {
    plant.advance();
    impulse += forces(plant)['top.force'][2] * controlPeriod;
  }
  // It fell and rests: what came in over one second went out again.
  expect(Math.abs(impulse / (0.5 * 9.81) - 1)).toBeLessThan(0.01);
  expect(forces(plant)['upper.position'][2]).toBeCloseTo(0.05, 2);
  plant.close();
});

test('an IMU on what a robot rests on the ground reads g', async () => {
  const imu: Sensor = { kind: 'imu', name: 'imu', link: 'plate', pose: identityPose };
  const plant = await createSimPlant({
    robot: press,
    controlPeriod,
    world: { ground: { height: 0 }, sensors: [imu] },
  });
  plant.reset({ position: [0.05], velocity: [0] });
  for (let k = 0; k < 40; k++) plant.advance();
  expect(forces(plant)['imu.acceleration'][2]).toBeCloseTo(9.81, 2);
  plant.close();
});

import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import type { RobotModel } from '#src/core/robot';
import { robotFromUrdf } from '#src/robot/index';
import { readingSize } from './reading.ts';

const none = [0, 0, 0] as const;

/** A block of 2 kg on a rail with viscous damping (N s/m) and dry friction (N). */
function block(damping: number, friction: number): RobotModel {
  return robotFromUrdf(
    `<robot name="block"><link name="a"/><link name="b"><inertial><mass value="2"/>
      <inertia ixx="0.01" iyy="0.01" izz="0.01"/></inertial></link>
    <joint name="j" type="prismatic"><parent link="a"/><child link="b"/><axis xyz="1 0 0"/>
      <limit lower="-99" upper="99" effort="50" velocity="30"/><dynamics damping="${damping}" friction="${friction}"/></joint></robot>`,
    undefined,
    { urdfFile: 'block' },
  );
}

async function coast(robot: RobotModel, rate: number, effort: number, periods: number, friction = 1) {
  const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: none } });
  plant.reset({ position: [0], velocity: [rate], physics: { jointFriction: friction } });
  plant.write(Float32Array.of(effort));
  const out = new Float32Array(readingSize(plant));
  for (let step = 0; step < periods; step++) plant.advance();
  plant.read(out);
  const before = out[0];
  for (let step = 0; step < 500; step++) plant.advance();
  plant.read(out);
  plant.close();
  return { position: before, later: out[0], rate: out[1] };
}

describe('dry friction of a joint', () => {
  it('stops a damped block where the closed form says, and keeps it there', async () => {
    for (const [damping, friction, rate] of [
      [0, 3, 2],
      [0.8, 3, 2],
      [0.8, 3, -2],
      [4, 0.5, 5],
    ]) {
      const mass = 2;
      const share = (damping * Math.abs(rate)) / friction;
      const distance =
        damping === 0
          ? (mass * rate * rate) / (2 * friction)
          : (mass / damping) * (Math.abs(rate) - (friction / damping) * Math.log1p(share));
      const { position, later, rate: left } = await coast(block(damping, friction), rate, 0, 400);
      expect(Math.abs(Math.abs(position) - distance)).toBeLessThan(1e-5 * distance + 1e-6);
      expect(Math.sign(position)).toBe(Math.sign(rate));
      expect(Math.abs(later - position)).toBeLessThan(1e-5);
      expect(Math.abs(left)).toBeLessThan(1e-6);
    }
  });

  it('holds against every effort below it, and takes its own off what is above', async () => {
    for (const sign of [1, -1]) {
      const held = await coast(block(0, 3), 0, sign * 2.99, 500);
      // The solver leaves rates of up to a millionth.
      expect(Math.abs(held.later)).toBeLessThan(2e-5);
      const pulled = await coast(block(0, 3), 0, sign * 4, 50);
      expect(pulled.position).toBeCloseTo((sign * (1 / 2)) / 2, 5);
    }
  });

  it('is varied by the episode’s physics', async () => {
    const { position } = await coast(block(0, 3), 2, 0, 400, 2);
    expect(position).toBeCloseTo((2 * 4) / (2 * 6), 5);
    const free = await coast(block(0, 3), 2, 0, 50, 0);
    expect(free.position).toBeCloseTo(2, 5);
  });

  it('lets a stuck joint of an arm carry its neighbour, and frees it when pushed', async () => {
    // The second joint's friction is stronger than what the first can do to it: the two links turn as one.
    const urdf = (friction: number) => `<robot name="pair"><link name="a"/>
      <link name="b"><inertial><origin xyz="0.5 0 0"/><mass value="1"/><inertia ixx="0.02" iyy="0.02" izz="0.02"/></inertial></link>
      <link name="c"><inertial><origin xyz="0.5 0 0"/><mass value="1"/><inertia ixx="0.02" iyy="0.02" izz="0.02"/></inertial></link>
      <joint name="one" type="continuous"><parent link="a"/><child link="b"/><axis xyz="0 0 1"/><limit effort="9" velocity="9"/></joint>
      <joint name="two" type="continuous"><origin xyz="1 0 0"/><parent link="b"/><child link="c"/><axis xyz="0 0 1"/>
        <limit effort="9" velocity="9"/><dynamics friction="${friction}"/></joint></robot>`;
    const load = (friction: number) => robotFromUrdf(urdf(friction), undefined, { urdfFile: 'pair' });
    const out = new Float32Array(7);
    const stuck = await createSimPlant({ robot: load(100), controlPeriod: 0.02, world: { gravity: none } });
    stuck.write(Float32Array.of(1, 0));
    for (let step = 0; step < 50; step++) stuck.advance();
    stuck.read(out);
    // Both bars about the first hinge: 0.02 + 0.25 + 0.02 + 2.25.
    expect(out[0]).toBeCloseTo(0.5 / 2.54, 5);
    expect(Math.abs(out[1])).toBeLessThan(1e-6);
    stuck.close();
    const loose = await createSimPlant({ robot: load(0.01), controlPeriod: 0.02, world: { gravity: none } });
    loose.write(Float32Array.of(1, 0));
    for (let step = 0; step < 50; step++) loose.advance();
    loose.read(out);
    expect(out[1]).toBeLessThan(-0.3);
    loose.close();
  });
});

import { expect, it } from 'vitest';
import { loadRobot } from '#src/load/robot';
import { altered } from './arm.ts';
import { factors, identified, of } from './identified.ts';
import { recordingOf } from './recording.ts';

it('a recording of an SO-101 tells friction, gains, latency and the masses that gravity shows', async () => {
  const shipped = await loadRobot('so101');
  // Twice the step is twice as fast, and the recording is of the finer one.
  const so101 = { ...shipped, simulation: { ...shipped.simulation, timestep: 0.002 } };
  const truth = altered(so101, { friction: 1.6, gains: 0.8, mass: 1.3, latency: 0.015 });
  const result = await identified(
    recordingOf(truth, { seconds: 14, seed: 2 }),
    ['friction', 'gains', 'latency', 'mass'],
    so101,
    0.1,
  );
  for (const factor of factors(result, 'friction')) expect(Math.abs(factor / 1.6 - 1)).toBeLessThan(0.1);
  for (const factor of factors(result, 'gains')) expect(Math.abs(factor / 0.8 - 1)).toBeLessThan(0.03);
  expect(Math.abs(result.robot.simulation.latency! - 0.015)).toBeLessThan(0.001);
  const mass = of(result, 'mass');
  const upper = mass.find(({ of }) => of === 'upper_arm_link')!;
  expect(Math.abs(upper.after - 1.3)).toBeLessThan(0.13);
  // The shoulder turns about the vertical: its mass shows nowhere.
  const shoulder = mass.find(({ of }) => of === 'shoulder_link')!;
  expect(shoulder).toMatchObject({ after: 1, told: 'untold' });
  expect(result.after[1].position).toBeLessThan(0.2 * result.before[1].position);
});

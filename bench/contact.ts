/**
 * What contact costs: microseconds of processor time a simulation step, for cubes in a stack and for arms that hold a
 * cube in the air, and how deep it overlaps with the fingers.
 *
 *   npm run bench contact
 */
import { createSimPlant } from '#sim/index';
import { grasps, lift } from '../test/sim/lift.ts';
import { at, box, nobody } from '../test/sim/scene.ts';

const controlPeriod = 0.05;

for (const count of [1, 5, 10]) {
  const plant = await createSimPlant({
    robot: nobody,
    controlPeriod,
    world: {
      ground: { height: 0 },
      bodies: Array.from({ length: count }, (_, i) => ({
        name: `cube${i}`,
        kind: 'free',
        mass: 0.1,
        shapes: [box(0.05, 0.05, 0.05)],
        pose: at(0.002 * (i % 2), 0, 0.025 + 0.05 * i),
      })),
    },
  });
  for (let tick = 0; tick < 20; tick++) plant.advance();
  const cost = pace(() => plant.advance(), nobody.simulation.timestep);
  console.log(`stack of ${count}: ${cost.toFixed(0)} µs a step of ${nobody.simulation.timestep} s`);
}

for (const grasp of grasps) {
  const { robot, hold, state } = await lift(grasp, 0);
  const cost = pace(() => hold(1), robot.simulation.timestep);
  console.log(
    `${grasp.name} holds a cube: ${cost.toFixed(0)} µs a step of ${robot.simulation.timestep} s; deepest overlap ${(1e6 * state.deepest).toFixed(1)} µm`,
  );
}

/** µs of processor time a step, the median of ten turns. */
function pace(advance: () => void, timestep: number): number {
  const steps = Math.ceil(controlPeriod / timestep - 1e-9);
  const costs = Array.from({ length: 10 }, () => {
    const before = process.cpuUsage();
    for (let tick = 0; tick < 10; tick++) advance();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / (10 * steps);
  });
  return costs.sort((a, b) => a - b)[5];
}

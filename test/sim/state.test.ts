import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import type { SimulatedPlant } from '#src/core/plant';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';

const controlPeriod = 0.02;

function randomState(robot: RobotModel, random: Random) {
  return {
    position: robot.movable.map((j) => {
      const { lower, upper } = robot.joints[j];
      return Number.isFinite(lower + upper) ? random.uniform(lower, upper) : random.uniform(-9, 9);
    }),
    velocity: robot.movable.map(() => random.normal()),
  };
}

function readingSize(plant: SimulatedPlant): number {
  return plant.spec.channels.reduce((sum, { size }) => sum + size, 0);
}

/** Readings over some control periods under random commands, as bytes. */
function run(plant: SimulatedPlant, seed: number, steps = 40): Uint8Array {
  const { command } = plant.spec;
  const random = new Random(seed, 'commands');
  const size = readingSize(plant);
  const readings = new Float32Array(steps * size);
  for (let step = 0; step < steps; step++) {
    plant.write(Float32Array.from(command.high, (high) => random.uniform(-high, high) * 0.5));
    plant.advance();
    plant.read(readings.subarray(step * size, (step + 1) * size));
  }
  expect(readings.every(Number.isFinite)).toBe(true);
  return new Uint8Array(readings.buffer);
}

const make = async (name: string) => createSimPlant({ robot: await loadRobot(name), controlPeriod });

describe.each(['cartpole', 'arm7'])('the state of %s', (name) => {
  it('after a reset is that of a fresh world, bit for bit, whatever went before', async () => {
    const used = await make(name);
    const random = new Random(1, 'states');
    for (let round = 0; round < 5; round++) {
      const state = randomState(used.spec.robot, random);
      used.reset(state);
      const fresh = await make(name);
      fresh.reset(state);
      expect(run(used, round)).toEqual(run(fresh, round));
      expect(used.save()).toEqual(fresh.save());
      fresh.close();
      // Leave it somewhere wild, in the middle of a command.
      run(used, 100 + round);
    }
    used.close();
  });

  it('is saved and restored exactly, into the same plant and into another', async () => {
    const plant = await make(name);
    const other = await make(name);
    run(other, 9);
    plant.reset(randomState(plant.spec.robot, new Random(2, 'states')));
    run(plant, 1);
    const saved = plant.save();
    const reading = new Float32Array(readingSize(plant));
    const time = plant.read(reading);
    const truth = run(plant, 2);
    expect(run(plant, 2)).not.toEqual(truth);
    const again = new Float32Array(reading.length);
    for (const target of [plant, other]) {
      target.restore(saved);
      expect(target.read(again)).toBe(time);
      expect(again).toEqual(reading);
      expect(target.save()).toEqual(saved);
      expect(run(target, 2)).toEqual(truth);
    }
    // Without a new command too: the held one is part of the state.
    plant.restore(saved);
    plant.advance();
    plant.read(reading);
    other.restore(saved.slice());
    other.advance();
    other.read(again);
    expect(again).toEqual(reading);
    plant.close();
    other.close();
  });

  it('is not changed by saving it', async () => {
    const plant = await make(name);
    const state = randomState(plant.spec.robot, new Random(3, 'states'));
    plant.reset(state);
    const truth = run(plant, 4);
    plant.reset(state);
    plant.save();
    const half = run(plant, 4, 20);
    plant.save();
    expect(truth.subarray(0, half.length)).toEqual(half);
    plant.close();
  });

  it('reads back what it was reset to', async () => {
    const plant = await make(name);
    const state = randomState(plant.spec.robot, new Random(4, 'states'));
    plant.reset(state);
    const reading = new Float32Array(readingSize(plant));
    expect(plant.read(reading)).toBe(0);
    expect([...reading.subarray(0, 2 * state.position.length)]).toEqual(
      [...state.position, ...state.velocity].map(Math.fround),
    );
    plant.close();
  });

  it('stays flat in memory over 10,000 resets', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const plant = await make(name);
    const random = new Random(5, 'states');
    const command = Float32Array.from(plant.spec.command.high);
    // Freed buffers are given back some time after the collection.
    const used = async () => {
      for (let round = 0; round < 3; round++) {
        collect();
        await setImmediate();
      }
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    let early = 0;
    for (let round = 1; round <= 10_000; round++) {
      plant.reset(randomState(plant.spec.robot, random));
      plant.write(command);
      if (round % 10 === 0) plant.advance();
      plant.restore(plant.save());
      if (round === 2000) early = await used();
    }
    expect(await used()).toBeLessThan(1.02 * early);
    plant.close();
  });
});

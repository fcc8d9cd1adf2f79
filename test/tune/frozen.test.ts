import { statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { thaw } from '../../bench/lib/frozen.ts';
import { evaluate } from '../../bench/lib/training.ts';

it.each([
  { task: 'cartpole-swingup', budget: '9x2', least: 0.6 },
  { task: 'reacher', budget: '40x2', least: 0.6 },
])('the frozen controller of $task loads, and plans better than chance', async ({ task, budget, least }) => {
  expect(statSync(`bench/checkpoints/${task}.safetensors`).size).toBeLessThan(2e6);
  const { robot, model, planner, checkpoint } = thaw(task);
  const set = Object.fromEntries(
    Object.entries({ model, planner }).flatMap(([group, settings]) =>
      Object.entries(settings).map(([key, value]) => [`${group}.${key}`, value]),
    ),
  );
  const { scores } = await evaluate(
    { task, robot, seed: 101, trials: 1, budget, threads: 1, set },
    checkpoint,
    1,
  );
  expect(scores[0]).toBeGreaterThan(least);
});

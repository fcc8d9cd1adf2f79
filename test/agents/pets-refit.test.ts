import { afterAll, beforeAll, expect, it } from 'vitest';
import { Pets } from '#src/agents/pets';
import { channel, layoutOf } from '#src/core/channel';
import { runConfig } from '#src/core/config';
import type { Engine } from '#src/core/engine';
import { box } from '#src/core/space';
import { createWasmEngine } from '#src/kernels/index';

const EPISODE = 100;
let engine: Engine;
beforeAll(async () => {
  engine = await createWasmEngine({ threads: 1, numerics: 'fast' });
});
afterAll(() => engine.close());

/** A point that is pushed along a line; `fits` holds the transitions there were at each fit. */
function make(): { agent: Pets; fits: number[] } {
  const fits: number[] = [];
  const agent = new Pets({
    spec: {
      ...{ name: 'toy', observation: box(-Infinity, Infinity, 1), action: box(-1, 1, 1) },
      ...{ layout: layoutOf([channel('x', 'm')]), controlPeriod: 0.1, episodeSteps: EPISODE },
    },
    config: runConfig.parse({
      planner: { particles: 2 },
      model: {
        members: 2,
        hidden: [4],
        minSteps: 1,
        maxEpochs: 1,
        batch: 256,
        refitEvery: 50,
        refitPause: 200,
      },
    }),
    ...{ engine, budget: { candidates: 4, iterations: 1 }, horizon: 2, seed: 1, clock: () => 0 },
    onFitStart: () => fits.push(agent.data.size),
  });
  return { agent, fits };
}

/** Steps `from` … `to` of its life, with every moment at which a run asks it to learn. */
async function live(agent: Pets, from: number, to: number, asks = true): Promise<void> {
  for (let step = from; step < to; step++) {
    const [x, push] = [Math.sin(step), Math.cos(7 * step)];
    const transition = {
      observation: Float32Array.of(x),
      action: Float32Array.of(push),
      ...{ reward: 0, next: Float32Array.of(x + 0.1 * push), terminated: false },
    };
    agent.observe([transition], step % EPISODE === 0);
    const ends = (step + 1) % EPISODE === 0;
    if (asks) await agent.learn(ends ? 'episodeEnd' : 'step');
  }
}

const gaps = (sizes: readonly number[]) => sizes.slice(1).map((size, i) => size - sizes[i]);

it('refits every 50 steps until there are 2,000, and at least 200 apart after that', async () => {
  const { agent, fits } = make();
  await live(agent, 0, 3030);
  const early = fits.filter((size) => size <= 2000);
  expect(early[0]).toBe(EPISODE);
  expect(early.at(-1)).toBe(2000);
  expect(new Set(gaps(early))).toEqual(new Set([50]));
  expect(fits.slice(early.length)).toEqual([2200, 2400, 2600, 2800, 3000]);
  await agent.close();
});

it('keeps the pause over a checkpoint, and asked out of step waits for the next moment after it', async () => {
  const { agent, fits } = make();
  await live(agent, 0, 2090, false);
  // A fit at 2,130 that no rhythm of 50 would give: the episode ends early.
  await live(agent, 2090, 2130, false);
  await agent.learn('episodeEnd');
  expect(fits).toEqual([2130]);
  const again = make();
  await live(again.agent, 0, 2130, false);
  again.agent.load(agent.save());
  for (const { agent: one } of [{ agent }, again]) await live(one, 2130, 2600);
  expect(fits).toEqual([2130, 2350, 2550]);
  expect(again.fits).toEqual([2350, 2550]);
  await agent.close();
  await again.agent.close();
});

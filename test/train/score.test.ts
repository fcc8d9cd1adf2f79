import { describe, expect, it } from 'vitest';
import { runConfig } from '#src/core/config';
import { CommandControl } from '#src/core/run-control';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import { scoreOf } from '#src/train/score';
import { openSession } from '#src/train/session';

async function scoreIn(params: Record<string, unknown>): Promise<number | null> {
  const { module } = await loadTask('cartpole-swingup');
  const config = runConfig.parse({ model: { hidden: [8] } });
  const session = await openSession({
    task: { module, robot: await loadRobot('cartpole'), params },
    config,
    seed: 1,
    budget: { name: 'tiny', candidates: 4, iterations: 1 },
    model: 'learned',
    engine: 'wasm',
    threads: 1,
    numerics: 'fast',
    telemetry: { emit: () => {} },
    control: new CommandControl(),
    imagine: false,
  });
  const score = session.score(100);
  await session.close();
  return score;
}

describe('a score', () => {
  it('is 0 at the baseline and 1 where planning on the true simulator gets', () => {
    expect(scoreOf('cartpole-swingup', 'cartpole', 2.76)).toBeCloseTo(0, 9);
    expect(scoreOf('cartpole-swingup', 'cartpole', 175.06)).toBeCloseTo(1, 9);
    expect(scoreOf('reacher', 'arm7', -50.7)).toBeCloseTo(1, 9);
    expect(scoreOf('cartpole-swingup', 'another robot', 100)).toBeNull();
    expect(scoreOf('another task', 'cartpole', 100)).toBeNull();
  });

  it('is not given for other task parameters than those of the baseline', async () => {
    expect(await scoreIn({})).toBeCloseTo((100 - 2.76) / (175.06 - 2.76), 9);
    expect(await scoreIn({ actionCost: 0 })).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import { model, stage } from './stand-in.ts';

describe('no jump at activation', () => {
  it('over 500 random starts, whatever is asked, within the step clamp for the first 100 ms', async () => {
    const random = new Random(0, 'no-jump', 0);
    let largest = 0;
    for (let trial = 0; trial < 500; trial++) {
      const range = (j: number) => {
        const joint = model.joints[model.movable[j]];
        return random.uniform(joint.lower, joint.upper);
      };
      const start = model.home.map((_, j) => range(j));
      const { bridge, clock, robot, control } = stage({ start });
      await clock.run(bridge.configure());
      const wild = Float64Array.from(model.home, (_, j) => range(j));
      control(() => wild);
      await clock.run(bridge.activate());
      await clock.pass(0.1);
      for (const { command } of robot.written)
        command.forEach((value, j) => {
          largest = Math.max(largest, Math.abs(value - start[j]));
        });
    }
    expect(largest).toBeLessThanOrEqual(model.hardware!.limits.shoulder_pan.step + 1e-9);
    expect(largest).toBeGreaterThan(0.1);
  });
});

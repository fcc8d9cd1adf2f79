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

  it('nor is it faster where its controller answers no tick in time', async () => {
    const { step } = model.hardware!.limits.shoulder_pan;
    const far = Float64Array.from(model.home, (q) => q + 1);
    for (let phase = 0; phase < 0.02; phase += 0.002) {
      const { bridge, clock, robot } = stage();
      await clock.run(bridge.configure());
      await clock.run(bridge.activate());
      let beat = 0;
      const answer = () => {
        bridge.command(far, ++beat);
        clock.at(clock.now() + 0.02, answer);
      };
      clock.at(clock.now() + phase, answer);
      await clock.pass(0.1);
      for (const { command } of robot.written)
        for (const [j, value] of command.entries())
          expect(Math.abs(value - model.home[j]), `phase ${phase}`).toBeLessThanOrEqual(step + 1e-9);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { CommandLimiter } from '#src/control/command-limiter';
import { SafetyTrips } from '#src/control/safety-trips';
import { Random } from '#src/core/random';
import type { Actuator } from '#src/core/robot';
import { active, model, stage } from './stand-in.ts';

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

describe('what is checked for what is in the way', () => {
  /** A robot whose joints take commands of that kind and are asked for 0.15; then `then`, with a wall behind the first joint. */
  async function checked(kind: 'position' | 'velocity' | 'effort', then: number) {
    const actuators = model.actuators.map((actuator) => ({ ...actuator, kind }) as Actuator);
    const robot = { ...model, actuators };
    const hardware = model.hardware!;
    const ways: { readonly from: number; readonly to: number }[] = [];
    let wall = false;
    const it = await active({
      options: { robot },
      safety: {
        limiter: new CommandLimiter(robot, hardware),
        trips: new SafetyTrips(robot, hardware),
        guard: {
          check(from, to) {
            ways.push({ from: from[0], to: to[0] });
            return wall && to[0] > from[0] ? 'a wall' : null;
          },
        },
      },
    });
    it.robot.timeConstant = 1;
    const ask = (command: number) => () => new Float64Array(actuators.length).fill(command);
    it.control(ask(0.15));
    await it.clock.pass(0.3);
    const before = it.exchanges().at(-1)!;
    it.control(() => {
      wall = true;
      return ask(then)();
    });
    await it.clock.pass(0.03);
    const after = it.exchanges().find(({ cycle, asked }) => cycle > before.cycle && asked[0] === then)!;
    return { ways, before, after };
  }

  it.each(['position', 'velocity', 'effort'] as const)(
    'the way from where joints are to where a command of kind %s takes them',
    async (kind) => {
      const { ways, before } = await checked(kind, 0);
      const { position, velocity, sent } = before;
      expect(velocity[0]).toBeGreaterThan(0.01);
      const to = {
        position: sent[0],
        velocity: position[0] + 0.15 * sent[0],
        effort: position[0] + 0.15 * velocity[0],
      };
      expect(ways.find(({ from }) => from === position[0])!.to).toBeCloseTo(to[kind], 12);
    },
  );

  it('an effort that pushes on into something is not sent, one that brakes is', async () => {
    const pushed = (await checked('effort', 0.2)).after;
    expect(pushed.velocity[0]).toBeGreaterThan(0.01);
    expect(pushed.sent[0]).toBe(0);
    expect(pushed.limited).toEqual(['path: a wall']);
    const braked = (await checked('effort', -0.2)).after;
    expect(braked.velocity[0]).toBeGreaterThan(0.01);
    expect(braked.sent[0]).toBe(-0.2);
    expect(braked.limited).toEqual([]);
  });
});

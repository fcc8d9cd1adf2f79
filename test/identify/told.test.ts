import { describe, expect, it } from 'vitest';
import { altered, arm } from './arm.ts';
import { factors, identified, of } from './identified.ts';
import { recordingOf } from './recording.ts';

describe('a recording of a robot that differs from its description', () => {
  it('tells friction, damping, gains, inertia of rotors, and latency, through noise and 12 bits', async () => {
    const truth = { friction: 1.6, damping: 0.7, gains: 0.8, armature: 1.5, latency: 0.015 };
    const result = await identified(recordingOf(altered(arm, truth), { seconds: 12 }), [
      'friction',
      'damping',
      'gains',
      'latency',
      'armature',
    ]);
    expect(result.converged).toBe(true);
    // The post turns about the vertical: no weight tells the common factor of what moves it.
    for (const group of ['friction', 'damping', 'gains', 'armature'] as const)
      for (const [d, factor] of factors(result, group).slice(1).entries())
        expect(Math.abs(factor / truth[group] - 1), `${group} ${d + 1}`).toBeLessThan(0.08);
    expect(Math.abs(result.robot.simulation.latency! - 0.015)).toBeLessThan(0.001);
    for (const [i, { position, velocity }] of result.after.entries()) {
      expect(position).toBeLessThan(0.35 * result.before[i].position);
      expect(velocity).toBeLessThan(0.6 * result.before[i].velocity);
      // Noise and rounding are 0.67 mrad; no simulation can be nearer.
      expect(position).toBeLessThan(0.0011);
    }
    for (const estimate of result.estimates)
      if (estimate.of !== 'turn') expect(estimate.told, `${estimate.group} ${estimate.of}`).toBe('told');
  });

  it('has errors within what it says of them', async () => {
    const truth = { friction: 0.6, gains: 1.2, latency: 0.03 };
    for (const seed of [5, 6]) {
      const result = await identified(recordingOf(altered(arm, truth), { seconds: 10, seed }), [
        'friction',
        'gains',
        'latency',
      ]);
      for (const { group, after, before, low, high } of result.estimates) {
        const right = group === 'latency' ? 0.03 : before * truth[group as 'friction'];
        expect(Math.abs(after - right), `${group}`).toBeLessThan(4 * ((high - low) / 2));
        if (group === 'gains') expect((high - low) / 2 / after).toBeLessThan(0.02);
      }
    }
  });

  it('tells where encoders have their zero, by gravity', async () => {
    const zero = [0, 0.03, -0.02];
    const shifted = recordingOf(arm, { seconds: 10 }).map((exchange) => ({
      ...exchange,
      position: exchange.position.map((value, k) => value + zero[k]),
      sent: exchange.sent.map((value, k) => value + zero[k]),
    }));
    const result = await identified(shifted, ['zero']);
    // A shift of the elbow's by 0.01 rad changes what it carries by a hundredth, its servo's sag by 0.1 mrad.
    for (const [d, { after, low, high, told }] of of(result, 'zero').entries()) {
      if (d === 0) continue;
      expect(told).toBe('told');
      expect(Math.abs(after - zero[d])).toBeLessThan(3 * ((high - low) / 2));
    }
    expect(result.zero[1]).toBeCloseTo(0.03, 2);
    expect(of(result, 'zero')[0]).toMatchObject({ after: 0, told: 'untold' });
  });

  it('tells backlash where the description has none', async () => {
    const loose = {
      ...arm,
      actuators: arm.actuators.map((actuator) =>
        actuator.kind === 'position' ? { ...actuator, backlash: 0.03 } : actuator,
      ),
    };
    const result = await identified(recordingOf(loose, { seconds: 10 }), ['backlash']);
    for (const { before, after } of of(result, 'backlash')) {
      expect(before).toBe(0);
      expect(Math.abs(after - 0.03)).toBeLessThan(0.003);
    }
  });
});

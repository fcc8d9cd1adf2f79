import { describe, expect, it } from 'vitest';
import { identify, traceOfExchanges } from '#src/identify/index';
import { loadRobot } from '#src/load/robot';
import { altered, arm } from './arm.ts';
import { factors, identified, of } from './identified.ts';
import { recordingOf } from './recording.ts';

describe('what a recording does not tell', () => {
  it('stays as it was described, and is said: the mass of a post, the friction of a joint that rests', async () => {
    const truth = altered(arm, { friction: 1.5, mass: 1.4 });
    const result = await identified(recordingOf(truth, { seconds: 10, still: ['turn'] }), [
      'friction',
      'mass',
    ]);
    const [turn, lift] = of(result, 'friction');
    expect(turn).toMatchObject({ of: 'turn', after: 0.1, told: 'untold' });
    expect(lift.after / lift.before).toBeCloseTo(1.5, 1);
    expect(of(result, 'mass')[0]).toMatchObject({ of: 'post', after: 1, told: 'untold' });
    expect(of(result, 'mass')[2].after).toBeCloseTo(1.4, 1);
    expect(result.notes.join('\n')).toMatch(/turn did not move: nothing of it can be told/);
  });

  it('is a common factor of all forces and inertias', async () => {
    const twice = altered(arm, { friction: 1.3, damping: 1.3, gains: 1.3, armature: 1.3, mass: 1.3 });
    const result = await identified(recordingOf(twice, { seconds: 10 }), [
      'friction',
      'damping',
      'gains',
      'mass',
      'armature',
    ]);
    for (const factor of factors(result, 'gains')) expect(Math.abs(factor - 1)).toBeLessThan(0.15);
    expect(result.before[1].position).toBeLessThan(0.002);
    expect(result.notes.join('\n')).toMatch(/no nearer than the description: keep that/);
    const note =
      /^friction, damping, gains, mass, armature may all be larger or smaller by one factor, ± (\d+) %/m;
    const [, percent] = note.exec(result.notes.join('\n')) ?? [];
    // Two masses hold it that are believed to a fifth each; one-sided differences would claim to know it twice as well.
    expect(Number(percent)).toBeGreaterThan(7);
    expect(Number(percent)).toBeLessThan(20);
  });
});

describe('whatever is recorded', () => {
  it('the number of threads changes no bit', async () => {
    const trace = traceOfExchanges(arm, recordingOf(altered(arm, { gains: 0.9 }), { seconds: 6 }), 'x');
    const what = ['friction', 'gains', 'latency'] as const;
    const one = await identify(arm, trace, { what, threads: 1 });
    const two = await identify(arm, trace, { what, threads: 2 });
    expect(two).toEqual(one);
  });

  it('outliers do not carry the fit away', async () => {
    const exchanges = recordingOf(altered(arm, { gains: 0.8 }), { seconds: 10 });
    const wild = exchanges.map((exchange, i) =>
      i % 37 === 3 ? { ...exchange, position: exchange.position.map((value) => value + 0.5) } : exchange,
    );
    const result = await identified(wild, ['friction', 'gains']);
    for (const factor of factors(result, 'gains')) expect(Math.abs(factor / 0.8 - 1)).toBeLessThan(0.05);
  });

  it('rates in a wrong unit are noticed', async () => {
    const exchanges = recordingOf(arm, { seconds: 8 });
    const told = exchanges.map((exchange, i) => ({
      ...exchange,
      velocity: exchange.position.map((value, k) => {
        const next = exchanges[i + 1];
        return next ? (50 * 1000 * (next.position[k] - value)) / (next.readAt - exchange.readAt) : Number.NaN;
      }),
    }));
    const { notes } = await identified(told, ['gains']);
    expect(notes.join('\n')).toMatch(
      /as factors on the slopes of their positions: turn [\d.]+, lift (49|50|51)\.?\d*, bend/,
    );
  });

  it.each([
    [
      'is too short',
      recordingOf(arm, { seconds: 2.5 }),
      /x: has 2 stretches of 1 s under command without gaps; at least 4 are needed/,
    ],
    [
      'shows no motion',
      recordingOf(arm, { seconds: 8, still: ['turn', 'lift', 'bend'] }),
      /x: in 0 of 7 stretches of 1 s a joint moves by more than 0.01 rad or m; record a run that moves every joint/,
    ],
    [
      'is all gaps',
      recordingOf(arm, { seconds: 20 }).filter((_, i) => i % 100 < 80),
      /x: has 0 stretches of 1 s under command without gaps/,
    ],
    [
      'is not a number',
      recordingOf(arm, { seconds: 5 }).map((exchange) => ({ ...exchange, readAt: NaN, began: NaN })),
      /x: nothing was sent to the robot/,
    ],
  ])('a recording that %s is refused in a line', async (_, exchanges, message) => {
    await expect(async () => identified(exchanges, ['friction'])).rejects.toThrow(message);
  });

  it('a car is refused', async () => {
    const car = await loadRobot('car');
    const trace = traceOfExchanges(arm, recordingOf(arm, { seconds: 6 }), 'x');
    await expect(identify(car, trace)).rejects.toThrow(/car is a car/);
  });
});

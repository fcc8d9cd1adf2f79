import { expect, it } from 'vitest';
import { settingKeys } from '#src/cli/setting-keys';
import { runConfig } from '#src/core/config';
import { defaultSpace, draw, endsOf, parseSpace, type Space } from '#src/tune/space';

const space: Space = {
  'planner.elites': [4, 8, 12],
  'planner.sigma': { from: 0.01, to: 1, scale: 'log' },
  'planner.noiseBeta': { from: 0, to: 4 },
  'planner.particles': { from: 5, to: 20, whole: true },
};
const draws = Array.from({ length: 2000 }, (_, index) => draw(space, 3, index));

it('draws every listed value equally often', () => {
  for (const value of [4, 8, 12]) {
    const share = draws.filter((values) => values['planner.elites'] === value).length / draws.length;
    expect(share).toBeGreaterThan(0.29);
    expect(share).toBeLessThan(0.38);
  }
});

it('draws a logarithmic range evenly in decades, a linear one evenly, a whole one without fractions', () => {
  const below = (key: string, bound: number) =>
    draws.filter((values) => Number(values[key]) < bound).length / draws.length;
  expect(below('planner.sigma', 0.1)).toBeCloseTo(0.5, 1);
  expect(below('planner.noiseBeta', 1)).toBeCloseTo(0.25, 1);
  expect(draws.every((values) => Number.isInteger(values['planner.particles']))).toBe(true);
  for (const values of draws) {
    expect(Number(values['planner.sigma'])).toBeGreaterThanOrEqual(0.01);
    expect(Number(values['planner.sigma'])).toBeLessThanOrEqual(1);
  }
});

it('draws the same for the same seed and index, whatever else is searched', () => {
  const { 'planner.elites': _, ...rest } = space;
  for (let index = 0; index < 20; index++) {
    const { 'planner.elites': __, ...others } = draws[index];
    expect(draw(rest, 3, index)).toEqual(others);
    expect(draw(space, 3, index)).toEqual(draws[index]);
  }
  expect(draw(space, 4, 0)).not.toEqual(draws[0]);
});

it('has tables of settings that exist, within their ranges', () => {
  const keys = new Map(settingKeys(runConfig, '').map((key) => [key.path, key]));
  for (const what of ['planner', 'model', 'all'] as const) {
    for (const planner of ['icem', 'cem', 'mppi', 'predictive-sampling', 'random']) {
      const table = defaultSpace(what, { budget: 'quality', planner, model: 'learned', pinned: [] });
      expect(Object.keys(table).length).toBeGreaterThan(2);
      for (const [key, choice] of Object.entries(table)) {
        for (const value of endsOf(choice)) {
          expect(keys.get(key)?.schema.safeParse(value).success, `${key} = ${value}`).toBe(true);
        }
      }
    }
  }
});

it('leaves out what is pinned, what another planner reads, and particles where nothing is learned', () => {
  const table = (planner: string, model: 'learned' | 'true', pinned: string[] = []) =>
    Object.keys(defaultSpace('planner', { budget: 'realtime', planner, model, pinned }));
  expect(table('icem', 'learned')).toContain('planner.keepElites');
  expect(table('cem', 'learned')).not.toContain('planner.keepElites');
  expect(table('icem', 'true')).not.toContain('planner.particles');
  expect(table('icem', 'learned', ['planner.sigma'])).not.toContain('planner.sigma');
  expect(table('icem', 'learned')).toContain('budgets.realtime.candidates');
});

it.each([
  [[], 'must be an object of choices'],
  [{}, 'must be an object of choices'],
  [{ 'planner.sigma': [] }, 'must be a list of values or {"from"'],
  [{ 'planner.sigma': { from: 0, to: 1, step: 2 } }, 'must be a list of values or {"from"'],
  [{ 'planner.sigma': { from: 1, to: 0.5 } }, 'from 1 to 0.5, which is less'],
  [{ 'planner.sigma': { from: 0, to: 1, scale: 'log' } }, 'a logarithmic range begins above 0'],
])('refuses the space %j in one line', (json, message) => {
  expect(() => parseSpace(json, '--space s.json')).toThrow(message);
});

import { Random } from '#src/core/random';

/** One episode: a planner with so many trajectories a plan, from one of the fixed starts. */
export interface Measured {
  readonly planner: string;
  readonly trajectories: number;
  readonly start: number;
  readonly score: number;
}

/** Of fewer starts nothing is claimed. */
const FEWEST = 3;

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Mean and 95 % percentile bootstrap interval (Efron and Tibshirani 1993, §13) of paired differences. */
export function bootstrap(differences: readonly number[], resamples = 10_000): Interval {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const random = new Random(0, 'bootstrap', 0);
  const means = Array.from({ length: resamples }, () =>
    mean(differences.map(() => differences[Math.floor(random.uniform() * differences.length)])),
  ).sort((a, b) => a - b);
  return {
    mean: mean(differences),
    low: means[Math.floor(0.025 * resamples)],
    high: means[Math.ceil(0.975 * resamples) - 1],
  };
}

/** Whether twice the trajectories cost more than 0.02 of score, per planner and doubling. */
export function perDoubling(rows: readonly Measured[]): string[] {
  return names(rows).flatMap((planner) =>
    totals(rows).flatMap((total) => {
      const differences = paired(rows, [planner, 2 * total], [planner, total]);
      if (differences.length < FEWEST) return [];
      const gain = bootstrap(differences);
      const verdict = gain.low >= -0.02 ? 'loses no more than 0.02' : gain.high < -0.02 ? 'LOSES' : 'open';
      return [`${planner} ${total} → ${2 * total}: ${text(gain)}: ${verdict}`];
    }),
  );
}

/** Whether iCEM with half of CEM's trajectories scores what CEM does, within 0.02, per budget of CEM. */
export function halfOfCem(rows: readonly Measured[]): string[] {
  return totals(rows).flatMap((total) => {
    const halves = totals(rows).filter((half) => 2 * half <= total);
    const compared = halves.map((half) => ({
      half,
      differences: paired(rows, ['icem', half], ['cem', total]),
    }));
    return compared
      .filter(({ differences }) => differences.length >= FEWEST)
      .slice(-1)
      .map(({ half, differences }) => {
        const gain = bootstrap(differences);
        const verdict =
          gain.low >= 0
            ? 'better'
            : gain.low >= -0.02
              ? 'reaches it'
              : gain.high < -0.02
                ? 'FALLS SHORT'
                : 'open';
        return `icem ${half} against cem ${total}: ${text(gain)}: ${verdict}`;
      });
  });
}

/** Score differences over the starts that both were measured from. */
function paired(
  rows: readonly Measured[],
  [planner, trajectories]: readonly [string, number],
  [other, fewer]: readonly [string, number],
): number[] {
  return rows
    .filter((row) => row.planner === planner && row.trajectories === trajectories)
    .flatMap((row) => {
      const twin = rows.find(
        ({ planner: name, trajectories: total, start }) =>
          name === other && total === fewer && start === row.start,
      );
      return twin ? [row.score - twin.score] : [];
    });
}

const names = (rows: readonly Measured[]) => [...new Set(rows.map(({ planner }) => planner))];
const totals = (rows: readonly Measured[]) =>
  [...new Set(rows.map(({ trajectories }) => trajectories))].sort((a, b) => a - b);
const text = ({ mean, low, high }: Interval) => `${sign(mean)} [${sign(low)}, ${sign(high)}]`;
const sign = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

import { conduct, isWatched, reporterFor } from '../conduct.ts';
import { type Command, runFlags, timeChoices } from '../flags.ts';
import { writeJson } from '../json-events.ts';
import { prepareEvaluation } from '../prepare.ts';
import { readConfigFile } from '../settings.ts';
import { number, timingLine } from '../terminal-text.ts';

export const command: Command = {
  name: 'eval',
  summary: 'let what a run learned act in fresh episodes',
  positionals: [{ name: 'run', required: true }],
  flags: [
    { name: 'episodes', value: 'N', help: 'fresh starts, none of which training met (10)' },
    ...runFlags,
  ],
  async run(args) {
    const reporter = reporterFor(args);
    const configFile = args.text('config');
    const prepared = await prepareEvaluation(
      args.positionals[0],
      {
        episodes: args.integer('episodes', 1, 1_000_000),
        seed: args.integer('seed', 0),
        threads: args.integer('threads', 1, 256),
        numerics: args.choice('numerics', ['fast', 'portable']),
        budget: args.text('budget'),
        config: configFile === undefined ? undefined : await readConfigFile(configFile),
        set: args.all('set'),
        ...timeChoices(args),
      },
      isWatched(args),
      `--config ${configFile}`,
    );
    const { returns, scores, score, successRate, planMs, timing, interrupted } = await conduct(
      prepared,
      args,
      reporter,
    );
    const mean =
      returns.length === 0 ? null : returns.reduce((sum, value) => sum + value, 0) / returns.length;
    if (args.has('json')) {
      const reason = interrupted ? 'interrupted' : 'done';
      writeJson('end', { reason, returns, scores, return: mean, score, successRate, planMs, timing });
    }
    reporter.print('episode     return   score');
    for (const [i, value] of returns.entries()) {
      reporter.print(row(String(i + 1), value, scores[i]));
      if (timing[i]) reporter.print(timingLine(timing[i]));
    }
    if (mean !== null) reporter.print(row('mean', mean, score));
    if (successRate !== null) reporter.print(`success in ${Math.round(100 * successRate)} % of the episodes`);
    return interrupted ? 130 : 0;
  },
};

function row(name: string, value: number, score: number | null): string {
  return `${name.padStart(7)} ${number(value).padStart(10)} ${(score === null ? '–' : score.toFixed(3)).padStart(7)}`;
}

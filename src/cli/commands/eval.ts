import { conduct, isWatched, reporterFor } from '../conduct.ts';
import { type Command, runFlags, timeChoices } from '../flags.ts';
import { writeJson } from '../json-events.ts';
import { prepareEvaluation } from '../prepare.ts';
import { readConfigFile } from '../settings.ts';
import { evaluationLines } from '../terminal-text.ts';

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
    const result = await conduct(prepared, args, reporter);
    const { returns, scores, score, successRate, planMs, timing, interrupted } = result;
    const mean =
      returns.length === 0 ? null : returns.reduce((sum, value) => sum + value, 0) / returns.length;
    if (args.has('json')) {
      const reason = interrupted ? 'interrupted' : 'done';
      writeJson('end', { reason, returns, scores, return: mean, score, successRate, planMs, timing });
    }
    reporter.print(evaluationLines(result).join('\n'));
    return interrupted ? 130 : 0;
  },
};

import { conduct, isWatched, reporterFor } from '../conduct.ts';
import { type Command, runFlags, timeChoices } from '../flags.ts';
import { evaluationEnd, writeJson } from '../json-events.ts';
import { prepareEvaluation } from '../prepare.ts';
import { givenSettings } from '../settings.ts';
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
    const prepared = await prepareEvaluation(
      args.positionals[0],
      {
        episodes: args.integer('episodes', 1, 1_000_000),
        ...(await givenSettings(args)),
        ...timeChoices(args),
      },
      isWatched(args),
      `--config ${args.text('config')}`,
    );
    const result = await conduct(prepared, args, reporter);
    if (args.has('json')) writeJson('end', evaluationEnd(result));
    reporter.print(evaluationLines(result).join('\n'));
    return result.interrupted ? 130 : 0;
  },
};

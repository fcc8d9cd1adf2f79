import { loadTask, shippedTaskNames } from '../../load/task.ts';
import type { Command } from '../flags.ts';

export const command: Command = {
  name: 'tasks',
  summary: 'list the tasks that come with the package',
  positionals: [],
  flags: [{ name: 'json', help: 'as a JSON array' }],
  notes: ['premotor tasks check <name or file> tries one, also your own.'],
  async run(args) {
    const tasks = await Promise.all(
      (await shippedTaskNames()).map(async (name) => (await loadTask(name)).task),
    );
    const rows = tasks.map(({ name, summary, robots, controlPeriod, episodeSteps, planHorizon }) => ({
      ...{ name, summary, robots, controlPeriod, episodeSteps, planHorizon },
    }));
    if (args.has('json')) {
      console.log(JSON.stringify(rows));
      return 0;
    }
    for (const { name, summary, robots, controlPeriod, episodeSteps, planHorizon } of rows) {
      console.log(name);
      console.log(`  ${summary}`);
      const who = robots === 'any' ? 'any robot' : robots.join(', ');
      console.log(
        `  ${who}; ${episodeSteps} steps of ${Number((controlPeriod * 1000).toPrecision(4))} ms, plans ${planHorizon} s ahead`,
      );
    }
    return 0;
  },
};

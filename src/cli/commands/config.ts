import { loadTask } from '../../load/task.ts';
import type { Command } from '../flags.ts';
import { knownKeys, mergeSettings, type Settings } from '../settings.ts';

export const command: Command = {
  name: 'config',
  summary: 'explain every setting: meaning, unit, range, default',
  positionals: [{ name: 'task or file', required: false }],
  flags: [{ name: 'json', help: 'as a JSON array' }],
  notes: ['With a task: its parameters too, and its own defaults.'],
  async run(args) {
    const [name] = args.positionals;
    const task = name === undefined ? null : (await loadTask(name)).task;
    const settings = task ? mergeSettings(task) : null;
    const keys = knownKeys(task).map(({ path, type, default: fallback, description }) => {
      const [, meaning = description, unit = null] = /^(.*?)\s*\[(.+)\]$/.exec(description) ?? [];
      const value = settings ? valueAt(settings, path) : fallback;
      return { key: path, type, unit, default: value ?? null, meaning };
    });
    if (args.has('json')) {
      console.log(JSON.stringify(keys));
      return 0;
    }
    let group = '';
    for (const { key, type, unit, default: value, meaning } of keys) {
      const [first] = key.split('.');
      if (first !== group) console.log(`${group === '' ? '' : '\n'}${first}`);
      group = first;
      console.log(`  ${key} = ${JSON.stringify(value)}`);
      console.log(`      ${meaning}${unit ? ` [${unit}]` : ''}; ${type}`);
    }
    console.log('\nSet one with --set key=value, several with --config file.json.');
    return 0;
  },
};

function valueAt({ config, params }: Settings, path: string): unknown {
  let value: unknown = { ...config, params };
  for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
  return value;
}

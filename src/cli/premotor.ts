import { InputError, nearestName, PremotorError } from '../core/errors.ts';
import { type Command, parseArguments } from './flags.ts';
import { commandHelp, overview } from './help.ts';
import { writeJson } from './json-events.ts';
import { packageVersion } from './package-info.ts';

/** Every command by its words; loaded when asked for. */
const commands: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  train: () => import('./commands/train.ts'),
  eval: () => import('./commands/eval.ts'),
  run: () => import('./commands/run.ts'),
  tune: () => import('./commands/tune.ts'),
  replay: () => import('./commands/replay.ts'),
  tasks: () => import('./commands/tasks.ts'),
  'tasks check': () => import('./commands/tasks-check.ts'),
  robots: () => import('./commands/robots.ts'),
  'robots check': () => import('./commands/robots-check.ts'),
  'robots fetch': () => import('./commands/robots-fetch.ts'),
  emulate: () => import('./commands/emulate.ts'),
  'hardware scan': () => import('./commands/hardware-scan.ts'),
  'hardware monitor': () => import('./commands/hardware-monitor.ts'),
  'hardware stop': () => import('./commands/hardware-stop.ts'),
  identify: () => import('./commands/identify.ts'),
  'hardware setup': () => import('./commands/hardware-setup.ts'),
  'hardware calibrate': () => import('./commands/hardware-calibrate.ts'),
  'hardware check': () => import('./commands/hardware-check.ts'),
  'hardware teleop': () => import('./commands/hardware-teleop.ts'),
  config: () => import('./commands/config.ts'),
  doctor: () => import('./commands/doctor.ts'),
};

async function dispatch(argv: readonly string[]): Promise<number> {
  const [first, second] = argv;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    const all = await Promise.all(Object.values(commands).map((load) => load()));
    console.log(overview(all.map(({ command }) => command)));
    return 0;
  }
  if (first === '--version' || first === '-v') {
    console.log(packageVersion());
    return 0;
  }
  const grouped = Object.keys(commands).filter((name) => name.startsWith(`${first} `));
  const group = grouped.map((name) => name.slice(first.length + 1));
  if (!Object.hasOwn(commands, first) && grouped.length > 0) {
    if (second === undefined || second === '--help' || second === '-h') {
      const all = await Promise.all(grouped.map((name) => commands[name]()));
      console.log(overview(all.map(({ command }) => command)));
      return second === undefined ? 2 : 0;
    }
    if (!group.includes(second)) {
      const near = nearestName(second, group);
      throw new InputError(
        `unknown command "${first} ${second}": ${near ? `did you mean ${first} ${near}?` : `there are ${group.join(', ')}`}`,
      );
    }
  } else if (!Object.hasOwn(commands, first)) {
    const near = nearestName(first, Object.keys(commands));
    throw new InputError(
      `unknown command "${first}": ${near ? `did you mean ${near}?` : 'see premotor --help'}`,
    );
  }
  const name = Object.hasOwn(commands, `${first} ${second}`) ? `${first} ${second}` : first;
  const rest = argv.slice(name.split(' ').length);
  const { command } = await commands[name]();
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(commandHelp(command));
    return 0;
  }
  return command.run(parseArguments(rest, command));
}

/** The command line: does what `argv` says, prints it, and returns the exit code. */
export async function premotor(argv: readonly string[]): Promise<number> {
  try {
    return await dispatch(argv);
  } catch (error) {
    const known = error instanceof PremotorError;
    const message = error instanceof Error ? error.message : String(error);
    if (argv.includes('--json')) writeJson('error', { message, exitCode: known ? error.exitCode : 1 });
    if (known) process.stderr.write(`premotor: ${message.replace(/\s*\n\s*/g, ' ')}\n`);
    else {
      const stack = error instanceof Error ? error.stack : message;
      process.stderr.write(`premotor ${packageVersion()} failed; this is a bug of ours:\n${stack}\n`);
    }
    return known ? error.exitCode : 1;
  }
}

import type { Command, Flag } from './flags.ts';

export function overview(commands: readonly Command[]): string {
  return [
    'Premotor: a robot learns its own dynamics and plans inside what it learned.',
    '',
    ...commands.map((command) => `  premotor ${usage(command).padEnd(34)} ${command.summary}`),
    '',
    'premotor <command> --help tells its flags; premotor --version the version.',
    'Watch a cartpole learn: premotor train cartpole-swingup --view',
  ].join('\n');
}

export function commandHelp(command: Command): string {
  return [
    `premotor ${usage(command)}`,
    `  ${command.summary}`,
    '',
    ...command.flags.map((flag) => `  ${flagText(flag).padEnd(38)} ${flag.help}`),
    ...(command.notes ? ['', ...command.notes] : []),
  ].join('\n');
}

function usage({ name, positionals }: Command): string {
  return [name, ...positionals.map((item) => (item.required ? `<${item.name}>` : `[${item.name}]`))].join(
    ' ',
  );
}

function flagText({ name, value }: Flag): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../core/index.ts';
import {
  Recording,
  type RecordingFacts,
  recordingFacts,
  rememberedToken,
  startReplayServer,
} from '../../stream/index.ts';
import { openBrowser } from '../browser.ts';
import { type Arguments, type Command, pageFlags } from '../flags.ts';
import { packageVersion } from '../package-info.ts';

export const command: Command = {
  name: 'replay',
  summary: 'show a recording on the page, or say what is in it',
  positionals: [{ name: 'file.mcap or run', required: true }],
  flags: [
    { name: 'speed', value: 'N', help: 'recorded seconds per second, 0.05 … 16 (1)' },
    { name: 'from', value: 'SECONDS', help: 'where to begin (0)' },
    { name: 'info', help: 'print duration, topics, counts, rates and gaps instead' },
    { name: 'json', help: 'the same as one JSON object' },
    ...pageFlags.map((flag) => (flag.name === 'open' ? { ...flag, help: 'open it in a browser' } : flag)),
  ],
  notes: [
    'Of a run the newest recording is shown. A recording that was cut off is shown as far as it goes.',
    'The file is MCAP: Foxglove and Lichtblick open it too.',
  ],
  async run(args) {
    const file = await recordingFile(args.positionals[0]);
    if (args.has('info') || args.has('json')) return inform(file, args);
    const server = await startReplayServer({
      file,
      ...{ speed: number(args, 'speed', 0.05, 16), from: number(args, 'from', 0, 1e9) },
      host: args.text('host') ?? '127.0.0.1',
      port: args.integer('http-port', 0, 65_535),
      ...{ version: packageVersion(), token: await rememberedToken() },
    });
    try {
      for (const note of server.notes) process.stderr.write(`note     ${note}\n`);
      process.stdout.write(`replay   ${file}, ${server.duration.toFixed(1)} s\n`);
      process.stderr.write(`page ${server.url}\nCtrl-C ends it\n`);
      if (args.has('open')) openBrowser(server.url);
      await new Promise<void>((resolve) => {
        process.once('SIGINT', resolve).once('SIGTERM', resolve);
      });
    } finally {
      await server.close();
    }
    return 0;
  },
};

/** A file, or the newest of a run's. */
async function recordingFile(given: string): Promise<string> {
  const place = await stat(given).catch(() => undefined);
  if (!place) throw new InputError(`${given}: no such file`);
  if (!place.isDirectory()) return given;
  const folder = join(given, 'recordings');
  const names = await readdir(folder).catch(() => []);
  const newest = names
    .filter((name) => name.endsWith('.mcap'))
    .map((name) => name.slice(0, -'.mcap'.length))
    .sort()
    .at(-1);
  if (newest === undefined)
    throw new InputError(`${given}: nothing of it was recorded; train and eval record with --record`);
  return join(folder, `${newest}.mcap`);
}

async function inform(file: string, args: Arguments): Promise<number> {
  const recording = await Recording.open(file);
  try {
    const facts = await recordingFacts(recording);
    console.log(args.has('json') ? JSON.stringify(facts) : lines(facts).join('\n'));
  } finally {
    await recording.close();
  }
  return 0;
}

function lines({ file, bytes, from, duration, notes, dropped, cycles, topics }: RecordingFacts): string[] {
  const width = Math.max(...topics.map(({ topic }) => topic.length), 'topic'.length);
  const cell = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits));
  const row = (topic: string, messages: string, rate: string, gap: string) =>
    `${topic.padEnd(width)} ${messages.padStart(9)} ${rate.padStart(9)} ${gap.padStart(11)}`;
  const began = new Date(from).toLocaleString();
  return [
    `${file}: ${duration.toFixed(3)} s from ${began}, ${(bytes / 1e6).toFixed(1)} MB`,
    ...notes.map((note) => `note: ${note}`),
    ...(dropped ? [`note: ${dropped} messages for the display were left out: the disk was behind`] : []),
    ...(cycles ? [`bridge: ${cycles.recorded} cycles, ${cycles.missing} left out by it or lost`] : []),
    '',
    row('topic', 'messages', 'per s', 'longest gap'),
    ...topics.map(({ topic, messages, rate, gap }) =>
      row(topic, String(messages), cell(rate, 1), gap === null ? '–' : `${cell(gap, 3)} s`),
    ),
  ];
}

function number(args: Arguments, name: string, least: number, most: number): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new InputError(`--${name} ${text}: must be in ${least} … ${most}`);
  return value;
}

import { stat } from 'node:fs/promises';
import { InputError } from '../../core/index.ts';
import {
  type RecordedCycles,
  Recording,
  type RecordingFacts,
  recordingFacts,
  startReplayServer,
} from '../../stream/index.ts';
import { type Arguments, type Command, pageFlags } from '../flags.ts';
import { pageOptions, pageUntilInterrupt } from '../page.ts';
import { recordingsOf } from '../recordings.ts';

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
      speed: args.number('speed', { least: 0.05, most: 16 }),
      from: args.number('from', { least: 0, most: 1e9 }),
      ...(await pageOptions(args)),
    });
    try {
      for (const note of server.notes) process.stderr.write(`note     ${note}\n`);
      process.stdout.write(`replay   ${file}, ${server.duration.toFixed(1)} s\n`);
      await pageUntilInterrupt(server.url, args);
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
  const newest = (await recordingsOf(given)).at(-1);
  if (newest === undefined)
    throw new InputError(`${given}: nothing of it was recorded; train and eval record with --record`);
  return newest;
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

function cyclesLine({ recorded, left, lost }: RecordedCycles): string {
  const why = 'it was late, or activated or stopped the robot';
  return lost === null
    ? `bridge: ${recorded} cycles; ${left} more were lost or did not take place (${why})`
    : `bridge: ${recorded} cycles, ${lost} lost; ${left} did not take place (${why})`;
}

function lines({ file, bytes, from, duration, notes, dropped, cycles, topics }: RecordingFacts): string[] {
  const width = Math.max(...topics.map(({ topic }) => topic.length), 'topic'.length);
  const cell = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits));
  const row = (topic: string, messages: string, rate: string, gap: string) =>
    `${topic.padEnd(width)} ${messages.padStart(9)} ${rate.padStart(9)} ${gap.padStart(11)}`;
  // Swedish dates are ISO 8601's, in local time.
  const began = new Date(from).toLocaleString('sv');
  return [
    `${file}: ${duration.toFixed(3)} s from ${began}, ${(bytes / 1e6).toFixed(1)} MB`,
    ...notes.map((note) => `note: ${note}`),
    ...(dropped ? [`note: ${dropped} messages for the display were left out: the disk was behind`] : []),
    ...(cycles ? [cyclesLine(cycles)] : []),
    '',
    row('topic', 'messages', 'per s', 'longest gap'),
    ...topics.map(({ topic, messages, rate, gap }) =>
      row(topic, String(messages), cell(rate, 1), gap === null ? '–' : `${cell(gap, 3)} s`),
    ),
  ];
}

import { stat } from 'node:fs/promises';
import { InputError } from '../../core/errors.ts';
import {
  defaultGroups,
  defaultMinutes,
  groups,
  identify,
  overlayOf,
  parseGroups,
  type RecordedExchanges,
  readExchanges,
  traceOfExchanges,
} from '../../identify/index.ts';
import { loadRobot, shippedRobots } from '../../load/robot.ts';
import type { Command } from '../flags.ts';
import { StatusLine } from '../hardware/status-line.ts';
import { identificationText } from '../identify-text.ts';
import { writeIdentified } from '../identify-write.ts';
import { writeJson } from '../json-events.ts';
import { recordingsOf } from '../recordings.ts';
import { defaultThreads } from '../threads.ts';

export const command: Command = {
  name: 'identify',
  summary: "fit the simulated robot's friction, gains, latency and masses to a recording of the real one",
  positionals: [{ name: 'recording.mcap or run folder', required: true }],
  flags: [
    {
      name: 'robot',
      value: 'NAME|FILE',
      help: 'the description to begin with (the one recorded, if shipped)',
    },
    { name: 'what', value: groups.join(','), help: `what is fitted (${defaultGroups.join(',')})` },
    {
      name: 'minutes',
      value: 'N',
      help: `how much of the recording is fitted to, at most, spread evenly (${defaultMinutes})`,
    },
    {
      name: 'write',
      value: 'FILE|FOLDER',
      help: 'a robot.json to put it in; or, for a shipped robot, a new folder for the robot whole',
    },
    { name: 'threads', value: 'N', help: 'never changes the result (cores)' },
    { name: 'json', help: 'one JSON object a line on stdout' },
  ],
  notes: ['Without --write the changes are printed as keys of a robot.json. docs/identify.md says more.'],
  async run(args) {
    const [source] = args.positionals;
    const { exchanges, robot: recorded, notes } = await readSource(source);
    const name = args.text('robot') ?? recorded;
    if (name === undefined || (args.text('robot') === undefined && !shippedRobots().includes(name)))
      throw new InputError(
        `${source}: was recorded from ${name ?? 'a robot that it does not name'}; give its description: --robot name or file.urdf`,
      );
    const what = args.text('what');
    const json = args.has('json');
    const robot = await loadRobot(name);
    const status = new StatusLine(json);
    const identified = await identify(robot, traceOfExchanges(robot, exchanges, source), {
      what: what === undefined ? undefined : parseGroups(what),
      minutes: args.number('minutes', { above: 0, most: 1000 }),
      threads: args.integer('threads', 1, 256) ?? defaultThreads(false),
      where: source,
      onProgress(progress) {
        if (json) writeJson('fit', { ...progress });
        status.show(
          `${progress.iteration}. simulation strays ${(1000 * progress.rmse).toFixed(2)} mrad or mm`,
        );
      },
    }).finally(() => status.clear());
    const result = { ...identified, notes: [...notes, ...identified.notes] };
    const overlay = overlayOf(result);
    const target = args.text('write');
    let written: string | undefined;
    let failure: unknown;
    try {
      if (target !== undefined) written = await writeIdentified(target, name, overlay);
    } catch (error) {
      // What took minutes to find is told all the same.
      failure = error;
    }
    if (json) {
      const { robot: _, ...rest } = result;
      writeJson('end', { ...rest, overlay, written: written ?? null });
    } else {
      console.log(identificationText(robot.name, result));
      if (target !== undefined && failure === undefined)
        console.log(`\n${writtenText(target, written, name, result.nearer)}`);
      else console.log(`\n${JSON.stringify(overlay, null, 2)}`);
    }
    if (failure !== undefined) throw failure;
    return 0;
  },
};

/** @param nearer whether it is worth anything */
function writtenText(target: string, written: string | undefined, before: string, nearer: boolean): string {
  if (nearer) return `written to ${target}${written ? `; use it as --robot ${written}` : ''}`;
  return `written to ${target} as asked, and not to be used: it is no nearer; stay with --robot ${before}`;
}

/** A recording, or all of a run folder that can be used, one after another: simulations and dry runs may be among them. */
async function readSource(source: string): Promise<RecordedExchanges> {
  const read = await Promise.allSettled((await filesOf(source)).map(readExchanges));
  const recordings = read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failures = read.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  const failure = failures.find((error) => recordings.length === 0 || !(error instanceof InputError));
  if (failure !== undefined) throw failure;
  return {
    exchanges: recordings.flatMap(({ exchanges }) => exchanges),
    robot: recordings.find(({ robot }) => robot !== undefined)?.robot,
    notes: [
      ...recordings.flatMap(({ notes }) => notes),
      ...failures.map(({ message }) => `left out: ${message}`),
    ],
  };
}

async function filesOf(source: string): Promise<string[]> {
  const found = await stat(source).catch(() => undefined);
  if (!found)
    throw new InputError(`${source}: no such file or folder; give a recording (.mcap) or a run folder`);
  if (!found.isDirectory()) return [source];
  const files = await recordingsOf(source);
  if (files.length === 0)
    throw new InputError(
      `${source}: has no recordings; those of premotor run are made as recordings/….mcap in its run folder`,
    );
  return files;
}

import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../core/index.ts';
import { diskError, replaceFile, syncDirectory, writeSynced } from '../runs/files.ts';
import { lockRun } from '../runs/lock.ts';
import { Journal } from './journal.ts';
import { type Space, spaceSchema } from './space.ts';

const format = 1;

/**
 * A search on disk.
 *
 *   tune.json      what decides which settings are tried, and on what
 *   trials.jsonl   one line a trial that was finished
 *   table.csv      the candidates as of the last time it ended
 *   chosen.json    the settings that were chosen; `--config` takes it
 *   lock           who writes here now
 *   work/          run folders of trials in progress
 */
const manifestSchema = z.object({
  format: z.literal(format),
  /** ISO 8601. */
  created: z.string(),
  task: z.object({ name: z.string(), file: z.string().nullable(), sha256: z.string().nullable() }),
  /** As it was asked for, null for the task's own; and what was read then. */
  robot: z.object({
    asked: z.string().nullable(),
    colliders: z.enum(['primitives', 'meshes']).optional(),
    sha256: z.string(),
  }),
  what: z.enum(['planner', 'model', 'all']),
  model: z.enum(['learned', 'true']),
  /** Learned controllers to plan with: folders, and the trial up to which each had learned. */
  runs: z.array(z.object({ directory: z.string(), trial: z.int() })),
  budget: z.enum(['quality', 'realtime']),
  numerics: z.enum(['fast', 'portable']),
  space: spaceSchema,
  /** The settings that are the defaults now, by key of the space. */
  present: z.record(z.string(), z.unknown()),
  /** What every candidate has but for the space: a configuration, and assignments that win over it. */
  config: z.record(z.string(), z.unknown()),
  set: z.array(z.string()),
  seed: z.int(),
  /** Of the last rung. */
  seeds: z.int(),
  /** Null where nothing is trained. */
  trials: z.int().nullable(),
  candidates: z.int(),
  /** Null: until the time is out. */
  rounds: z.int().nullable(),
  check: z.int(),
  minutes: z.number(),
});
export type TuneManifest = Omit<z.output<typeof manifestSchema>, 'space'> & { readonly space: Space };

const finishedTrial = z.object({
  candidate: z.int(),
  seed: z.int(),
  trials: z.int().nullable(),
  /** Null where the task has no baseline or the return was not finite. */
  score: z.number().nullable(),
  return: z.number().nullable(),
  planMs: z.object({ p50: z.number(), p99: z.number() }).nullable(),
  seconds: z.number(),
  /** Since the search began, over all its sessions, s. */
  elapsed: z.number(),
  values: z.record(z.string(), z.unknown()),
});
/** A line of `trials.jsonl`. */
export type FinishedTrial = z.output<typeof finishedTrial>;

export class TuneFolder {
  readonly directory: string;
  readonly manifest: TuneManifest;
  readonly journal: Journal<FinishedTrial>;
  readonly #unlock: () => void;

  private constructor(
    directory: string,
    manifest: TuneManifest,
    journal: Journal<FinishedTrial>,
    unlock: () => void,
  ) {
    this.directory = directory;
    this.manifest = manifest;
    this.journal = journal;
    this.#unlock = unlock;
  }

  /** Where trials in progress keep their run folders. */
  get work(): string {
    return join(this.directory, 'work');
  }

  /** Makes `<out>/<name>`, or `<name>-2` and so on where that is taken, whole or not at all, and locks it. */
  static async create(out: string, name: string, manifest: TuneManifest): Promise<TuneFolder> {
    let directory = join(out, name);
    try {
      await mkdir(out, { recursive: true });
      const draft = await mkdtemp(join(out, '.new-'));
      try {
        await writeSynced(join(draft, 'trials.jsonl'), '');
        await writeSynced(join(draft, 'tune.json'), `${JSON.stringify(manifest, null, 2)}\n`);
        await syncDirectory(draft);
        for (let n = 2; await stat(directory).catch(() => undefined); n++)
          directory = join(out, `${name}-${n}`);
        await rename(draft, directory);
      } catch (error) {
        await rm(draft, { recursive: true, force: true }).catch(() => {});
        throw error;
      }
      await syncDirectory(out);
    } catch (error) {
      throw diskError(error, out);
    }
    return TuneFolder.open(directory);
  }

  /** Opens a search to go on with it, and locks it. */
  static async open(directory: string): Promise<TuneFolder> {
    const manifest = await readManifest(directory);
    const unlock = lockRun(directory);
    try {
      const journal = await Journal.open(join(directory, 'trials.jsonl'), finishedTrial);
      const folder = new TuneFolder(directory, manifest, journal, unlock);
      // Left by a process that was killed: nothing in it was finished.
      await rm(folder.work, { recursive: true, force: true });
      return folder;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  write(file: 'table.csv' | 'chosen.json', text: string): Promise<void> {
    return replaceFile(join(this.directory, file), text);
  }

  /** Removes what trials in progress left, and releases the lock. */
  async close(): Promise<void> {
    await rm(this.work, { recursive: true, force: true });
    this.#unlock();
  }
}

/** The `tune.json` of a folder. */
export async function readManifest(directory: string): Promise<TuneManifest> {
  const there = await stat(directory).catch(() => undefined);
  if (!there) throw new InputError(`${directory}: no such tune folder; they are kept under runs/ or --out`);
  if (!there.isDirectory()) throw new InputError(`${directory} is a file, not a tune folder`);
  const path = join(directory, 'tune.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new InputError(
        `${directory} is not a tune folder (no tune.json): name the folder that premotor tune made`,
      );
    }
    throw diskError(error, path, 'read');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(`${path} is damaged (not JSON): restore it from a copy or begin anew`);
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const given = (json as { format?: unknown } | null)?.format;
  if (typeof given === 'number' && given !== format) {
    throw new InputError(
      `${path} has format ${given}, this version reads ${format}: use the premotor that wrote it`,
    );
  }
  const { path: where, message } = parsed.error.issues[0];
  throw new InputError(
    `${path} is damaged (${where.join('.')}: ${message}): restore it from a copy or begin anew`,
  );
}

import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { RunProgress, RunStore, TrialCommit } from '../core/index.ts';
import { InputError } from '../core/index.ts';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { appendSynced, diskError, replaceFile, syncDirectory, writeSynced } from './files.ts';
import { lockRun } from './lock.ts';
import { decodeManifest, encodeManifest, type Manifest, sha256 } from './manifest.ts';
import { decodeTrials, encodeSteps, encodeTiming, encodeTrial } from './records.ts';
import { decodeTransitions, encodeTransitionHeader, encodeTransitions } from './transitions.ts';

/**
 * A run on disk.
 *
 *   manifest.json            what decides the run's bits
 *   task.mjs                 the task, when it is the user's own
 *   trials.jsonl             one line a trial: return, score, the fit's accuracy
 *   steps.jsonl              one line a step
 *   timing.jsonl             one line a trial: what clocks measured
 *   transitions.bin          what the model learns from
 *   checkpoints/0007.safetensors  the agent after trial 7
 *   latest                   the last committed trial and how long each file was then
 *   lock                     who writes here now
 *
 * The files in the middle only grow. `latest` is renamed into place after they are on disk, so it alone decides what
 * counts: whatever lies behind its lengths is the rest of an interrupted commit, and is cut off on resume.
 */
const appended = ['trials.jsonl', 'steps.jsonl', 'timing.jsonl', 'transitions.bin'] as const;

const latestSchema = z.object({
  trial: z.int().min(0),
  checkpoint: z.string().nullable(),
  bytes: z.object({
    'trials.jsonl': z.int().min(0),
    'steps.jsonl': z.int().min(0),
    'timing.jsonl': z.int().min(0),
    'transitions.bin': z.int().min(0),
  }),
});
type Latest = z.output<typeof latestSchema>;

export interface StoredRun {
  readonly directory: string;
  readonly manifest: Manifest;
  /** null before the first trial is committed. */
  readonly progress: RunProgress | null;
  /** The user's own task module; null for a shipped task. */
  readonly taskCode: string | null;
}

export class RunFolder implements RunStore, StoredRun {
  readonly directory: string;
  readonly progress: RunProgress | null;
  readonly taskCode: string | null;
  #manifest: Manifest;
  #latest: Latest;
  #broken = false;
  readonly #unlock: () => void;

  private constructor(stored: StoredRun, latest: Latest, unlock: () => void) {
    this.directory = stored.directory;
    this.progress = stored.progress;
    this.taskCode = stored.taskCode;
    this.#manifest = stored.manifest;
    this.#latest = latest;
    this.#unlock = unlock;
  }

  get manifest(): Manifest {
    return this.#manifest;
  }

  /** The last committed trial, 0 before the first. */
  get trial(): number {
    return this.#latest.trial;
  }

  /** Makes `<out>/<name>`, or `<name>-2` and so on where that is taken, and locks it. */
  static async create(
    out: string,
    name: string,
    manifest: Manifest,
    taskCode: string | null = null,
  ): Promise<RunFolder> {
    const latest: Latest = {
      trial: 0,
      checkpoint: null,
      bytes: { 'trials.jsonl': 0, 'steps.jsonl': 0, 'timing.jsonl': 0, 'transitions.bin': 0 },
    };
    try {
      await mkdir(out, { recursive: true });
      // Made under another name and renamed when whole: a run folder is never half there.
      const draft = await mkdtemp(join(out, '.new-'));
      try {
        await mkdir(join(draft, 'checkpoints'));
        for (const file of appended) await writeSynced(join(draft, file), '');
        if (taskCode !== null) await writeSynced(join(draft, 'task.mjs'), taskCode);
        await writeSynced(join(draft, 'latest'), encodeLatest(latest));
        await writeSynced(join(draft, 'manifest.json'), encodeManifest(manifest));
        await syncDirectory(draft);
        const directory = await claimName(draft, join(out, name));
        await syncDirectory(out);
        return new RunFolder({ directory, manifest, progress: null, taskCode }, latest, lockRun(directory));
      } catch (error) {
        await rm(draft, { recursive: true, force: true }).catch(() => {});
        throw error;
      }
    } catch (error) {
      throw diskError(error, out);
    }
  }

  /** Opens a run to go on with it: locks it and drops what an interrupted commit left. */
  static async resume(directory: string): Promise<RunFolder> {
    await requireRun(directory);
    const unlock = lockRun(directory);
    try {
      const latest = await readLatest(directory);
      const stored = await readStored(directory, latest);
      try {
        await dropLeftovers(directory, latest);
      } catch (error) {
        throw diskError(error, directory);
      }
      return new RunFolder(stored, latest, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  async commitTrial(commit: TrialCommit): Promise<void> {
    const { report, steps, transitions, checkpoint, fit } = commit;
    const { trial, bytes } = this.#latest;
    if (this.#broken) throw new Error('a commit failed before; resume the run to go on');
    if (report.trial !== trial + 1) throw new Error(`trial ${report.trial} committed after trial ${trial}`);
    this.#broken = true;
    let rows = transitions.length > 0 ? encodeTransitions(report.trial, transitions) : new Uint8Array(0);
    if (bytes['transitions.bin'] === 0 && transitions.length > 0) {
      const { observation, action } = transitions[0];
      rows = Buffer.concat([encodeTransitionHeader(observation.length, action.length), rows]);
    }
    const append = (file: (typeof appended)[number], data: Uint8Array) =>
      appendSynced(join(this.directory, file), bytes[file], data);
    const name = `checkpoints/${String(report.trial).padStart(4, '0')}.safetensors`;
    const next: Latest = {
      trial: report.trial,
      checkpoint: name,
      bytes: {
        'trials.jsonl': await append('trials.jsonl', Buffer.from(encodeTrial(report, fit))),
        'steps.jsonl': await append('steps.jsonl', Buffer.from(encodeSteps(steps))),
        'timing.jsonl': await append('timing.jsonl', Buffer.from(encodeTiming(report))),
        'transitions.bin': await append('transitions.bin', rows),
      },
    };
    await replaceFile(join(this.directory, name), encodeCheckpoint(checkpoint));
    await replaceFile(join(this.directory, 'latest'), encodeLatest(next));
    this.#latest = next;
    this.#broken = false;
  }

  /** Writes a changed manifest, e.g. after `--trials` grew. */
  async updateManifest(manifest: Manifest): Promise<void> {
    await replaceFile(join(this.directory, 'manifest.json'), encodeManifest(manifest));
    this.#manifest = manifest;
  }

  /** Takes the folder away again: of a run that never began. */
  async discard(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
    this.close();
  }

  /** Releases the lock; may be called twice. */
  close(): void {
    this.#unlock();
  }
}

/** Reads a run as of its last committed trial without touching it; it may be written meanwhile. */
export async function readRun(directory: string): Promise<StoredRun> {
  await requireRun(directory);
  return readStored(directory, await readLatest(directory));
}

function encodeLatest(latest: Latest): string {
  return `${JSON.stringify(latest)}\n`;
}

/** Renames a folder to the first free one of `path`, `path-2`, … and returns it. */
async function claimName(draft: string, path: string): Promise<string> {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? path : `${path}-${n}`;
    if (await stat(candidate).catch(() => undefined)) continue;
    try {
      await rename(draft, candidate);
      return candidate;
    } catch (error) {
      if (!(await stat(candidate).catch(() => undefined))) throw error;
    }
  }
}

/** Cuts off and removes what an interrupted commit left behind the last whole one. */
async function dropLeftovers(directory: string, latest: Latest): Promise<void> {
  for (const file of appended) await truncate(join(directory, file), latest.bytes[file]);
  for (const folder of [directory, join(directory, 'checkpoints')]) {
    for (const file of await readdir(folder)) {
      const trial = /^(\d+)\.safetensors$/.exec(file)?.[1];
      if (file.endsWith('.tmp') || Number(trial ?? 0) > latest.trial) await rm(join(folder, file));
    }
  }
}

async function requireRun(directory: string): Promise<void> {
  const there = await stat(directory).catch(() => undefined);
  if (!there) throw new InputError(`${directory}: no such run folder; runs are kept under runs/ or --out`);
  if (!there.isDirectory()) throw new InputError(`${directory} is a file, not a run folder`);
  if (!(await stat(join(directory, 'manifest.json')).catch(() => undefined))) {
    throw new InputError(`${directory} is not a run folder (no manifest.json): name the folder of one run`);
  }
}

async function readLatest(directory: string): Promise<Latest> {
  const path = join(directory, 'latest');
  const text = (await readPart(path)).toString();
  try {
    return latestSchema.parse(JSON.parse(text));
  } catch {
    throw new InputError(`${path} is damaged: restore it from a copy or start a new run`);
  }
}

async function readStored(directory: string, latest: Latest): Promise<StoredRun> {
  const manifestPath = join(directory, 'manifest.json');
  const manifest = decodeManifest((await readPart(manifestPath)).toString(), manifestPath);
  let taskCode: string | null = null;
  if (manifest.task.sha256 !== null) {
    const path = join(directory, 'task.mjs');
    taskCode = (await readPart(path)).toString();
    if (sha256(taskCode) !== manifest.task.sha256) {
      throw new InputError(`${path} was changed after the run began: restore it or start a new run`);
    }
  }
  const [trials, steps, timing, transitions] = await Promise.all(
    appended.map((file) => readPart(join(directory, file), latest.bytes[file])),
  );
  const reports = decodeTrials(trials.toString(), timing.toString(), directory);
  const lastStep = steps.at(-1);
  if (reports.length !== latest.trial || (lastStep !== undefined && lastStep !== 0x0a)) {
    throw new InputError(
      `${directory} is damaged (latest says trial ${latest.trial}, trials.jsonl has ${reports.length}): restore it from a copy or start a new run`,
    );
  }
  if (latest.trial === 0) return { directory, manifest, progress: null, taskCode };
  const expected = `checkpoints/${String(latest.trial).padStart(4, '0')}.safetensors`;
  if (latest.checkpoint !== expected) {
    throw new InputError(
      `${join(directory, 'latest')} is damaged: restore it from a copy or start a new run`,
    );
  }
  const checkpointPath = join(directory, expected);
  return {
    directory,
    manifest,
    taskCode,
    progress: {
      trials: reports,
      transitions: decodeTransitions(transitions, join(directory, 'transitions.bin')),
      checkpoint: decodeCheckpoint(await readPart(checkpointPath), checkpointPath),
    },
  };
}

/** The first `length` bytes of a file, which must be there; the whole of it by default. */
async function readPart(path: string, length?: number): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw diskError(error, path, 'read');
  }
  if (length === undefined) return bytes;
  if (bytes.length < length) {
    throw new InputError(
      `${path} is damaged (${bytes.length} of ${length} bytes): restore it from a copy or start a new run`,
    );
  }
  return bytes.subarray(0, length);
}

import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '#src/core/errors';
import { RunFolder, readRun, sha256 } from '#src/runs/index';
import { filesOf, makeFolder, manifest, temporaryFolder, trialCommit } from './fixtures.ts';

let out: { path: string; remove(): void };
beforeEach(() => {
  out = temporaryFolder();
});
afterEach(() => out.remove());

/** A closed run with `trials` trials. */
async function makeRun(trials: number, name = 'run'): Promise<string> {
  const run = await RunFolder.create(out.path, name, manifest);
  for (let trial = 1; trial <= trials; trial++) await run.commitTrial(trialCommit(trial));
  run.close();
  return run.directory;
}

/** Resumes a run, commits up to trial `trials`, and closes it. */
async function finish(directory: string, trials: number): Promise<void> {
  const run = await RunFolder.resume(directory);
  try {
    for (let trial = run.trial + 1; trial <= trials; trial++) await run.commitTrial(trialCommit(trial));
  } finally {
    run.close();
  }
}

async function failureOf(call: () => Promise<unknown>): Promise<string> {
  const error = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
}

describe('a run folder', () => {
  it('holds what docs/design.md names', async () => {
    const directory = await makeRun(2);
    expect(readdirSync(directory).sort()).toEqual([
      ...['checkpoints', 'latest', 'manifest.json', 'steps.jsonl', 'timing.jsonl', 'transitions.bin'],
      'trials.jsonl',
    ]);
    expect(readdirSync(join(directory, 'checkpoints')).sort()).toEqual([
      '0001.safetensors',
      '0002.safetensors',
    ]);
  });

  it('keeps clocks out of trials and steps', async () => {
    const directory = await makeRun(2);
    const text =
      readFileSync(join(directory, 'trials.jsonl'), 'utf8') +
      readFileSync(join(directory, 'steps.jsonl'), 'utf8');
    expect(text).not.toMatch(/seconds|planMs|late|wall/i);
    expect(readFileSync(join(directory, 'timing.jsonl'), 'utf8')).toContain('"wallSeconds":3');
  });

  it('gives back everything that was committed', async () => {
    const directory = await makeRun(3);
    const { progress, manifest: read } = await readRun(directory);
    const commits = [1, 2, 3].map(trialCommit);
    expect(read).toEqual(manifest);
    expect(progress?.trials).toEqual(commits.map(({ report }) => report));
    expect(progress?.transitions).toEqual(commits.flatMap(({ transitions }) => transitions));
    expect(progress?.checkpoint.tensors.weights).toEqual(commits[2].checkpoint.tensors.weights);
    expect({ ...progress?.checkpoint.meta }).toEqual(commits[2].checkpoint.meta);
  });

  it('has no progress before its first trial, and begins then', async () => {
    const directory = await makeRun(0);
    expect((await readRun(directory)).progress).toBeNull();
    await finish(directory, 2);
    expect(filesOf(directory)).toEqual(filesOf(await makeRun(2)));
  });

  it('takes the next free name', async () => {
    expect(await makeRun(0)).toBe(join(out.path, 'run'));
    expect(await makeRun(0)).toBe(join(out.path, 'run-2'));
    expect(readdirSync(out.path).sort()).toEqual(['run', 'run-2']);
  });

  it('is all there or not at all', async () => {
    const blocked = join(out.path, 'file');
    writeFileSync(blocked, '');
    expect(await failureOf(() => RunFolder.create(blocked, 'run', manifest))).toMatch(/^cannot write .*file/);
    expect(readdirSync(out.path)).toEqual(['file']);
  });

  // The superuser may write anywhere.
  it.skipIf(process.getuid?.() === 0)('says when there is no permission to write', async () => {
    chmodSync(out.path, 0o500);
    expect(await failureOf(() => RunFolder.create(out.path, 'run', manifest))).toMatch(
      /no permission.*--out/,
    );
    chmodSync(out.path, 0o700);
  });

  it('refuses a trial out of order', async () => {
    const run = await RunFolder.create(out.path, 'run', manifest);
    await expect(run.commitTrial(trialCommit(2))).rejects.toThrow('trial 2 committed after trial 0');
    run.close();
  });
});

describe('a crash', () => {
  const appended = ['trials.jsonl', 'steps.jsonl', 'timing.jsonl', 'transitions.bin'];

  it('at any moment of a commit leads to the files of an undisturbed run', async () => {
    const before = await makeRun(2, 'before');
    const after = await makeRun(3, 'after');
    const whole = filesOf(after);
    const size = (folder: string, file: string) => readFileSync(join(folder, file)).length;
    // The state after each moment: files before `file` are written, it holds `bytes`, later ones are untouched.
    const moments: { file: number; bytes: number }[] = [];
    for (const [file, name] of appended.entries()) {
      for (let bytes = size(before, name); bytes <= size(after, name); bytes++) moments.push({ file, bytes });
    }
    const crashed = join(out.path, 'crashed');
    for (const [i, moment] of moments.entries()) {
      // Every prefix of every file would take a minute; every seventh, and all ends, takes seconds.
      const end = moments[i + 1]?.file !== moment.file;
      if (i % 7 !== 0 && !end) continue;
      cpSync(before, crashed, { recursive: true });
      for (const [file, name] of appended.entries()) {
        if (file > moment.file) continue;
        cpSync(join(after, name), join(crashed, name));
        if (file === moment.file) truncateSync(join(crashed, name), moment.bytes);
      }
      await finish(crashed, 3);
      expect(filesOf(crashed), JSON.stringify(moment)).toEqual(whole);
      rmSync(crashed, { recursive: true });
    }
  });

  it('while a checkpoint or "latest" is written leaves nothing behind', async () => {
    const before = await makeRun(2, 'before');
    const after = await makeRun(3, 'after');
    const checkpoint = 'checkpoints/0003.safetensors';
    const crashed = join(out.path, 'crashed');
    for (const leftovers of [[`${checkpoint}.tmp`], [checkpoint], [checkpoint, 'latest.tmp']]) {
      cpSync(before, crashed, { recursive: true });
      for (const name of appended) cpSync(join(after, name), join(crashed, name));
      for (const name of leftovers) {
        const bytes = readFileSync(join(after, name.replace('.tmp', '')));
        writeFileSync(join(crashed, name), name.endsWith('.tmp') ? bytes.subarray(0, 20) : bytes);
      }
      const { progress } = await readRun(crashed);
      expect(progress?.trials).toHaveLength(2);
      // Opening it to go on is enough to be rid of them.
      await finish(crashed, 2);
      expect(filesOf(crashed)).toEqual(filesOf(before));
      await finish(crashed, 3);
      expect(filesOf(crashed)).toEqual(filesOf(after));
      rmSync(crashed, { recursive: true });
    }
  });

  it('does not keep its run locked', async () => {
    const directory = await makeRun(1);
    // The number of a process that is not there: beyond what Linux, macOS and Windows hand out.
    writeFileSync(
      join(directory, 'lock'),
      JSON.stringify({ pid: 2 ** 30 - 1, started: null, host: (await import('node:os')).hostname() }),
    );
    await finish(directory, 2);
    expect(existsSync(join(directory, 'lock'))).toBe(false);
  });

  it('leaves a lock that a later process of the same number does not inherit', async () => {
    const directory = await makeRun(1);
    writeFileSync(
      join(directory, 'lock'),
      JSON.stringify({
        pid: process.pid,
        started: 'another start',
        host: (await import('node:os')).hostname(),
      }),
    );
    await finish(directory, 2);
  });
});

describe('a run that is in use', () => {
  it('cannot be resumed a second time, but be read', async () => {
    const run = await RunFolder.create(out.path, 'run', manifest);
    await run.commitTrial(trialCommit(1));
    expect(await failureOf(() => RunFolder.resume(run.directory))).toMatch(
      new RegExp(`in use by process ${process.pid}`),
    );
    expect((await readRun(run.directory)).progress?.trials).toHaveLength(1);
    run.close();
    await finish(run.directory, 2);
  });
});

describe('a damaged run folder', () => {
  const overwrite = (file: string, content: string | ((old: string) => string)) => (directory: string) => {
    const path = join(directory, file);
    const old = existsSync(path) ? readFileSync(path, 'utf8') : '';
    writeFileSync(path, typeof content === 'string' ? content : content(old));
  };
  const flip = (file: string) => (directory: string) => {
    const bytes = readFileSync(join(directory, file));
    bytes[bytes.length - 5] ^= 1;
    writeFileSync(join(directory, file), bytes);
  };
  const cut = (file: string) => (directory: string) => truncateSync(join(directory, file), 10);
  const remove = (file: string) => (directory: string) => rmSync(join(directory, file), { recursive: true });

  it.each<[string, (directory: string) => void, RegExp]>([
    ['that is missing', remove('.'), /no such run folder/],
    ['without a manifest', remove('manifest.json'), /not a run folder \(no manifest\.json\)/],
    ['whose manifest is cut off', cut('manifest.json'), /manifest\.json is damaged \(not JSON\)/],
    [
      'whose manifest was edited',
      overwrite('manifest.json', (old) => old.replace('"seed": 3', '"seed": 4')),
      /manifest\.json is damaged \(wrong checksum\)/,
    ],
    [
      'of another version',
      overwrite('manifest.json', (old) => old.replace('"format": 1', '"format": 2')),
      /has run format 2, this version reads 1/,
    ],
    ['without "latest"', remove('latest'), /cannot read .*latest: it does not exist/],
    ['whose "latest" is half-written', cut('latest'), /latest is damaged/],
    ['whose "latest" is empty', overwrite('latest', ''), /latest is damaged/],
    ['with a short trials.jsonl', cut('trials.jsonl'), /trials\.jsonl is damaged \(10 of \d+ bytes\)/],
    [
      'with a broken line',
      overwrite('trials.jsonl', (old) => old.replace('"trial":2', '"trial":x')),
      /trials\.jsonl is damaged at line 2/,
    ],
    ['with a short steps.jsonl', cut('steps.jsonl'), /steps\.jsonl is damaged/],
    ['with a short timing.jsonl', cut('timing.jsonl'), /timing\.jsonl is damaged/],
    ['with a short transitions.bin', cut('transitions.bin'), /transitions\.bin is damaged/],
    ['with a flipped bit in transitions.bin', flip('transitions.bin'), /transitions\.bin is damaged at byte/],
    [
      'without its checkpoint',
      remove('checkpoints/0003.safetensors'),
      /0003\.safetensors: it does not exist/,
    ],
    ['with a flipped bit in its checkpoint', flip('checkpoints/0003.safetensors'), /wrong checksum/],
    ['with a cut checkpoint', cut('checkpoints/0003.safetensors'), /not a readable safetensors file/],
  ])('%s is named in one line', async (_, damage, expected) => {
    const directory = await makeRun(3);
    damage(directory);
    expect(await failureOf(() => RunFolder.resume(directory))).toMatch(expected);
    expect(await failureOf(() => readRun(directory))).toMatch(expected);
    expect(existsSync(join(directory, 'lock'))).toBe(false);
  });

  it('whose task was edited is named', async () => {
    const code = 'export default 1;\n';
    const own = { ...manifest, task: { ...manifest.task, sha256: sha256(code) } };
    const run = await RunFolder.create(out.path, 'own', own, code);
    run.close();
    expect((await readRun(run.directory)).taskCode).toBe(code);
    writeFileSync(join(run.directory, 'task.mjs'), 'export default 2;\n');
    expect(await failureOf(() => readRun(run.directory))).toMatch(
      /task\.mjs was changed after the run began/,
    );
  });

  it('that is a file is named', async () => {
    writeFileSync(join(out.path, 'file'), '');
    expect(await failureOf(() => readRun(join(out.path, 'file')))).toMatch(/is a file, not a run folder/);
    expect(await failureOf(() => readRun(makeFolder(out.path, 'empty')))).toMatch(/no manifest\.json/);
  });
});

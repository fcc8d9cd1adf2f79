import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { InputError } from '../core/index.ts';
import { appendSynced, diskError, writeSynced } from '../runs/files.ts';

/**
 * What was measured, one JSON object a line, each on the disk before the next is begun. A line that a killed process
 * left half written is cut off when the journal is opened again.
 */
export class Journal<T> {
  /** In the order in which they were finished. */
  readonly entries: readonly T[];
  readonly #path: string;
  #length: number;
  #last: Promise<void> = Promise.resolve();

  private constructor(path: string, entries: readonly T[], length: number) {
    this.#path = path;
    this.entries = entries;
    this.#length = length;
  }

  /** Opens the journal at `path`, or begins one where there is none. */
  static async open<T>(path: string, schema: z.ZodType<T>): Promise<Journal<T>> {
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
        throw diskError(error, path, 'read');
      }
      bytes = Buffer.alloc(0);
      await writeSynced(path, '').catch((failure) => {
        throw diskError(failure, path);
      });
    }
    const length = bytes.lastIndexOf(0x0a) + 1;
    const entries = bytes
      .subarray(0, length)
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line, i) => {
        try {
          return schema.parse(JSON.parse(line));
        } catch {
          throw new InputError(`${path} is damaged at line ${i + 1}: restore it from a copy or begin anew`);
        }
      });
    return new Journal(path, entries, length);
  }

  /** Resolves when the entry is on the disk. Calls may overlap. */
  append(entry: T): Promise<void> {
    this.#last = this.#last.then(async () => {
      this.#length = await appendSynced(this.#path, this.#length, Buffer.from(`${JSON.stringify(entry)}\n`));
    });
    return this.#last;
  }
}

import { type FileHandle, open } from 'node:fs/promises';
import type { McapTypes } from '@mcap/core';
import { InputError } from '../core/errors.ts';

/** More than a record of ours ever holds; a file that names more is not believed. */
const LARGEST_RECORD = 512 * 1024 * 1024;

/** The bytes of a file, for readers of MCAP. Asks for nothing that is not there, however a file lies about itself. */
export class FileBytes implements McapTypes.IReadable {
  readonly #handle: FileHandle;
  readonly #size: number;

  static async open(file: string): Promise<FileBytes> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(file, 'r');
      const stat = await handle.stat();
      if (!stat.isFile()) throw new InputError(`${file}: not a file`);
      return new FileBytes(handle, stat.size);
    } catch (error) {
      await handle?.close();
      if (error instanceof InputError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      throw new InputError(`${file}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`}`);
    }
  }

  private constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  get length(): number {
    return this.#size;
  }

  async size(): Promise<bigint> {
    return BigInt(this.#size);
  }

  async read(offset: bigint, size: bigint): Promise<Uint8Array> {
    if (offset < 0n || size < 0n || offset + size > BigInt(this.#size))
      throw new Error(`it names ${size} bytes at ${offset}, beyond its ${this.#size}`);
    if (size > BigInt(LARGEST_RECORD)) throw new Error(`it names a record of ${size} bytes`);
    const bytes = new Uint8Array(Number(size));
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await this.#handle.read(bytes, done, bytes.length - done, Number(offset) + done);
      if (bytesRead === 0) throw new Error('it became shorter while it was read');
      done += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

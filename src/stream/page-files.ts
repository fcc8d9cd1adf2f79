import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

export interface PageFile {
  readonly body: Buffer;
  readonly type: string;
}

export interface Page {
  /** By URL path, e.g. `/assets/main-1f2e.js`. Nothing else is served: a path is looked up, never joined. */
  readonly files: ReadonlyMap<string, PageFile>;
  /** Tells one build from another. */
  readonly build: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.map': 'application/json',
};

/** Reads the built page whole. A folder that is not there is a page without files. */
export async function readPage(directory: string): Promise<Page> {
  const files = new Map<string, PageFile>();
  const hash = createHash('sha256');
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  for (const path of paths) {
    const name = `/${relative(directory, path).split(sep).join('/')}`;
    const body = await readFile(path);
    files.set(name, { body, type: types[extname(name)] ?? 'application/octet-stream' });
    hash.update(name).update(body);
  }
  const index = files.get('/index.html');
  if (index) files.set('/', index);
  return { files, build: hash.digest('hex').slice(0, 12) };
}

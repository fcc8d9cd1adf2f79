import { InputError } from '../../core/index.ts';
import { fetchMeshes } from '../../load/fetch.ts';
import { readMeshList } from '../../load/mesh-list.ts';
import { checkGivenMeshes, meshFolder } from '../../load/mesh-store.ts';
import { robotsWithMeshes, shippedFolder } from '../../load/robot.ts';
import type { Command } from '../flags.ts';

export const command: Command = {
  name: 'robots fetch',
  summary: "bring a robot's own meshes, for the page and, on request, for contact",
  positionals: [{ name: 'name', required: true }],
  flags: [],
  notes: [
    'They come from a pinned commit of their maker and are checked by SHA-256; what is there already stays.',
    'PREMOTOR_ASSETS names a folder that has them (<name>/…): then nothing is fetched. PREMOTOR_CACHE moves the cache.',
  ],
  async run(args) {
    const [name] = args.positionals;
    const list = await readMeshList(shippedFolder(name));
    if (!list)
      throw new InputError(
        `${name} is made of primitives alone; meshes can be fetched for ${(await robotsWithMeshes()).join(', ')}`,
      );
    const files = `${list.files.length} meshes (${list.licence})`;
    const { PREMOTOR_ASSETS } = process.env;
    if (PREMOTOR_ASSETS) {
      const folder = await checkGivenMeshes(PREMOTOR_ASSETS, name, list);
      console.log(`${name}: ${files} are in ${folder}, nothing to fetch`);
      return 0;
    }
    const folder = meshFolder(name);
    const told = process.stderr.isTTY ? progressLine() : progressLines();
    let transferred: number;
    try {
      transferred = await fetchMeshes(name, list, folder, {
        onProgress: ({ file, number, files, whole, received, total }) =>
          told.show(
            `${name}: ${megabytes(received)} of ${megabytes(total)} MB, ${number} of ${files}: ${file}`,
            whole,
          ),
      });
    } finally {
      told.end();
    }
    const how = transferred > 0 ? `, ${megabytes(transferred)} MB fetched` : ' already';
    console.log(`${name}: ${files} are in ${folder}${how}`);
    return 0;
  },
};

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 1);
}

interface Progress {
  show(text: string, whole: boolean): void;
  end(): void;
}

/** A line of stderr that is written over. */
function progressLine(): Progress {
  const { stderr } = process;
  let shown = 0;
  let last = 0;
  return {
    show(text, whole) {
      if (!whole && performance.now() - last < 100) return;
      last = performance.now();
      stderr.write(`\r${text.slice(0, (stderr.columns ?? 80) - 1).padEnd(shown)}`);
      shown = text.length;
    },
    end() {
      if (shown > 0) stderr.write('\n');
    },
  };
}

/** For logs: a line of stderr for each file that was fetched, none for one that was there. */
function progressLines(): Progress {
  let fetching = false;
  return {
    show(text, whole) {
      if (whole && fetching) process.stderr.write(`${text}\n`);
      fetching = !whole;
    },
    end() {},
  };
}

/** The table "The rooms" of docs/design.md, as data. */
export interface Room {
  readonly mayImport: readonly string[];
  /** Packages from the registry. Node's own modules are governed by `browser`. */
  readonly packages: readonly string[];
  /** True: no `node:` module and no Node-only package outside `*.node.ts`. */
  readonly browser: boolean;
}

const pure = ['core', 'robot', 'tasks', 'kernels', 'model', 'plan', 'agents', 'control'];

export const rooms: Readonly<Record<string, Room>> = {
  core: { mayImport: [], packages: ['zod'], browser: true },
  robot: { mayImport: ['core'], packages: ['fast-xml-parser', 'zod'], browser: true },
  tasks: { mayImport: ['core', 'robot'], packages: ['zod'], browser: true },
  sim: { mayImport: ['core', 'robot'], packages: ['@dimforge/rapier3d'], browser: true },
  kernels: { mayImport: ['core'], packages: [], browser: true },
  model: {
    mayImport: ['core', 'kernels'],
    packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
    browser: true,
  },
  plan: { mayImport: ['core', 'model'], packages: [], browser: true },
  agents: { mayImport: ['core', 'model', 'plan'], packages: [], browser: true },
  control: { mayImport: ['core', 'robot'], packages: [], browser: true },
  train: { mayImport: [...pure, 'sim'], packages: ['zod'], browser: true },
  load: { mayImport: ['core', 'robot'], packages: ['esbuild', 'zod'], browser: false },
  runs: { mayImport: ['core', 'model'], packages: ['zod'], browser: false },
  stream: {
    mayImport: ['core', 'robot'],
    packages: ['ws', '@foxglove/schemas', '@mcap/core'],
    browser: false,
  },
  tune: { mayImport: ['core', 'runs'], packages: ['zod'], browser: false },
  hardware: {
    mayImport: ['core', 'robot', 'control', 'sim'],
    packages: ['ws', 'serialport', '@lydell/node-pty', 'roslib', 'zod'],
    browser: false,
  },
  identify: {
    mayImport: ['core', 'robot', 'sim', 'stream'],
    packages: ['@mcap/core', 'zod'],
    browser: false,
  },
  front: {
    mayImport: [...pure, 'sim', 'train', 'load', 'runs', 'tune', 'stream', 'hardware', 'identify', 'viewer'],
    packages: ['zod', '@clack/prompts'],
    browser: false,
  },
  viewer: { mayImport: ['core', 'robot', 'stream'], packages: ['three', 'uplot'], browser: true },
};

/** The room of a source file; `src/index.ts` and `src/cli/` are one, the front door. */
export function roomOf(file: string): string {
  const parts = file.split('/');
  if (parts[0] !== 'src') return parts[0];
  return parts.length === 2 || parts[1] === 'cli' ? 'front' : parts[1];
}

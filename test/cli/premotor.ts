import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { vi } from 'vitest';
import { premotor as commandLine } from '#src/cli/premotor';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/**
 * These runs last a second: V8 need not optimise the simulator's WebAssembly for them, which takes as long again.
 * Nothing about the result depends on it. A V8 that does not know the flags goes without.
 */
const quickStart = ['--liftoff', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];
const flags = spawnSync(process.execPath, [...quickStart, '-e', '0']).status === 0 ? quickStart : [];
for (const flag of flags) setFlagsFromString(flag);

export const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type JsonEvent = Record<string, unknown> & { readonly event: string };

export interface RunningPremotor {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** Needs `typed`. */
  type(line: string): void;
}

/** Starts the command line in a process of its own. `onEvent` hears the lines of `--json`, `onError` what stderr says. */
export function start(
  args: readonly string[],
  options: {
    onEvent?: (event: JsonEvent, index: number) => void;
    onError?: (text: string) => void;
    /** Lines will be typed; else standard input has ended. */
    typed?: boolean;
    cwd?: string;
    env?: Record<string, string>;
  } = {},
): RunningPremotor {
  const child = spawn(process.execPath, [...flags, main, ...args], {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: [options.typed ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let read = 0;
  let index = 0;
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (let end = stdout.indexOf('\n', read); end >= 0; end = stdout.indexOf('\n', read)) {
      const line = stdout.slice(read, end);
      read = end + 1;
      if (options.onEvent && line.startsWith('{')) options.onEvent(JSON.parse(line), index++);
    }
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    options.onError?.(text);
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    pid: child.pid!,
    ended,
    kill: (signal) => child.kill(signal),
    type: (line) => child.stdin!.write(`${line}\n`),
  };
}

/** Runs the command line to its end in a process of its own. */
export function launch(args: readonly string[], options: Parameters<typeof start>[1] = {}): Promise<Ended> {
  return start(args, options).ended;
}

/** Runs the command line to its end in this process, which saves starting one; one at a time. */
export async function premotor(args: readonly string[], { cwd }: { cwd?: string } = {}): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const before = process.cwd();
  const { isTTY } = process.stdout;
  const listen = (stream: 'stdout' | 'stderr') =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += text;
      return true;
    });
  const spies = [
    listen('stdout'),
    listen('stderr'),
    vi.spyOn(console, 'log').mockImplementation((text) => process.stdout.write(`${text}\n`)),
  ];
  if (cwd) process.chdir(cwd);
  process.stdout.isTTY = false;
  try {
    const code = await commandLine(args);
    return { code, signal: null, ...said };
  } finally {
    process.stdout.isTTY = isTTY;
    process.chdir(before);
    for (const spy of spies) spy.mockRestore();
  }
}

export function eventsOf({ stdout }: Ended): JsonEvent[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** `premotor emulate … --json` in a process of its own, ready to be used. */
export async function emulate(...args: string[]) {
  const child = spawn(process.execPath, [main, 'emulate', ...args, '--json'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const heard: Record<string, string>[] = [];
  let wake = () => {};
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    text += data;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      heard.push(JSON.parse(text.slice(0, end)));
      text = text.slice(end + 1);
    }
    wake();
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const next = async () => {
    while (heard.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return heard.shift()!;
  };
  return {
    start: await next(),
    ended,
    async type(line: string) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    quit: () => child.stdin.write('quit\n'),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
  };
}

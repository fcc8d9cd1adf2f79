import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';

interface Asked {
  readonly answer: string;
  /** The thread's scheduling afterwards, and that of a process it started. */
  readonly own: string;
  readonly child: string;
}

/** In a thread of its own, so that the test's keeps its priority. */
function ask(name: 'askForPriority' | 'askForRealTime'): Promise<Asked> {
  const module = pathToFileURL('dist/src/control/priority.node.js').href;
  const code = `
    const { readFileSync } = require('node:fs');
    const { execFileSync } = require('node:child_process');
    const { parentPort } = require('node:worker_threads');
    (async () => {
      const answer = (await import(${JSON.stringify(module)})).${name}();
      const own = readFileSync('/proc/thread-self/stat', 'utf8');
      const child = execFileSync('cat', ['/proc/self/stat'], { encoding: 'utf8' });
      parentPort.postMessage({ answer, own, child });
    })();`;
  return new Promise((resolve, reject) => {
    new Worker(code, { eval: true }).on('message', resolve).on('error', reject);
  });
}

/** proc_pid_stat(5): 19 nice, 40 rt_priority, 41 policy (1 = SCHED_FIFO); the second field may hold spaces. */
function scheduling(stat: string) {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return { nice: field(19), realTime: field(40), policy: field(41) & 0xff };
}

const usual = { realTime: 0, policy: 0 };

describe.runIf(process.platform === 'linux')('priority of a thread', () => {
  it('is what the answer says, for this thread alone', async () => {
    const before = scheduling(readFileSync('/proc/thread-self/stat', 'utf8'));
    const { answer, own } = await ask('askForPriority');
    expect(scheduling(own)).toEqual({ ...usual, nice: answer === 'preferred' ? -10 : before.nice });
    expect(scheduling(readFileSync('/proc/thread-self/stat', 'utf8'))).toEqual(before);
  });

  it('is that of real time where it may be, and what it starts is scheduled as usual', async () => {
    const { answer, own, child } = await ask('askForRealTime');
    if (answer === 'real-time') expect(scheduling(own)).toMatchObject({ realTime: 1, policy: 1 });
    else expect(scheduling(own)).toMatchObject(usual);
    expect(scheduling(child)).toMatchObject(usual);
  });
});

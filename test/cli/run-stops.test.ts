import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../runs/fixtures.ts';
import { emulate } from './emulate.ts';
import { start } from './premotor.ts';

const out = temporaryFolder();
let arm: Awaited<ReturnType<typeof emulate>>;
beforeAll(async () => {
  arm = await emulate('so101', '--tcp', '0');
});
afterAll(async () => {
  arm.quit();
  await arm.ended;
  out.remove();
});
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Until `there` says so, with a breath between looks. */
async function until(there: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await there())) await new Promise((resolve) => setTimeout(resolve, 20));
}

interface Motor {
  /** Ticks; null: torque is off. */
  readonly goal: number | null;
  readonly tick: number;
}

/** What the emulator says of its motors. */
async function motors(): Promise<Motor[]> {
  const { text } = await arm.type('pose');
  const found = text.split('\n').map((line) => {
    const [, tick, , goal] = / tick +(\d+) .* torque (off|on, goal (\d+))$/.exec(line)!;
    return { tick: Number(tick), goal: goal === undefined ? null : Number(goal) };
  });
  expect(found).toHaveLength(6);
  return found;
}
const goals = async () => (await motors()).map(({ goal }) => goal);

/** Ticks that gravity keeps a joint from its goal, and that one comes to rest within. */
const NEAR = 40;

/** All motors have torque and stand by their goals, which nobody moves: looked at for 0.2 s at least. */
async function holds(): Promise<(number | null)[]> {
  let before: (number | null)[] = [];
  let same = 0;
  await until(async () => {
    const now = await goals();
    same = now.join() === before.join() ? same + 1 : 0;
    before = now;
    return same === 10;
  });
  expect(before).not.toContain(null);
  for (const { goal, tick } of await motors()) expect(Math.abs(tick - goal!)).toBeLessThan(NEAR);
  return before;
}

/** Its parent's processes: of a `premotor run` one, the bridge. */
function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' });
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, name]) => Number(parent) === pid && name !== 'ps')
    .map(([child]) => Number(child));
}

function ended(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

/** `premotor run reach` on the emulated arm, while it moves it. */
async function running() {
  let steps = 0;
  const flags = ['--robot', 'so101', '--port', arm.start.port, '--calibration', arm.start.calibration];
  // A busy machine comes late, and the episode is begun anew.
  const more = ['--recoveries', '1000', '--threads', '1', '--out', out.path, '--no-record', '--json'];
  let said = '';
  const program = start(['run', 'reach', ...flags, ...more], {
    onEvent: ({ event }) => {
      if (event === 'step') steps++;
    },
    onError: (text) => {
      said += text;
    },
  });
  let over = false;
  void program.ended.then(() => {
    over = true;
  });
  const moves = async () => {
    const from = steps;
    await until(() => over || steps > from + 5);
    if (over) throw new Error(`it ended: ${(await program.ended).stderr}`);
  };
  await moves();
  const [bridge, ...others] = childrenOf(program.pid);
  expect(others).toEqual([]);
  ends.push(() => {
    for (const pid of [program.pid, bridge]) if (!ended(pid)) process.kill(pid, 'SIGKILL');
  });
  /** How many episodes were begun anew. */
  const dropped = () => said.split('the episode is dropped and begun anew').length - 1;
  return { program, bridge, moves, dropped };
}

/** The port is its bridge's: it is free when that has ended. */
async function leftHolding(bridge: number): Promise<void> {
  await until(() => ended(bridge));
  await holds();
}

describe.skipIf(process.platform === 'win32')('the arm of premotor run holds', { timeout: 60_000 }, () => {
  it.each(['SIGKILL', 'SIGHUP'] as const)('on %s, of which the program dies', async (signal) => {
    const { program, bridge } = await running();
    program.kill(signal);
    expect(await program.ended).toMatchObject({ code: null, signal });
    await leftHolding(bridge);
  });

  it('while it is halted, alone or with its bridge as by a closed laptop, and on Ctrl-C', async () => {
    const { program, bridge, moves, dropped } = await running();
    let before = dropped();
    program.kill('SIGSTOP');
    await holds();
    program.kill('SIGCONT');
    await moves();
    expect(dropped()).toBeGreaterThan(before);

    before = dropped();
    program.kill('SIGSTOP');
    process.kill(bridge, 'SIGSTOP');
    const asleep = await holds();
    // What waited to be sent would be sent now.
    process.kill(bridge, 'SIGCONT');
    const awake = await holds();
    for (const [j, goal] of awake.entries()) expect(Math.abs(goal! - asleep[j]!)).toBeLessThan(NEAR);
    program.kill('SIGCONT');
    await moves();
    expect(dropped()).toBeGreaterThan(before);

    program.kill('SIGINT');
    expect(await program.ended).toMatchObject({ code: 130, signal: null });
    await leftHolding(bridge);
  });
});

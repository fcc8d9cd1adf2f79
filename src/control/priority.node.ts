import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { availableParallelism, setPriority } from 'node:os';

/** How a thread is scheduled, from the best on. */
export type Priority = 'real-time' | 'preferred' | 'usual';

const linux = process.platform === 'linux';

/** Lets the calling thread go before others where that is allowed (Linux, by root or CAP_SYS_NICE); elsewhere nothing. */
export function askForPriority(): Priority {
  if (!linux) return 'usual';
  try {
    setPriority(0, -10);
    return 'preferred';
  } catch {
    return 'usual';
  }
}

/**
 * Puts the calling thread before all that is not real time itself (Linux, by root, CAP_SYS_NICE or an rtprio limit, with
 * util-linux' `chrt`): it runs as soon as it is woken, where a preferred thread may wait for the end of another's slice.
 * For threads that sleep most of the time: this one takes its core from whatever runs there. Threads and processes that it
 * starts are scheduled as usual. Where it is not allowed, the thread asks for what `askForPriority` gives.
 *
 * The class is SCHED_FIFO with the least priority, 1: interrupts and drivers go before it. (sched(7))
 */
export function askForRealTime(): Priority {
  // With one core there is nowhere else to go for those that it must not keep waiting.
  return linux && availableParallelism() > 1 && schedule('-f', 1) ? 'real-time' : askForPriority();
}

/** The calling thread is scheduled among the others again. */
export function giveUpRealTime(): void {
  if (linux) schedule('-o', 0);
}

/** Whether this process's threads may run in real time. */
export function mayRunInRealTime(): boolean {
  if (!linux || availableParallelism() === 1) return false;
  return spawnSync('chrt', ['-f', '1', 'true'], { stdio: 'ignore' }).status === 0;
}

function schedule(policy: '-f' | '-o', priority: number): boolean {
  try {
    // The link names <process>/task/<thread>; -R: what the thread starts is scheduled as usual.
    const thread = readlinkSync('/proc/thread-self').split('/').pop() as string;
    const flags = ['-R', policy, '-p', String(priority), thread];
    return spawnSync('chrt', flags, { stdio: 'ignore', timeout: 1000 }).status === 0;
  } catch {
    // There is no /proc.
    return false;
  }
}

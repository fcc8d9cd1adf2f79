import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** How a thread is scheduled, from the best on. */
export type Priority = 'real-time' | 'preferred' | 'usual';

/** Lets the calling thread go before others where that is allowed (Linux, by root or CAP_SYS_NICE); elsewhere nothing. */
export function askForPriority(): Priority {
  if (process.platform !== 'linux') return 'usual';
  try {
    setPriority(0, -10);
    return 'preferred';
  } catch {
    return 'usual';
  }
}

/**
 * Puts the calling thread before all that is not real time itself (Linux, by root or CAP_SYS_NICE, with util-linux'
 * `chrt`): it runs as soon as it is woken, where a preferred thread may wait for the end of another's slice. For threads
 * that sleep most of the time: this one takes its core from whatever runs there. Where it is not allowed, the thread
 * asks for what `askForPriority` gives. Threads and processes that it starts are scheduled as usual.
 *
 * The class is SCHED_FIFO with the least priority, 1: interrupts and drivers go before it. (sched(7))
 */
export function askForRealTime(): Priority {
  if (process.platform !== 'linux') return 'usual';
  try {
    // The link names <process>/task/<thread>.
    const thread = readlinkSync('/proc/thread-self').split('/').pop() as string;
    // Fifo, reset on fork. Only short flags: BusyBox' chrt knows no others.
    const flags = ['-f', '-R', '-p', '1', thread];
    if (spawnSync('chrt', flags, { stdio: 'ignore', timeout: 1000 }).status === 0) return 'real-time';
  } catch {
    // There is no /proc.
  }
  return askForPriority();
}

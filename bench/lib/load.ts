import { cpus, loadavg } from 'node:os';

/** Says so where others are using the machine: engines that wait for all their threads lose more by it than the rest. */
export function warnOfLoad(): void {
  const [load] = loadavg();
  if (load > cpus().length / 2) {
    console.log(
      `the load average is ${load.toFixed(1)}: figures of a busy machine, measure again on a quiet one`,
    );
  }
}

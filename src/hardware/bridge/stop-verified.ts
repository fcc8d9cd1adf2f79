import type { StopHow } from '../../core/hardware.ts';
import type { StopReport } from '../../core/lifecycle.ts';
import { type BusClock, sleep } from '../clock.ts';
import type { Driver } from '../driver.ts';

/** s between tries; s after which no further one is begun; s after which a driver that does not answer has failed. */
const PAUSE = 0.02;
const TRYING = 2;
const PATIENCE = 2.5;
const FEWEST_TRIES = 2;

/** Tells a driver to stop until it has read back that the robot does. Never throws: what failed stands in the report. */
export async function stopVerified(driver: Driver, how: StopHow, clock: BusClock): Promise<StopReport> {
  const begun = clock.now();
  for (let tries = 1; ; tries++) {
    const report = await within(clock, PATIENCE, attempt(driver, how), `no answer for ${PATIENCE} s`);
    if (report.stopped) return report;
    if (tries >= FEWEST_TRIES && clock.now() - begun >= TRYING)
      return { stopped: false, how: `not verified after ${tries} tries: ${report.how}` };
    await sleep(clock, PAUSE);
  }
}

async function attempt(driver: Driver, how: StopHow): Promise<StopReport> {
  try {
    return await driver.stop(how);
  } catch (error) {
    return { stopped: false, how: error instanceof Error ? error.message : String(error) };
  }
}

function within(
  clock: BusClock,
  seconds: number,
  work: Promise<StopReport>,
  otherwise: string,
): Promise<StopReport> {
  return new Promise((resolve) => {
    const cancel = clock.at(clock.now() + seconds, () => resolve({ stopped: false, how: otherwise }));
    void work.then((report) => {
      cancel();
      resolve(report);
    });
  });
}

import type { DriverModule } from './driver.ts';

/** Drivers that come with Premotor, by the name that a robot.json gives. */
export const drivers: Readonly<Record<string, DriverModule>> = {};

import type { DriverModule } from '../driver.ts';
import { RosbridgeDriver } from './rosbridge-driver.ts';

/** Robots behind ROS: see docs/ros.md. */
export const rosbridge: DriverModule = {
  name: 'rosbridge',
  calibrated: false,
  create: (options) => new RosbridgeDriver(options),
};

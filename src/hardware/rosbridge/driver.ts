import type { DriverModule } from '../driver.ts';
import { RosbridgeDriver } from './rosbridge-driver.ts';

export default {
  name: 'rosbridge',
  calibrated: false,
  create: (options) => new RosbridgeDriver(options),
} satisfies DriverModule;

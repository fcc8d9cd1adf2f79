import { CommandLimiter } from '../../control/command-limiter.ts';
import { SafetyTrips } from '../../control/safety-trips.ts';
import { InputError } from '../../core/errors.ts';
import { wallClock } from '../clock.ts';
import { loadDriver } from '../drivers.ts';
import { PathGuard } from '../path-guard.ts';
import { Bridge } from './bridge.ts';
import type { BridgeOptions, Told } from './messages.ts';

/** A bridge to the robot that the options name, on the machine's clocks. @throws InputError */
export async function createBridge(options: BridgeOptions, tell: (message: Told) => void): Promise<Bridge> {
  const { robot, hardware, controlPeriod } = options;
  const cycles = controlPeriod * hardware.rate;
  if (Math.abs(cycles - Math.round(cycles)) > 1e-6 || cycles < 1 - 1e-6)
    throw new InputError(
      `robot ${robot.name}: its bridge runs at ${hardware.rate} Hz, of which the control period ${controlPeriod} s is no whole number of cycles; set hardware.rate to a multiple of ${1 / controlPeriod}`,
    );
  const module = await loadDriver(options.driverModule ?? hardware.driver);
  return new Bridge(options, {
    driver: module.create(options),
    safety: {
      limiter: new CommandLimiter(robot, hardware),
      trips: new SafetyTrips(robot, hardware),
      guard: new PathGuard(robot, hardware),
    },
    clock: wallClock,
    unix: Date.now,
    origin: Number(process.hrtime.bigint()) / 1e6 - 1000 * wallClock.now(),
    tell,
  });
}

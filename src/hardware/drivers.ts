import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError, nearestName } from '../core/errors.ts';
import type { DriverModule } from './driver.ts';
import { dynamixelFamily } from './dynamixel/family.ts';
import { feetechFamily } from './feetech/family.ts';
import { mock } from './mock/mock-driver.ts';
import { rosbridge } from './rosbridge/driver.ts';
import { servoDriver } from './servo-driver.ts';

/** The drivers that ship, by the name that robot.json uses. */
export const drivers: Readonly<Record<string, DriverModule>> = {
  feetech: servoDriver(feetechFamily),
  dynamixel: servoDriver(dynamixelFamily),
  mock,
  rosbridge,
};

/**
 * A shipped driver by its name, or the default export of a module: a URL or an absolute path of JavaScript.
 * @throws InputError
 */
export async function loadDriver(name: string): Promise<DriverModule> {
  const known = drivers[name];
  if (known) return known;
  const url = isAbsolute(name) ? pathToFileURL(name).href : name;
  if (!URL.canParse(url)) {
    const near = nearestName(name, Object.keys(drivers));
    const hint = near ? `did you mean ${near}?` : `there are ${Object.keys(drivers).join(', ')}`;
    throw new InputError(`unknown driver "${name}"; ${hint} Or name a module of your own by its path`);
  }
  let found: { readonly default?: unknown };
  try {
    found = await import(url);
  } catch (cause) {
    throw new InputError(`driver ${name} cannot be loaded: ${(cause as Error).message}`, { cause });
  }
  const module = found.default as Partial<DriverModule> | undefined;
  const problem =
    typeof module !== 'object' || module === null
      ? 'it has no default export'
      : typeof module.name !== 'string'
        ? 'its default export has no name'
        : typeof module.calibrated !== 'boolean'
          ? 'its default export does not say whether it is calibrated'
          : typeof module.create !== 'function'
            ? 'its default export has no function create'
            : undefined;
  if (problem) throw new InputError(`driver ${name}: ${problem}; see docs/drivers.md`);
  return module as DriverModule;
}

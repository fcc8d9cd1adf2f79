import * as roslib from 'roslib';
import type { RobotModel } from '#src/core/robot';
import { type BusClock, wallClock } from '#src/hardware/clock';
import type { Driver, DriverOptions } from '#src/hardware/driver';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { RosbridgeDriver } from '#src/hardware/rosbridge/rosbridge-driver';
import {
  type RosbridgeServerOptions,
  type ServedRosbridge,
  serveRosbridge,
} from '#src/hardware/rosbridge/stand-in/serve-rosbridge';
import { loadRobot } from '#src/load/robot';
import { homeOfActuators } from '#src/robot/index';

/** The SO-101, as if it were behind ROS. */
export async function arm(options: Record<string, unknown> = {}): Promise<RobotModel> {
  const robot = await loadRobot('so101');
  return { ...robot, hardware: { ...robot.hardware!, driver: 'rosbridge', motors: [], rate: 50, options } };
}

export interface Rig {
  readonly robot: RobotModel;
  readonly server: ServedRosbridge;
  readonly motors: FirstOrderMotors;
  driver(port?: string): RosbridgeDriver;
}

const open: { close(): Promise<void> }[] = [];

/** Ends what `rig` and `serve` began. */
export async function closeAll(): Promise<void> {
  for (const each of open.splice(0).reverse()) await each.close();
}

export const home = (robot: RobotModel) => homeOfActuators(robot);

export const moved = (from: Float64Array, by: number) => from.map((q) => q + by);

/** A stand-in robot with first-order joints, and drivers for it. */
export async function rig(
  options: Record<string, unknown> = {},
  serving: Partial<RosbridgeServerOptions> = {},
): Promise<Rig> {
  const robot = await arm(options);
  const motors = new FirstOrderMotors(home(robot), { timeConstant: 0.03 });
  const server = await serveRosbridge({ robot, motors, port: 0, ...serving });
  open.push(server);
  return {
    ...{ robot, server, motors },
    driver(port = server.address) {
      const driver = new RosbridgeDriver({ robot, hardware: robot.hardware!, port } satisfies DriverOptions);
      open.push(driver);
      return driver;
    },
  };
}

/** Waits until it is so. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  seconds = 15,
): Promise<void> {
  for (let i = 0; i < seconds * 100; i++) {
    if (await condition()) return;
    await pause(0.01);
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

/** Waits until its robot can be read. */
export const reads = (driver: Driver) =>
  until(
    () =>
      driver.read().then(
        () => true,
        () => false,
      ),
    'it reads',
  );

/** Waits until reading its robot fails in such words. @returns the fault */
export async function readFails(driver: Driver, words = ''): Promise<Error> {
  let fault: Error | undefined;
  await until(async () => {
    fault = await driver.read().then(
      () => undefined,
      (error: Error) => error,
    );
    return fault?.message.includes(words) ?? false;
  }, `a fault ${words}`);
  return fault!;
}

export const pause = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));

/** The machine's clock, so much quicker: sockets are real, and nobody waits seconds for joints. */
export const quicker = (factor: number): BusClock => ({
  now: () => wallClock.now() * factor,
  at: (time, run, exact) => wallClock.at(time / factor, run, exact),
});

type Anything = (...given: unknown[]) => unknown;

/** roslib's own client, whose declarations Node's resolution does not find. */
export const client = roslib as unknown as {
  readonly Ros: new (options: { url: string }) => Record<string, Anything> & { isConnected: boolean };
  readonly Topic: new (options: object) => Record<string, Anything>;
  readonly Service: new (options: object) => Record<string, Anything>;
  readonly Action: new (options: object) => Record<string, Anything>;
};

import { realpath } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../../core/errors.ts';
import type { RobotModel } from '../../core/robot.ts';
import { adapterOf } from '../../hardware/adapter.ts';
import { checkCalibration } from '../../hardware/calibration.ts';
import { findCalibration, loadCalibration } from '../../hardware/calibration-file.ts';
import type { HardwareChoice } from '../../hardware/create-plant.ts';
import { readMockOptions } from '../../hardware/mock/mock-options.ts';
import { portName } from '../../hardware/port.ts';
import { bundleTask, installTask } from '../../load/bundle.ts';
import { isFileName, shippedFolder } from '../../load/robot.ts';
import { type Manifest, sha256 } from '../../runs/index.ts';
import type { RealRobotAccess } from '../../train/index.ts';
import { mockOptionsOf } from './mock-words.ts';

export interface PortChoices {
  /** A serial device, `tcp://host:port`, `ws://host:port`, `mock`. */
  readonly port: string;
  /** All but writing. */
  readonly dryRun?: boolean;
  /** Default: the one that was kept for this robot. */
  readonly calibration?: string;
  /** Options of the driver mock, `key=value`; of `--port mock` alone. */
  readonly mock?: readonly string[];
  /** Episodes that may be begun anew after faults that pass, in the whole run; default 3. */
  readonly recoveries?: number;
}

/** A robot behind a port, as a session wants it and as a manifest keeps it. */
export interface ChosenRobot {
  readonly robot: RobotModel;
  readonly access: RealRobotAccess;
  readonly kept: NonNullable<Manifest['hardware']>;
}

type PortKind = ChosenRobot['kept']['port'];

/** @param reference the robot's name or file. @throws InputError for what cannot be used; the port is not touched. */
export async function chooseRobot(
  robot: RobotModel,
  reference: string,
  { port, dryRun = false, calibration: file, mock = [], recoveries = 3 }: PortChoices,
): Promise<ChosenRobot> {
  const kind = portKind(port);
  if (mock.length > 0 && kind !== 'mock')
    throw new InputError(`--mock ${mock[0]}: is for --port mock, not for ${portName(port)}`);
  const real = withDriver(robot, kind, mockOptionsOf(mock));
  if (mock.length > 0) readMockOptions(real.hardware, real, '--mock');
  const { driver } = real.hardware;
  const calibration =
    isServoPort(kind) || file !== undefined ? await calibrationOf(real, port, file) : undefined;
  const driverModule = await ownDriver(driver, reference);
  const data: HardwareChoice = {
    ...{ port, dryRun },
    ...(calibration && { calibration }),
    ...(file !== undefined && { calibrationNamed: true }),
    ...(driverModule !== undefined && { driverModule }),
  };
  const module = new URL('../../hardware/create-plant.js', import.meta.url).href;
  return {
    robot: real,
    access: {
      ...{ source: { module, data }, recoveries },
      name: `${driver}${kind === 'mock' ? ' robot' : ` on ${portName(port)}`}${dryRun ? ', dry run' : ''}`,
    },
    kept: {
      ...{ driver, port: kind },
      calibration: calibration ? sha256(JSON.stringify(calibration)) : null,
    },
  };
}

export function portKind(port: string): PortKind {
  if (port === 'mock') return 'mock';
  const scheme = /^([a-z]+):\/\//i.exec(port)?.[1].toLowerCase();
  if (scheme === undefined) return 'serial';
  if (scheme === 'tcp') return 'tcp';
  if (scheme === 'ws' || scheme === 'wss') return 'websocket';
  throw new InputError(
    `--port ${port}: must be a device (premotor hardware scan lists them), tcp://host:port, ws://host:port, mock or sim`,
  );
}

/** Whether a servo bus is behind it: bytes, and neither a mock nor ROS. */
export function isServoPort(kind: PortKind): boolean {
  return kind === 'serial' || kind === 'tcp';
}

/** What is behind a mock or a WebSocket is no servo bus, whatever the robot's motors are. */
function withDriver(robot: RobotModel, kind: PortKind, mock: Readonly<Record<string, unknown>>) {
  const { hardware } = robot;
  if (!hardware) {
    throw new InputError(
      `robot ${robot.name}: its robot.json has no "hardware", so nothing says what its motors are; --port sim takes the simulator (docs/hardware.md)`,
    );
  }
  const driver = kind === 'mock' ? 'mock' : kind === 'websocket' ? 'rosbridge' : hardware.driver;
  const own = driver === hardware.driver ? hardware.options : {};
  return { ...robot, hardware: { ...hardware, driver, options: { ...own, ...mock } } };
}

async function calibrationOf(
  robot: RobotModel & Required<Pick<RobotModel, 'hardware'>>,
  port: string,
  file: string | undefined,
) {
  const serial = (await adapterOf(port))?.serialNumber ?? null;
  const calibration =
    file === undefined
      ? (await findCalibration(robot.name, serial))?.calibration
      : await loadCalibration(file);
  if (calibration) checkCalibration(calibration, robot, robot.hardware);
  return calibration;
}

/** The URL of a driver that is a file beside the robot.json; undefined for a shipped one. */
async function ownDriver(driver: string, reference: string): Promise<string | undefined> {
  if (!/[\\/]|\.[mc]?[jt]s$/.test(driver)) return undefined;
  const folder = isFileName(reference) ? dirname(reference) : shippedFolder(reference);
  const path = resolve(folder, driver);
  const where = `hardware.driver ${driver}`;
  const file = await realpath(path).catch(() => {
    throw new InputError(`${where}: there is no file ${path}; give its path relative to the robot.json`);
  });
  if (/ts$/.test(extname(file)))
    return pathToFileURL(await installTask(await bundleTask(file, where), where)).href;
  return pathToFileURL(file).href;
}

import { RobotFault } from '../../core/errors.ts';
import type { Exchange, HardwareReport, HardwareSpec } from '../../core/hardware.ts';
import type { StopReport } from '../../core/lifecycle.ts';
import type { RobotModel } from '../../core/robot.ts';
import { BridgeClient } from '../../hardware/bridge/bridge-client.ts';
import type { Calibration } from '../../hardware/calibration.ts';
import type { HardwareChoice } from '../../hardware/create-plant.ts';
import type { Identity } from '../../hardware/driver.ts';
import { chooseRobot, type PortChoices } from './chosen-robot.ts';
import { pause } from './interrupt.ts';
import { loadRealRobot } from './real-robot.ts';

export interface LinkOptions extends PortChoices {
  /** s between commands; default: about 0.1. */
  readonly controlPeriod?: number;
  /** All of them hear everything. */
  readonly listeners?: readonly LinkListener[];
}

export interface LinkListener {
  exchange?(exchange: Exchange): void;
  report?(report: HardwareReport): void;
  log?(level: 'info' | 'warning' | 'error', message: string): void;
}

/** A robot behind its bridge, configured: it is read, and moves when it is activated. */
export interface RobotLink {
  /** For people, e.g. `feetech on /dev/ttyACM0`. */
  readonly name: string;
  readonly robot: RobotModel;
  readonly hardware: HardwareSpec;
  readonly calibration: Calibration | undefined;
  readonly identity: Identity;
  readonly client: BridgeClient;
  /** Rejects when the robot is lost or was stopped though nobody asked for it. */
  readonly lost: Promise<never>;
  /** Stops the robot as its policy says and frees the port. */
  close(): Promise<StopReport | null>;
}

/** How long a bridge that was told to end may take, ms, before the command ends without it. */
const ENDING = 3000;

/** @throws InputError, RobotFault */
export async function linkRobot(reference: string, options: LinkOptions): Promise<RobotLink> {
  const { robot } = await loadRealRobot(reference);
  const chosen = await chooseRobot(robot, reference, options);
  const hardware = chosen.robot.hardware!;
  const choice = chosen.access.source.data as HardwareChoice;
  const cycles = Math.max(1, Math.round((options.controlPeriod ?? 0.1) * hardware.rate));
  let lose: (fault: RobotFault) => void = () => {};
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
  });
  // Nobody may be listening yet.
  lost.catch(() => {});
  const each = (tell: (listener: LinkListener) => void) => options.listeners?.forEach(tell);
  const client = new BridgeClient({
    options: { ...choice, robot: chosen.robot, hardware, controlPeriod: cycles / hardware.rate },
    listener: {
      exchange: (exchange) => each((listener) => listener.exchange?.(exchange)),
      report(report) {
        if (report.lifecycle === 'unconfigured' && report.fault !== null) lose(new RobotFault(report.fault));
        each((listener) => listener.report?.(report));
      },
      halted: (fault) => lose(fault),
      log: (level, message) => each((listener) => listener.log?.(level, message)),
    },
  });
  const close = async () => {
    const stop = await client
      .finalize()
      .catch((error: Error): StopReport => ({ stopped: false, how: error.message }));
    // Nothing of a bridge that was let go keeps this process alive, but for this.
    const waited = new AbortController();
    await Promise.race([client.exited, pause(ENDING, waited.signal)]);
    waited.abort();
    return stop;
  };
  try {
    const identity = await client.configure();
    const { calibration } = choice;
    const { name } = chosen.access;
    return { name, robot: chosen.robot, hardware, calibration, identity, client, lost, close };
  } catch (error) {
    await close();
    throw error;
  }
}

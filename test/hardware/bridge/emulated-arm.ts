import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RobotModel } from '#src/core/robot';
import { defaultCalibration } from '#src/hardware/calibration';
import { EmulatedBus } from '#src/hardware/emulator/emulated-bus';
import { emulatedServos } from '#src/hardware/emulator/emulated-servos';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { serveTcp } from '#src/hardware/emulator/serve-tcp';

/** An emulated robot at its home pose on a TCP port of this process. */
export async function emulatedArm(robot: RobotModel) {
  const calibration = defaultCalibration(robot);
  const { family, servos, home } = emulatedServos(robot, robot.hardware!, calibration);
  const bus = new EmulatedBus({ family, servos, motors: new FirstOrderMotors(home) });
  const served = await serveTcp(bus);
  const registers = (name: string) => bus.servos.map((servo) => servo.get(name));
  return { bus, calibration, ...served, goals: () => registers('goal_position'), registers };
}

export interface Told {
  readonly what: 'running' | 'fault' | 'stopped' | 'closed';
  readonly message?: string;
}

/** The program of controller.mjs, in a process group of its own. */
export function startController(robot: string, data: object) {
  const program = fileURLToPath(new URL('controller.mjs', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [program, JSON.stringify({ robot, data })], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const told: Told[] = [];
  const listeners = new Set<() => void>();
  child.on('message', (message: Told) => {
    told.push(message);
    for (const listener of listeners) listener();
  });
  child.on('exit', () => {
    for (const listener of listeners) listener();
  });
  return {
    child,
    told,
    send: (message: object) => child.send(message, () => {}),
    /** Resolves when it has told `what` so many times. */
    async until(what: Told['what'], times = 1): Promise<Told> {
      for (;;) {
        const found = told.filter((message) => message.what === what)[times - 1];
        if (found) return found;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`the controller ended before it was ${what}`);
        await new Promise<void>((resolve) => listeners.add(resolve));
      }
    },
    end() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    },
  };
}

import type { RobotModel } from '#src/core/robot';
import { defaultCalibration } from '#src/hardware/calibration';
import { EmulatedBus } from '#src/hardware/emulator/emulated-bus';
import { emulatedServos } from '#src/hardware/emulator/emulated-servos';
import { families } from '#src/hardware/emulator/family';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { servePty } from '#src/hardware/emulator/serve-pty';
import { serveTcp } from '#src/hardware/emulator/serve-tcp';
import type { BytePort } from '#src/hardware/port';
import { servoFamilies } from '#src/hardware/servo-families';
import { machineTime } from './stop-controller.ts';

/** Ticks between a joint and its goal at which it counts as being there. */
const THERE = 3;

/**
 * An emulated robot that notes when it was told to hold. The driver's way to hold shows in the order of its packets: goals
 * are written, and at once it is asked whether torque is on. In a cycle of the loop a reading of positions follows.
 *
 * @param line what it is reached by: TCP, or a pseudo-terminal, which ends as a serial device does when it is pulled
 */
export async function stopWatch(robot: RobotModel, line: 'tcp' | 'pty' = 'tcp') {
  const { driver } = robot.hardware!;
  const family = servoFamilies.find(({ name }) => name === driver)!;
  const calibration = defaultCalibration(robot);
  const { family: name, servos, home } = emulatedServos(robot, robot.hardware!, calibration);
  const bus = new EmulatedBus({ family: name, servos, motors: new FirstOrderMotors(home) });
  const goalAddress = family.protocol.registers.get('goal_position').address;
  const held: number[] = [];
  let wrote: number | undefined;
  const note = (packet: Uint8Array, at: number) => {
    const instruction = name === 'feetech' ? packet[4] : packet[7];
    const address = name === 'feetech' ? packet[5] : packet[8] + 256 * packet[9];
    if (instruction === 0x83 && address === goalAddress) wrote = at;
    else {
      if (wrote !== undefined && instruction === 0x82 && address === family.guard.address) held.push(wrote);
      wrote = undefined;
    }
  };
  const framer = families[name].createFramer();
  let adapter: BytePort | undefined;
  const attach = bus.attach.bind(bus);
  bus.attach = (port) => {
    adapter = port;
    attach({
      ...port,
      onBytes: (listener) =>
        port.onBytes((bytes) => {
          const at = machineTime();
          framer.push(bytes, (packet) => note(packet, at));
          listener(bytes);
        }),
    });
  };
  const { address, close } = await (line === 'pty' ? servePty(bus) : serveTcp(bus));
  const registers = (register: string) => bus.servos.map((servo) => servo.get(register));
  return {
    ...{ bus, address, calibration, close },
    /** Pulls the adapter; the motors go on. */
    pull: () => void adapter?.close(),
    /** When it was first told to hold, after `since`; undefined: it was not. */
    heldAfter: (since: number) => held.find((at) => at > since),
    forget: () => {
      held.length = 0;
    },
    /** Whether every motor's own watchdog has stopped it. */
    lapsed: () => registers('bus_watchdog').every((counts) => counts < 0),
    /** Whether every joint is at its goal. */
    there() {
      bus.refresh();
      const goals = registers('goal_position');
      return registers('present_position').every((tick, i) => Math.abs(tick - goals[i]) <= THERE);
    },
    /** Whether no motor has torque. */
    limp: () => registers('torque_enable').every((on) => on === 0),
    torque: () => registers('torque_enable').every((on) => on === 1),
  };
}
export type StopWatch = Awaited<ReturnType<typeof stopWatch>>;

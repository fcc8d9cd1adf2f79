import { Bus, type BusOptions } from '#src/hardware/bus';
import { dynamixel } from '#src/hardware/dynamixel/protocol';
import { EmulatedBus, type EmulatorOptions } from '#src/hardware/emulator/emulated-bus';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { feetech } from '#src/hardware/feetech/protocol';
import { loopback } from '#src/hardware/port';
import { VirtualClock } from './virtual-clock.ts';

/** A bus of six motors against its emulator, in memory and in virtual time. */
export function bench(
  family: 'feetech' | 'dynamixel',
  emulator: Partial<EmulatorOptions> = {},
  options: BusOptions = {},
) {
  const clock = new VirtualClock();
  const motors = new FirstOrderMotors(emulator.servos?.map(() => 0) ?? new Array(6).fill(0));
  const emulated = new EmulatedBus({
    family,
    motors,
    servos: [1, 2, 3, 4, 5, 6].map((id) => ({ id, registers: { return_delay: 0, baud: baudCode[family] } })),
    clock,
    ...emulator,
  });
  const [near, far] = loopback();
  emulated.attach(far);
  const timing = { returnDelay: 0, latency: 0.001, margin: 0.002 };
  const protocol = family === 'feetech' ? feetech : dynamixel;
  const bus = new Bus(near, protocol, { ...timing, clock, echo: false, ...options });
  return { clock, motors, emulated, bus, near, far };
}

/** 1 Mbit/s. */
export const baudCode = { feetech: 0, dynamixel: 3 } as const;

export const address = {
  feetech: { position: 56, size: 2, goal: 42, torque: 40 },
  dynamixel: { position: 132, size: 4, goal: 116, torque: 64 },
} as const;

/** Little endian, two's complement. */
export function counts(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 0xff);
}
export const number = (bytes: Uint8Array | undefined) =>
  bytes && Array.from(bytes).reduceRight((sum, byte) => sum * 256 + byte, 0);

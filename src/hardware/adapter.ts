import { realpath } from 'node:fs/promises';
import { listSerialPorts, type SerialDevice } from './port-serial.ts';

/** USB vendor whose adapters hold answers back for up to 16 ms. */
const FTDI = '0403';

/** The adapter behind a serial device, by its name or a link to it; undefined for other ports and unknown devices. */
export async function adapterOf(port: string): Promise<SerialDevice | undefined> {
  if (port.includes('://')) return undefined;
  const path = await realpath(port).catch(() => port);
  const devices = await listSerialPorts().catch(() => []);
  return devices.find((device) => device.path === path || device.path === port);
}

/** What an adapter holds an answer back at most, s. */
export function latencyOf(adapter: SerialDevice | undefined): number {
  return adapter?.vendorId?.toLowerCase() === FTDI ? 0.016 : 0.002;
}

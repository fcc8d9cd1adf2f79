import type { BytePort } from './port.ts';
import { openSerialPort } from './port-serial.ts';
import { openTcpPort } from './port-tcp.ts';

/** Opens `tcp://host:port` or the serial device of that name. @throws InputError */
export function openPort(address: string, baud: number): Promise<BytePort> {
  return address.startsWith('tcp:') ? openTcpPort(address) : openSerialPort(address, baud);
}

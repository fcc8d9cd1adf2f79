import { readdir } from 'node:fs/promises';
import type { SerialPort } from 'serialport';
import { InputError } from '../core/errors.ts';
import { type BytePort, MAX_WAITING, PortEvents } from './port.ts';

/** A serial device that the system knows. */
export interface SerialDevice {
  readonly path: string;
  readonly manufacturer?: string;
  readonly serialNumber?: string;
  /** Hexadecimal, as in USB. */
  readonly vendorId?: string;
  readonly productId?: string;
}

/** 8 bits, no parity, 1 stop bit; no other program of this user may open it too. @throws InputError */
export async function openSerialPort(path: string, baud: number): Promise<BytePort> {
  const { SerialPort } = await loadSerialport();
  const serial = new SerialPort({ path, baudRate: baud, autoOpen: false, lock: true });
  await new Promise<void>((resolve, reject) => {
    serial.open((error) => (error ? reject(openError(path, error)) : resolve()));
  });
  return portOfSerial(serial, path);
}

/** What is plugged in. @throws InputError when the package `serialport` is not there. */
export async function listSerialPorts(): Promise<SerialDevice[]> {
  const { SerialPort } = await loadSerialport();
  const found = await SerialPort.list().catch(devicesByName);
  return found.map(({ path, manufacturer, serialNumber, vendorId, productId }) => ({
    ...{ path, manufacturer, serialNumber, vendorId, productId },
  }));
}

/** Where the system tells nothing of its devices (no udev, as in containers): those that are called like adapters. */
async function devicesByName(): Promise<SerialDevice[]> {
  const names = await readdir('/dev').catch(() => []);
  const adapters = names.filter((name) => /^(tty(USB|ACM)\d+|cu\.usb.*)$/.test(name)).sort();
  return adapters.map((name) => ({ path: `/dev/${name}` }));
}

function portOfSerial(serial: SerialPort, path: string): BytePort {
  const events = new PortEvents();
  serial.on('data', (bytes: Uint8Array) => events.bytes(Uint8Array.from(bytes)));
  serial.on('error', (error: Error) => events.close(error.message));
  serial.on('close', (error?: Error) => events.close(error?.message ?? 'the device is gone'));
  return {
    name: path,
    write(bytes) {
      if (events.closed) return;
      serial.write(bytes);
      if (serial.writableLength > MAX_WAITING) events.close('the device does not take what is written');
    },
    onBytes: (listener) => events.onBytes(listener),
    onClose: (listener) => events.onClose(listener),
    close() {
      events.close('closed');
      return new Promise((resolve) => {
        if (serial.isOpen) serial.close(() => resolve());
        else resolve();
      });
    },
  };
}

function openError(path: string, error: Error): InputError {
  if (/lock|busy|temporarily unavailable/i.test(error.message))
    return new InputError(`port ${path}: another program has it open; end that one first`);
  const hint = /permission|access denied/i.test(error.message)
    ? 'may you open it? On Linux: sudo usermod -aG dialout $USER, then log in again'
    : /ioctl|not a typewriter|ENOTTY/i.test(error.message)
      ? 'it is no serial port'
      : 'is it plugged in, and is this its name?';
  return new InputError(`port ${path} cannot be opened (${error.message.replace(/^Error: /, '')}); ${hint}`);
}

async function loadSerialport(): Promise<typeof import('serialport')> {
  try {
    return await import('serialport');
  } catch (cause) {
    throw new InputError(
      'serial ports need the package serialport: npm install serialport; or name a port of the form tcp://host:port',
      { cause },
    );
  }
}

import { connect, type Socket } from 'node:net';
import { InputError } from '../core/errors.ts';
import { type BytePort, MAX_WAITING, PortEvents } from './port.ts';

/** Connects to `tcp://host:port`. @throws InputError when nobody answers there. */
export async function openTcpPort(address: string, timeout = 3): Promise<BytePort> {
  const { hostname, port } = parseTcpAddress(address);
  const socket = connect({ host: hostname, port });
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => {
      socket.destroy();
      reject(new InputError(`port ${address}: ${why}; is the emulator or the serial server running there?`));
    };
    const timer = setTimeout(() => fail(`no answer within ${timeout} s`), timeout * 1000);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve();
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
  });
  return portOfSocket(socket, address);
}

/** Host and port of `tcp://host:port`. @throws InputError when it is not of this form. */
function parseTcpAddress(address: string): { hostname: string; port: number } {
  const match = /^tcp:\/\/(\[[^\]]+\]|[^:/]+):(\d{1,5})\/?$/.exec(address);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new InputError(`port ${address}: write it as tcp://host:port, e.g. tcp://127.0.0.1:5010`);
  }
  return { hostname: match[1].replace(/^\[|\]$/g, ''), port };
}

/** A connected socket as a port. */
export function portOfSocket(socket: Socket, name: string): BytePort {
  const events = new PortEvents();
  socket.setNoDelay(true);
  socket.on('data', (bytes) => events.bytes(Uint8Array.from(bytes)));
  socket.on('error', (error) => events.close(error.message));
  socket.on('close', () => events.close('the other side closed the connection'));
  return {
    name,
    write(bytes) {
      if (events.closed) return;
      socket.write(bytes);
      if (socket.writableLength <= MAX_WAITING) return;
      events.close('the other side does not read');
      socket.destroy();
    },
    onBytes: (listener) => events.onBytes(listener),
    onClose: (listener) => events.onClose(listener),
    close() {
      events.close('closed');
      return new Promise((resolve) => {
        if (socket.destroyed) resolve();
        else socket.once('close', () => resolve()).destroy();
      });
    },
  };
}

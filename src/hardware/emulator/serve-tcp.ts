import { createServer, type Socket } from 'node:net';
import { InputError } from '../../core/errors.ts';
import { portOfSocket } from '../port-tcp.ts';
import type { EmulatedBus } from './emulated-bus.ts';

/** An emulated bus that programs can open. */
export interface Served {
  /** What to open: `tcp://host:port` or a device. */
  readonly address: string;
  close(): Promise<void>;
}

/** Serves a bus on a TCP port; 0 takes a free one. One master at a time: a second connection is closed at once. @throws InputError */
export async function serveTcp(bus: EmulatedBus, port = 0, host = '127.0.0.1'): Promise<Served> {
  let master: Socket | undefined;
  const server = createServer((socket) => {
    if (master) {
      socket.destroy();
      return;
    }
    master = socket;
    socket.on('close', () => {
      master = undefined;
    });
    bus.attach(portOfSocket(socket, `${socket.remoteAddress}:${socket.remotePort}`));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new InputError(`cannot serve on ${host}:${port} (${cause.message}); choose another port`, { cause }),
      );
    });
    server.listen(port, host, resolve);
  });
  const bound = server.address() as { readonly port: number };
  bus.start();
  return {
    address: `tcp://${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
    async close() {
      await bus.close();
      master?.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

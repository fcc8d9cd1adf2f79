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

/** ms in which a master may leave before a second one is sent away: who opens again at once may overtake its farewell. */
const FAREWELL = 200;

/** Serves a bus on a TCP port; 0 takes a free one. One master at a time: a second connection is closed. @throws InputError */
export async function serveTcp(bus: EmulatedBus, port = 0, host = '127.0.0.1'): Promise<Served> {
  let master: Socket | undefined;
  const accept = (socket: Socket) => {
    master = socket;
    socket.on('close', () => {
      master = undefined;
    });
    bus.attach(portOfSocket(socket, `${socket.remoteAddress}:${socket.remotePort}`));
  };
  const server = createServer((socket) => {
    if (master === undefined) {
      accept(socket);
      return;
    }
    const refuse = setTimeout(() => {
      former.off('close', takeOver);
      socket.destroy();
    }, FAREWELL);
    const takeOver = () => {
      clearTimeout(refuse);
      if (master === undefined && server.listening && !socket.destroyed) accept(socket);
      else socket.destroy();
    };
    const former = master.once('close', takeOver);
    socket.on('error', () => socket.destroy());
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

import type { ReadStream } from 'node:tty';
import { InputError } from '../../core/errors.ts';
import { type BytePort, PortEvents } from '../port.ts';
import type { EmulatedBus } from './emulated-bus.ts';
import type { Served } from './serve-tcp.ts';

/** What `open` of node-pty returns beyond its types. */
interface OpenedPty {
  readonly _master: ReadStream;
  readonly _slave: ReadStream;
  /** The device's path. */
  readonly _pty: string;
}

/**
 * Serves a bus on a pseudo-terminal, a device like that of a USB adapter: every byte passes both ways unchanged, and
 * it stays when a program closes it. Linux and macOS. @throws InputError where there are none.
 */
export async function servePty(bus: EmulatedBus): Promise<Served> {
  const { pty, raw } = await openRaw();
  const port = portOfMaster(pty);
  bus.attach(port);
  bus.start();
  return {
    address: pty._pty,
    async close() {
      await bus.close();
      await port.close();
      await raw.close();
    },
  };
}

function portOfMaster({ _master: master, _pty: name }: OpenedPty): BytePort {
  const events = new PortEvents();
  master.on('data', (bytes: Uint8Array) => events.bytes(Uint8Array.from(bytes)));
  master.on('error', (error) => events.close(error.message));
  master.on('close', () => events.close('the pseudo-terminal is gone'));
  return {
    name,
    write(bytes) {
      // A tty.ReadStream is a socket that writes too.
      if (!events.closed) master.write(bytes);
    },
    onBytes: (listener) => events.onBytes(listener),
    onClose: (listener) => events.onClose(listener),
    async close() {
      events.close('closed');
      master.destroy();
    },
  };
}

/**
 * A pseudo-terminal whose line discipline is off. The serial binding opens its slave side to turn that off (Node's own
 * raw mode still turns LF into CR LF) and keeps it open, so that the device outlives its users; it never reads.
 */
async function openRaw() {
  try {
    const [{ default: nodePty }, { SerialPort }] = await Promise.all([
      import('@lydell/node-pty'),
      import('serialport'),
    ]);
    const { open } = nodePty as unknown as { open?: (options: { encoding: null }) => OpenedPty };
    if (open === undefined) throw new Error('this system has no pseudo-terminals');
    const pty = open({ encoding: null });
    const raw = await SerialPort.binding.open({
      path: pty._pty,
      baudRate: 115_200,
      lock: false,
      hupcl: false,
    });
    // node-pty would read there what is meant for the device's user.
    pty._slave.destroy();
    return { pty, raw };
  } catch (cause) {
    throw new InputError(
      `no pseudo-terminal (${(cause as Error).message.split('\n')[0]}); serve on a TCP port instead`,
      { cause },
    );
  }
}

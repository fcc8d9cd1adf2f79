import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { InputError, RobotFault } from '#src/core/errors';
import { Bus } from '#src/hardware/bus';
import { EmulatedBus } from '#src/hardware/emulator/emulated-bus';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { servePty } from '#src/hardware/emulator/serve-pty';
import { serveTcp } from '#src/hardware/emulator/serve-tcp';
import { feetech } from '#src/hardware/feetech/protocol';
import { openPort } from '#src/hardware/open-port';
import { type BytePort, loopback } from '#src/hardware/port';
import { portOfSocket } from '#src/hardware/port-tcp';

const ids = [1, 2, 3, 4, 5, 6];
const toClose: { close(): Promise<unknown> }[] = [];
const closing = <T extends { close(): Promise<unknown> }>(item: T): T => {
  toClose.unshift(item);
  return item;
};
afterEach(async () => {
  for (const item of toClose.splice(0)) await item.close();
});

const emulator = () =>
  new EmulatedBus({
    family: 'feetech',
    motors: new FirstOrderMotors(ids.map((id) => id / 10)),
    servos: ids.map((id) => ({ id })),
  });
/** Patient: the machine may be busy. */
const busOver = (port: BytePort) => closing(new Bus(port, feetech, { margin: 2 }));

/** What comes until so many bytes are there. */
function collect(port: BytePort, length: number): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const got: number[] = [];
    port.onBytes((bytes) => {
      got.push(...bytes);
      if (got.length >= length) resolve(Uint8Array.from(got));
    });
  });
}
const everyByte = Uint8Array.from({ length: 512 }, (_, i) => (i < 256 ? i : 511 - i));

/** Stands in for the bus: hands back what it gets. */
const parrot = () => {
  const bus = emulator();
  bus.attach = (port) => port.onBytes((bytes) => port.write(bytes));
  return bus;
};

const transports = [
  ['a TCP port', serveTcp],
  ['a pseudo-terminal', servePty],
] as const;

describe.each(transports)('%s', (_name, serve) => {
  it('carries every byte both ways unchanged', async () => {
    const { address } = closing(await serve(parrot()));
    const port = closing(await openPort(address, 1_000_000));
    const back = collect(port, everyByte.length);
    port.write(everyByte);
    expect(await back).toEqual(everyByte);
  });

  it('carries the emulated bus: ping, reads, writes, sync reads and writes', async () => {
    const { address } = closing(await serve(emulator()));
    const bus = busOver(await openPort(address, 1_000_000));
    expect(await bus.find([1, 6])).toEqual([1, 6]);
    await bus.syncWrite(
      40,
      ids.map((id) => ({ id, data: Uint8Array.of(1) })),
    );
    await bus.write(1, 42, Uint8Array.of(0xff, 0x0a));
    expect(Array.from(await bus.read(1, 42, 2))).toEqual([0xff, 0x0a]);
    const states = await bus.syncRead(56, 8, ids);
    expect([...states.keys()].sort()).toEqual(ids);
    expect(bus.statistics()).toMatchObject({ corrupted: 0, skipped: 0, echo: false });
  });

  it('can be closed and opened again by its user', async () => {
    const { address } = closing(await serve(emulator()));
    const first = busOver(await openPort(address, 1_000_000));
    expect(await first.find([3])).toEqual([3]);
    await first.close();
    // Until the emulator has noticed, a second master is turned away.
    const again = async () => {
      const bus = busOver(await openPort(address, 1_000_000));
      return bus.find([3]).catch(() => []);
    };
    await expect.poll(again, { timeout: 20_000 }).toEqual([3]);
  });
});

describe('a pseudo-terminal', () => {
  it('is raw from the start, for programs that do not set it so', async () => {
    const { address } = closing(await servePty(parrot()));
    const file = await open(address, constants.O_RDWR | constants.O_NOCTTY);
    const buffer = Buffer.alloc(everyByte.length);
    await file.write(everyByte);
    for (let at = 0; at < buffer.length; ) at += (await file.read(buffer, at)).bytesRead;
    await file.close();
    expect(Uint8Array.from(buffer)).toEqual(everyByte);
  });
});

describe('a port', () => {
  it('that another program has open is told in a line', async () => {
    const { address } = closing(await servePty(parrot()));
    closing(await openPort(address, 1_000_000));
    await expect(openPort(address, 1_000_000)).rejects.toThrow(
      `port ${address}: another program has it open; end that one first`,
    );
  });

  it('of TCP ends every call when the other side goes away', async () => {
    const served = closing(await serveTcp(emulator()));
    const bus = busOver(await openPort(served.address, 1_000_000));
    expect(await bus.find([1])).toEqual([1]);
    await served.close();
    await expect(bus.read(1, 56, 2)).rejects.toThrow(RobotFault);
    await expect(bus.read(1, 56, 2)).rejects.toThrow(/^port tcp:.*check the cable and open it again$/);
  });

  it('of TCP has one master at a time', async () => {
    const served = closing(await serveTcp(emulator()));
    busOver(await openPort(served.address, 1_000_000));
    const { hostname, port } = new URL(served.address.replace('tcp', 'http'));
    await new Promise<void>((resolve) => connect(Number(port), hostname).once('close', () => resolve()));
  });

  it('of TCP that is taken is told in a line', async () => {
    const served = closing(await serveTcp(emulator()));
    const taken = Number(new URL(served.address.replace('tcp', 'http')).port);
    await expect(serveTcp(emulator(), taken)).rejects.toThrow(
      /^cannot serve on 127.0.0.1:\d+ .*choose another port$/,
    );
  });

  it('of TCP is given up when the other side never reads', async () => {
    const peers: Socket[] = [];
    const server = createServer((socket) => peers.push(socket.pause())).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const port = portOfSocket(socket, 'deaf');
    const cause = new Promise<string>((resolve) => port.onClose(resolve));
    for (let i = 0; i < 2000; i++) port.write(new Uint8Array(16_384));
    expect(await cause).toBe('the other side does not read');
    for (const peer of peers) peer.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ['tcp://127.0.0.1:1', 'port tcp://127.0.0.1:1: '],
    ['tcp://nowhere', 'write it as tcp://host:port'],
    ['tcp://127.0.0.1:99999', 'write it as tcp://host:port'],
    ['/dev/no-such-device', 'port /dev/no-such-device cannot be opened'],
  ])('%s that cannot be opened is told in a line', async (address, message) => {
    const error = await openPort(address, 1_000_000).catch((reason) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('\n');
  });

  it('in memory tells both ends once that it closed, also who asks later', async () => {
    const [near, far] = loopback();
    const told: string[] = [];
    near.onClose((cause) => told.push(`near ${cause}`));
    await near.close();
    await near.close();
    far.onClose((cause) => told.push(`far ${cause}`));
    expect(told).toEqual(['near closed', 'far the other end was closed']);
    far.onBytes(() => told.push('bytes'));
    near.write(Uint8Array.of(1));
    expect(told.length).toBe(2);
  });
});

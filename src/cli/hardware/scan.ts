import { adapterOf, latencyOf } from '../../hardware/adapter.ts';
import { Bus, type BytePort, openPort, wallClock } from '../../hardware/index.ts';
import { Line } from '../../hardware/line.ts';
import { sharedId } from '../../hardware/motor-setup.ts';
import { decodeCounts } from '../../hardware/register.ts';
import { servoFamilies } from '../../hardware/servo-families.ts';
import type { ServoFamily } from '../../hardware/servo-family.ts';
import { pause } from './interrupt.ts';

/** A motor that answered. */
export interface FoundMotor {
  readonly port: string;
  readonly family: string;
  readonly baud: number;
  readonly id: number;
  /** By name, or the number that the register holds. */
  readonly model: string;
  readonly firmware: string;
  /** °C, V */
  readonly temperature: number;
  readonly voltage: number;
  readonly torque: boolean;
  /** Ticks. */
  readonly position: number;
  /** What it complains of; empty = nothing. */
  readonly error: string;
  /** Two or more motors answer to this id, and nothing is known of them. */
  readonly shared?: true;
}

export interface ScanOptions {
  readonly families?: readonly ServoFamily[];
  /** bits/s; default: all that the motors know, the usual ones first. */
  readonly bauds?: readonly number[];
  readonly signal?: AbortSignal;
  /** Is told what is being looked at. */
  readonly onLook?: (family: string, baud: number) => void;
}

/** A motor's pause before it answers a ping of all, at most, s: the makers' own tools wait so long. */
const PAUSE = { feetech: 0.001, dynamixel: 0.003 } as const;
/** s that a ping of all may take where a slow line needs longer for all ids. */
const MOST = 0.8;
/** What schedulers are allowed where somebody is known to be there and others may have been missed, s. */
const PATIENT = 0.03;
/** TCP and pseudo-terminals: the rate is not ours to choose, and who answers does so at any. */
const rateless = /:\/\/|^\/dev\/(pts\/|ttys\d)/;
/** Ids asked one by one at the usual rates, for motors that do not answer a ping of all. */
const USUAL_IDS = Array.from({ length: 13 }, (_, id) => id);
/** The rates that motors come with, and what robots are set to. */
const usualBauds = [1_000_000, 57_600];

/** Motors that answered at one rate, and the bus to talk to them with while it is being looked at. */
export interface Answering {
  readonly family: ServoFamily;
  readonly bus: Bus;
  readonly baud: number;
  readonly ids: readonly number[];
  /** Ids to which two or more motors answer: no word with one of them is possible. */
  readonly shared: readonly number[];
}

/**
 * Goes through all rates and families of a port and hands over who answers, rate by rate. Motors are pinged alone.
 * Returns whether anybody did. @throws InputError when the port cannot be opened, RobotFault when it is pulled.
 */
export async function visitMotors(
  port: string,
  options: ScanOptions,
  visit: (answering: Answering) => Promise<void>,
): Promise<boolean> {
  const latency = latencyOf(await adapterOf(port));
  const fixed = rateless.test(port);
  let met = false;
  // One connection where the rate is not ours: who serves it may not take a second one at once.
  const shared = fixed ? await openPort(port, usualBauds[0]) : undefined;
  try {
    for (const family of options.families ?? servoFamilies) {
      for (const baud of options.bauds ?? usualFirst(family.bauds)) {
        if (options.signal?.aborted) return met;
        options.onLook?.(family.name, baud);
        const open = shared ?? (await openPort(port, baud));
        try {
          const answering = await lookAt(open, family, baud, latency);
          if (answering.ids.length + answering.shared.length === 0) continue;
          met = true;
          await visit(answering);
        } finally {
          if (!shared) await open.close();
        }
        if (fixed) break;
      }
      // Two families on one line disturb one another; nobody builds that.
      if (met) break;
    }
    return met;
  } finally {
    await shared?.close();
  }
}

/** Who answers on a port, at any rate and of any family. Motors are pinged and read, never written to. @throws as `visitMotors` */
export async function scanPort(port: string, options: ScanOptions = {}): Promise<FoundMotor[]> {
  const found: FoundMotor[] = [];
  await visitMotors(port, options, async ({ family, bus, baud, ids, shared }) => {
    for (const id of ids) {
      const { motor, ownBaud } = await describe(bus, family, id);
      found.push({ port, family: family.name, baud: ownBaud ?? baud, ...motor });
    }
    for (const id of shared)
      found.push({ port, family: family.name, baud, ...unknownMotor(id, sharedId(id)), shared: true });
  });
  return found;
}

function usualFirst(bauds: readonly number[]): number[] {
  const first = usualBauds.filter((baud) => bauds.includes(baud));
  return [...first, ...bauds.filter((baud) => !first.includes(baud)).sort((a, b) => b - a)];
}

async function lookAt(
  port: BytePort,
  family: ServoFamily,
  baud: number,
  latency: number,
): Promise<Answering> {
  const ids = await pingAll(port, family, baud, latency);
  const bus = new Bus(port, family.protocol, { baud, latency, returnDelay: 0.001 });
  const asked = [...new Set([...ids, ...(usualBauds.includes(baud) ? USUAL_IDS : [])])];
  const first = await bus.find(asked);
  // A ping of all that was answered and a ping of one that was not: ask again when the machine is less busy.
  const lost = asked.filter((id) => !first.includes(id));
  if (ids.some((id) => lost.includes(id))) await pause(80);
  if (ids.length > 0) bus.margin = PATIENT;
  const second = await bus.find(lost);
  const found = [...first, ...second].sort((a, b) => a - b);
  const shared: number[] = [];
  for (const id of lost) {
    if (second.includes(id) || bus.health(id).lastMiss === 'no answer') continue;
    if ((await bus.countOf(id)) === 'several') shared.push(id);
  }
  return { family, bus, baud, ids: found, shared };
}

/** Ids that answered one ping of all; all ids where answers were garbled. */
async function pingAll(
  port: BytePort,
  family: ServoFamily,
  baud: number,
  latency: number,
): Promise<number[]> {
  const { protocol, name } = family;
  const each = (protocol.statusLength(protocol.pingSize) * 10) / baud + PAUSE[name];
  const many = Math.min(protocol.maxId + 1, Math.ceil(MOST / each));
  const awaited = new Map(Array.from({ length: many }, (_, id) => [id, protocol.pingSize]));
  const timing = { baud, latency, returnDelay: PAUSE[name], margin: 0.02 };
  const line = new Line(port, protocol, { ...timing, echo: 'auto', clock: wallClock });
  const { statuses } = await line.attempt(protocol.ping(protocol.broadcast), awaited);
  await line.settle(latency);
  if (line.corrupted === 0) return [...statuses.keys()];
  return Array.from({ length: protocol.maxId + 1 }, (_, id) => id);
}

/** Everything that is said of a motor, by one read of its whole table. */
async function describe(bus: Bus, family: ServoFamily, id: number) {
  const { protocol, bauds } = family;
  try {
    const bytes = await bus.read(id, 0, family.tableSize);
    const held = Object.fromEntries(
      protocol.registers
        .within(0, family.tableSize)
        .filter((item) => item.address + item.size <= bytes.length)
        .map((item) => [item.name, decodeCounts(item, bytes, item.address)]),
    );
    const motor = {
      ...{
        id,
        model: family.modelName(held.model) ?? `model ${held.model}`,
        firmware: family.firmware(held),
      },
      ...{ temperature: held.present_temperature, voltage: held.present_voltage / 10 },
      ...{ torque: held.torque_enable === 1, position: held.present_position, error: family.complaint(held) },
    };
    return { motor, ownBaud: bauds[held.baud] };
  } catch (error) {
    return { motor: unknownMotor(id, (error as Error).message) };
  }
}

function unknownMotor(id: number, error: string) {
  const nothing = { temperature: Number.NaN, voltage: Number.NaN, torque: false, position: Number.NaN };
  return { id, model: 'unknown', firmware: 'unknown', ...nothing, error };
}

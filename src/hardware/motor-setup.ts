import { InputError, RobotFault } from '../core/errors.ts';
import type { HardwareSpec } from '../core/hardware.ts';
import { type Counts, differences, ServoBus, type ServoBusPorts } from './servo-bus.ts';
import type { ServoFamily } from './servo-family.ts';

/** How a motor is reached. */
export interface MotorAddress {
  readonly id: number;
  /** bits/s */
  readonly baud: number;
}

/** What a motor is to become. */
export interface MotorSetup extends MotorAddress {
  /** As robot.json has it; where given, another one is refused. */
  readonly model?: string;
}

/** A motor that writes to its EEPROM may be busy for so long, s, and more than once. */
const BUSY = 0.02;
const TRIES = 10;

/** For people. */
export function sharedId(id: number): string {
  return `two or more motors answer as id ${id}; connect one alone`;
}

/**
 * Gives one motor its id and baud, no return delay, and answers to all that it is asked; one motor alone is on the
 * line, its torque off. Done when it answers under its new id at its new baud. Returns what was changed, for people.
 * @throws InputError, RobotFault
 */
export async function setUpMotor(
  family: ServoFamily,
  port: string,
  now: MotorAddress,
  wanted: MotorSetup,
  ports?: ServoBusPorts,
): Promise<string[]> {
  const code = family.bauds.indexOf(wanted.baud);
  if (code < 0) {
    throw new InputError(
      `${family.name} motors know no baud ${wanted.baud}; they know ${family.bauds.join(', ')}`,
    );
  }
  if (!Number.isInteger(wanted.id) || wanted.id < 0 || wanted.id > family.protocol.maxId) {
    throw new InputError(
      `${family.name} motors have ids from 0 to ${family.protocol.maxId}, not ${wanted.id}`,
    );
  }
  const connect = (baud: number) => ServoBus.connect(family, lineOf(family, baud), port, ports);
  let link = await connect(now.baud);
  try {
    const count = (id: number) => link.unhurried(() => link.bus.countOf(id));
    if ((await count(now.id)) === 'several') throw new RobotFault(sharedId(now.id));
    await link.bus.ping(now.id);
    if (wanted.id !== now.id && (await count(wanted.id)) !== 'none') {
      throw new InputError(
        `motors ${now.id} and ${wanted.id} both answer on ${port}; connect one motor alone`,
      );
    }
    const held = await link.table(now.id);
    if (wanted.model !== undefined) link.checkModel({ ...wanted, model: wanted.model }, held);
    const level = { response_level: family.answersAll };
    const changes = differences({ ...level, return_delay: 0 }, held);
    await link.keep(now.id, changes);
    const said = Object.entries(changes).map(([name, counts]) => `${name} ${held[name]} → ${counts}`);
    if (wanted.id !== now.id) {
      await readdress(link, now.id, { id: wanted.id });
      await answers(link, wanted.id);
      said.push(`id ${now.id} → ${wanted.id}`);
    }
    if (held.baud !== code) {
      await readdress(link, wanted.id, { baud: code });
      // The bytes must be out before the port closes.
      await link.sleep(BUSY);
      await link.bus.close();
      link = await connect(wanted.baud);
      await answers(link, wanted.id);
      said.push(`baud ${family.bauds[held.baud] ?? now.baud} → ${wanted.baud}`);
    }
    if (family.locks) await link.put(wanted.id, 'lock', 1);
    return said;
  } finally {
    await link.bus.close();
  }
}

/** Writes what changes the motor's address: it cannot be read back where it was written. */
async function readdress(link: ServoBus, id: number, changes: Counts): Promise<void> {
  if ((await link.bus.get(id, 'torque_enable')) !== 0) {
    throw new InputError(
      `motor ${id} holds; turn its torque off first: premotor hardware stop --port … --release`,
    );
  }
  if (link.family.locks) await link.put(id, 'lock', 0);
  for (const [name, counts] of Object.entries(changes)) await link.send(name, [[id, counts]]);
}

async function answers(link: ServoBus, id: number): Promise<void> {
  for (let i = 0; i < TRIES; i++) {
    await link.sleep(BUSY);
    if ((await link.bus.find([id])).length > 0) return;
  }
  throw new RobotFault(
    `motor ${id} does not answer under its new id and baud; turn its supply off and on, then scan`,
  );
}

function lineOf(
  family: ServoFamily,
  baud: number,
): Pick<HardwareSpec, 'driver' | 'baud' | 'options' | 'motors'> {
  return { driver: family.name, baud, options: {}, motors: [] };
}

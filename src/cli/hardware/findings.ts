import { RobotFault } from '../../core/errors.ts';
import { tripsOf } from '../../core/hardware.ts';
import { adapterOf } from '../../hardware/adapter.ts';
import {
  type Calibration,
  calibratedRegisters,
  checkCalibration,
  checkSerial,
  dayOf,
  isOfOther,
} from '../../hardware/calibration.ts';
import { findCalibration, loadCalibration } from '../../hardware/calibration-file.ts';
import { exchangeTime } from '../../hardware/index.ts';
import { JointScale } from '../../hardware/joint-scale.ts';
import type { Counts, ServoBus } from '../../hardware/servo-bus.ts';
import type { ServoRobot } from './real-robot.ts';

/** One thing that was looked at. `note`: worth knowing, and no hindrance. */
export interface Finding {
  readonly verdict: 'ok' | 'note' | 'wrong';
  readonly what: string;
  readonly detail: string;
}

/** Adds up what is found. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #tell: (finding: Finding) => void;

  constructor(tell: (finding: Finding) => void) {
    this.#tell = tell;
  }

  add(verdict: Finding['verdict'], what: string, detail: string): void {
    const finding = { verdict, what, detail };
    this.all.push(finding);
    this.#tell(finding);
  }

  /** Wrong with what was gathered, or ok. */
  judge(what: string, problems: readonly string[], fine: string): void {
    if (problems.length === 0) this.add('ok', what, fine);
    for (const problem of problems) this.add('wrong', what, problem);
  }

  get wrong(): readonly Finding[] {
    return this.all.filter(({ verdict }) => verdict === 'wrong');
  }
}

/** Registers of each motor that answered, by joint. */
export type Tables = ReadonlyMap<string, Counts>;

/** Asked again after a while: a machine that was busy elsewhere must not look like a motor that is not there. */
async function answers(link: ServoBus, id: number): Promise<boolean> {
  for (let i = 0; i < 3; i++) {
    if (i > 0) await link.sleep(0.08);
    if ((await link.bus.find([id])).length > 0) return true;
  }
  return false;
}

/** Reads every motor's registers; who does not answer is wrong. */
export async function lookAtMotors(link: ServoBus, real: ServoRobot, findings: Findings): Promise<Tables> {
  const { hardware, family } = real;
  const tables = new Map<string, Counts>();
  const missing: string[] = [];
  const models: string[] = [];
  for (const { joint, id, model } of hardware.motors) {
    if (!(await answers(link, id))) {
      missing.push(
        `motor ${id} (${joint}) does not answer; check its cable, id and baud: premotor hardware scan`,
      );
      continue;
    }
    let table: Counts;
    try {
      table = await link.table(id);
    } catch (error) {
      if (!(error instanceof RobotFault)) throw error;
      missing.push(error.message);
      continue;
    }
    tables.set(joint, table);
    const found = family.modelName(table.model) ?? `model ${table.model}`;
    if (table.model !== family.modelNumber(model))
      models.push(`motor ${id} (${joint}) is a ${found}, and robot.json says ${model}`);
  }
  const ids = hardware.motors.map(({ id }) => id);
  findings.judge('motors', missing, `${ids.length} answer: ${ids.join(', ')}`);
  if (tables.size === 0) return tables;
  findings.judge('models', models, [...new Set(hardware.motors.map(({ model }) => model))].join(', '));
  lookAtFirmware(tables, real, findings);
  lookAtSupply(tables, real, findings);
  const complaints = hardware.motors.flatMap(({ joint, id }) => {
    const table = tables.get(joint);
    const complaint = table && family.complaint(table);
    return complaint ? [`motor ${id} (${joint}): ${complaint}`] : [];
  });
  findings.judge('complaints', complaints, 'none');
  const stiff = hardware.motors.filter(({ joint }) => tables.get(joint)?.torque_enable === 1);
  findings.add(
    'note',
    'torque',
    stiff.length === 0 ? 'off on all motors' : `on: ${stiff.map(({ joint }) => joint).join(', ')}`,
  );
  return tables;
}

function lookAtFirmware(tables: Tables, { hardware, family }: ServoRobot, findings: Findings): void {
  const versions = new Map<string, Set<string>>();
  for (const { joint, model } of hardware.motors) {
    const table = tables.get(joint);
    if (table) versions.set(model, (versions.get(model) ?? new Set()).add(family.firmware(table)));
  }
  for (const [model, found] of versions) {
    const list = [...found].join(', ');
    if (found.size === 1) findings.add('ok', 'firmware', `${model}: ${list}`);
    else findings.add('note', 'firmware', `${model} differs: ${list}; update them to one version`);
  }
}

function lookAtSupply(tables: Tables, { hardware }: ServoRobot, findings: Findings): void {
  const volts: number[] = [];
  const degrees: number[] = [];
  const wrong: string[] = [];
  const hot: string[] = [];
  for (const { joint, id } of hardware.motors) {
    const table = tables.get(joint);
    if (!table) continue;
    const { minVoltage = 0, maxVoltage = Infinity, temperature = Infinity } = tripsOf(hardware, joint);
    const supply = table.present_voltage / 10;
    volts.push(supply);
    degrees.push(table.present_temperature);
    const [low, high] = [
      Math.max(minVoltage, table.min_voltage / 10),
      Math.min(maxVoltage, table.max_voltage / 10),
    ];
    if (supply < low || supply > high)
      wrong.push(
        `motor ${id} (${joint}) has ${supply.toFixed(1)} V, and ${low} … ${high} V is right; check the supply`,
      );
    if (table.present_temperature >= temperature)
      hot.push(
        `motor ${id} (${joint}) has ${table.present_temperature} °C, and ${temperature} °C stops it; let it cool`,
      );
  }
  const span = (values: readonly number[]) =>
    [...new Set([Math.min(...values), Math.max(...values)])].join(' … ');
  findings.judge('supply', wrong, `${span(volts)} V`);
  findings.judge('temperature', hot, `${span(degrees)} °C`);
}

/** The calibration, where there is one that a driver would take. */
export async function lookAtCalibration(
  real: ServoRobot,
  tables: Tables,
  at: { readonly port: string; readonly file: string | undefined },
  findings: Findings,
): Promise<Calibration | undefined> {
  const { robot, hardware } = real;
  const serial = (await adapterOf(at.port))?.serialNumber ?? null;
  let found: { readonly path: string; readonly calibration: Calibration } | undefined;
  try {
    found =
      at.file === undefined
        ? await findCalibration(robot.name, serial)
        : { path: at.file, calibration: await loadCalibration(at.file) };
    if (found) checkCalibration(found.calibration, robot, hardware);
    if (found && at.file === undefined) checkSerial(found.calibration, serial);
  } catch (error) {
    findings.add('wrong', 'calibration', (error as Error).message);
    return undefined;
  }
  if (!found) {
    findings.add(
      'wrong',
      'calibration',
      `none is kept; premotor hardware calibrate ${robot.name} --port ${at.port}`,
    );
    return undefined;
  }
  const { calibration, path } = found;
  const problems = hardware.motors.flatMap(({ joint, id }) => {
    const table = tables.get(joint);
    if (!table) return [];
    const other = Object.entries(calibratedRegisters(calibration.motors[joint])).filter(
      ([register, counts]) => table[register] !== counts,
    );
    if (other.length === 0) return [];
    const list = other.map(([register, counts]) => `${register} ${table[register]}, the file says ${counts}`);
    return [`motor ${id} (${joint}) holds ${list.join('; ')}: another robot, or calibrated elsewhere since`];
  });
  if (isOfOther(calibration, serial))
    findings.add(
      'note',
      'calibration',
      `the adapter is ${serial}, and it was made with ${calibration.serial}`,
    );
  findings.judge('calibration', problems, `${path} (${dayOf(calibration)}) agrees with the motors`);
  lookAtPlaces(real, tables, calibration, findings);
  return problems.length === 0 && tables.size === hardware.motors.length ? calibration : undefined;
}

function lookAtPlaces(
  { robot, hardware }: ServoRobot,
  tables: Tables,
  calibration: Calibration,
  findings: Findings,
): void {
  const slack = (2 * Math.PI) / 180;
  const outside = hardware.motors.flatMap(({ joint: name, id, sign }) => {
    const table = tables.get(name);
    if (!table) return [];
    const joint = robot.joints.find((item) => item.name === name)!;
    const scale = new JointScale(joint, sign, calibration.motors[name]);
    const at = scale.position(table.present_position - scale.turns(table.present_position));
    if (at >= joint.lower - slack && at <= joint.upper + slack) return [];
    return [
      `motor ${id} (${name}) stands at ${at.toFixed(2)} rad, outside ${joint.lower.toFixed(2)} … ${joint.upper.toFixed(2)}; move it back by hand, or calibrate again`,
    ];
  });
  findings.judge('places', outside, 'every joint stands within its range');
}

/** What robot.json asks of the motors and the bus, against what they can. */
export function lookAtLimits(
  { robot, hardware, family }: ServoRobot,
  latency: number,
  findings: Findings,
): void {
  const { registers } = family.protocol;
  const state = family.protocol.statusLength(family.state.size);
  const request = family.protocol.syncRead(
    family.state.address,
    family.state.size,
    hardware.motors.map(({ id }) => id),
  );
  const timing = { baud: hardware.baud, returnDelay: 0, latency };
  const reading = exchangeTime(
    request.length,
    hardware.motors.map(() => state),
    timing,
  );
  const goal = registers.get('goal_position').size + 1;
  const writing = ((hardware.motors.length * goal + 14) * 10) / hardware.baud;
  const share = (reading + writing) * hardware.rate;
  const busy = `a cycle takes ${((reading + writing) * 1000).toFixed(1)} ms of the bus, of ${(1000 / hardware.rate).toFixed(1)} ms at ${hardware.rate} Hz`;
  findings.judge('rate', share > 0.9 ? [`${busy}: lower hardware.rate, or raise hardware.baud`] : [], busy);
  const problems = robot.actuators.flatMap(({ joint: name }) => {
    const limits = hardware.limits[name];
    const joint = robot.joints.find((item) => item.name === name)!;
    const width = joint.upper - joint.lower - 2 * limits.margin;
    return [
      ...(width <= 0 ? [`${name}: the margin ${limits.margin} leaves nothing of its range`] : []),
      ...(limits.velocity > joint.maxVelocity * 1.001 && joint.maxVelocity > 0
        ? [`${name}: velocity ${limits.velocity} is above the URDF's ${joint.maxVelocity}`]
        : []),
    ];
  });
  findings.judge('limits', problems, 'of robot.json fit the URDF');
}

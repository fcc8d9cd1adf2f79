import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import loadMujoco, { type MainModule, type MjModel } from '@mujoco/mujoco';
import { createSimPlant } from '#sim/index';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';
import { robotFromUrdf } from '#src/robot/index';
import { assets } from '../load/assets.ts';

/** One control command each row: an effort per coordinate [K][D]. */
export type Efforts = readonly Float64Array[];

export interface Motion {
  /** Coordinates at the end [D]. */
  readonly position: Float64Array;
  /** Way each coordinate travelled [D]. */
  readonly travel: Float64Array;
  /** Root mean square of each rate [D]. */
  readonly rms: Float64Array;
}

let engine: Promise<MainModule> | undefined;

/**
 * MuJoCo as the judge of our dynamics: the same URDF without shapes; limits and contacts off; fourth-order Runge-Kutta.
 * Damping, armature and dry friction, which a URDF cannot always say, are the robot's where one is given.
 */
export class Judge {
  readonly #mujoco: MainModule;
  readonly #model: MjModel;

  static async of(urdf: string, gravity: readonly number[], robot?: RobotModel): Promise<Judge> {
    engine ??= loadMujoco();
    return new Judge(await engine, urdf, gravity, robot);
  }

  private constructor(mujoco: MainModule, urdf: string, gravity: readonly number[], robot?: RobotModel) {
    const model = mujocoModel(mujoco, urdf, robot);
    const { mjDSBL_CONTACT, mjDSBL_LIMIT } = mujoco.mjtDisableBit;
    model.opt.disableflags = mjDSBL_CONTACT.value | mjDSBL_LIMIT.value;
    // As hard as friction gets there: by default it creeps for hundredths of a second.
    for (let d = 0; d < model.nv; d++) {
      model.dof_solref.set([1e-3, 1], 2 * d);
      model.dof_solimp.set([0.9999, 0.9999, 0.001, 0.5, 2], 5 * d);
    }
    model.opt.integrator = mujoco.mjtIntegrator.mjINT_RK4.value;
    model.opt.gravity.set(gravity);
    this.#mujoco = mujoco;
    this.#model = model;
  }

  get damping(): Float64Array {
    return Float64Array.from(this.#model.dof_damping);
  }

  /**
   * From rest at coordinates 0, each command held for one control period. `command` may replace the k-th effort, knowing
   * what balances gravity and the motion then [D].
   */
  simulate(
    efforts: Efforts,
    controlPeriod: number,
    timestep: number,
    command: (effort: Float64Array, balance: Float64Array) => Float64Array = (effort) => effort,
  ): Motion {
    const data = new this.#mujoco.MjData(this.#model);
    this.#model.opt.timestep = timestep;
    const steps = Math.round(controlPeriod / timestep);
    const size = this.#model.nv;
    const travel = new Float64Array(size);
    const squares = new Float64Array(size);
    for (const effort of efforts) {
      this.#mujoco.mj_forward(this.#model, data);
      data.qfrc_applied.set(command(effort, data.qfrc_bias as Float64Array));
      for (let step = 0; step < steps; step++) {
        this.#mujoco.mj_step(this.#model, data);
        const rates = data.qvel as Float64Array;
        for (let d = 0; d < size; d++) {
          travel[d] += Math.abs(rates[d]) * timestep;
          squares[d] += rates[d] ** 2 * timestep;
        }
      }
    }
    const position = Float64Array.from(data.qpos as Float64Array);
    data.delete();
    return { position, travel, rms: squares.map((sum) => Math.sqrt(sum / (efforts.length * controlPeriod))) };
  }

  close(): void {
    this.#model.delete();
  }
}

/** The URDF without shapes in MuJoCo; damping, armature and dry friction of every moving joint are the robot's. */
export function mujocoModel(mujoco: MainModule, urdf: string, robot?: RobotModel): MjModel {
  const model = mujoco.MjModel.from_xml_string(bareUrdf(urdf));
  if (!model) throw new Error('MuJoCo refused the URDF');
  if (!robot) return model;
  const joints = robot.joints.filter(({ kind }) => kind !== 'fixed');
  if (joints.length !== model.nv) throw new Error(`MuJoCo has ${model.nv} joints, not ${joints.length}`);
  model.dof_damping.set(joints.map(({ damping }) => damping));
  model.dof_armature.set(joints.map(({ armature }) => armature));
  model.dof_frictionloss.set(joints.map(({ friction }) => friction));
  return model;
}

/** A URDF without shapes. */
export function bareUrdf(urdf: string): string {
  return urdf
    .replace(/<(visual|collision)>[\s\S]*?<\/\1>/g, '')
    .replace(/<material[\s\S]*?<\/material>/g, '');
}

/**
 * Uniform random efforts over the whole range for one second, as float32; the effort of a joint that would exceed
 * 5 rad/s (m/s) RMS is scaled down until it does not; where the share `least` is still too much, its neighbours drive it, and
 * all efforts are scaled down. Arms without damping fall faster than that by themselves: where `held`, the random effort
 * is added to what balances the judge's arm when the command is given, and the sum kept within the range.
 */
export function randomEfforts(
  robot: RobotModel,
  judge: Judge,
  controlPeriod: number,
  seed: number,
  { held = false, least = 0.05 } = {},
): Efforts {
  const random = new Random(seed, 'efforts');
  const limits = effortLimits(robot);
  const unit = Array.from({ length: Math.round(1 / controlPeriod) }, () =>
    limits.map((limit) => random.uniform(-limit, limit)),
  );
  const scale = limits.map(() => 1);
  for (let round = 0; round < 100; round++) {
    const efforts = unit.map((row) => Float64Array.from(row, (value, d) => Math.fround(value * scale[d])));
    const given: Float64Array[] = [];
    const { rms } = judge.simulate(efforts, controlPeriod, 1e-3, (effort, balance) => {
      const sum = held
        ? effort.map((value, d) => Math.fround(Math.max(-limits[d], Math.min(limits[d], value + balance[d]))))
        : effort;
      given.push(sum);
      return sum;
    });
    const fast = limits.flatMap((limit, d) => (limit > 0 && rms[d] > 5 ? [d] : []));
    if (fast.length === 0) return given;
    const own = fast.filter((d) => scale[d] > least);
    for (const d of own) scale[d] = Math.max(least, (scale[d] * 4.9) / rms[d]);
    if (own.length === 0) for (let d = 0; d < scale.length; d++) scale[d] *= 0.85;
  }
  throw new Error('no scale found that keeps every joint below 5 rad/s');
}

function effortLimits(robot: RobotModel): number[] {
  return robot.movable.map((j) => {
    const { name } = robot.joints[j];
    return robot.actuators.find(({ joint }) => joint === name)?.maxEffort ?? 0;
  });
}

/** The robot with torque motors in place of its servos. */
export function torqueDriven(robot: RobotModel): RobotModel {
  return {
    ...robot,
    actuators: robot.actuators.map(({ joint, maxEffort }) => ({ joint, kind: 'effort', maxEffort })),
  };
}

/** The robot without joint limits. */
export function unlimited(robot: RobotModel): RobotModel {
  return { ...robot, joints: robot.joints.map((joint) => ({ ...joint, lower: -Infinity, upper: Infinity })) };
}

/** Our own end coordinates [D], and CPU time, ms, after the same efforts, from rest at coordinates 0. */
export async function simulateOurs(
  robot: RobotModel,
  efforts: Efforts,
  options: {
    readonly gravity: readonly [number, number, number];
    readonly controlPeriod: number;
    readonly timestep?: number;
    readonly iterations?: number;
  },
): Promise<{ position: Float64Array; milliseconds: number }> {
  const { gravity, ...rest } = options;
  const free = unlimited(robot);
  const size = free.movable.length;
  const plant = await createSimPlant({ robot: free, world: { gravity }, ...rest });
  const names = free.movable.map((j) => free.joints[j].name);
  const driven = free.actuators.map(({ joint }) => names.indexOf(joint));
  plant.reset({ position: new Array<number>(size).fill(0), velocity: new Array<number>(size).fill(0) });
  let microseconds = 0;
  for (const effort of efforts) {
    plant.write(Float32Array.from(driven, (d) => effort[d]));
    const before = process.cpuUsage();
    plant.advance();
    const { user, system } = process.cpuUsage(before);
    microseconds += user + system;
  }
  const out = new Float32Array(plant.spec.channels.reduce((sum, item) => sum + item.size, 0));
  plant.read(out);
  plant.close();
  return { position: Float64Array.from(out.subarray(0, size)), milliseconds: microseconds / 1000 };
}

/** Error of each coordinate as a share of what is allowed: 0.01 rad (or m) + 0.2 % of the way travelled. */
export function shareOfBound(ours: Float64Array, truth: Motion): number[] {
  return Array.from(
    ours,
    (value, d) => Math.abs(value - truth.position[d]) / (0.01 + 0.002 * truth.travel[d]),
  );
}

/** Arms that others describe, by their files; `hasPublicArms` tells whether they are here. */
export const publicArms: readonly string[] = ['ur5_robot', 'ur10_robot', 'kinova'];
export const hasPublicArms = existsSync(join(assets, 'urdf'));

/**
 * A shipped robot, or a public arm, as MuJoCo can judge it: its reader knows no mimic joints, so the Panda's fingers are
 * fixed.
 */
export async function judged(name: string): Promise<{ urdf: string; robot: RobotModel }> {
  if (publicArms.includes(name)) {
    const urdf = readFileSync(join(assets, 'urdf', `${name}.urdf`), 'utf8');
    return { urdf, robot: robotFromUrdf(urdf, undefined, { urdfFile: name }) };
  }
  const robot = await loadRobot(name);
  const urdf = shippedUrdf(name);
  if (name !== 'panda') return { urdf, robot: torqueDriven(robot) };
  const fixed = urdf.replace(
    /(<joint name="panda_finger_joint[12]" type=)"prismatic">([\s\S]*?)<\/joint>/g,
    (_, start: string, body: string) =>
      `${start}"fixed">${body.replace(/<(mimic|limit|dynamics|axis)[^>]*>/g, '')}</joint>`,
  );
  const { simulation } = robot;
  return { urdf: fixed, robot: { ...robotFromUrdf(fixed, undefined, { urdfFile: name }), simulation } };
}

export function shippedUrdf(name: string): string {
  return readFileSync(new URL(`../../robots/${name}/robot.urdf`, import.meta.url), 'utf8');
}

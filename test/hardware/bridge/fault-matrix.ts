import { CommandLimiter } from '#src/control/command-limiter';
import { SafetyTrips } from '#src/control/safety-trips';
import type { RobotModel } from '#src/core/robot';
import { Bridge } from '#src/hardware/bridge/bridge';
import type { Told } from '#src/hardware/bridge/messages';
import { defaultCalibration } from '#src/hardware/calibration';
import { EmulatedBus } from '#src/hardware/emulator/emulated-bus';
import { emulatedServos } from '#src/hardware/emulator/emulated-servos';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { PathGuard } from '#src/hardware/path-guard';
import { loopback } from '#src/hardware/port';
import { ServoDriver } from '#src/hardware/servo-driver';
import { servoFamilies } from '#src/hardware/servo-families';
import { VirtualClock } from '../virtual-clock.ts';

export type Family = 'feetech' | 'dynamixel';

/** The same robot with motors of that family. */
export function withFamily(robot: RobotModel, family: Family): RobotModel {
  const hardware = robot.hardware!;
  if (hardware.driver === family) return robot;
  const model = family === 'feetech' ? 'sts3215' : 'xl430-w250';
  const motors = hardware.motors.map((motor) => ({ ...motor, model }));
  return { ...robot, hardware: { ...hardware, driver: family, motors } };
}

/** Limits that a waving controller reaches, rad/s and rad/s²; the shipped ones are higher. */
const LIMITS = { velocity: 1, acceleration: 20 };

/** The robot with those limits for all joints. */
function limited(robot: RobotModel): RobotModel {
  const hardware = robot.hardware!;
  const limits = Object.entries(hardware.limits).map(([joint, own]) => [joint, { ...own, ...LIMITS }]);
  return { ...robot, hardware: { ...hardware, limits: Object.fromEntries(limits) } };
}

/** A bridge on the servo driver on an emulated bus, all in memory and in virtual time; a controller beats and waves. */
export function rig(model: RobotModel, family: Family) {
  const robot = limited(withFamily(model, family));
  const hardware = robot.hardware!;
  const clock = new VirtualClock();
  const calibration = defaultCalibration(robot);
  const { servos, mounts, home } = emulatedServos(robot, hardware, calibration);
  const zero = (i: number) => mounts[i].zero ?? 0;
  const sign = (i: number) => mounts[i].sign ?? 1;
  const motors = new FirstOrderMotors(home);
  const bus = new EmulatedBus({ family, servos, motors, clock });
  let pulled = false;
  const open = async (address: string) => {
    if (pulled) throw new Error(`port ${address} cannot be opened`);
    const [near, far] = loopback(address);
    bus.attach(far);
    bus.start();
    return near;
  };
  const options = { robot, hardware, port: 'emulated', calibration };
  const told: Told[] = [];
  let beat = 0;
  let waves = false;
  const connect = () =>
    new Bridge(
      { ...options, controlPeriod: 0.02, dryRun: false },
      {
        driver: new ServoDriver(servoFamilies.find(({ name }) => name === family)!, options, { open, clock }),
        ...{ clock, unix: () => 1e12 + 1000 * clock.now(), origin: 0 },
        safety: {
          limiter: new CommandLimiter(robot, hardware),
          trips: new SafetyTrips(robot, hardware),
          guard: new PathGuard(robot, hardware),
        },
        tell(message) {
          told.push(message);
          if (message.type !== 'tick' || !waves) return;
          const command = robot.home.map((q, j) => q + 0.1 * Math.sin(12 * clock.now() + j));
          bridge.command(Float64Array.from(command), ++beat);
        },
      },
    );
  let bridge = connect();
  const pulse = () => {
    bridge.heartbeat(++beat);
    clock.at(clock.now() + 0.025, pulse);
  };
  pulse();
  return {
    ...{ robot, hardware, clock, bus, told },
    get bridge() {
      return bridge;
    },
    /** Another program begins anew where one has ended. */
    renew() {
      bridge = connect();
    },
    /** Where the joints are, and where the goals of motors with torque are, NaN without; rad. */
    truth() {
      bus.refresh();
      const joint = (i: number, shaft: number) => sign(i) * shaft + zero(i);
      return bus.servos.map((servo, i) => ({
        position: joint(i, motors.position(i)),
        goal:
          servo.get('torque_enable') === 1
            ? joint(i, ((servo.get('goal_position') - 2048) * 2 * Math.PI) / 4096)
            : Number.NaN,
      }));
    },
    wave(on: boolean) {
      waves = on;
    },
    pull(out: boolean) {
      pulled = out;
      if (out) void bus.close();
    },
  };
}
export type Rig = ReturnType<typeof rig>;

/** The motor that faults befall. */
const VICTIM = 3;

/** What goes wrong, and how it is mended. */
export const faults: Readonly<Record<string, { begin(rig: Rig): void; end(rig: Rig): void }>> = {
  'dropped (20 %)': answers({ kind: 'drop' }, 0.2),
  'corrupted (20 %)': answers({ kind: 'corrupt' }, 0.2),
  'late by 20 ms (20 %)': answers({ kind: 'late', by: 0.02 }, 0.2),
  'duplicated (all)': answers({ kind: 'duplicate' }, 1),
  'dead motor': condition({ dead: true }, { dead: false }),
  overheat: condition({ temperature: 75 }, { temperature: 35 }),
  undervoltage: condition({ voltage: 3.5 }, { voltage: 7.4 }),
  overload: condition({ overload: true }, { overload: false }),
  'data line pulled': { begin: ({ bus }) => bus.unplug(true), end: ({ bus }) => bus.unplug(false) },
  'adapter pulled': { begin: (it) => it.pull(true), end: (it) => it.pull(false) },
  'motor reboot': { begin: ({ bus }) => bus.reboot(VICTIM), end: () => {} },
};

function answers(fault: Parameters<EmulatedBus['fault']>[0]['fault'], share: number) {
  return {
    begin: ({ bus }: Rig) => bus.fault({ fault, share }),
    end: ({ bus }: Rig) => bus.faults.clear(),
  };
}

function condition(wrong: object, right: object) {
  return {
    begin: ({ bus }: Rig) => bus.condition(VICTIM, wrong),
    end: ({ bus }: Rig) => bus.condition(VICTIM, right),
  };
}

/** Where a robot is when it befalls it. */
export const states = [
  ...(['unconfigured', 'inactive', 'activating', 'led', 'active', 'stopping'] as const),
  /** It was stopped: inactive, with torque. */
  'holding',
  /** Its bridge has ended; the motors hold. */
  'finalized',
] as const;
export type State = (typeof states)[number];

export interface Outcome {
  readonly family: Family;
  readonly fault: string;
  readonly state: State;
  /** `goes on`; `stopped`, verified or not; `refused`: a call failed and nothing was begun; `unheard`: nobody is there to notice. */
  readonly outcome: 'goes on' | 'stopped' | 'stop not verified' | 'refused' | 'unheard';
  /** What a person is told; empty where it goes on. */
  readonly message: string;
  /** Farthest that a joint was outside its range, that a goal was from its joint, that a robot that should stand still moved; rad. */
  readonly outside: number;
  readonly reach: number;
  readonly strayed: number;
  /** Fastest that commands changed, and that this rate changed where it was not braked for the step clamp or a path: shares of the limits. */
  readonly rate: number;
  readonly acceleration: number;
  /** After the fault is gone, without a restart: `goes on` by itself, again after `activate`, or in a new bridge. */
  readonly recovery: 'goes on' | 'activate' | 'new bridge' | string;
}

/** s that a fault lasts; s of motion after it. */
const LASTS = 1;
/** s that stopping may take where motors do not answer. */
const STOPPING = 6;
const AFTER = 0.4;
/** s after which a robot that is not active stands still. */
const COMES_TO_REST = 0.5;

/** One cell of the matrix. */
export async function befall(
  model: RobotModel,
  family: Family,
  fault: string,
  state: State,
): Promise<Outcome> {
  const it = rig(model, family);
  const { clock } = it;
  const watch = observe(it);
  const { begin, end } = faults[fault];
  let message = '';
  const attempt = async (call: Promise<unknown>) => {
    try {
      return await clock.run(call);
    } catch (error) {
      message = (error as Error).message;
      return undefined;
    }
  };
  const target = Float64Array.from(it.robot.home, (q) => q - 0.3);
  if (state !== 'unconfigured') await clock.run(it.bridge.configure());
  if (!['unconfigured', 'inactive', 'activating'].includes(state)) await clock.run(it.bridge.activate());
  if (['active', 'stopping', 'holding', 'finalized'].includes(state)) {
    it.wave(true);
    await clock.pass(0.4);
  }
  if (state === 'holding') await clock.run(it.bridge.stop());
  if (state === 'finalized') {
    await clock.run(it.bridge.finalize());
    await clock.run(it.bridge.close());
  }
  const moved = state === 'led' ? attempt(it.bridge.move(target)) : undefined;
  if (moved) await clock.pass(0.3);
  let { stop } = it.bridge.report();
  const heard = it.told.length;
  const halted = () => it.told.slice(heard).some(({ type }) => type === 'halted');
  begin(it);
  const deadline = clock.now() + LASTS;
  if (state === 'unconfigured') await attempt(it.bridge.configure());
  else if (state === 'activating') await attempt(it.bridge.activate());
  else if (state === 'stopping') stop = await clock.run(it.bridge.stop());
  await clock.pass(Math.max(0.1, deadline - clock.now()));
  if (moved && it.bridge.lifecycle === 'active') await moved;
  for (let i = 0; halted() && it.bridge.report().stop === null && i < STOPPING / 0.1; i++)
    await clock.pass(0.1);
  const { fault: told, lifecycle, stop: last } = it.bridge.report();
  stop = last;
  const inactive = ['unconfigured', 'inactive', 'stopping', 'holding'].includes(state);
  const goesOn = lifecycle === (inactive ? 'inactive' : 'active') && told === null;
  const outcome: Outcome['outcome'] =
    state === 'finalized'
      ? 'unheard'
      : goesOn
        ? state === 'stopping' && !stop?.stopped
          ? 'stop not verified'
          : 'goes on'
        : stop === null
          ? 'refused'
          : stop.stopped
            ? 'stopped'
            : 'stop not verified';
  message = outcome === 'goes on' ? '' : (told ?? (message || (stop?.how ?? '')));
  end(it);
  await clock.pass(0.3);
  let recovery: string = 'goes on';
  if (!goesOn || inactive) {
    recovery = goesOn ? 'goes on' : 'activate';
    if (state === 'finalized') {
      recovery = 'new bridge';
      it.renew();
    }
    if (it.bridge.lifecycle === 'unconfigured') await attempt(it.bridge.configure());
    await attempt(it.bridge.activate());
  }
  it.wave(true);
  await clock.pass(AFTER);
  if (it.bridge.lifecycle !== 'active') recovery = `none: ${it.bridge.report().fault ?? message}`;
  it.wave(false);
  await clock.run(it.bridge.finalize());
  await clock.run(it.bridge.close());
  const motion = { ...watch.end(), ...quickest(it) };
  return {
    family,
    fault,
    state,
    outcome,
    message: state === 'finalized' ? '' : message,
    ...motion,
    recovery,
  };

  /** Looks at the motors every 5 ms. */
  function observe(it: Rig) {
    const { truth, robot } = it;
    const range = robot.movable.map((j) => robot.joints[j]);
    const most = { outside: 0, reach: 0, strayed: 0 };
    let rest: { readonly since: number; readonly at: readonly number[] } | undefined;
    let watching = true;
    const look = () => {
      if (!watching) return;
      const joints = truth();
      if (it.bridge.lifecycle === 'active') rest = undefined;
      else rest ??= { since: clock.now(), at: joints.map(({ position }) => position) };
      // Motors go to the goal that they have; from then on nothing moves.
      if (rest && clock.now() - rest.since < COMES_TO_REST)
        rest = { since: rest.since, at: joints.map(({ position }) => position) };
      joints.forEach(({ position, goal }, j) => {
        most.outside = Math.max(most.outside, range[j].lower - position, position - range[j].upper);
        if (Number.isFinite(goal)) most.reach = Math.max(most.reach, Math.abs(goal - position));
        if (rest) most.strayed = Math.max(most.strayed, Math.abs(position - rest.at[j]));
      });
      clock.at(clock.now() + 0.005, look);
    };
    look();
    return {
      end() {
        watching = false;
        return most;
      },
    };
  }
}

/** Of all commands that went out: the fastest change, and the fastest change of that rate, as shares of the limits. */
function quickest({ told: messages, robot, hardware }: Rig): Pick<Outcome, 'rate' | 'acceleration'> {
  const most = { rate: 0, acceleration: 0 };
  let before: { readonly cycle: number; readonly sent: Float64Array; readonly rates: number[] } | undefined;
  let told: number | undefined;
  for (const message of messages) {
    if (message.type === 'report' && message.report.lifecycle !== 'active') before = undefined;
    if (message.type !== 'exchange') continue;
    const { cycle, sentAt, sent, limited } = message.exchange;
    // What is sent to activate and to stop is no command, and stands with the cycle before it.
    const beside = cycle === told;
    told = cycle;
    if (Number.isNaN(sentAt) || beside) {
      before = undefined;
      continue;
    }
    const last = before;
    // Late commands make up for nothing: two periods at most count.
    const dt = (last ? Math.min(2, cycle - last.cycle) : 1) / hardware.rate;
    const rates = Array.from(sent, (command, j) => (last ? (command - last.sent[j]) / dt : 0));
    before = { cycle, sent, rates };
    if (!last) continue;
    robot.actuators.forEach(({ joint }, j) => {
      const { velocity, acceleration } = hardware.limits[joint];
      most.rate = Math.max(most.rate, Math.abs(rates[j]) / velocity);
      const held = limited.some((reason) => reason === `${joint}: step` || reason.startsWith('path: '));
      if (held && Math.abs(rates[j]) < Math.abs(last.rates[j])) return;
      const change = Math.abs(rates[j] - last.rates[j]) / dt;
      most.acceleration = Math.max(most.acceleration, change / acceleration);
    });
  }
  return most;
}

import { afterEach, describe, expect, it } from 'vitest';
import { RobotFault } from '#src/core/errors';
import type { Driver } from '#src/hardware/driver';

/**
 * A driver before a robot that a test can look at and do things to; three joints or more, position actuators. Time is
 * the robot's own: real or not.
 */
export interface DriverBench {
  readonly driver: Driver;
  /** Names of the joints, by actuator. */
  readonly joints: readonly string[];
  /** Commands that every joint can reach, rad or m, well apart from one another. */
  readonly poses: readonly [readonly number[], readonly number[]];
  /** What a reading may be off from the truth, and a hold from where it was told; rad or m. */
  readonly tolerance: number;
  /** s in which it surely gets from one pose to the other. */
  readonly travel: number;
  /** Lets time pass until the promise is settled; what it settles to. */
  run<T>(promise: Promise<T>): Promise<T>;
  pass(seconds: number): Promise<void>;
  /** Where the joints truly are, and whether each holds by itself. */
  positions(): readonly number[];
  powered(): readonly boolean[];
  /** Puts limp joints somewhere, by hand. */
  place(positions: readonly number[]): void;
  /** A joint's motor goes silent and limp, or is well again. */
  silence?(joint: number, silent: boolean): void;
  /** Its power is gone for a moment, and with it what it was told. */
  reboot?(joint: number): void;
  /** Goals that are written are lost on the way, or taken again. */
  ignoreGoals?(ignored: boolean): void;
  /** The cable is pulled, or put back. */
  unplug?(out: boolean): void;
  close?(): Promise<void>;
}

/** What every driver must do, whatever its robot: see `Driver`. */
export function driverConformance(name: string, create: () => DriverBench | Promise<DriverBench>): void {
  describe(`driver ${name}`, () => {
    let closing: (() => Promise<void>) | undefined;
    afterEach(async () => {
      await closing?.();
      closing = undefined;
    });

    /** As `create` says, its joints at the first pose. */
    async function begun(configured = true): Promise<DriverBench> {
      const bench = await create();
      closing = async () => {
        await bench.run(bench.driver.close());
        await bench.close?.();
      };
      bench.place(bench.poses[0]);
      if (configured) await bench.run(bench.driver.configure());
      return bench;
    }

    async function activated(): Promise<DriverBench> {
      const bench = await begun();
      await bench.run(bench.driver.activate((await look(bench)).slice()));
      return bench;
    }

    async function look({ driver, run }: DriverBench): Promise<Float64Array> {
      return (await run(driver.read())).position;
    }

    /** Writes the pose in every cycle of 20 ms, as a bridge does. */
    async function drive(bench: DriverBench, pose: readonly number[], seconds: number): Promise<void> {
      for (let i = 0; i < seconds / 0.02; i++) {
        await bench.run(bench.driver.read());
        await bench.run(bench.driver.write(Float64Array.from(pose)));
        await bench.pass(0.02);
      }
    }

    function expectAt(bench: DriverBench, pose: ArrayLike<number>, tolerance = bench.tolerance): void {
      const off = Array.from(bench.positions(), (q, j) => Math.abs(q - pose[j]));
      expect(Math.max(...off)).toBeLessThanOrEqual(tolerance);
    }

    it('moves nothing and powers nothing when it is configured, and again', async () => {
      const bench = await begun();
      await bench.run(bench.driver.configure());
      await bench.pass(0.3);
      expectAt(bench, bench.poses[0]);
      expect(bench.powered()).toEqual(bench.joints.map(() => false));
    });

    it('says who it found', async () => {
      const { driver, run } = await begun(false);
      const { description, serial, notes } = await run(driver.configure());
      expect(description).not.toBe('');
      expect(serial === null || typeof serial === 'string').toBe(true);
      expect(Array.isArray(notes)).toBe(true);
    });

    it('reads while it is inactive, and what is true', async () => {
      const bench = await begun();
      const { position, velocity, effort, age, motors } = await bench.run(bench.driver.read());
      for (const values of [position, velocity, effort, age])
        expect(values).toHaveLength(bench.joints.length);
      expectAt(bench, position);
      expect(Math.max(...age)).toBeLessThan(0.5);
      expect(motors.map(({ joint }) => joint)).toEqual(bench.joints);
      for (const { error } of motors) expect(error).toBe('');
      bench.place(bench.poses[1]);
      await bench.pass(0.1);
      expectAt(bench, await look(bench));
    });

    it('refuses to read, activate and write before it is configured', async () => {
      const { driver, run, poses } = await begun(false);
      const pose = Float64Array.from(poses[0]);
      await expect(run(driver.read())).rejects.toThrow(RobotFault);
      await expect(run(driver.activate(pose))).rejects.toThrow(RobotFault);
      await expect(run(driver.write(pose))).rejects.toThrow(RobotFault);
    });

    it('refuses to write while it is inactive, and moves nothing', async () => {
      const bench = await begun();
      const write = () => bench.run(bench.driver.write(Float64Array.from(bench.poses[1])));
      await expect(write()).rejects.toThrow(RobotFault);
      await bench.run(bench.driver.activate((await look(bench)).slice()));
      await bench.run(bench.driver.stop('hold'));
      await expect(write()).rejects.toThrow(RobotFault);
      await bench.pass(0.3);
      expectAt(bench, bench.poses[0], 2 * bench.tolerance);
    });

    it('activated, holds where it stands', async () => {
      const bench = await activated();
      expect(bench.powered()).toEqual(bench.joints.map(() => true));
      await bench.pass(0.1);
      expectAt(bench, bench.poses[0], 2 * bench.tolerance);
    });

    it('moves nothing at activation where an old command is left from elsewhere', async () => {
      const bench = await activated();
      await drive(bench, bench.poses[0], 0.1);
      await bench.run(bench.driver.stop('release'));
      bench.place(bench.poses[1]);
      await bench.pass(0.1);
      await bench.run(bench.driver.activate((await look(bench)).slice()));
      await bench.pass(0.1);
      expectAt(bench, bench.poses[1], 2 * bench.tolerance);
    });

    it('goes where it is told, and reads that it does', async () => {
      const bench = await activated();
      await drive(bench, bench.poses[1], 0.06);
      const { velocity } = await bench.run(bench.driver.read());
      bench.joints.forEach((_, j) => {
        if (Number.isNaN(velocity[j])) return;
        expect(Math.sign(velocity[j])).toBe(Math.sign(bench.poses[1][j] - bench.poses[0][j]));
      });
      await drive(bench, bench.poses[1], bench.travel);
      expectAt(bench, bench.poses[1], 3 * bench.tolerance);
      expectAt(bench, await look(bench));
    });

    it('refuses a command that is no number', async () => {
      const bench = await activated();
      const command = Float64Array.from(bench.poses[1]);
      command[1] = Number.NaN;
      await expect(bench.run(bench.driver.write(command))).rejects.toThrow();
      await bench.pass(0.1);
      expectAt(bench, bench.poses[0], 2 * bench.tolerance);
    });

    it('told to hold in motion, comes to rest, says so, and keeps its torque', async () => {
      const bench = await activated();
      await drive(bench, bench.poses[1], 0.1);
      const report = await bench.run(bench.driver.stop('hold'));
      expect(report).toMatchObject({ stopped: true });
      expect(report.how).not.toBe('');
      const rest = [...bench.positions()];
      await bench.pass(0.5);
      expectAt(bench, rest, 2 * bench.tolerance);
      expect(bench.powered()).toEqual(bench.joints.map(() => true));
    });

    it('told to release, has no torque, and says so', async () => {
      const bench = await activated();
      expect(await bench.run(bench.driver.stop('release'))).toMatchObject({ stopped: true });
      expect(bench.powered()).toEqual(bench.joints.map(() => false));
    });

    it('can be activated again after a stop, without a jump', async () => {
      const bench = await activated();
      await drive(bench, bench.poses[1], 0.1);
      await bench.run(bench.driver.stop('hold'));
      const rest = [...bench.positions()];
      await bench.run(bench.driver.activate((await look(bench)).slice()));
      await bench.pass(0.1);
      expectAt(bench, rest, 3 * bench.tolerance);
      await drive(bench, bench.poses[1], bench.travel);
      expectAt(bench, bench.poses[1], 3 * bench.tolerance);
    });

    it('stopped at any moment of its activation, has no torque and does not become active', async () => {
      const bench = await begun();
      for (const delay of [0, 0.004, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.09]) {
        const activating = bench.driver.activate((await look(bench)).slice()).catch((error) => error);
        await bench.pass(delay);
        const report = await bench.run(bench.driver.stop('release'));
        expect(report.stopped).toBe(true);
        // It may have been active for a moment.
        const outcome = await bench.run(activating);
        if (outcome !== undefined) expect(outcome).toBeInstanceOf(RobotFault);
        await bench.pass(0.05);
        expect(bench.powered()).toEqual(bench.joints.map(() => false));
        const command = Float64Array.from(bench.poses[1]);
        await expect(bench.run(bench.driver.write(command))).rejects.toThrow(RobotFault);
      }
    });

    it('turns no torque on where the goal is not taken, and becomes active when it is', async () => {
      const bench = await activated();
      if (!bench.ignoreGoals) return;
      await bench.run(bench.driver.stop('release'));
      bench.place(bench.poses[1]);
      bench.ignoreGoals(true);
      const there = (await look(bench)).slice();
      await expect(bench.run(bench.driver.activate(there))).rejects.toThrow(RobotFault);
      expect(bench.powered()).toEqual(bench.joints.map(() => false));
      await bench.pass(0.1);
      expectAt(bench, bench.poses[1]);
      bench.ignoreGoals(false);
      await bench.run(bench.driver.activate(there));
      expect(bench.powered()).toEqual(bench.joints.map(() => true));
    });

    it.each(['silence', 'unplug', 'ignoreGoals'] as const)(
      'writes nothing after an activation that failed: %s',
      async (harm) => {
        const bench = await begun();
        const there = (await look(bench)).slice();
        const hurt = (on: boolean) => (harm === 'silence' ? bench.silence?.(1, on) : bench[harm]?.(on));
        hurt(true);
        const failed = await bench.run(
          bench.driver.activate(there).then(
            () => false,
            () => true,
          ),
        );
        // Not every robot can tell by then that it is hurt.
        if (!failed) return;
        hurt(false);
        await bench.pass(0.5);
        const write = bench.driver.write(Float64Array.from(bench.poses[1]));
        await expect(bench.run(write)).rejects.toThrow(RobotFault);
        await bench.pass(0.1);
        expectAt(bench, bench.poses[0], 2 * bench.tolerance);
      },
    );

    it('claims no stop that it could not verify', async () => {
      const bench = await begun(false);
      expect(await claims(bench, 'hold')).toBe(false);
      expect(await claims(bench, 'release')).toBe(false);
    });

    it('closed, leaves the robot holding; configured again, it still holds', async () => {
      const bench = await activated();
      await bench.run(bench.driver.stop('hold'));
      await bench.run(bench.driver.close());
      await bench.run(bench.driver.close());
      await bench.pass(0.5);
      expect(bench.powered()).toEqual(bench.joints.map(() => true));
      await bench.run(bench.driver.configure());
      expect(bench.powered()).toEqual(bench.joints.map(() => true));
      expectAt(bench, bench.poses[0], 2 * bench.tolerance);
      await bench.run(bench.driver.activate((await look(bench)).slice()));
      expectAt(bench, bench.poses[0], 3 * bench.tolerance);
    });

    /** Whether it claims to be stopped: one that throws does not. */
    function claims({ driver, run }: DriverBench, how: 'hold' | 'release'): Promise<boolean> {
      return run(
        driver.stop(how).then(
          ({ stopped }) => stopped,
          () => false,
        ),
      );
    }

    /** Reads until it fails, for two seconds at most. */
    async function failure(bench: DriverBench): Promise<unknown> {
      for (let i = 0; i < 100; i++) {
        try {
          await bench.run(bench.driver.read());
        } catch (error) {
          return error;
        }
        await bench.pass(0.02);
      }
      return undefined;
    }

    it('names a motor that went silent, brings the others to rest, and gets over it', async () => {
      const bench = await activated();
      if (!bench.silence) return;
      await drive(bench, bench.poses[1], 0.06);
      bench.silence(1, true);
      const error = await failure(bench);
      expect(error).toBeInstanceOf(RobotFault);
      expect((error as Error).message).toContain(bench.joints[1]);
      const report = await bench.run(bench.driver.stop('hold'));
      expect(report.stopped).toBe(false);
      expect(report.how).toContain(bench.joints[1]);
      const rest = [...bench.positions()];
      await bench.pass(0.3);
      expectAt(bench, rest, 2 * bench.tolerance);
      bench.silence(1, false);
      await bench.pass(0.5);
      await bench.run(bench.driver.configure());
      await bench.run(bench.driver.activate((await look(bench)).slice()));
      await drive(bench, bench.poses[0], bench.travel);
      expectAt(bench, bench.poses[0], 3 * bench.tolerance);
    });

    it('names a motor that lost its torque by itself', async () => {
      const bench = await activated();
      if (!bench.reboot) return;
      bench.reboot(2);
      const error = await failure(bench);
      expect(error).toBeInstanceOf(RobotFault);
      expect((error as Error).message).toContain(bench.joints[2]);
      expect(await bench.run(bench.driver.stop('hold'))).toMatchObject({ stopped: true });
      await bench.run(bench.driver.activate((await look(bench)).slice()));
      expect(bench.powered()).toEqual(bench.joints.map(() => true));
    });

    it('fails at once where the cable is pulled, claims no stop, and begins anew when it is back', async () => {
      const bench = await activated();
      if (!bench.unplug) return;
      bench.unplug(true);
      expect(await failure(bench)).toBeInstanceOf(RobotFault);
      expect(await claims(bench, 'hold')).toBe(false);
      bench.unplug(false);
      await bench.pass(0.5);
      await bench.run(bench.driver.configure());
      await bench.run(bench.driver.activate((await look(bench)).slice()));
      await drive(bench, bench.poses[1], bench.travel);
      expectAt(bench, bench.poses[1], 3 * bench.tolerance);
    });
  });
}

import { describe, expect, it } from 'vitest';
import { cycles, failure, ready, servoRobot } from './servo-robot.ts';

describe.each(['feetech', 'dynamixel'] as const)('the guard of %s motors', (family) => {
  it.each([
    ['overheat', { temperature: 95 }, 'overheated'],
    ['overload', { overload: true }, 'overload'],
  ] as const)(
    'names %s where a motor turns itself off for it, and gets over it',
    async (_, condition, word) => {
      const robot = await ready(servoRobot(family));
      const { clock, driver, emulated } = robot;
      emulated.condition(2, condition);
      expect((await failure(robot))?.message).toBe(
        `motor 2 (elbow) turned its torque off: ${word}; check its load, supply and cable`,
      );
      const { motors } = await clock.run(driver.read().catch(() => driver.read()));
      expect(motors[1].error).toBe(word);
      const report = await clock.run(driver.stop('hold'));
      expect(report).toEqual({
        stopped: true,
        how: 'at rest, torque is off on motor 2 (elbow), read back from all 3 motors',
      });
      const again = async () => clock.run(driver.activate((await clock.run(driver.read())).position.slice()));
      await expect(again()).rejects.toThrow('motor 2 (elbow)');
      expect(emulated.servo(2).get('torque_enable')).toBe(0);
      emulated.condition(2, { temperature: 30, overload: false });
      await again();
      expect(emulated.servo(2).get('torque_enable')).toBe(1);
      expect((await clock.run(driver.read())).motors[1].error).toBe('');
    },
  );

  it.each([
    ['overload', 'overload'],
    ['a reboot', 'it rebooted or lost its power for a moment'],
  ])(
    'tells of a motor of a robot that holds which loses its torque by %s, and of none that was released',
    async (what, cause) => {
      const robot = await ready(servoRobot(family));
      const { clock, driver, emulated } = robot;
      const befall = () =>
        what === 'overload' ? emulated.condition(2, { overload: true }) : emulated.reboot(2);
      const readings = async () => {
        for (let i = 0; i < 30; i++) {
          await clock.run(driver.read());
          await clock.pass(0.01);
        }
        return (await clock.run(driver.read())).motors[1].error;
      };
      await clock.run(driver.stop('hold'));
      expect(await readings()).toBe('');
      befall();
      expect(await readings()).toBe(`lost torque: ${cause}; check its load, supply and cable`);
      emulated.condition(2, { overload: false });
      await clock.run(driver.activate((await clock.run(driver.read())).position.slice()));
      expect(await readings()).toBe('');
      await clock.run(driver.stop('release'));
      expect(await readings()).toBe('');
    },
  );

  it('asks no torque of motors that were told to release, also when one of them did not answer', async () => {
    const robot = await ready(servoRobot(family));
    const { clock, driver, emulated } = robot;
    emulated.condition(2, { dead: true });
    expect((await clock.run(driver.stop('release'))).stopped).toBe(false);
    emulated.condition(2, { dead: false });
    for (let i = 0; i < 60; i++) {
      await clock.run(driver.read().catch(() => undefined));
      await clock.pass(0.01);
    }
    const { motors } = await clock.run(driver.read());
    expect([motors[0].error, motors[2].error]).toEqual(['', '']);
    expect(emulated.servo(1).get('torque_enable')).toBe(0);
  });

  it('tells undervoltage, which turns nothing off, and that it is over', async () => {
    const robot = await ready(servoRobot(family));
    robot.emulated.condition(3, { voltage: 3.4 });
    const { motors } = await robot.clock.run(robot.driver.read());
    expect(motors[2].error).toBe('voltage out of limits');
    expect(motors[2].voltage).toBeCloseTo(3.4, 9);
    expect(robot.emulated.servo(3).get('torque_enable')).toBe(1);
    robot.emulated.condition(3, { voltage: 7 });
    await cycles(robot, 15, [0.3, -0.5, 1]);
    expect((await robot.clock.run(robot.driver.read())).motors[2].error).toBe('');
  });
});

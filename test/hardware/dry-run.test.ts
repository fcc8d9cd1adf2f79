import { describe, expect, it } from 'vitest';
import { Findings, lookAtMotors } from '#src/cli/hardware/findings';
import { RobotFault } from '#src/core/errors';
import * as dynamixel from '#src/hardware/dynamixel/codec';
import * as feetech from '#src/hardware/feetech/codec';
import { ServoBus } from '#src/hardware/servo-bus';
import { ServoDriver } from '#src/hardware/servo-driver';
import { servoFamilies } from '#src/hardware/servo-families';
import { ready, servoRobot } from './servo-robot.ts';

const codecs = { feetech, dynamixel };

/** A driver in a dry run, and the kinds of all packets that it puts on its bus. */
function dryRobot(family: 'feetech' | 'dynamixel') {
  const robot = servoRobot(family);
  const sent: (string | undefined)[] = [];
  const open = async (address: string, baud: number) => {
    const port = await robot.open(address, baud);
    return {
      ...port,
      write(bytes: Uint8Array) {
        sent.push(codecs[family].decodeInstruction(bytes)?.kind);
        port.write(bytes);
      },
    };
  };
  const module = servoFamilies.find(({ name }) => name === family)!;
  const ports = { open, clock: robot.clock };
  const driver = new ServoDriver(module, { ...robot.options, dryRun: true }, ports);
  return { ...robot, driver, sent, module, ports };
}

describe.each(['feetech', 'dynamixel'] as const)('a dry run on a bus of %s', (family) => {
  it('pings and reads alone, from configure to close, whatever a run would set', async () => {
    const { clock, driver, emulated, sent, place, joints } = dryRobot(family);
    place([0.3, -0.5, 1]);
    emulated.servo(2).set('return_delay', 99);
    // Of an arm that holds, whose motor a run would not even set up.
    emulated.servo(1).set('goal_position', emulated.servo(1).get('present_position'));
    emulated.servo(1).set('torque_enable', 1);
    const { notes } = await clock.run(driver.configure());
    expect(notes).toContain('motor 2 (elbow): return_delay 99 → 0, which a run would set');
    for (const how of ['hold', 'release'] as const) {
      const { position } = await clock.run(driver.read());
      await clock.run(driver.activate(position.slice()));
      for (let i = 0; i < 30; i++) {
        await clock.run(driver.write(Float64Array.of(-0.9, 0.7, 0.1)));
        await clock.run(driver.read());
        await clock.pass(0.01);
      }
      const report = await clock.run(driver.stop(how));
      if (how === 'hold') expect(report).toEqual({ stopped: true, how: expect.stringContaining('at rest') });
      else
        expect(report).toEqual({
          stopped: false,
          how: 'dry run: nothing is written, and not without torque: motor 1 (shoulder)',
        });
    }
    emulated.servo(1).set('torque_enable', 0);
    expect(await clock.run(driver.stop('release'))).toEqual({
      stopped: true,
      how: 'dry run: without torque, read from all 3 motors',
    });
    await clock.run(driver.close());
    expect([...new Set(sent)].sort()).toEqual(['ping', 'read', 'syncRead']);
    expect([1, 2, 3].map((id) => emulated.servo(id).get('torque_enable'))).toEqual([0, 0, 0]);
    expect(emulated.servo(2).get('return_delay')).toBe(99);
    [0.3, -0.5, 1].forEach((pose, j) => {
      expect(joints()[j]).toBeCloseTo(pose, 2);
    });
  });

  it('claims no rest of a motor that does not answer', async () => {
    const { clock, driver, emulated } = dryRobot(family);
    await clock.run(driver.configure());
    emulated.condition(2, { dead: true });
    for (const how of ['hold', 'release'] as const) {
      const report = await clock.run(driver.stop(how));
      expect(report).toEqual({ stopped: false, how: expect.stringContaining('motor 2 (elbow)') });
    }
  });

  it('is refused by the bus itself, whoever asks', async () => {
    const { clock, sent, module, hardware, ports, emulated } = dryRobot(family);
    const link = await clock.run(ServoBus.open(module, hardware, 'test://bus', { ...ports, readOnly: true }));
    const { bus } = link;
    const deeds: (() => Promise<unknown>)[] = [
      () => link.send('goal_position', [[1, 100]]),
      () => link.put(1, 'torque_enable', 1),
      () => link.keep(1, { return_delay: 3 }),
      () => bus.set(1, 'torque_enable', 1),
      () => bus.regWrite(1, 40, Uint8Array.of(1)),
      () => bus.action(),
      () => bus.factoryReset(1),
      ...(family === 'dynamixel' ? [() => bus.reboot(1)] : []),
    ];
    for (const deed of deeds) {
      const refused = await clock.run(
        deed().then(
          () => undefined,
          (error: unknown) => error,
        ),
      );
      expect(refused).toBeInstanceOf(RobotFault);
      expect((refused as Error).message).toContain('nothing is written to it');
    }
    expect([...new Set(sent)].sort()).toEqual(['ping', 'read']);
    expect(emulated.servo(1).get('torque_enable')).toBe(0);
    await clock.run(bus.close());
  });
});

describe('a motor that answers pings alone', () => {
  it('is told to answer by a run, and named by a dry run, which changes nothing', async () => {
    const robot = dryRobot('dynamixel');
    const { clock, driver, emulated, sent } = robot;
    emulated.servo(3).set('response_level', 0);
    await expect(clock.run(driver.configure())).rejects.toThrow(
      'motor 3 (jaw) answers pings alone; a run would set response_level 2',
    );
    expect([...new Set(sent)].sort()).toEqual(['ping', 'read']);
    expect(emulated.servo(3).get('response_level')).toBe(0);
    const own = servoRobot('dynamixel');
    own.emulated.servo(3).set('response_level', 0);
    await ready(own);
    expect(own.emulated.servo(3).get('response_level')).toBe(2);
  });

  it('is wrong in a check, which tells of the others', async () => {
    const { clock, robot, hardware, emulated, sent, module, ports } = dryRobot('dynamixel');
    emulated.servo(3).set('response_level', 0);
    const link = await clock.run(
      ServoBus.connect(module, hardware, 'test://bus', { ...ports, readOnly: true }),
    );
    const findings = new Findings(() => {});
    const tables = await clock.run(lookAtMotors(link, { robot, hardware, family: module }, findings));
    await clock.run(link.bus.close());
    expect([...tables.keys()]).toEqual(['shoulder', 'elbow']);
    expect(findings.wrong).toEqual([
      {
        ...{ verdict: 'wrong', what: 'motors' },
        detail: 'motor 3 (jaw) answers pings alone; a run would set response_level 2',
      },
    ]);
    expect([...new Set(sent)].sort()).toEqual(['ping', 'read']);
  });

  it('is not taken for one by a dry run where it does not answer at all', async () => {
    const { clock, driver, emulated } = dryRobot('dynamixel');
    emulated.fault({ fault: { kind: 'drop' }, id: 3, count: 100 });
    await expect(clock.run(driver.configure())).rejects.toThrow('motor 3 (jaw): no answer');
  });
});

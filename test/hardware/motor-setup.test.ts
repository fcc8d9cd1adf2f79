import { describe, expect, it } from 'vitest';
import { dynamixelFamily } from '#src/hardware/dynamixel/family';
import { EmulatedBus } from '#src/hardware/emulator/emulated-bus';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { feetechFamily } from '#src/hardware/feetech/family';
import { setUpMotor } from '#src/hardware/motor-setup';
import { loopback } from '#src/hardware/port';
import { VirtualClock } from './virtual-clock.ts';

const families = { feetech: feetechFamily, dynamixel: dynamixelFamily };

function line(family: 'feetech' | 'dynamixel', ids: readonly number[] = [1]) {
  const clock = new VirtualClock();
  const motors = new FirstOrderMotors(ids.map(() => 0));
  const delivered = family === 'feetech' ? { response_level: 0 } : { response_level: 1 };
  const servos = ids.map((id) => ({ id, registers: delivered }));
  const emulated = new EmulatedBus({ family, motors, servos, clock });
  const open = async (_: string, baud: number) => {
    emulated.lineBaud = baud;
    const [near, far] = loopback();
    emulated.attach(far);
    return near;
  };
  return { clock, emulated, ports: { clock, open }, module: families[family] };
}

describe.each([
  ['feetech', 1_000_000, 500_000],
  ['dynamixel', 57_600, 1_000_000],
] as const)('setting a %s motor up', (family, delivered, wanted) => {
  it('gives it its id and baud, which it keeps without power', async () => {
    const { clock, emulated, ports, module } = line(family);
    const setup = { id: 4, baud: wanted, model: family === 'feetech' ? 'sts3215' : 'xm430-w350' };
    const said = await clock.run(setUpMotor(module, 'test://', { id: 1, baud: delivered }, setup, ports));
    expect(said).toContain('id 1 → 4');
    expect(said).toContain(`baud ${delivered} → ${wanted}`);
    emulated.reboot(4);
    await clock.pass(0.2);
    const servo = emulated.servo(4);
    expect(servo.baud).toBe(wanted);
    expect(servo.get('return_delay')).toBe(0);
    if (family === 'feetech') expect([servo.get('lock'), servo.get('response_level')]).toEqual([1, 1]);
  });

  it('changes nothing in one that is as wanted', async () => {
    const { clock, ports, module } = line(family);
    const at = { id: 1, baud: delivered };
    await clock.run(setUpMotor(module, 'test://', at, at, ports));
    expect(await clock.run(setUpMotor(module, 'test://', at, at, ports))).toEqual([]);
  });

  it('refuses another model, a second motor of the new id, and one that holds', async () => {
    const { clock, emulated, ports, module } = line(family, [1, 2]);
    const at = { id: 1, baud: delivered };
    const run = (id: number, model?: string) =>
      clock.run(setUpMotor(module, 'test://', at, { ...at, id, model }, ports));
    await expect(run(2)).rejects.toThrow('motors 1 and 2 both answer on test://; connect one motor alone');
    const other = family === 'feetech' ? 'sts3250' : 'xl430-w250';
    await expect(run(5, other)).rejects.toThrow(`and robot.json says ${other}`);
    emulated.servo(1).set('torque_enable', 1);
    await expect(run(5)).rejects.toThrow(/holds/);
    expect(emulated.servo(1).id).toBe(1);
  });

  it.each([
    ['together, and garble one another', 3],
    ['one behind the other, as some adapters hand them over', 1],
  ])('leaves motors of one id alone that answer %s', async (_, count) => {
    const { clock, emulated, ports, module } = line(family, new Array(count).fill(1));
    if (count === 1) emulated.fault({ fault: { kind: 'duplicate' } });
    const at = { id: 1, baud: delivered };
    const before = emulated.servos.map((servo) => servo.get('return_delay'));
    await expect(
      clock.run(setUpMotor(module, 'test://', at, { id: 6, baud: wanted }, ports)),
    ).rejects.toThrow('two or more motors answer as id 1; connect one alone');
    for (const [i, servo] of emulated.servos.entries())
      expect([servo.id, servo.baud, servo.get('return_delay')]).toEqual([1, delivered, before[i]]);
  });

  it('leaves a motor alone whose new id two others share already', async () => {
    const { clock, emulated, ports, module } = line(family, [1, 6, 6]);
    const at = { id: 1, baud: delivered };
    await expect(clock.run(setUpMotor(module, 'test://', at, { ...at, id: 6 }, ports))).rejects.toThrow(
      'motors 1 and 6 both answer',
    );
    expect(emulated.servos.map(({ id }) => id)).toEqual([1, 6, 6]);
  });

  it('is not misled by an answer that is garbled once, or late once', async () => {
    for (const fault of [{ kind: 'corrupt' }, { kind: 'late', by: 0.12 }] as const) {
      const { clock, emulated, ports, module } = line(family);
      emulated.fault({ fault, count: 1 });
      const at = { id: 1, baud: delivered };
      await clock.run(setUpMotor(module, 'test://', at, { ...at, id: 4 }, ports));
      expect(emulated.servo(4).id).toBe(4);
    }
  });

  it('refuses ids and bauds that there are not', async () => {
    const { clock, ports, module } = line(family);
    const at = { id: 1, baud: delivered };
    await expect(clock.run(setUpMotor(module, 'test://', at, { ...at, id: 254 }, ports))).rejects.toThrow(
      'ids from 0',
    );
    await expect(clock.run(setUpMotor(module, 'test://', at, { ...at, baud: 12 }, ports))).rejects.toThrow(
      'no baud 12',
    );
  });
});

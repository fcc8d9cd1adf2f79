import { describe, expect, it } from 'vitest';
import { EmulatedBus } from '#src/hardware/emulator/emulated-bus';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { servoFamilies } from '#src/hardware/servo-families';
import { servoRating } from '#src/robot/index';

/** Registers max_temperature, max_voltage and min_voltage at delivery: ROBOTIS' e-manual; FEETECH's after lerobot. */
const delivered: Readonly<Record<string, readonly number[]>> = {
  'xm430-w350': [80, 160, 95],
  'xl430-w250': [72, 140, 60],
  'xl330-m077': [70, 70, 35],
  'xl330-m288': [70, 70, 35],
  'xc330-t288': [70, 140, 55],
  sts3215: [70, 140, 40],
  sts3250: [70, 140, 40],
};

function emulated(family: (typeof servoFamilies)[number], registers: Record<string, number>) {
  const motors = new FirstOrderMotors([0]);
  return new EmulatedBus({ family: family.name, motors, servos: [{ id: 1, registers }] }).servos[0];
}

describe.each(servoFamilies)('emulated motors of $name', (family) => {
  const models = Object.keys(delivered).filter(
    (model) => model.startsWith('sts') === (family.name === 'feetech'),
  );

  it('are all of these models', () => {
    const known = () => family.modelNumber('?');
    for (const model of models) expect(known).toThrow(model);
    expect(known).toThrow(new RegExp(`known: ([^,]+, ){${models.length - 1}}[^,]+$`));
  });

  it.each(models)('hold what a %s allows itself as delivered, and stand on a supply within it', (model) => {
    const servo = emulated(family, { model: family.modelNumber(model) });
    const held = ['max_temperature', 'max_voltage', 'min_voltage'].map((name) => servo.get(name));
    expect(held).toEqual(delivered[model]);
    const { temperature, maxVoltage, minVoltage } = servoRating(model)!;
    expect([temperature, 10 * maxVoltage, 10 * minVoltage]).toEqual(held);
    expect(servo.get('present_voltage')).toBe(Math.min(120, held[1]));
  });

  it('hold what they are told beside that', () => {
    const [model] = models;
    const servo = emulated(family, { model: family.modelNumber(model), max_temperature: 60 });
    expect(servo.get('max_temperature')).toBe(60);
    expect(servo.get('max_voltage')).toBe(delivered[model][1]);
  });
});

import { describe, expect, it } from 'vitest';
import { drivers, loadDriver } from '#src/hardware/drivers';
import { servoRobot } from './servo-robot.ts';

describe('drivers by name', () => {
  it('are shipped, or modules of one’s own', async () => {
    expect(await loadDriver('feetech')).toBe(drivers.feetech);
    expect(await loadDriver('dynamixel')).toMatchObject({ name: 'dynamixel', calibrated: true });
    await expect(loadDriver('feetch')).rejects.toThrow('unknown driver "feetch"; did you mean feetech?');
    const module = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;
    const own = module("export default { name: 'own', calibrated: false, create() {} }");
    expect(await loadDriver(own)).toMatchObject({ name: 'own' });
    await expect(loadDriver(module('export default 3'))).rejects.toThrow('it has no default export');
    await expect(loadDriver(module("export default { name: 'own', calibrated: false }"))).rejects.toThrow(
      'its default export has no function create',
    );
    await expect(loadDriver(module('throw new Error("broken")'))).rejects.toThrow('cannot be loaded: broken');
  });

  it('take options of their own, and say which', () => {
    expect(() => servoRobot('feetech', { spec: { options: { latncy: 1 } } })).toThrow(
      /driver feetech takes latency, echo, gains, velocitySteps, watchdog/,
    );
  });
});

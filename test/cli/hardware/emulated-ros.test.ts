import { afterEach, expect, it } from 'vitest';
import { type EmulatedRos, emulateRos, obeyRosLine } from '#src/cli/hardware/emulated-ros';
import { loadRealRobot } from '#src/cli/hardware/real-robot';
import { rosbridge } from '#src/hardware/rosbridge/driver';

let robot: EmulatedRos | undefined;
afterEach(async () => {
  await robot?.served.close();
  robot?.plant.close();
});

it('the emulated Panda is found by its driver, and suffers what is typed', async () => {
  const real = await loadRealRobot('panda');
  const emulated = await emulateRos(real, 0);
  robot = emulated;
  const driver = rosbridge.create({ ...real, port: emulated.served.address });
  expect((await driver.configure()).description).toContain('panda_arm_controller (trajectory, 7 joints)');
  await driver.close();
  const say = (line: string) => obeyRosLine(emulated, line);
  say('drop 5%');
  say('late 50ms');
  say('blank panda_joint3');
  expect(emulated.served.node.faults).toEqual({ drop: 0.05, delay: 0.05, blank: ['panda_joint3'] });
  expect(say('deactivate panda_hand_controller')).toBe('panda_hand_controller: inactive');
  expect(say('pose')).toMatch(/panda_joint4 +-\d\.\d+.*panda_hand_controller: inactive/s);
  say('clear');
  expect(emulated.served.node.faults).toEqual({});
  expect(emulated.served.node.controllers.every(({ active }) => active)).toBe(true);
  expect(() => say('unplg')).toThrow('did you mean unplug?');
  expect(() => say('late soon')).toThrow('write it as late 50ms');
  expect(() => say('blank elbow')).toThrow('name one of panda_joint1');
  expect(() => say('activate arm')).toThrow('no controller "arm"; there are panda_arm_controller');
});

import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { RosbridgeDriver } from '#src/hardware/rosbridge/rosbridge-driver';
import { serveRosbridge } from '#src/hardware/rosbridge/stand-in/serve-rosbridge';
import { driverConformance } from '../driver-conformance.ts';
import { arm, home, pause, quicker } from './fixture.ts';

const QUICKER = 2;
const clock = quicker(QUICKER);

for (const command of ['trajectory', 'positions', 'action'] as const) {
  driverConformance(`rosbridge, ${command}`, async () => {
    const robot = await arm({ command, switch: true, stateTimeout: 1.5, stopTimeout: 1.5, goalPeriod: 0.01 });
    const start = home(robot);
    const motors = new FirstOrderMotors(start);
    const server = await serveRosbridge({ robot, motors, port: 0, rate: 200, active: false, clock });
    const [controller] = server.node.controllers;
    const driver = new RosbridgeDriver({ robot, hardware: robot.hardware!, port: server.address }, clock);
    const pose = (by: number) => Array.from(start, (q, j) => q + (j % 2 ? by : -by));
    return {
      driver,
      joints: robot.actuators.map(({ joint }) => joint),
      poses: [pose(0), pose(0.8)],
      ...{ tolerance: 0.004, travel: 1 },
      run: (promise) => promise,
      async pass(seconds) {
        await pause(seconds / QUICKER);
        // On a machine that is busy with something else, states are late as well.
        const passed = clock.now();
        for (let i = 0; i < 20; i++) {
          const reading = await driver.read().catch(() => undefined);
          if (!reading || Math.max(...reading.age) < clock.now() - passed) return;
          await pause(0.002);
        }
      },
      positions: () => robot.actuators.map((_, j) => motors.position(j)),
      powered: () => robot.actuators.map(() => controller.active),
      place(positions) {
        positions.forEach((q, j) => {
          motors.place(j, q);
          motors.drive(j, { kind: 'free' });
          controller.goal[j] = q;
        });
      },
      silence(joint, silent) {
        server.node.faults = silent ? { blank: [robot.actuators[joint].joint] } : {};
      },
      unplug: (out) => server.unplug(out),
      close: () => server.close(),
    };
  });
}

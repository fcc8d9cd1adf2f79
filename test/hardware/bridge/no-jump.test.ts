import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';
import { rig } from './fault-matrix.ts';

let robot: RobotModel;
beforeAll(async () => {
  robot = await loadRobot('so101');
});

/** Of each family. */
const POSES = 250;
/** s after activation that are watched; s between looks: goals are written every 10 ms. */
const WATCHED = 0.1;
const LOOK = 0.008;
const TICK = (2 * Math.PI) / 4096;

describe.each(['feetech', 'dynamixel'] as const)(
  'an arm with motors of %s',
  { timeout: 120_000 },
  (family) => {
    it(`does not jump when it is activated, in any of ${POSES} poses, whatever it is told at once`, async () => {
      const random = new Random(7, `poses-${family}`);
      const within = ({ lower, upper }: { lower: number; upper: number }) =>
        lower + (upper - lower) * random.uniform();
      const largest = { jump: 0, held: 0 };
      let moved = 0;
      for (let pose = 0; pose < POSES; pose++) {
        const joints = robot.movable.map((j) => robot.joints[j]);
        // It stands where it was left, and motors remember a goal of yesterday.
        const it = rig({ ...robot, home: joints.map(within) }, family);
        const { bridge, clock, bus, hardware } = it;
        for (const servo of bus.servos) servo.set('goal_position', Math.floor(4096 * random.uniform()));
        const target = Float64Array.from(joints, within);
        const steps = robot.actuators.map(({ joint }) => hardware.limits[joint].step!);
        await clock.run(bridge.configure());
        const began = it.truth();
        let until = Number.POSITIVE_INFINITY;
        let beat = 1e6;
        const look = () => {
          const now = it.truth();
          now.forEach(({ goal }, j) => {
            if (Number.isNaN(goal)) return;
            if (until === Number.POSITIVE_INFINITY)
              largest.held = Math.max(largest.held, Math.abs(goal - began[j].position));
            largest.jump = Math.max(largest.jump, (Math.abs(goal - began[j].position) - TICK) / steps[j]);
          });
          if (bridge.lifecycle === 'active') bridge.command(target, ++beat);
          if (clock.now() + LOOK <= until) clock.at(clock.now() + LOOK, look);
        };
        look();
        await clock.run(bridge.activate());
        until = clock.now() + WATCHED;
        await clock.pass(WATCHED);
        expect(bridge.report().fault).toBeNull();
        if (it.truth().some(({ goal }, j) => Math.abs(goal - began[j].position) > 0.01)) moved++;
        await clock.run(bridge.finalize());
        await clock.run(bridge.close());
      }
      expect(largest.held).toBeLessThan(1.5 * TICK);
      expect(largest.jump).toBeLessThanOrEqual(1);
      // Nothing is proven by arms that do not move at all.
      expect(moved).toBeGreaterThan(POSES / 2);
    });
  },
);

import { describe, expect, it } from 'vitest';
import { PlanWatch } from '#src/cli/plan-watch';
import type { TelemetryEvent } from '#src/core/telemetry';
import { loadRobot } from '#src/load/robot';
import { Kinematics } from '#src/robot/index';

type PlanEvent = Extract<TelemetryEvent, { type: 'plan' }>;

const robot = await loadRobot('so101');
const size = robot.movable.length;
const watch = () => new PlanWatch({ ...robot, hardware: robot.hardware! });

/** A plan from home that turns one joint by `speed` rad each step. */
function planTurning(joint: string, speed: number, steps: number, epoch = 1): PlanEvent {
  const index = robot.movable.findIndex((j) => robot.joints[j].name === joint);
  const path = new Float32Array((steps + 1) * size);
  for (let t = 0; t <= steps; t++) {
    path.set(robot.home, t * size);
    path[t * size + index] += t * speed;
  }
  const nothing = new Float32Array(0);
  const when = { epoch, time: 0 };
  return { type: 'plan', ...when, path, particles: nothing, particleCount: 0, disagreement: nothing };
}

describe('a plan for a real robot', () => {
  it('is passed on as it is where nothing is in the way, and so is everything else', () => {
    const plan = planTurning('shoulder_pan', 0.05, 20);
    expect(watch().look(plan)).toEqual([plan]);
    const other: TelemetryEvent = { type: 'activity', activity: 'acting' };
    expect(watch().look(other)).toEqual([other]);
  });

  it('is blocked from the step on that first takes it below the floor', () => {
    const plan = planTurning('shoulder_lift', 0.05, 30);
    const [warning, told] = watch().look(plan);
    expect(warning).toMatchObject({
      type: 'log',
      level: 'warning',
      message: expect.stringContaining('floor'),
    });
    const { step } = (told as PlanEvent).blocked!;
    // The tip is above the floor until then, and some link of the gripper reaches lower than the tip.
    const kinematics = new Kinematics(robot);
    const height = (t: number) =>
      kinematics.tip(Float64Array.from(plan.path.subarray(t * size, (t + 1) * size)), new Float64Array(3))[2];
    expect(step).toBeGreaterThan(2);
    for (let t = 0; t < step; t++) expect(height(t)).toBeGreaterThan(robot.hardware!.floor!);
    expect(height(step)).toBeLessThan(0.06);
    // A plan that ends before is clear.
    const short = planTurning('shoulder_lift', 0.05, step - 1);
    expect(watch().look(short)).toEqual([short]);
  });

  it('is warned of once an episode', () => {
    const watching = watch();
    const count = (epoch: number) => watching.look(planTurning('shoulder_lift', 0.05, 30, epoch)).length;
    expect([count(1), count(1), count(2), count(2)]).toEqual([2, 1, 2, 1]);
  });
});

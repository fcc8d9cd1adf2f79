import { expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import { CommandLimiter } from '#src/control/index';
import type { JointSafety } from '#src/core/hardware';
import { Random } from '#src/core/random';
import { PathGuard } from '#src/hardware/path-guard';
import { loadRobot } from '#src/load/robot';
import { TipChain } from '#src/robot/index';

const episodes = 12;
const controlSteps = 100;
/** rad; `stepLimit` of the task reach. */
const bound = 0.1;

/**
 * The task reach at 50 Hz on so101, its bridge at 100 Hz: steps towards a posture, disturbed as an iCEM plan is (noise
 * that is coloured, two fifths of the bound), as the task turns them into commands.
 *
 * @param limits undefined: nothing stands between task and plant
 */
async function reach(limits: Partial<JointSafety> | undefined) {
  const robot = await loadRobot('so101');
  const plant = await createSimPlant({ robot, controlPeriod: 0.01 });
  const chain = new TipChain(robot);
  const joints = robot.movable.map((j) => robot.joints[j]);
  const tip = new Float64Array(3);
  const goal = new Float64Array(3);
  const reading = new Float32Array(plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
  const own = robot.hardware!.limits;
  const hardware = {
    ...robot.hardware!,
    limits: Object.fromEntries(Object.entries(own).map(([name, limit]) => [name, { ...limit, ...limits }])),
  };
  const guard = new PathGuard(robot, hardware);
  const found = { return: 0, away: 0, refused: 0, said: 0 };
  for (let episode = 0; episode < episodes; episode++) {
    const random = new Random(4, 'limited reach', episode);
    plant.reset({ position: robot.home, velocity: robot.home.map(() => 0) });
    // Somewhere above the table, where the arm can stand.
    let posture: number[];
    do {
      posture = joints.map(
        ({ lower, upper }) => (lower + upper) / 2 + 0.3 * (upper - lower) * random.uniform(-1, 1),
      );
      chain.position(posture, goal);
    } while (goal[2] < 0.1 || guard.check(robot.home, posture) !== null);
    const limiter = new CommandLimiter(robot, hardware);
    limiter.reset(robot.home);
    const noise = joints.map(() => 0);
    const asked = Float64Array.from(robot.home);
    const sent = Float64Array.from(robot.home);
    // A bridge was activated before it led the robot to the start.
    const rest = { position: robot.home, velocity: robot.home.map(() => 0) };
    for (let cycle = 0; cycle < 12; cycle++) limiter.limit(robot.home, rest, 0.01, sent);
    for (let step = 0; step < controlSteps; step++) {
      plant.read(reading);
      for (let j = 0; j < 5; j++) {
        noise[j] = 0.8 * noise[j] + 0.6 * 0.4 * bound * random.normal();
        const action = clamp(posture[j] - reading[j] + noise[j], bound);
        asked[j] = Math.max(joints[j].lower, Math.min(joints[j].upper, reading[j] + action));
      }
      for (let cycle = 0; cycle < 2; cycle++) {
        plant.read(reading);
        const here = { position: reading.subarray(0, 6), velocity: reading.subarray(6, 12) };
        if (limits === undefined) sent.set(asked);
        else if (limiter.limit(asked, here, 0.01, sent).length > 0) found.said++;
        if (limits !== undefined && guard.check(here.position, sent) !== null) {
          found.refused++;
          limiter.withdraw(sent);
        }
        plant.write(Float32Array.from(sent));
        plant.advance();
      }
      for (let j = 0; j < 5; j++) found.away += (asked[j] - sent[j]) ** 2 / (5 * controlSteps * episodes);
      plant.read(reading);
      chain.position(reading, tip);
      found.return -= Math.hypot(...tip.map((value, k) => value - goal[k])) / episodes;
    }
  }
  plant.close();
  return { ...found, away: Math.sqrt(found.away) };
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

it("so101's limits cost reach little, and its motions are free to go", async () => {
  const free = await reach(undefined);
  const limited = await reach({});
  expect(Math.abs(limited.return / free.return - 1)).toBeLessThan(0.01);
  // At the end of a control period what was asked is what was sent, to a tick of its encoders.
  expect(limited.away).toBeLessThan(0.0015);
  const cycles = 2 * controlSteps * episodes;
  expect(limited.refused).toBeLessThan(0.01 * cycles);
  expect(limited.said).toBeLessThan(0.02 * cycles);
  // Limits that are too tight would be seen.
  const tight = await reach({ acceleration: 20, velocity: 2 });
  expect(tight.return / free.return - 1).toBeGreaterThan(0.1);
});

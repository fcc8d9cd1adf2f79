import { describe, expect, test } from 'vitest';
import { createSimPlant } from '#sim/index';
import { instantiateTask } from '#src/core/instantiate-task';
import type { RobotModel } from '#src/core/robot';
import type { Vector } from '#src/core/space';
import { TaskEnv } from '#src/core/task-env';
import { createVectorEnv } from '#src/index';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import { Kinematics } from '#src/robot/index';

type Policy = (observation: Vector, step: number) => number[];

/** Down the slope of the tip's distance from the cube with `arm` joints, then closes the gripper. */
function grasping(robot: RobotModel, arm: number): Policy {
  const kinematics = new Kinematics(robot);
  const size = robot.movable.length;
  return (observation, step) => {
    const q = Array.from({ length: size }, (_, d) => observation[d]);
    const away = () => kinematics.tip(q).reduce((sum, v, k) => sum + (v - observation[2 * size + k]) ** 2, 0);
    const here = away();
    const action = Array.from({ length: arm }, (_, d) => {
      q[d] += 1e-4;
      const slope = (away() - here) / 1e-4;
      q[d] -= 1e-4;
      return Math.max(-0.1, Math.min(0.1, -3 * slope));
    });
    return [...action, step > 25 ? -1 : 1];
  };
}

const cases: readonly {
  readonly name: string;
  readonly robot: string;
  readonly params: Record<string, unknown>;
  readonly steps: number;
  readonly policy: (robot: RobotModel) => Policy;
  /** Whose contact counts. */
  readonly touch: RegExp;
}[] = [
  {
    name: 'pick-cube',
    robot: 'so101',
    params: { massRange: 0.2, frictionRange: 0.3, gainRange: 0.1, latency: 0.02 },
    steps: 54,
    policy: (robot) => grasping(robot, 5),
    touch: /(gripper_link|moving_jaw).*cube|cube.*(gripper_link|moving_jaw)/,
  },
  {
    name: 'park',
    robot: 'car',
    params: {
      margin: 0.005,
      maxSpeed: 3,
      acceleration: 9,
      massRange: 0.2,
      frictionRange: 0.3,
      gainRange: 0.1,
      latency: 0.05,
    },
    steps: 16,
    policy: () => (_, step) => [0.2 * Math.sin(step / 3), 1],
    touch: /wall|car-/,
  },
];

describe.each(cases)('$name on $robot', ({ name, robot: robotName, params, steps, policy, touch }) => {
  const envs = 2;
  const seed = 4;

  /** Observations, rewards and flags of all steps, over the ends of episodes, from two worker threads. */
  async function run(robot: RobotModel) {
    const env = await createVectorEnv({ task: name, robot: robotName, params, envs, threads: 2 });
    const act = policy(robot);
    const seen: number[][] = [];
    let { observations } = await env.reset({ seed });
    const width = observations.length / envs;
    seen.push([...observations]);
    for (let step = 0; step < steps; step++) {
      const rows = Array.from({ length: envs }, (_, r) => observations.subarray(r * width, (r + 1) * width));
      const told = await env.step(Float32Array.from(rows.flatMap((row) => act(row, step))));
      observations = told.observations;
      seen.push([...observations, ...told.rewards, ...told.terminated, ...told.truncated]);
    }
    await env.close();
    return seen;
  }

  /** The same from a fresh environment for each episode, how many episodes ended, and the largest force of what was touched, N. */
  async function alone(robot: RobotModel) {
    const { module } = await loadTask(name);
    const rows: { observation: number[]; rest: number[] }[][] = [];
    let [ends, force] = [0, 0];
    const { task, instance, params: parsed } = await instantiateTask({ module, robot, params });
    const world = task.world?.(parsed as never, robot);
    const act = policy(robot);
    for (let r = 0; r < envs; r++) {
      const row: { observation: number[]; rest: number[] }[] = [];
      for (let episode = 0; row.length <= steps; episode++) {
        const plant = await createSimPlant({ robot, controlPeriod: task.controlPeriod, world });
        const env = new TaskEnv(task, instance, plant);
        let { observation } = await env.reset({ seed: seed + r, episode });
        row.push({ observation: [...observation], rest: episode === 0 ? [] : [0, 0, 0] });
        while (row.length <= steps) {
          const told = await env.step(Float32Array.from(act(observation, row.length - 1)));
          observation = told.observation;
          row.push({
            observation: [...observation],
            rest: [told.reward, Number(told.terminated), Number(told.truncated)],
          });
          for (const contact of plant.contacts())
            if (touch.test(`${contact.a} ${contact.b}`))
              force = Math.max(force, Math.hypot(...contact.force));
          if (!told.terminated && !told.truncated) continue;
          ends++;
          break;
        }
        await env.close();
      }
      rows.push(row);
    }
    const seen = rows[0].map((_, step) => [
      ...rows.flatMap((row) => row[step].observation),
      ...[0, 1, 2].flatMap((k) => rows.flatMap((row) => row[step].rest.slice(k, k + 1))),
    ]);
    return { seen, ends, force };
  }

  test('touches and ends episodes with the same bits in worker threads as in fresh worlds', async () => {
    const robot = await loadRobot(robotName);
    const { seen, ends, force } = await alone(robot);
    expect(force).toBeGreaterThan(0.5);
    expect(ends).toBeGreaterThanOrEqual(envs);
    expect(await run(robot)).toEqual(seen);
  });
});

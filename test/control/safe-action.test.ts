import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import { SafeAction, safeCommand } from '#src/control/safe-action';
import { stateOf } from '#src/core/channel';
import { instantiateTask } from '#src/core/instantiate-task';
import { usualRobot } from '#src/core/task';
import { TaskEnv } from '#src/core/task-env';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';

async function scene(name: string, seed = 3) {
  const { task, module } = await loadTask(name);
  const robot = await loadRobot(usualRobot(task)!);
  const { instance, params } = await instantiateTask({ module, robot, params: {} });
  const world = task.world?.(params as never, robot);
  const plant = await createSimPlant({ robot, controlPeriod: task.controlPeriod, world });
  const env = new TaskEnv(task, instance, plant);
  const { observation } = await env.reset({ seed });
  const reading = new Float32Array(plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
  const now = (seen = observation) => {
    plant.read(reading);
    const state = stateOf(env.spec.layout, seen);
    const command = new Float32Array(plant.spec.command.low.length);
    safeCommand(plant.spec, reading, task.controlPeriod, command);
    const action = new SafeAction(plant.spec, instance.action, task.controlPeriod).at(reading, state);
    const reached = new Float32Array(command.length);
    instance.action?.toCommand(action, reached, state);
    return { command, action, reached };
  };
  return { env, plant, now };
}

describe('the safe action', () => {
  it.each(['cartpole-swingup', 'reacher', 'pusher'])('of %s is no effort at all', async (name) => {
    const { now } = await scene(name);
    const { command, action } = now();
    expect(Array.from(command).every((value) => value === 0)).toBe(true);
    expect(Array.from(action).every((value) => value === 0)).toBe(true);
  });

  it.each(['reach', 'pick-cube'])('of %s keeps the servos where the joints are', async (name) => {
    const { env, now } = await scene(name);
    const start = await env.step(Float32Array.from(env.spec.action.high));
    const { command, reached } = now(start.observation);
    for (const [i, value] of reached.entries()) expect(Math.abs(value - command[i])).toBeLessThan(2e-3);
  });

  it('of a car brakes with straight wheels, as far as the task lets it', async () => {
    const { env, now } = await scene('park');
    let step = await env.step(Float32Array.of(0.5, 1));
    for (let i = 0; i < 5; i++) step = await env.step(Float32Array.of(0.5, 1));
    const moving = now(step.observation);
    expect(moving.command[0]).toBe(0);
    expect(moving.command[1]).toBeLessThan(0);
    expect(moving.action[0]).toBe(0);
    expect(moving.reached[1]).toBeLessThan(0);
  });
});

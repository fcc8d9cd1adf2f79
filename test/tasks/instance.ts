import type { Task } from '#src/core/task';
import { loadRobot } from '#src/load/robot';

/** A task with its default parameters on a shipped robot. */
export async function instanceOf(task: Task, robotName: string, params: Record<string, unknown> = {}) {
  const robot = await loadRobot(robotName);
  return { robot, instance: task.build(robot, task.params.parse(params) as never) };
}

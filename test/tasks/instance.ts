import type { Task } from '#src/core/task';
import { loadRobot } from '#src/load/robot';
import { shippedTasks } from '#src/tasks/index';

/** Every shipped task on every robot it is for: its name, the robot, the task. @param any what stands for any robot */
export function everyTask(any: readonly string[] = ['so101', 'panda']) {
  return Object.values(shippedTasks).flatMap((task) =>
    (task.robots === 'any' ? any : task.robots).map((robot) => [task.name, robot, task] as const),
  );
}

/** A task with its default parameters on a shipped robot. */
export async function instanceOf(task: Task, robotName: string, params: Record<string, unknown> = {}) {
  const robot = await loadRobot(robotName);
  return { robot, instance: task.build(robot, task.params.parse(params) as never) };
}

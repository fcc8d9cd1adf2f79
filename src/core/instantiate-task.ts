import { InputError } from './errors.ts';
import type { Task, TaskInstance, TaskReference } from './task.ts';

/** Imports a task's module and builds the task for its robot; the same in every thread. */
export async function instantiateTask(
  reference: TaskReference,
): Promise<{ task: Task; instance: TaskInstance; params: unknown }> {
  const { default: task } = (await import(/* @vite-ignore */ reference.module)) as { default?: Task };
  if (typeof task?.build !== 'function') {
    throw new InputError(
      `${reference.module}: its default export is not a task; write export default defineTask({ … })`,
    );
  }
  const parsed = task.params.safeParse(reference.params);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new InputError(`task ${task.name}: params.${path.join('.')}: ${message}`);
  }
  return { task, instance: task.build(reference.robot, parsed.data as never), params: parsed.data };
}

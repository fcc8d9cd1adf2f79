import type { Task } from '../core/task.ts';
import cartpoleSwingup from './cartpole-swingup.ts';
import reacher from './reacher.ts';

/** The tasks that come with the package, by name; each lies in the file of its name. */
export const shippedTasks: Readonly<Record<string, Task>> = {
  [cartpoleSwingup.name]: cartpoleSwingup as unknown as Task,
  [reacher.name]: reacher as unknown as Task,
};

export { cartpoleSwingup, reacher };

import type { Task } from '../core/task.ts';
import cartpoleSwingup from './cartpole-swingup.ts';
import lap from './lap.ts';
import park from './park.ts';
import pickCube from './pick-cube.ts';
import pushCube from './push-cube.ts';
import pusher from './pusher.ts';
import reach from './reach.ts';
import reacher from './reacher.ts';
import waypoints from './waypoints.ts';

const tasks = [
  cartpoleSwingup,
  reacher,
  pusher,
  reach,
  pushCube,
  pickCube,
  park,
  lap,
  waypoints,
] as unknown as readonly Task[];

/** The tasks that come with the package, by name; each lies in the file of its name. */
export const shippedTasks: Readonly<Record<string, Task>> = Object.fromEntries(
  tasks.map((task) => [task.name, task]),
);

export { cartpoleSwingup, lap, park, pickCube, pushCube, pusher, reach, reacher, waypoints };

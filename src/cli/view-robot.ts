import type { RobotModel } from '../core/index.ts';
import { startLiveServer } from '../stream/index.ts';
import type { Arguments } from './flags.ts';
import { pageOptions, pageUntilInterrupt } from './page.ts';

/** Shows a robot on the live page, a slider a joint, until Ctrl-C. */
export async function viewRobot(robot: RobotModel, args: Arguments): Promise<void> {
  const server = await startLiveServer({ robot, ...(await pageOptions(args)) });
  try {
    await pageUntilInterrupt(server.url, args);
  } finally {
    await server.close();
  }
}

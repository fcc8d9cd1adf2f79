import type { RobotModel } from '../core/index.ts';
import { rememberedToken, startLiveServer } from '../stream/index.ts';
import { openBrowser } from './browser.ts';
import type { Arguments } from './flags.ts';
import { packageVersion } from './package-info.ts';

/** Shows a robot on the live page, a slider a joint, until Ctrl-C. */
export async function viewRobot(robot: RobotModel, args: Arguments): Promise<void> {
  const server = await startLiveServer({
    host: args.text('host') ?? '127.0.0.1',
    port: args.integer('http-port', 0, 65_535),
    ...{ robot, version: packageVersion(), token: await rememberedToken() },
  });
  try {
    // Standard output is the description's, which may be JSON.
    process.stderr.write(`page ${server.url}\nCtrl-C ends it\n`);
    if (args.has('open')) openBrowser(server.url);
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve).once('SIGTERM', resolve);
    });
  } finally {
    await server.close();
  }
}

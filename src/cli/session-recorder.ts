import type { RobotModel, WorldSpec } from '../core/index.ts';
import { Recorder } from '../stream/index.ts';
import { packageVersion } from './package-info.ts';
import type { SessionRequest } from './session-messages.ts';

/** Records a session into the run's folder, or where the request says. @param tell hears when that is no longer possible */
export function sessionRecorder(
  request: SessionRequest,
  robot: RobotModel,
  world: WorldSpec | undefined,
  tell: (failure: string) => void,
): Promise<Recorder> {
  // The robot has a record of its own, without paths of this machine.
  const manifest = { ...request.manifest, robot: robot.name };
  return Recorder.create({
    ...{ robot, world, version: packageVersion(), metadata: { manifest }, onFailure: tell },
    ...(request.kind === 'evaluate' ? { folder: request.recordIn ?? request.run } : {}),
  });
}

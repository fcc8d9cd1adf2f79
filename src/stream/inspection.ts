import { InputError } from '../core/errors.ts';
import type { RobotModel } from '../core/robot.ts';
import { readRequest } from './control.ts';
import { poseService } from './wire.ts';

/** Holds a robot in the pose that somebody asks for, each joint within its limits. */
export class Inspection {
  readonly #robot: RobotModel;
  readonly #show: (position: readonly number[]) => void;

  constructor(robot: RobotModel, show: (position: readonly number[]) => void) {
    this.#robot = robot;
    this.#show = show;
  }

  /** @param payload JSON `{ "position": [D] }`. Throws InputError with a message for the caller. */
  call(service: string, payload: Uint8Array): { readonly position: readonly number[] } {
    if (service !== poseService) throw new InputError('nothing runs here: there is only a robot to look at');
    const { joints, movable } = this.#robot;
    const { position } = readRequest(payload);
    if (!Array.isArray(position) || position.length !== movable.length || !position.every(Number.isFinite))
      throw new InputError(`position must be ${movable.length} finite numbers, one per joint that moves`);
    const held = movable.map((index, d) =>
      Math.min(joints[index].upper, Math.max(joints[index].lower, position[d])),
    );
    this.#show(held);
    return { position: held };
  }
}

import type { RobotModel } from '../../src/core/robot.ts';
import type { WorldSpec } from '../../src/core/task.ts';
import { bodyColor, bodyFrames, sceneryColor } from '../../src/stream/wire.ts';
import { Frames } from './robot-view.ts';
import { place, type Solids } from './solids.ts';

/** What surrounds the robot: bodies, which move over the wire, and scenery. */
export class WorldView extends Frames {
  /** @param note told what cannot be drawn. */
  constructor(robot: RobotModel, world: WorldSpec | null, solids: Solids, note: (text: string) => void) {
    super();
    const frames = bodyFrames(robot, world);
    for (const [index, body] of (world?.bodies ?? []).entries()) {
      const group = this.frame(frames[index]);
      place(group, body.pose);
      for (const shape of body.shapes)
        solids.add(group, shape, bodyColor(body, shape), !shape.color, (reason) =>
          note(`body ${body.name}: ${reason}; it is not drawn`),
        );
    }
    for (const shape of world?.scenery ?? [])
      solids.add(this, shape, sceneryColor, true, (reason) => note(`scenery: ${reason}; it is not drawn`));
  }
}

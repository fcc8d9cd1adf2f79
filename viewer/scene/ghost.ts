import type { RobotModel } from '../../src/core/robot.ts';
import { Kinematics } from '../../src/robot/kinematics.ts';
import type { Rgba } from '../../src/stream/wire.ts';
import { movingLinks } from './extent.ts';
import { Frames } from './robot-view.ts';
import { place, type Solids } from './solids.ts';

/** The accent, and most of what lies behind it. */
const color: Rgba = [0.545, 0.486, 1, 0.42];

/** The robot where it is believed to be, see-through: only where it is not as believed does it show. */
export class Ghost extends Frames {
  readonly #robot: RobotModel;
  readonly #kinematics: Kinematics;
  readonly #moving: ReadonlySet<number>;
  #asked = true;
  #placed = false;

  /** @param solids ones that stand behind others */
  constructor(robot: RobotModel, solids: Solids) {
    super();
    this.#robot = robot;
    this.#kinematics = new Kinematics(robot);
    this.#moving = movingLinks(robot);
    for (const index of this.#moving) {
      const { name, visuals, collisions } = robot.links[index];
      const lost = visuals.some(({ geometry }) => geometry.kind === 'mesh' && geometry.file === undefined);
      for (const shape of lost ? collisions : visuals) solids.add(this.frame(name), shape, color);
    }
    this.visible = false;
  }

  /** Whether it is wanted. */
  show(visible: boolean): void {
    this.#asked = visible;
    this.visible = visible && this.#placed;
  }

  /** @param position coordinates q [D]; null where nothing is believed */
  set(position: readonly number[] | null): void {
    this.#placed = position !== null && position.length === this.#robot.movable.length;
    this.visible = this.#asked && this.#placed;
    if (!position || !this.visible) return;
    for (const [index, pose] of this.#kinematics.linkPoses(position).entries())
      if (this.#moving.has(index)) place(this.frame(this.#robot.links[index].name), pose);
  }
}

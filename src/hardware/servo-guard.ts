import { RobotFault } from '../core/errors.ts';
import type { ServoBus } from './servo-bus.ts';
import type { ServoJoints } from './servo-joints.ts';

/** How often torque and complaints are looked at, s; sooner after a motor missed or complained. */
const PERIOD = 0.1;

/** Looks ten times a second, and after every miss or complaint, what the motors complain of and whether their torque is still on. */
export class ServoGuard {
  readonly #joints: ServoJoints;
  readonly #watchdog: number | null;
  readonly #active: () => boolean;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param watchdog of the motors themselves, s; null where they have none. */
  constructor(joints: ServoJoints, watchdog: number | null, active: () => boolean) {
    this.#joints = joints;
    this.#watchdog = watchdog;
    this.#active = active;
  }

  /** At the next chance: the motors may be others. */
  reset(): void {
    this.#lookedAt = Number.NEGATIVE_INFINITY;
    this.#joints.suspicious = false;
  }

  /** Just activated: all was read back. */
  begin(link: ServoBus): void {
    this.#lookedAt = link.clock.now();
  }

  /** If it is time to. @throws RobotFault when a motor of an active robot has lost its torque */
  async look(link: ServoBus): Promise<void> {
    if (!this.#joints.suspicious && link.clock.now() - this.#lookedAt < PERIOD) return;
    const { family } = link;
    const { guard, watchdog, latched } = family;
    const active = this.#active();
    const found = await link.look(guard, this.#joints.ids);
    this.#lookedAt = link.clock.now();
    this.#joints.suspicious = false;
    for (const joint of this.#joints) {
      const state = found.get(joint.id);
      if (state === undefined) continue;
      const said = latched === undefined ? link.bus.health(joint.id).errorText : '';
      joint.complaint = family.complaint({ ...joint.held, ...joint.state, ...state }) || said;
      joint.takeCurrent(state);
    }
    // A stop may have come meanwhile.
    if (!active || !this.#active()) return;
    for (const { id, complaint } of this.#joints) {
      const state = found.get(id);
      const name = link.bus.motor(id);
      if (state && state.torque_enable !== 1) {
        const cause = complaint || 'it rebooted or lost its power for a moment';
        throw new RobotFault(`${name} turned its torque off: ${cause}; check its load, supply and cable`);
      }
      if (watchdog && state && state[watchdog.register] < 0) {
        throw new RobotFault(`${name}: its watchdog stopped it, nothing was sent for ${this.#watchdog} s`, {
          passing: true,
        });
      }
    }
  }
}

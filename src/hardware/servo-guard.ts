import { RobotFault } from '../core/errors.ts';
import type { ServoBus } from './servo-bus.ts';
import type { ServoJoints } from './servo-joints.ts';

/** How often torque and complaints are looked at, s; sooner after a motor missed or complained. */
const PERIOD = 0.1;

/** What is wanted of the motors: to hold with torque, in the states but the first; `active`: to follow commands, too. */
export type ServoState = 'limp' | 'holding' | 'active';

/** Looks ten times a second, and after every miss or complaint, what the motors complain of and whether their torque is still on. */
export class ServoGuard {
  readonly #joints: ServoJoints;
  readonly #watchdog: number | null;
  readonly #state: () => ServoState;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param watchdog of the motors themselves, s; null where they have none. */
  constructor(joints: ServoJoints, watchdog: number | null, state: () => ServoState) {
    this.#joints = joints;
    this.#watchdog = watchdog;
    this.#state = state;
  }

  /** At the next chance: the motors may be others. */
  reset(): void {
    this.#lookedAt = Number.NEGATIVE_INFINITY;
    this.#joints.suspicious = false;
  }

  /** Just activated: all was read back. */
  begin(link: ServoBus): void {
    for (const joint of this.#joints) joint.lostTorque = '';
    this.#lookedAt = link.clock.now();
  }

  /**
   * If it is time to. A motor that should hold and has lost its torque complains of it.
   * @throws RobotFault when a motor of an active robot has
   */
  async look(link: ServoBus): Promise<void> {
    if (!this.#joints.suspicious && link.clock.now() - this.#lookedAt < PERIOD) return;
    const { family } = link;
    const { guard, watchdog, latched } = family;
    const before = this.#state();
    const found = await link.look(guard, this.#joints.ids);
    this.#lookedAt = link.clock.now();
    this.#joints.suspicious = false;
    // A stop may have come meanwhile.
    const state = this.#state() === before ? before : 'limp';
    for (const joint of this.#joints) {
      const counts = found.get(joint.id);
      if (counts === undefined) continue;
      const said = latched === undefined ? link.bus.health(joint.id).errorText : '';
      joint.complaint = family.complaint({ ...joint.held, ...joint.state, ...counts }) || said;
      const lost = state === 'holding' && counts.torque_enable !== 1;
      joint.lostTorque = lost ? `lost torque: ${causeOf(joint.complaint)}` : '';
      joint.takeCurrent(counts);
    }
    if (state !== 'active') return;
    for (const { id, complaint } of this.#joints) {
      const counts = found.get(id);
      const name = link.bus.motor(id);
      if (counts && counts.torque_enable !== 1)
        throw new RobotFault(`${name} turned its torque off: ${causeOf(complaint)}`);
      if (watchdog && counts && counts[watchdog.register] < 0) {
        throw new RobotFault(`${name}: its watchdog stopped it, nothing was sent for ${this.#watchdog} s`, {
          passing: true,
        });
      }
    }
  }
}

/** Why torque is off, and what to do. */
function causeOf(complaint: string): string {
  return `${complaint || 'it rebooted or lost its power for a moment'}; check its load, supply and cable`;
}

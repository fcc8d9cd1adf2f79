import type { HardwareReport } from '../../core/hardware.ts';
import { portName } from '../port.ts';
import type { BridgeOptions } from './messages.ts';
import type { NewestReading } from './newest-reading.ts';
import { type BridgeParts, machineTime } from './parts.ts';

/** s between reports when nothing changes. */
const EVERY = 0.2;

/** What a bridge knows of its robot and of itself. */
export type Known = Pick<HardwareReport, 'lifecycle' | 'motors' | 'loop' | 'limited' | 'fault' | 'stop'> &
  Pick<NewestReading, 'robotClock'>;

/** Reports how the robot is: when told to, and five times a second. */
export class Reporter {
  readonly #options: BridgeOptions;
  readonly #parts: BridgeParts;
  readonly #known: () => Known;
  #cancel: (() => void) | undefined;

  constructor(options: BridgeOptions, parts: BridgeParts, known: () => Known) {
    this.#options = options;
    this.#parts = parts;
    this.#known = known;
  }

  get report(): HardwareReport {
    const { hardware, port, dryRun } = this.#options;
    const { clock, unix } = this.#parts;
    const { robotClock, ...known } = this.#known();
    return {
      ...known,
      name: `${hardware.driver} on ${portName(port)}`,
      dryRun,
      clock: {
        unixOffset: unix() - machineTime(this.#parts, clock.now()),
        robotOffset: robotClock && robotClock.shows - machineTime(this.#parts, robotClock.at),
      },
    };
  }

  tell(): void {
    this.#parts.tell({ type: 'report', report: this.report });
  }

  /** Now, and from now on five times a second. */
  start(): void {
    this.stop();
    this.tell();
    const { clock } = this.#parts;
    this.#cancel = clock.at(clock.now() + EVERY, () => this.start());
  }

  stop(): void {
    this.#cancel?.();
  }
}

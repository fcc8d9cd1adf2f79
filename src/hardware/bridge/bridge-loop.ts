import { RobotFault } from '../../core/errors.ts';
import type { BusClock } from '../clock.ts';
import { type Cycle, Cycles } from './cycles.ts';
import { LoopMeter } from './loop-meter.ts';

/** s that a cycle has to end before the driver counts as hung. */
const PATIENCE = 1;

/** The cycles of a bridge, measured; while they are held they do nothing. Times in s. */
export class BridgeLoop {
  readonly meter: LoopMeter;
  readonly #clock: BusClock;
  readonly #cycles: Cycles;
  readonly #work: (cycle: Cycle) => Promise<void>;
  #cycleAt: number | null = null;
  #cycle: Promise<void> = Promise.resolve();
  /** Above 0: cycles do nothing. */
  #held = 0;

  /** @param work must not fail. */
  constructor(clock: BusClock, period: number, work: (cycle: Cycle) => Promise<void>) {
    this.meter = new LoopMeter(period);
    this.#clock = clock;
    this.#work = work;
    this.#cycles = new Cycles(clock, period, (cycle) => this.#run(cycle));
  }

  /** When the cycle in progress began; null between cycles. */
  get cycleAt(): number | null {
    return this.#cycleAt;
  }

  start(): void {
    this.#cycles.start();
  }

  stop(): void {
    this.#cycles.stop();
  }

  /** From the next cycle on, until as many calls of `resume`. */
  hold(): void {
    this.#held++;
  }

  resume(): void {
    this.#held--;
  }

  /** Does what must not meet a cycle. @throws RobotFault when the cycle in progress does not end */
  async heldFor<T>(work: () => Promise<T>): Promise<T> {
    this.hold();
    try {
      await this.idle();
      return await work();
    } finally {
      this.resume();
    }
  }

  /** The cycle in progress is over. @throws RobotFault when it does not end */
  async idle(): Promise<void> {
    let late = false;
    let cancel = () => {};
    const timeout = new Promise<void>((resolve) => {
      cancel = this.#clock.at(this.#clock.now() + PATIENCE, () => {
        late = true;
        resolve();
      });
    });
    await Promise.race([this.#cycle, timeout]);
    cancel();
    if (late)
      throw new RobotFault(`the driver has not answered for ${PATIENCE} s; end the program and begin anew`);
  }

  async #run(cycle: Cycle): Promise<void> {
    if (this.#held > 0) {
      this.meter.pause();
      return;
    }
    this.meter.begin(cycle.began, cycle.skipped);
    this.#cycleAt = cycle.began;
    this.#cycle = this.#work(cycle);
    await this.#cycle;
    this.#cycleAt = null;
    this.meter.end(this.#clock.now() - cycle.began);
  }
}

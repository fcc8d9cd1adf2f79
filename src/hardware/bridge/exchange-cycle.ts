import type { Trip } from '../../control/safety-trips.ts';
import type { SideExchange } from '../driver.ts';
import type { CommandSender } from './command-sender.ts';
import type { Controller } from './controller.ts';
import type { Cycle } from './cycles.ts';
import type { LoopMeter } from './loop-meter.ts';
import type { BridgeOptions } from './messages.ts';
import type { NewestReading } from './newest-reading.ts';
import { type BridgeParts, machineTime } from './parts.ts';
import type { SafeStop } from './safe-stop.ts';

export interface ExchangeCycleParts extends BridgeParts {
  readonly newest: NewestReading;
  readonly controller: Controller;
  readonly sender: CommandSender;
  readonly stops: SafeStop;
  readonly meter: LoopMeter;
  readonly active: () => boolean;
  /** A reading of a robot that is active or holds is beyond its bounds. */
  readonly trip: (trip: Trip) => void;
  /** s since then, s of the clock, for which this process did not run, as far as that is known. */
  readonly stoodStill: (since: number) => number;
}

/** What a bridge does in every cycle: read, check, at a tick wait for the controller's answer, send; and tell of it. */
export class ExchangeCycle {
  readonly #parts: ExchangeCycleParts;
  readonly #joints: number;
  readonly #period: number;
  readonly #ticksEvery: number;
  #nextTick = 0;
  /** Of the last cycle that was told. */
  #told = -1;
  #count = 0;

  constructor({ robot, hardware, controlPeriod }: BridgeOptions, parts: ExchangeCycleParts) {
    this.#parts = parts;
    this.#joints = robot.actuators.length;
    this.#period = 1 / hardware.rate;
    this.#ticksEvery = Math.max(1, Math.round(controlPeriod * hardware.rate));
    parts.driver.observe?.((exchange) => this.#tellBeside(exchange));
  }

  /** Fails as the driver does. */
  async run({ index, began }: Cycle): Promise<void> {
    const { driver, safety, clock, newest, stops, sender, meter, active, trip, stoodStill } = this.#parts;
    const { generation } = stops;
    const goesOn = () => generation === stops.generation && active();
    await newest.read(driver, clock);
    const readAt = clock.now();
    meter.read(readAt - began);
    if (generation === stops.generation) {
      const { trips } = safety;
      const oldest = newest.sensed.age.reduce((most, age) => Math.max(most, age), 0);
      const sensed = { ...newest.sensed, still: stoodStill(readAt - oldest) };
      const found = active()
        ? trips.check(sensed, sender.sent, this.#period)
        : stops.powered
          ? trips.checkHolding(sensed, this.#period)
          : null;
      if (found !== null) trip(found);
    }
    if (index >= this.#nextTick) await this.#tick(index, readAt);
    const limited = goesOn() ? await sender.send(index) : null;
    this.#tell(index, began, readAt, limited);
  }

  /** The controller acts on this reading; if it owes a command, that is waited for until half a cycle is gone. */
  async #tick(index: number, readAt: number): Promise<void> {
    const { newest, controller, tell } = this.#parts;
    this.#nextTick = index - (index % this.#ticksEvery) + this.#ticksEvery;
    const { position, velocity, effort } = newest;
    const answered = controller.commandAt === null ? null : controller.next(readAt + this.#period / 2);
    tell({
      type: 'tick',
      tick: {
        ...{ cycle: index, readAt: machineTime(this.#parts, readAt), position: position.slice() },
        ...{ velocity: velocity.slice(), effort: effort.slice() },
      },
    });
    await answered;
  }

  /** What the driver does in `activate` and `stop`, while cycles do nothing: it counts with the last of them. */
  #tellBeside(exchange: SideExchange): void {
    const machine = (time: number) => machineTime(this.#parts, time);
    const { began, readAt, sentAt } = exchange;
    this.#parts.tell({
      type: 'exchange',
      exchange: {
        ...exchange,
        ...{ cycle: this.#told, began: machine(began), readAt: machine(readAt), sentAt: machine(sentAt) },
        ...{ asked: new Float64Array(this.#joints).fill(Number.NaN), limited: [] },
      },
    });
  }

  #tell(index: number, began: number, readAt: number, limited: string[] | null): void {
    const { clock, newest, sender, tell } = this.#parts;
    this.#told = index;
    const machine = (time: number) => machineTime(this.#parts, time);
    const none = () => new Float64Array(this.#joints).fill(Number.NaN);
    tell({
      type: 'exchange',
      exchange: {
        ...{ cycle: index, count: this.#count++, began: machine(began), readAt: machine(readAt) },
        sentAt: limited ? machine(clock.now()) : Number.NaN,
        position: newest.position.slice(),
        velocity: newest.velocity.slice(),
        effort: newest.effort.slice(),
        asked: limited ? sender.asked.slice() : none(),
        sent: limited ? sender.sent.slice() : none(),
        limited: limited ?? [],
      },
    });
  }
}

/** What a servo suffers from outside. */
export interface Condition {
  /** V at its terminals. */
  voltage: number;
  /** °C */
  temperature: number;
  /** Its drive is blocked. */
  overload: boolean;
  /** Neither hears nor moves. */
  dead: boolean;
}

/** One emulated servo on a bus, of either family. */
export interface Servo {
  readonly id: number;
  /** bits/s that it listens at. */
  readonly baud: number;
  /** s between a request and its answer. */
  readonly returnDelay: number;
  readonly condition: Condition;
  /** Brings readings, protections and the drive up to the time that the motors are at. */
  refresh(): void;
  /** A good packet went over the bus at `time`, s; returns when its watchdog lapses if none follows. */
  heard(time: number): number | undefined;
  /** Its watchdog has lapsed. */
  lapse(): void;
  /** Power off and on. */
  powerCycle(): void;
  /** A register, by name, in counts: for people and tests. */
  get(register: string): number;
  set(register: string, counts: number): void;
}

/** An answer on its way to the bus. */
export interface Answer<S extends Servo = Servo> {
  readonly servo: S;
  readonly bytes: Uint8Array;
}

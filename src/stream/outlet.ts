/** Where messages go: the hub of a server, or a recording. */
export interface Outlet {
  /** Who listens at the moment, and messages dropped for those who were slow. */
  readonly clients: number;
  readonly dropped: number;
  /** `build` is called when the message is first wanted, perhaps never: what it reads must not change. */
  publish(topic: string, build: () => unknown, retain?: boolean): void;
  /** Late joiners no longer hear what was published so far. */
  forget(topic: string): void;
  /** Tells the time. */
  tick(): void;
}

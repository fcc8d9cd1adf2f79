import type { TelemetryEvent } from '../core/index.ts';

/** Who tells the person, or a program, what a run does. */
export interface Reporter {
  event(event: TelemetryEvent): void;
  /** A line for people; a reporter for programs leaves it out. */
  print(text: string): void;
  /** Where the live page is. */
  page(url: string): void;
  finish(): void;
}

import type { Framer } from './framer.ts';
import type { RegisterTable } from './register.ts';

/** A motor's answer. */
export interface Status {
  readonly id: number;
  /** As the protocol has it; 0 = all is well. */
  readonly error: number;
  readonly data: Uint8Array;
}

export interface Span {
  readonly id: number;
  readonly address: number;
  readonly size: number;
}

export interface Entry {
  readonly id: number;
  readonly data: Uint8Array;
}

/**
 * What a status' error means: `alert`, the motor answers but is not well; `refused`, it did not do what it was told;
 * `garbled`, the instruction did not reach it whole.
 */
export type Verdict = 'fine' | 'alert' | 'refused' | 'garbled';

/** What a bus must know of a servo protocol. All bytes are whole packets. */
export interface Protocol {
  readonly name: string;
  readonly registers: RegisterTable;
  readonly broadcast: number;
  readonly maxId: number;
  createFramer(): Framer;
  ping(id: number): Uint8Array;
  read(id: number, address: number, size: number): Uint8Array;
  write(id: number, address: number, data: Uint8Array): Uint8Array;
  /** A write that waits for `action`. */
  regWrite(id: number, address: number, data: Uint8Array): Uint8Array;
  action(id: number): Uint8Array;
  syncRead(address: number, size: number, ids: readonly number[]): Uint8Array;
  syncWrite(address: number, entries: readonly Entry[]): Uint8Array;
  bulkRead?(spans: readonly Span[]): Uint8Array;
  reboot?(id: number): Uint8Array;
  /** Back to the maker's settings; the id stays. */
  factoryReset(id: number): Uint8Array;
  status(packet: Uint8Array): Status | undefined;
  /** Bytes on the wire of a status with so many bytes of data. */
  statusLength(size: number): number;
  /** Bytes of data in the answer to a ping. */
  readonly pingSize: number;
  judge(error: number): { readonly verdict: Verdict; readonly text: string };
}

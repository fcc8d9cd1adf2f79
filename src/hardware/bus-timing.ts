/** What a bus's time is made of. */
export interface BusTiming {
  /** Bits/s; a byte is 10 bits (8N1). */
  readonly baud: number;
  /** The motors' pause before each answer, s. */
  readonly returnDelay: number;
  /** What the adapter holds an answer back, at most, s. FTDI: 16 ms unless set lower; CDC: about 1 ms. */
  readonly latency: number;
}

/** s that so many bytes take on the wire. */
export function wireTime(bytes: number, baud: number): number {
  return (bytes * 10) / baud;
}

/**
 * s from the first byte of a request to the last of the last answer in the master's hands: bytes at the baud rate,
 * a return delay before each answer, and the adapter's latency once.
 */
export function exchangeTime(request: number, answers: readonly number[], timing: BusTiming): number {
  const bytes = answers.reduce((sum, length) => sum + length, request);
  const latency = answers.length > 0 ? timing.latency : 0;
  return wireTime(bytes, timing.baud) + answers.length * timing.returnDelay + latency;
}

/** What the kernels export, see assembly/index.ts. Arguments are addresses and sizes in bytes, and counts. */
export interface Kernels {
  initialize(): void;
  fuses(x: number): number;
  forwardScratch(net: number, panels: number): number;
  forward(
    ...args: [
      ...[net: number, parameters: number, scratch: number, available: number],
      ...[source: number, target: number, first: number, rows: number],
    ]
  ): void;
  evaluate(
    ...args: [
      ...[net: number, parameters: number, scratch: number, available: number],
      ...[source: number, targets: number, first: number, rows: number],
    ]
  ): number;
  backwardScratch(net: number, panels: number): number;
  backward(
    ...args: [
      ...[net: number, parameters: number, gradient: number, scratch: number, available: number],
      ...[source: number, outputGradient: number, inputGradient: number, rows: number],
    ]
  ): void;
  trainStep(
    ...args: [
      ...[net: number, parameters: number, gradient: number, m: number, v: number],
      ...[scratch: number, available: number, source: number, targets: number, order: number, batch: number],
      ...[options: number, correction1: number, correction2: number],
    ]
  ): number;
  blockRows(batch: number): number;
  blockGradient(
    ...args: [
      ...[net: number, parameters: number, gradient: number],
      ...[scratch: number, available: number, source: number, targets: number, order: number, batch: number],
      ...[block: number, accumulate: number],
    ]
  ): number;
  addGradient(net: number, gradient: number, other: number, part: number, parts: number): void;
  adamStep(
    ...args: [
      ...[net: number, parameters: number, gradient: number, m: number, v: number],
      ...[options: number, correction1: number, correction2: number, part: number, parts: number],
    ]
  ): void;
  fixWeights(net: number, parameters: number, fixed: number): void;
  rolloutScratch(request: number, panels: number): number;
  rolloutBlock(
    request: number,
    scratch: number,
    available: number,
    particle: number,
    firstPanel: number,
    panels: number,
  ): void;
  peak(rounds: number, value: number): number;
  fixedPeak(rounds: number, value: number): number;
}

/** Rows of a panel: three vectors of four. */
export const PANEL = 12;
/** Most rows that pass through a net together outside rollouts, as in assembly/passes.ts. */
export const BLOCK = 144;

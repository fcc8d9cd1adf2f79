export type { Told } from './certainty.ts';
export { type RecordedExchanges, readExchanges } from './exchanges.ts';
export { type ExcitationOptions, excitation } from './excitation.ts';
export type { FitProgress } from './fit.ts';
export {
  defaultMinutes,
  type Estimate,
  type Identification,
  type IdentifyOptions,
  identify,
  nameOf,
} from './identify.ts';
export { type OpenLoopError, openLoopErrors } from './open-loop.ts';
export { type Overlay, overlayOf, withOverlay } from './overlay.ts';
export { defaultGroups, type Group, groups, parseGroups } from './parameters.ts';
export { type Piece, type Trace, type TraceRow, traceOf, traceOfExchanges } from './trace.ts';

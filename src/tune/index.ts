export { type FinishedTrial, readManifest, TuneFolder, type TuneManifest } from './folder.ts';
export type { Check, Rung, RungReport, SearchResult, Trial } from './search.ts';
export { defaultSpace, draw, endsOf, parseSpace, type Space, type Values, type What } from './space.ts';
export { byScore, meanScore, type Standing } from './standing.ts';
export { type TrialOutcome, type TuneResult, tune, type Verdict } from './tune.ts';

export { Dataset } from './dataset.ts';
export { holdoutAccuracy, openLoopError } from './diagnostics.ts';
export { encode, fittedEncoding, plainEncoding } from './encoding.ts';
export { Ensemble } from './ensemble.ts';
export { type FitOutcome, type FitProgress, fitNets } from './fit.ts';
export { initialParameters } from './initialize.ts';

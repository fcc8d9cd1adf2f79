// What the kernels export. Hot inner functions are exported too, although nobody calls them from outside: otherwise the
// optimiser inlines everything into one huge function that would spend its first long call in unoptimised code.

export { fuses, initialize } from './vector';
export { dense, denseNarrow } from './dense';
export { denseFixed, fixRows, fixWeights, forwardFixed } from './fixed';
export { inputGradient, inputGradientNarrow } from './input-gradient';
export { weightGradient } from './weight-gradient';
export { activate, activateWithDerivative, swish, swishWithDerivative } from './activation';
export { negativeLogLikelihood } from './likelihood';
export { gather, scatter } from './rows';
export { adam } from './adam';
export {
  adamStep, addGradient, backward, backwardScratch, blockGradient, blockRows, evaluate, forward, forwardLayers,
  forwardScratch, multiply, trainStep,
} from './passes';
export { encode, rolloutBlock, rolloutScratch, step } from './rollout';
export { fixedPeak, peak } from './peak';

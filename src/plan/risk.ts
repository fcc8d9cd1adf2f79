import type { PlannerConfig } from '../core/config.ts';

export type RiskConfig = Pick<PlannerConfig, 'risk' | 'riskLevel' | 'riskWeight'>;

/**
 * What counts of a sequence's returns over its particles: [R, N] from [R, N, P]. NaN where one of them is NaN.
 *   mean            their mean, summed in the particles' order
 *   cvar            the mean of the worst share `riskLevel` (Rockafellar & Uryasev 2000), a part of a particle included
 *   worst           the worst one
 *   mean-deviation  mean − riskWeight · standard deviation; below 0 it is optimism, as the upper confidence bounds of
 *                   SUNRISE (Lee et al. 2021, §3.2)
 */
export function riskOver(returns: Float32Array, particles: number, config: RiskConfig): Float64Array {
  const values = new Float64Array(returns.length / particles);
  const own = new Float64Array(particles);
  for (let n = 0; n < values.length; n++) {
    for (let p = 0; p < particles; p++) own[p] = returns[n * particles + p];
    values[n] = own.some(Number.isNaN) ? Number.NaN : risk(own, config);
  }
  return values;
}

function risk(returns: Float64Array, { risk, riskLevel, riskWeight }: RiskConfig): number {
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  switch (risk) {
    case 'mean':
      return mean;
    case 'worst':
      return Math.min(...returns);
    case 'mean-deviation': {
      const squares = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return mean - riskWeight * Math.sqrt(squares / returns.length);
    }
    case 'cvar': {
      const share = riskLevel * returns.length;
      let sum = 0;
      returns.sort().forEach((value, i) => {
        sum += value * Math.min(1, Math.max(0, share - i));
      });
      return sum / share;
    }
  }
}

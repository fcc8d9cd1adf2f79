import type { FitProblem, RolloutProblem } from './problem.ts';

/** One way to compute something: run it, and get what must agree between engines. */
export interface Form {
  readonly name: string;
  /**
   * `plain`: as users of the engine write it, one operation for one in the formulas; `best`: with whatever is known of
   * the engine and of the problem; `ours`: an engine of this project as it is.
   */
  readonly written: 'plain' | 'best' | 'ours';
  /** Rollout: returns [N, P]. Fit: mean loss of each member [E], from wherever the parameters are. */
  run(): Promise<Float32Array>;
  dispose(): void;
}

/** An engine that takes part. All its forms compute the same; the fastest plain one and the fastest of all count. */
export interface Contender {
  readonly name: string;
  readonly description: string;
  /** Too slow for the large case unless asked for. */
  readonly slow: boolean;
  rollouts(problem: RolloutProblem): Promise<Form[]>;
  /** None where it cannot train. */
  fits(problem: FitProblem): Promise<Form[]>;
  close(): Promise<void>;
}

/** A contender, or why it does not take part here. */
export type Entry = Contender | { readonly name: string; readonly absent: string };

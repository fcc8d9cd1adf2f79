import { type Box, box } from '#src/core/space';
import type { Planner, PlannerMemory } from '#src/plan/index';

const PERIOD = 0.05;

/** A pendulum too weak to be lifted at once, as exact equations: planners can be judged without a model's error. */
export const pendulum: { readonly space: Box; readonly horizon: number; readonly controlPeriod: number } = {
  space: box(-1, 1, 1),
  horizon: 25,
  controlPeriod: PERIOD,
};

/** Angle 0 hangs; torque 1 holds the pendulum at most 17° from there (gravity 9.81/s², torque 3/s²). */
function step(state: Float64Array, torque: number): number {
  state[1] += PERIOD * (-9.81 * Math.sin(state[0]) - 0.1 * state[1] + 3 * torque);
  state[0] += PERIOD * state[1];
  return (1 - Math.cos(state[0])) / 2 - 0.002 * state[1] ** 2 - 0.01 * torque ** 2;
}

/** Return of an episode of 100 steps in closed loop, and the evaluations of one plan. */
export async function swingUp(
  planner: Planner,
  budget: { readonly candidates: number; readonly iterations: number },
  seed: number,
): Promise<{ total: number; evaluations: number }> {
  const { horizon } = pendulum;
  const state = Float64Array.of(0.1 * Math.sin(seed), 0);
  const trial = new Float64Array(2);
  let previous: (PlannerMemory | null)[] = [null];
  let total = 0;
  let evaluations = 0;
  for (let index = 0; index < 100; index++) {
    const [result] = await planner.plan({
      evaluate: async (actions, candidates) =>
        Float64Array.from({ length: candidates }, (_, n) => {
          trial.set(state);
          let sum = 0;
          for (let t = 0; t < horizon; t++) sum += step(trial, actions[n * horizon + t]);
          return sum;
        }),
      ...{ previous, budget, seed, index },
    });
    previous = [result.memory];
    evaluations = result.evaluations;
    total += step(state, result.actions[0]);
  }
  return { total, evaluations };
}

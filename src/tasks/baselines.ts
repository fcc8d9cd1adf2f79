/**
 * What a return is measured against, per task and robot: `base` is the better mean return of a random and a
 * zero-action policy (100 episodes), `true` that of iCEM on the true simulator (32 × 2, 5 fixed starts).
 * Printed by `npm run bench baselines`.
 */
export const baselines: Readonly<Record<string, Readonly<Record<string, { base: number; true: number }>>>> = {
  'cartpole-swingup': { cartpole: { base: 2.76, true: 175.06 } },
  reacher: { arm7: { base: -182.41, true: -50.7 } },
  reach: { so101: { base: -38.32, true: -6.44 } },
  pusher: { 'arm7-fork': { base: -151.67, true: -42.85 } },
  park: { car: { base: -118.19, true: -24.66 } },
  waypoints: { car: { base: -6.69, true: 10 } },
  lap: { car: { base: -7.78, true: 58.84 } },
};

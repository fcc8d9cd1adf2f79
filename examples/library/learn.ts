import { evaluate, train } from 'premotor';

// Trains the task beside this file and lets the result act: `npx tsc learn.ts … && node learn.js`, or Node ≥ 22.18.
const run = await train({
  task: new URL('./balance.ts', import.meta.url),
  trials: 4,
  seed: 1,
  config: { budgets: { quality: { candidates: 32, iterations: 2 } } },
  onEvent: (event) => {
    if (event.type === 'trial') console.log(`trial ${event.report.trial}: ${event.report.return.toFixed(1)}`);
  },
});
const { returns } = await evaluate({ run: run.directory, episodes: 3 });
console.log(`evaluated: ${returns.map((value) => value.toFixed(1)).join(', ')}; kept in ${run.directory}`);

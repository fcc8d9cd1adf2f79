import { defineConfig } from 'vitest/config';

// Tests run against the built package (dist/), loaded by Node itself: what is tested is what ships, and workers
// load the same files as the main thread.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    server: { deps: { external: [/\/dist\//] } },
  },
});

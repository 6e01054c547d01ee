import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Real servers, where the machine has them: test/support/services.ts says in one line what is missing.
    globalSetup: ['test/support/services.ts'],
  },
});

import { defineConfig } from 'vitest/config'

const shared = { testTimeout: 60_000, hookTimeout: 60_000, pool: 'forks' as const }

// The end-to-end tests need the built program; the others do not pay for that. The compat tests need the real
// supervisord too: they are there when NSUP_COMPAT is set, as the gate does.
const compat = process.env['NSUP_COMPAT'] === '1'

export default defineConfig({
  test: {
    // A worker waits for processes half of its time; that of the compat tests for supervisord most of it.
    maxWorkers: compat ? 4 : 3,
    projects: [
      { test: { ...shared, name: 'inside', include: ['test/**/*.test.ts'], exclude: ['test/e2e/**', 'test/compat/**'] } },
      { test: { ...shared, name: 'e2e', include: ['test/e2e/**/*.test.ts'], globalSetup: ['test/e2e/build.ts'] } },
      ...(compat ? [{ test: { ...shared, name: 'compat', include: ['test/compat/**/*.test.ts'], globalSetup: ['test/compat/installed.ts'] } }] : []),
    ],
  },
})

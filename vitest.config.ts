import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**'],
    // The ClickHouse engine and LMDB are native add-ons: one process a file, so that a crash names its file.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is waited for comes when it comes: on a busy machine a second is not enough, and nothing is slower for it where it comes at once.
    expect: { poll: { timeout: 30_000 } },
  },
})

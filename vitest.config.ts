import { configDefaults, defineConfig } from 'vitest/config'

/** Unit tests sit beside their files; conformance compares the simulated cluster with recordings of a real one. */
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    // Where everything runs at once on a shared machine, a stall is not a failure; the report names what needed its second try.
    retry: process.env['CI'] === undefined ? 0 : 1,
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['server/**/*.test.ts', 'client/**/*.test.{ts,tsx}', 'slides/**/*.test.ts'],
          // Long enough for a machine that is busy with other things: these end when their condition holds.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          exclude: [...configDefaults.exclude, '.tools/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'conformance',
          include: ['e2e/conformance/**/*.test.ts'],
          // A scenario waits for pods, and each has a server and kubectl processes of its own.
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          maxConcurrency: 8,
        },
      },
      {
        extends: true,
        test: {
          name: 'clients',
          include: ['e2e/clients/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})

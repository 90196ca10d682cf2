import { configDefaults, defineConfig } from 'vitest/config'

/** Unit tests sit beside their files; conformance compares the simulated cluster with recordings of a real one. */
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['server/**/*.test.ts', 'client/**/*.test.{ts,tsx}', 'slides/**/*.test.ts'],
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

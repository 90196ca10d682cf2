import { defineConfig } from '@playwright/test'
import { CHROMIUM, CHROMIUM_ARGS } from './e2e/browser.ts'

/** The product, driven in the system's own Chromium; each spec starts a server of its own on a free port. */
export default defineConfig({
  testDir: './e2e',
  testMatch: '**/*.spec.ts',
  outputDir: './test-results',
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  // As for the other tests: what needed its second try is named as flaky.
  retries: process.env['CI'] === undefined ? 0 : 1,
  forbidOnly: process.env['CI'] !== undefined,
  // The JSON goes to the file that PLAYWRIGHT_JSON_OUTPUT_FILE names; it is where the count comes from.
  reporter: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ? [['list'], ['json']] : 'list',
  use: {
    launchOptions: { executablePath: CHROMIUM, args: [...CHROMIUM_ARGS] },
    viewport: { width: 1366, height: 768 },
    screenshot: 'only-on-failure',
  },
})

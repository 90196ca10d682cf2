/** How many tests there were. A run that broke counts as one failure, so that it can never look green. */
export interface Count {
  readonly passed: number
  readonly failed: number
}

interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[]
}

interface PlaywrightReport {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number }
  readonly errors: readonly unknown[]
}

const BROKE: Count = { passed: 0, failed: 1 }

/** What vitest's JSON report says; a file that failed to load holds no test and counts as one failure. */
export function countVitest(report: string | undefined, exitCode: number): Count {
  if (report === undefined) return BROKE
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(report) as VitestReport
  const broken = testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'))
  return atLeastOneFailure({ passed: numPassedTests, failed: numFailedTests + broken.length }, exitCode)
}

/** What Playwright's JSON report says; a test that passed only when tried again has passed. */
export function countPlaywright(report: string | undefined, exitCode: number): Count {
  if (report === undefined) return BROKE
  const { stats, errors } = JSON.parse(report) as PlaywrightReport
  return atLeastOneFailure({ passed: stats.expected + stats.flaky, failed: stats.unexpected + errors.length }, exitCode)
}

const atLeastOneFailure = (count: Count, exitCode: number): Count =>
  exitCode !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count

export const sum = (counts: readonly Count[]): Count => ({
  passed: counts.reduce((total, each) => total + each.passed, 0),
  failed: counts.reduce((total, each) => total + each.failed, 0),
})

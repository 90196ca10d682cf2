import { describe, expect, it } from 'vitest'
import { countPlaywright, countVitest, sum } from './test-counts.ts'

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((each) => ({ status: each })) })
const vitest = (numPassedTests: number, numFailedTests: number, ...testResults: unknown[]) =>
  JSON.stringify({ numPassedTests, numFailedTests, testResults })
const playwright = (stats: object, errors: unknown[] = []) =>
  JSON.stringify({ stats: { expected: 0, unexpected: 0, flaky: 0, ...stats }, errors })

describe('the count of tests', () => {
  it('adds up over all runners', () => {
    const unit = countVitest(vitest(2, 1, file('failed', 'passed', 'failed'), file('passed', 'passed')), 1)
    expect(sum([unit, countPlaywright(playwright({ expected: 4, flaky: 1 }), 0)])).toEqual({ passed: 7, failed: 1 })
  })

  it('counts a file that could not be loaded as a failure', () => {
    expect(countVitest(vitest(5, 0, file('passed', 'passed'), file('failed')), 1)).toEqual({ passed: 5, failed: 1 })
  })

  it('is never green when a runner broke, even one that wrote no report or counted no failure', () => {
    expect(countVitest(undefined, 1).failed).toBe(1)
    expect(countPlaywright(undefined, 0).failed).toBe(1)
    expect(countVitest(vitest(5, 0, file('passed', 'passed')), 1).failed).toBe(1)
    expect(countPlaywright(playwright({ expected: 3 }, [{ message: 'no config' }]), 1)).toEqual({ passed: 3, failed: 1 })
  })
})

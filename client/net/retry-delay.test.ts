import { describe, expect, it } from 'vitest'
import { retryDelay } from './retry-delay.ts'

describe('waiting before the next attempt', () => {
  it('doubles with every failure', () => {
    expect([0, 1, 2].map((failures) => retryDelay(failures, 1))).toEqual([100, 200, 400])
  })

  it('is never longer than two seconds, however often it failed', () => {
    expect(retryDelay(500, 1)).toBe(2000)
  })
})

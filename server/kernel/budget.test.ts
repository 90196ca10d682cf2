import { describe, expect, it } from 'vitest'
import { Budget } from './budget.ts'

describe('a budget', () => {
  it('allows so much at once, then so much a second, and never saves up more', () => {
    let now = 0
    const budget = new Budget({ atOnce: 3, perSecond: 2 }, () => now)
    const taken = (times: number) => Array.from({ length: times }, () => budget.take()).filter(Boolean).length
    expect(taken(5)).toBe(3)
    now = 1000
    expect(taken(5)).toBe(2)
    now = 3_600_000
    expect(taken(5)).toBe(3)
  })

  it('does not count what it refuses, and gives nothing for a clock that is set back', () => {
    let now = 1000
    const budget = new Budget({ atOnce: 10, perSecond: 1 }, () => now)
    expect(budget.take(11)).toBe(false)
    expect(budget.take(10)).toBe(true)
    now = 0
    expect(budget.take()).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { ManualClock } from '../kernel/clock.ts'
import { JoinAttempts } from './join-attempts.ts'
import { createJoinCode, isJoinCode } from './join-code.ts'
import { Passes } from './passes.ts'

describe('a join code', () => {
  it('has nothing that is mistaken for something else, and no words', () => {
    for (let count = 0; count < 200; count++)
      expect(createJoinCode()).toMatch(/^[BCDFGHJKMNPQRTVWXY346789]{3}-[BCDFGHJKMNPQRTVWXY346789]{3}$/)
  })

  it('may be typed in any case, with or without its dash', () => {
    for (const typed of ['BKT-4MW', 'bkt-4mw', 'bkt4mw', ' BKT 4MW ']) expect(isJoinCode(typed, 'BKT-4MW')).toBe(true)
  })

  it('is nothing else', () => {
    for (const typed of ['', 'BKT', 'BKT-4MX', 'BKT-4MWW']) expect(isJoinCode(typed, 'BKT-4MW')).toBe(false)
  })
})

describe('guesses at the code', () => {
  it('are limited for each address, for a minute', async () => {
    const { attempts, clock } = started()
    for (let guess = 0; guess < 20; guess++) guessFrom(attempts, 'eve')
    expect(() => attempts.check('eve')).toThrow('Wait a minute')
    expect(() => attempts.check('ann')).not.toThrow()
    await clock.advance(60_001)
    expect(() => attempts.check('eve')).not.toThrow()
  })

  it('are limited for all addresses together', () => {
    const { attempts } = started()
    for (let guess = 0; guess < 200; guess++) guessFrom(attempts, `address ${guess}`)
    expect(() => attempts.check('one more')).toThrow('Wait a minute')
  })
})

describe('a pass', () => {
  it('is found by its secret and by nothing else', () => {
    const passes = new Passes<string>()
    const secret = passes.issue('ann')
    expect(passes.find(secret)).toBe('ann')
    expect(passes.find(`${secret}x`)).toBeUndefined()
    expect(JSON.stringify(passes)).not.toContain(secret)
  })
})

function started() {
  const clock = new ManualClock()
  return { clock, attempts: new JoinAttempts(clock) }
}

function guessFrom(attempts: JoinAttempts, address: string): void {
  attempts.check(address)
  attempts.failed(address)
}

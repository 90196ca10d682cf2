import { describe, expect, it } from 'vitest'
import { TerminalId } from '../../server/kernel/ids.ts'
import { duration, markOf } from './run-mark.ts'

const terminal = TerminalId.parse('t')

describe('the mark of a run', () => {
  it('says which of several commands runs', () => {
    expect(markOf({ state: 'running', terminal, index: 1 }, 4)).toEqual({ kind: 'running', words: 'Running 2 of 4' })
  })

  it('says how long it took, or with what it failed', () => {
    expect(markOf({ state: 'ended', terminal, outcome: 'done', exit: 0, millis: 420 }, 1)?.words).toBe('Done 0.4 s')
    expect(markOf({ state: 'ended', terminal, outcome: 'failed', exit: 1, millis: 420 }, 1)?.words).toBe('Failed, exit 1')
  })

  it('says what to press when a command goes on without end', () => {
    expect(markOf({ state: 'ended', terminal, outcome: 'follows', exit: 0, millis: 1 }, 1)?.words).toBe('Follows: press Ctrl-C to stop')
  })

  it('needs no decimals for long times', () => {
    expect([9940, 12_300, 75_000].map(duration)).toEqual(['9.9 s', '12 s', '1 min 15 s'])
  })
})

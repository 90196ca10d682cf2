import { describe, expect, it } from 'vitest'
import { freshPart } from './overlap.ts'

describe('output that arrives at a screen', () => {
  it('is written whole when it begins where the screen ends', () => {
    expect(freshPart(5, 5, 'abc')).toEqual({ kind: 'new', data: 'abc', next: 8 })
  })

  it('loses the part that the screen has already', () => {
    expect(freshPart(7, 5, 'abcd')).toEqual({ kind: 'new', data: 'cd', next: 9 })
  })

  it('is not written when the screen has all of it', () => {
    expect(freshPart(9, 5, 'abcd')).toEqual({ kind: 'old' })
  })

  it('counts UTF-16 code units, so that an emoji is two', () => {
    expect(freshPart(2, 0, '😀ok')).toEqual({ kind: 'new', data: 'ok', next: 4 })
  })

  it('leaves a gap when something before it never came', () => {
    expect(freshPart(3, 5, 'abc')).toEqual({ kind: 'gap' })
  })
})

import { describe, expect, it } from 'vitest'
import { legibleType, scaledType } from './scaled-type.ts'

describe('the type size of a terminal that somebody else sized', () => {
  it('makes its columns fit the width', () => {
    expect(scaledType({ width: 480, height: 2000 }, 80, 24)).toBe(10)
  })

  it('makes its rows fit when they are what is scarce', () => {
    expect(scaledType({ width: 5000, height: 468 }, 80, 30)).toBe(10)
  })

  it('never vanishes', () => {
    expect(scaledType({ width: 10, height: 10 }, 80, 24)).toBe(6)
  })
})

describe('the type size for somebody who also types there', () => {
  it('stays legible when there are more rows than there is room for', () => {
    expect(legibleType({ width: 1000, height: 200 }, 52, 32, 14)).toBe(14)
  })

  it('gives way to the width, so that no line is cut off', () => {
    expect(legibleType({ width: 480, height: 200 }, 80, 32, 14)).toBe(10)
  })
})

import { describe, expect, it } from 'vitest'
import { canonicalQuantity, nanoOf, parseQuantity } from './quantity.ts'

describe('a quantity', () => {
  it.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['2', '2'],
    ['1e3', '1e3'],
    ['100M', '100M'],
    ['0', '0'],
    ['1Ki', '1Ki'],
    ['0.1', '100m'],
    ['1500m', '1500m'],
  ])('%s is written %s', (written, canonical) => {
    expect(canonicalQuantity(written)).toBe(canonical)
  })

  it('is refused when it is none', () => {
    expect([parseQuantity('lots'), parseQuantity(''), parseQuantity('1.5Zi'), parseQuantity('1 Gi')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('compares across units', () => {
    expect(nanoOf('1Gi') > nanoOf('1G')).toBe(true)
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalQuantity, nanoOf, parseQuantity } from './quantity.ts'

const suffixes = fc.constantFrom('', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti')
const quantities = fc
  .tuple(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: 0, max: 999 }), suffixes)
  .map(([whole, fraction, suffix]) => (fraction === 0 ? `${whole}${suffix}` : `${whole}.${fraction}${suffix}`))

describe('a quantity', () => {
  it('in its canonical form means what it meant', () => {
    fc.assert(
      fc.property(quantities, (written) => {
        expect(nanoOf(canonicalQuantity(written))).toBe(nanoOf(written))
      }),
    )
  })

  it('has one canonical form', () => {
    fc.assert(
      fc.property(quantities, (written) => {
        expect(canonicalQuantity(canonicalQuantity(written))).toBe(canonicalQuantity(written))
      }),
    )
  })

  it('is written without a fraction', () => {
    fc.assert(
      fc.property(quantities, (written) => {
        expect(canonicalQuantity(written)).not.toContain('.')
      }),
    )
  })

  it('compares as the number that it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: 0, max: 1_000_000 }), suffixes, (a, b, suffix) => {
        expect(Math.sign(Number(nanoOf(`${a}${suffix}`) - nanoOf(`${b}${suffix}`)))).toBe(Math.sign(a - b))
      }),
    )
  })

  it('is never made of anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseQuantity(text) === undefined || /^[+-]?[0-9.]+([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$/.test(text)).toBe(true)
      }),
    )
  })
})

import { describe, expect, it } from 'vitest'
import { capFor } from './share-room.ts'

describe('outputs that are more than a slide holds', () => {
  it('are left alone while there is room', () => {
    expect(capFor([400, 900], 0, 100)).toBe(Infinity)
  })

  it('lose from the longest first, then alike', () => {
    expect(capFor([400, 900], 300, 100)).toBe(600)
    expect(capFor([400, 900], 700, 100)).toBe(300)
  })

  it('keep their first lines whatever happens', () => {
    expect(capFor([400, 900], 5000, 100)).toBe(100)
    expect(capFor([400, 900], 1290, 100)).toBe(100)
  })
})

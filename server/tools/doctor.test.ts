import { describe, expect, it } from 'vitest'
import { rowFor, table } from './doctor.ts'

const gone = { found: false, why: 'not installed', howToGet: 'Install it.' } as const

describe('doctor', () => {
  it('tells what a workshop cannot do without from what it can', () => {
    expect(rowFor('kubectl', gone, 0).state).toBe('missing')
    expect(rowFor('chromium', gone, 0).state).toBe('missing, optional')
  })

  it('says when npm start would get it', () => {
    expect(rowFor('prometheus', gone, 1).note).toBe('For charts: not installed; npm start gets it, or: Install it.')
    expect(rowFor('prometheus', gone, 0).note).toBe('For charts: not installed; Install it.')
  })

  it('lines its columns up', () => {
    expect(
      table([
        ['TOOL', 'STATE'],
        ['prometheus', 'ok'],
        ['ip', 'missing'],
      ]),
    ).toBe('TOOL        STATE\nprometheus  ok\nip          missing')
  })
})

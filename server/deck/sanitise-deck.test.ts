import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Deck } from '../protocol/deck.ts'
import { loadDeck } from './load-deck.ts'
import { sanitiseDeck } from './sanitise-deck.ts'

describe('a deck that was kept', () => {
  it('is shown as it was', async () => {
    const root = join(import.meta.dirname, '../..')
    const { deck } = await loadDeck(join(root, 'slides/kubernetes-monitoring/deck.md'), root)
    expect(sanitiseDeck(deck)).toEqual(deck)
  })

  it('loses what no deck may hold', () => {
    const html = [
      '<p style="position:fixed">text</p><img src="x" onerror="alert(1)"><script>alert(2)</script><iframe src="x"></iframe>',
      '<a href="javascript:alert(3)">link</a><form action="/api/join"><input name="name"></form><svg onload="alert(4)"></svg>',
      '<div data-block="b-1">its own</div><div data-block="b-2">another’s</div>',
    ].join('')
    const block = { kind: 'command', id: 'b-1', source: '', commands: [] }
    const common = { id: 'one', title: '', layout: 'content', classes: [], background: {}, number: '1' }
    const slide = { ...common, steps: [{ html, notes: '<b onclick="x">note</b>' }], blocks: [block] }
    const deck = Deck.parse({ title: 'T', presenters: [], version: '1', slides: [slide] })
    expect(sanitiseDeck(deck).slides[0]?.steps).toEqual([
      {
        html: '<p>text</p><img src="x"><a>link</a><div data-block="b-1">its own</div><div>another’s</div>',
        notes: '<b>note</b>',
      },
    ])
  })
})

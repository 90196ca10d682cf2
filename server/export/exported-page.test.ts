import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SlideId } from '../kernel/ids.ts'
import type { ExportedDeck } from '../protocol/exported-deck.ts'
import { exportedPage } from './exported-page.ts'

const parts = { script: 'start("</script><!--")', style: 'body{}', icon: '<svg/>', mermaid: 'draw()' }

describe('the page of an exported deck', () => {
  it('lets its own script run and nothing else, and loads nothing', () => {
    const page = exportedPage(parts, deckWith('<p>hello</p>'))
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = '']) => script)
    expect(scripts).toHaveLength(1)
    const hash = createHash('sha256')
      .update(scripts[0] ?? '')
      .digest('base64')
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]
    expect(policy).toContain(`default-src 'none'; script-src 'sha256-${hash}';`)
    expect(policy).not.toMatch(/https?:|'self'|'unsafe-eval'|script-src[^;]*unsafe-inline/)
  })

  it('holds a deck that nothing in it can end', () => {
    const html = '</script><script>acted = 1</script><!-- <b>'
    const page = exportedPage(parts, deckWith(html))
    const [, data = ''] = /<script type="application\/json" id="deck">([\s\S]*?)<\/script>/.exec(page) ?? []
    expect((JSON.parse(data) as ExportedDeck).deck.slides[0]?.steps[0]?.html).toBe(html)
    expect(page).toContain('<title>&lt;/title>A &amp; B</title>')
  })

  it('brings the drawing of diagrams along only for a deck that has one', () => {
    expect(exportedPage(parts, deckWith(''))).not.toContain('draw()')
  })
})

function deckWith(html: string): ExportedDeck {
  const slide = { id: SlideId.parse('one'), title: 'One', layout: 'content' as const, classes: [], background: {}, number: '1', blocks: [] }
  const deck = { title: '</title>A & B', presenters: [], version: '1', slides: [{ ...slide, steps: [{ html, notes: '' }] }] }
  return { deck, runs: {}, charts: {}, live: {}, images: {} }
}

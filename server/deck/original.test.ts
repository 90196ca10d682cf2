import { describe, expect, it } from 'vitest'
import { describeDeck, type DeckDescription } from './describe.ts'

type Described = DeckDescription['slides'][number]
const last = (source: string): Described => {
  const slide = describeDeck(source).slides.at(-1)
  if (!slide) throw new Error('The deck shows no slide.')
  return slide
}

// What the original makes of these was seen by running it.
describe('a deck comes out as in the original', () => {
  it('where a step follows code: the line break between them stays (3.3)', () => {
    const { codeBlocks, headings } = last('```\na\n```\n--\n## B')
    expect([codeBlocks[0]?.text, headings]).toEqual(['a', [{ level: 2, text: 'B' }]])
    expect(last('Run\n\n    a\n--\n\n    b').codeBlocks.map(({ text }) => text.trim())).toEqual(['a\n\n\nb'])
  })

  it('where a layout runs on into a slide: its text is glued (7.5)', () => {
    expect(last('layout: true\n# Base\n---\nA').headings).toEqual([{ level: 1, text: 'BaseA' }])
    expect(last('layout: true\n.a[{{content}}]\n---\n```\nb\n```').contentClasses).toEqual([{ tag: 'span', classes: ['a'], text: '' }])
  })

  it('where the id of a definition holds code, and where definitions follow a list (10.1)', () => {
    expect(last('See [`stop()`][] and [b][`go()`].\n\n- c\n[`stop()`]: #s "T"\n[`go()`]: #g').links).toMatchObject([
      { href: '#s', text: 'stop()', title: 'T' },
      { href: '#g', text: 'b' },
    ])
    expect(last('- a\n[b]: /c\n[d]: /e').visibleText).toBe('a')
    expect(last('a\n\n[b]:\u00A0/c').visibleText).toBe('a')
  })

  it('where a property runs on into code, or comes behind one in a comment (4.1, 4.2)', () => {
    expect(last('Note: use `x`, always\n\ny').visibleText).toBe('y')
    expect(last('<!-- name: n -->\nclass: a, b\n\ny')).toMatchObject({ name: 'n', classes: ['a', 'b'], visibleText: 'y' })
    expect(last('<!--\nclass: a\n-->\ny').classes).toEqual(['a'])
    expect(last('[i]: /u\nclass: a\n\ny').classes).toEqual(['a'])
    expect(last('Q: what is .a[this]?').properties).toMatchObject({ Q: 'what is' })
  })

  it('where a table has an empty last cell, or nothing below its rule (12.2)', () => {
    expect(last('| a | b |\n|---|---|\n| c | |\n| d | |\n\nx').tables).toEqual([[['a', 'b'], ['c', ''], ['d']]])
    expect(last('| a |\n|---|\n\nx').tables).toEqual([[['a'], ['']]])
    expect(last('| a |\n|---|').tables).toEqual([])
  })

  it('where fences are longer than what closes them, or say more than a word (2.4, 13.1)', () => {
    expect(last('```\na\n````\n\nb').codeBlocks[0]?.text).toBe('a\n`')
    expect(last('````\na\n```\n\nb')).toMatchObject({ codeBlocks: [{ text: 'a' }], visibleText: 'a b' })
    expect(last('```{r}\na\n```').codeBlocks[0]?.lang).toBe('{r}')
    expect(last('```rust,ignore\na\n```').codeBlocks[0]?.lang).toBe('rust,ignore')
    expect(last('``` .js\na\n```').codeBlocks[0]?.lang).toBe('js')
  })

  it('where images stand in the deck itself', () => {
    const data = `data:image/png;base64,${'A'.repeat(60_000)}`
    const source = `![a](${data})\n\n<img src="${data}">\n\n.b[![c][d]]\n\n[d]: ${data}`
    expect(last(source).images.map(({ src }) => src)).toEqual([data, data, data])
  })

  it('where a class is written with tabs before it: the tab is no code yet (2.2, 12.1)', () => {
    expect(last('- a\n\n\t.b[c]').contentClasses).toEqual([{ tag: 'span', classes: ['b'], text: 'c' }])
  })
})

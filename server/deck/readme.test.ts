import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseDeck } from './parse-deck.ts'

const README = readFileSync(new URL('../../slides/README.md', import.meta.url), 'utf8')
const examples = [...README.matchAll(/^````markdown\n([^]*?)^````$/gm)].map(([, text = '']) => text)

describe('the description of the deck language', () => {
  it('shows every kind of block, and nothing in its examples is wrong', () => {
    const decks = examples.map((text) => parseDeck(text))
    expect(decks.flatMap(({ problems }) => problems)).toEqual([])
    const kinds = decks.flatMap(({ deck }) => deck.slides.flatMap((slide) => slide.blocks.map((block) => block.kind)))
    expect([...new Set(kinds)].toSorted()).toEqual(['check', 'command', 'file', 'mermaid', 'query', 'quiz', 'topology', 'trace'])
  })

  it('does what it says of slides, steps, notes and links', () => {
    const { slides } = parseDeck(examples[0] ?? '').deck
    expect(slides.map(({ id, steps }) => [id, steps.length])).toEqual([
      ['hello', 1],
      ['one-slide', 2],
    ])
    expect(slides[0]?.steps[0]?.notes).toContain('Nobody else gets them')
    expect(slides[1]?.steps[1]?.html).toContain('<a href="#hello">')
  })

  it('does what it says of layouts, macros and what stands out in code', () => {
    const [first, last] = parseDeck(examples[1] ?? '').deck.slides
    expect(first?.steps[0]?.html).toContain('Every slide says this.')
    expect(last?.steps[0]?.html).not.toContain('Every slide says this.')
    const html = parseDeck(examples[2] ?? '').deck.slides[0]?.steps[0]?.html ?? ''
    expect(html).toContain('style="width: 40%"')
    expect(html).toContain('<span class="badge">new: version 2</span>')
    expect(html).toMatch(/<span class="highlighted-line"> {2}<span[^>]*>kind:<\/span>/)
    expect(html).toMatch(/<span class="highlighted-span">(?:<span[^>]*>)?shop/)
  })
})

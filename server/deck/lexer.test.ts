import { describe, expect, it } from 'vitest'
import { lex } from './lexer.ts'

const kinds = (text: string): string[] => lex(text).map((token) => token.kind)

describe('the lexer', () => {
  it('takes only whole lines for separators (3.1, 3.3, 5.1)', () => {
    expect(kinds('a\n---\nb\n--\nc\n???\nd')).toEqual(['text', 'slide', 'text', 'step', 'text', 'notes', 'text'])
    expect(kinds('a\n--- \n ---\n----\n-- \nb')).toEqual(['text'])
    expect(kinds('a\n<!-- break -->\nb')).toEqual(['text', 'slide', 'text'])
  })

  it('protects fences, indented code and inline code (2.5)', () => {
    expect(kinds('```\n---\n```')).toEqual(['code'])
    expect(kinds('~~~~ yaml\n---\n~~~\n~~~~')).toEqual(['code'])
    expect(kinds('x\n\n    a\n    ---\n')).toEqual(['text', 'code', 'text'])
    expect(kinds('    a\n    ---\n')).toEqual(['code', 'text'])
    // One line break is no blank line: the one behind a separator neither.
    expect(kinds('x\n---\n\n    .a[b]')).toEqual(['text', 'slide', 'text', 'class'])
    expect(kinds('x `a\nb` c `d` e')).toEqual(['text', 'code', 'text'])
    expect(kinds('see `.a[b]` here')).toEqual(['text', 'code', 'text'])
  })

  it('lets a fence that is never closed protect nothing (2.4)', () => {
    expect(kinds('```\n---\nb')).toEqual(['text', 'slide', 'text'])
  })

  it('ends a content class at its balancing bracket, skipping code and escapes (9.2)', () => {
    const [, found] = lex('x .a.b[one [two] `]` \\] three] y')
    expect(found).toMatchObject({ kind: 'class', classes: ['a', 'b'], block: false, raw: '.a.b[one [two] `]` \\] three]' })
  })

  it('makes separators inside a content class plain text (3.6), and an unclosed class text (9.2)', () => {
    expect(kinds('.a[\n---\n]')).toEqual(['class'])
    expect(kinds('.a[\n---\nb').filter((kind) => kind !== 'text')).toEqual(['slide'])
  })

  it('counts brackets as they are meant: not those in fences, however the fence stands in its class (9.2)', () => {
    const whole = (text: string): string | undefined => lex(text).flatMap((token) => (token.kind === 'class' ? [token.raw] : []))[0]
    expect(whole('.a[```js\nx = "]"\n```] y ]')).toBe('.a[```js\nx = "]"\n```]')
    expect(whole('.a[text\n```\nx[\n```]\n\n```\n]\n```')).toBe('.a[text\n```\nx[\n```]')
    expect(whole('.a[\n```\nx[\n```\n] ]')).toBe('.a[\n```\nx[\n```\n]')
    expect(whole('.a[string\\[] x] y]')).toBe('.a[string\\[] x]')
    expect(whole('.a[`` x`y `` 2 .b[z `c` w] v] u')).toBe('.a[`` x`y `` 2 .b[z `c` w] v]')
  })

  it('takes definitions before code and classes in them, with the line breaks around them (10.1)', () => {
    const [before, found, after] = lex('a\n\n[`x`.b[c]: /y "T"\n[d]: <e>\n\nf')
    expect([before, after]).toMatchObject([{ text: 'a\n' }, { id: 'd' }])
    expect(found).toMatchObject({ kind: 'definition', id: '`x`.b[c', link: { href: '/y', title: 'T' }, breaks: '\n\n' })
  })

  it('lets no separator begin behind something that ran over several lines (2.6)', () => {
    expect(kinds('.a[\nb\n]---\nc')).toEqual(['class', 'text'])
  })

  it('leaves an escaped class alone (9.1)', () => {
    expect(
      lex('\\.a[.b[x]]')
        .map((token) => ('text' in token ? token.text : '?'))
        .join(''),
    ).toBe('\\.a[.b[x]]')
  })

  it('knows the line that code begins on', () => {
    expect(lex('a\n\n```\nb\n```\n`c`').flatMap((token) => (token.kind === 'code' ? [token.line] : []))).toEqual([3, 6])
  })

  it.each([
    ['backticks', '`'.repeat(150_000)],
    ['classes never closed', '.a['.repeat(50_000)],
    ['classes within classes', `${'.a['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['dots', '.a'.repeat(75_000)],
    ['escaped classes', '\\.a['.repeat(40_000)],
    ['fences never closed', '```\n~~~~\n'.repeat(15_000)],
    ['fences of many lengths', Array.from({ length: 500 }, (_, index) => '`'.repeat(502 - index)).join('\n')],
    ['all of it mixed', '.a[`\n```\n['.repeat(15_000)],
  ])('keeps its time in proportion to the text: %s', (_, text) => {
    const began = performance.now()
    const tokens = lex(text)
    expect(tokens.length).toBeGreaterThan(0)
    // A tenth of a second on a slow machine; what grows with the square of the length takes minutes.
    expect(performance.now() - began).toBeLessThan(5000)
  })
})

import { describe, expect, it } from 'vitest'
import { deckWith } from './deck.test-support.ts'
import { nameOf, outlineOf, searchSlides } from './outline.ts'

const what = 'What a pod is'
const deck = deckWith([
  { id: 'talk', title: 'The talk', layout: 'title', html: ['<h1>The talk</h1>'] },
  { id: 'pods', title: 'Pods', layout: 'section', html: ['<h1>Pods</h1>'] },
  { id: 'what', title: what, html: [`<h1>${what}</h1>\n<p>A pod is one or more containers &amp; what they share.</p>`] },
  {
    id: 'more',
    title: what,
    html: [
      `<h1>${what}</h1><p>It has one address.</p>`,
      `<h1>${what}</h1><p>It has one address.</p><p>They reach each other at <code>localhost</code>.</p>`,
    ],
  },
  { id: 'none', title: '', html: ['<p>no heading here</p>'] },
  { id: 'life', title: 'Ζωή και όρια', layout: 'section', html: ['<h1>Ζωή και όρια</h1>'] },
  { id: 'limits', title: 'Limits', html: ['<h1>Limits</h1><pre><code>kubectl describe pod web | grep &#34;Limits&#x22;</code></pre>'] },
])

describe('the name of a slide in lists', () => {
  it('is its heading, or the words it begins with', () => {
    const long = deckWith([
      { id: 'long', title: '', html: [`<blockquote>${'There is no such thing as a small outage. '.repeat(4)}</blockquote>`] },
    ])
    expect([...deck.slides, ...long.slides].filter(({ id }) => ['what', 'none', 'long'].includes(id)).map(nameOf)).toEqual([
      what,
      'no heading here',
      'There is no such thing as a small outage. There is no such …',
    ])
  })
})

describe('a deck’s table of contents', () => {
  it('has a part for each title and section, with the headings below it', () => {
    expect(outlineOf(deck).map(({ opening, places }) => [opening?.slide.title, places.map(({ slide }) => slide.title)])).toEqual([
      ['The talk', []],
      ['Pods', ['What a pod is']],
      ['Ζωή και όρια', ['Limits']],
    ])
  })

  it('is one list where a deck has no sections', () => {
    const plain = deckWith([
      { id: 'one', title: 'One' },
      { id: 'two', title: 'Two' },
    ])
    expect(outlineOf(plain).map(({ opening, places }) => [opening, places.map(({ index }) => index)])).toEqual([[undefined, [0, 1]]])
  })
})

describe('searching slides', () => {
  const found = (query: string) => searchSlides(deck, query).map(({ index, step }) => `${index}/${step}`)

  it('finds what titles say first, then what slides say', () => {
    expect(found('pod')).toEqual(['1/0', '2/0', '3/0', '6/0'])
  })

  it('finds slides with every word, at the step that first has them', () => {
    expect(found('reach localhost')).toEqual(['3/1'])
    expect(found('address localhost nowhere')).toEqual([])
  })

  it('finds commands, and words with other accents and case', () => {
    expect(found('DESCRIBE POD')).toEqual(['6/0'])
    expect(found('"limits"')).toEqual(['6/0'])
    expect(found('ορια')).toEqual(['5/0'])
  })

  it('shows what stands around, as text', () => {
    expect(searchSlides(deck, 'share')[0]).toMatchObject({
      before: '… is A pod is one or more containers & what they ',
      match: 'share',
      after: '.',
    })
  })

  it('finds nothing for nothing', () => expect(searchSlides(deck, '  ')).toEqual([]))
})

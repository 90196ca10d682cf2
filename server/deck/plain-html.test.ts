import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { anyTree } from './html-tree.ts'
import { markdownHtml } from './markdown-blocks.ts'
import { plainTree } from './plain-html.ts'

const fixtures = new URL('fixtures/', import.meta.url)
const texts = readdirSync(fixtures)
  .filter((name) => name.endsWith('.md'))
  .map((name) => readFileSync(new URL(name, fixtures), 'utf8'))
const workshop = readFileSync(new URL('../../slides/kubernetes-monitoring/deck.md', import.meta.url), 'utf8').split(/^---?$/m)
const html = [...texts, ...workshop].map((text) =>
  markdownHtml(text, {
    definitions: new Map([['a', { href: '/a?b&c', title: 'T' }]]),
    unplaced: (one) => one,
    code: (info, source) => `<pre><code class="${info ?? ''}">${source.replace(/[<&]/g, '')}\n</code></pre>\n`,
  }),
)

describe('HTML as Markdown makes it', () => {
  it('is read as any HTML is', () => {
    const read = html.filter((one) => {
      const tree = plainTree(one)
      if (tree) expect(tree).toEqual({ ...anyTree(one), data: undefined })
      return tree !== undefined
    })
    expect(read.length).toBeGreaterThan(html.length * 0.75)
  })

  it.each([
    '<p>a<div>b</div></p>',
    '<p>a<p>b</p></p>',
    '<a href="x">a<a href="y">b</a></a>',
    '<h1><h2>a</h2></h1>',
    '<ul>a</ul><li>b</li>'.slice(11),
    '<ul><p>a</p></ul>',
    '<table><p>a</p></table>',
    '<table>a</table>',
    '<tr><td>a</td></tr>',
    '<em><strong>a</em></strong>',
    '<p>a',
    'a</p>',
    '<script>a</script>',
    '<svg><style></style></svg>',
    '<img src="a" onerror="b">',
    '<img src="a" src="b">',
    "<img src='a'>",
    '<IMG src="a">',
    '<br/>',
    '<!-- a -->',
    '&nbsp;',
    '&#60;script',
    'a < b',
    '<pre>\na</pre>',
    'a\0b',
    'a\rb',
    `${'<div>'.repeat(200)}${'</div>'.repeat(200)}`,
  ])('is nothing else: %s is left to who reads any HTML', (one) => {
    expect(plainTree(one)).toBeUndefined()
  })
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Deck } from '../protocol/deck.ts'
import { describeDeck } from './describe.ts'
import { parseDeck } from './parse-deck.ts'

const html = (source: string): string => slide(source).steps.at(-1)?.html ?? ''

describe('a deck', () => {
  it('is what its schema says', () => {
    expect(Deck.parse(parseDeck(WORKSHOP).deck)).toEqual(parseDeck(WORKSHOP).deck)
  })

  it('says who speaks, when, and where its manifests are', () => {
    const { deck, lab } = parseDeck(
      '---\ntitle: T\npresenters: [Ada, {name: Grace}]\ndate: 2026-11-22\nlab: lab\n---\n# {{ title }} by {{ presenters }}',
    )
    expect(deck).toMatchObject({ title: 'T', presenters: ['Ada', 'Grace'], date: '2026-11-22' })
    expect(lab).toBe('lab')
    expect(deck.slides.map((one) => one.title)).toEqual(['T by Ada, Grace'])
  })

  it('names unknown front matter keys and misspelt slide properties with line and suggestion', () => {
    const { problems } = parseDeck('---\ntitle: T\npresenter: Ada\n---\n# A\n\n---\nclas: middle\n\n# B')
    expect(problems).toEqual([
      { line: 3, column: 1, say: 'Unknown front matter key "presenter". Did you mean "presenters"?' },
      { line: 8, column: 1, say: 'Unknown slide property "clas". Did you mean "class"?' },
    ])
  })

  it('names what is taken for a property and lost, unless it is used, hidden or one (4.5)', () => {
    expect(parseDeck('# A\n---\n\nNote: mind the gap\nplace: here\n\n{{ place }}').problems).toEqual([
      {
        line: 4,
        column: 1,
        say: '"Note: mind the gap" is taken for a property, which nothing uses as {{ Note }}, and is not shown. If it is text, put a blank before it.',
      },
    ])
    expect(parseDeck('<!-- TODO: more -->\n# A\n---\n Note: mind the gap').problems).toEqual([])
    expect(html('# A\n---\n Note: mind the gap')).toContain('mind the gap')
    expect(parseDeck('name: a\n<!-- b: c\n-->\nclas: d').problems).toMatchObject([{ line: 4, say: expect.stringMatching(/"clas"/) }])
  })

  it('says which keys of front matter hold what they cannot', () => {
    const wrong = [
      'title: [a]',
      'presenters: {a: b}',
      'lab: 5',
      'variables: hello',
      'macros: [a]',
      'highlightLines: "yes"',
      'excludedClasses: 5',
    ]
    const { deck, problems } = parseDeck(`---\n${wrong.join('\n')}\ndate:\nhighlightSpans: true\n---\n# A`)
    expect(deck.title).toBe('A')
    expect(problems.map(({ line, column }) => [line, column])).toEqual(wrong.map((_, index) => [index + 2, 1]))
    expect(problems[3]?.say).toBe('"variables" is not a map of names to values, such as {place: Lisbon}.')
  })

  it('refuses front matter that is not YAML, naming the line', () => {
    expect(() => parseDeck('---\ntitle: "T\nlab: x\n---\n# A', 'my.md')).toThrow(/^my\.md:\d+: The deck's front matter is not valid YAML/)
  })

  it('takes two separators at the top for an empty slide when no metadata is between them (3.4)', () => {
    expect(parseDeck('---\nclass: middle\n\n# A\n\n---\n\n# B').deck.slides.map((one) => one.title)).toEqual(['', 'A', 'B'])
  })

  it('gives slides stable ids that are theirs alone', () => {
    const { deck } = parseDeck('name: start\n\n# A\n---\n# A\n---\n# A\n---\nno heading')
    expect(deck.slides.map((one) => one.id)).toEqual(['start', 'a', 'a-2', 'slide'])
  })

  it('repeats the number of the slide before where count is false (14.1)', () => {
    expect(parseDeck('# A\n---\ncount: false\n\n# B\n---\n# C').deck.slides.map((one) => one.number)).toEqual(['1', '1', '2'])
  })

  it('counts steps and shows numbers as its options ask (14.1, 14.2)', () => {
    const numbers = (options: string): (string | undefined)[] =>
      parseDeck(`---\n${options}\n---\n# A\n\n--\n\nb\n\n---\n# C`).deck.slides.flatMap((one) =>
        one.steps.map((step) => step.number ?? one.number),
      )
    expect(numbers('title: T')).toEqual(['1', '2', '3'])
    expect(numbers('countIncrementalSlides: false')).toEqual(['1', '1', '2'])
    expect(numbers('slideNumberFormat: "%current% of %total%"')).toEqual(['1 of 3', '2 of 3', '3 of 3'])
    expect(numbers('disableIncrementalSlides: true')).toEqual(['1', '2'])
  })

  it('names options that have no effect here, with their place', () => {
    const { problems } = parseDeck('---\nratio: 4:3\nnavigation: { scroll: false }\nhighlightSpans: "/x/g"\n---\n# A')
    expect(problems.map(({ line, column, say }) => [line, column, say.slice(0, 30)])).toEqual([
      [2, 1, '"ratio" has no effect here: sl'],
      [3, 1, '"navigation" has no effect her'],
      [4, 1, '"highlightSpans" takes no patt'],
    ])
    expect(parseDeck('---\ntitle: T\nratio: "16:9"\n---\n# A').problems).toEqual([])
  })

  it('is refused when its front matter would grow without measure', () => {
    const bomb = 'a: &a [x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\ntitle: [*c,*c,*c,*c]'
    expect(() => parseDeck(`---\n${bomb}\n---\n# A`, 'd.md')).toThrow(/d\.md:2: The aliases/)
  })

  it('has another version when its text differs', () => {
    expect(parseDeck('# A').deck.version).not.toBe(parseDeck('# B').deck.version)
  })
})

describe('a slide', () => {
  it('shows at each step what the steps before it showed, and keeps each step its notes', () => {
    const { steps } = slide('# A\n\n- one\n\n???\nfirst\n\n--\n\n- two\n\n???\nsecond')
    expect(steps.map((step) => (step.html.match(/<li>/g) ?? []).length)).toEqual([1, 2])
    expect(steps.map((step) => step.notes)).toEqual(['<p>first</p>', '<p>second</p>'])
  })

  it('has one block where its steps repeat one', () => {
    const { steps, blocks } = slide('# A\n```bash\nls\n```\n--\n\n```bash\npwd\n```\n--\n\ntext')
    expect(blocks.map((block) => block.kind === 'command' && block.source)).toEqual(['ls', 'pwd'])
    for (const block of blocks) expect(steps.at(-1)?.html).toContain(`<div data-block="${block.id}"><pre><code class="hljs language-bash">`)
    expect(new Set(blocks.map((block) => block.id)).size).toBe(2)
  })

  it('has two blocks where the same code stands twice', () => {
    expect(new Set(slide('```bash\nls\n```\n\n```bash\nls\n```').blocks.map((block) => block.id)).size).toBe(2)
  })

  it('reads a query block from its fence', () => {
    expect(slide('```promql {range=1h step=30s title="Up"}\nup\n```').blocks).toMatchObject([
      { kind: 'query', queries: ['up'], title: 'Up', rangeSeconds: 3600, stepSeconds: 30 },
    ])
  })

  it('shows code that is not to be run as code only', () => {
    expect(slide('```bash {run=false}\nls\n```').blocks).toEqual([])
    expect(html('```bash {run=false}\nls\n```')).not.toContain('data-block')
  })

  it('colours strings and loops of a script, not whichever programs a list happens to know', () => {
    const found = html('```bash\nkubectl wait --for=x | head\nfor i in "a"; do ls; done\n```')
    expect(found).not.toContain('hljs-built_in')
    expect(found).toContain('--for=x')
    expect(found).toContain('<span class="hljs-keyword">for</span> i')
  })

  it('says where a query or a script is wrong', () => {
    expect(parseDeck('# A\n\n```promql\nrate(\n```\n\n```bash\nif x\n```').problems.map((problem) => problem.line)).toEqual([3, 7])
  })

  it('has content classes as divs and spans (9.3), also where a paragraph surrounds them', () => {
    expect(html('a .b[c] d')).toBe('<p>a <span class="b">c</span> d</p>')
    expect(html('.left[\n- x\n]\n.right[\n- y\n]')).toMatch(
      /^<div class="left"><ul>[^]*<\/ul>\s*<\/div>\n?<div class="right"><ul>[^]*<\/ul>\s*<\/div>$/,
    )
  })

  it('folds hints and solutions away, with what runs in them', () => {
    const found = slide('````solution\n```bash\nls\n```\n````')
    expect(found.steps[0]?.html).toContain('<details class="solution"><summary>Solution</summary><div data-block=')
    expect(found.blocks).toHaveLength(1)
  })

  it.each([
    ['exercise', 'class: exercise\n\n# A'],
    ['two-columns', 'class: two-columns, dark\n\n# A'],
    ['code', '# A\n\n```bash\nls\n```'],
    ['image', '# A\n\n![x](x.svg)'],
    ['statement', '# A'],
    ['content', '# A\n\n- b'],
  ])('has the layout %s', (layout, source) => expect(slide(source).layout).toBe(layout))

  it("serves the deck's images from one place and points named links at slides", () => {
    expect(html('![x](images/x.svg) ![y](/img/../../y.png)')).toContain('src="/slides/images/x.svg"')
    expect(html('![y](../../y.png)')).toContain('src="/slides/y.png"')
    expect(parseDeck('[a](#2)\n\n---\n\n# Second').deck.slides[0]?.steps[0]?.html).toContain('href="#second"')
  })

  it('understands the scale macro and forgives others (11.3, 11.4)', () => {
    expect(html('![:scale 50%](x.png)')).toContain('<img src="/slides/x.png" alt="" style="width: 50%">')
    expect(html('![:spin](x.png)')).toContain('<img src="/slides/x.png" alt="">')
  })
})

describe('a hostile deck', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '[x](javascript:alert(1))',
    '<svg onload=alert(1)><script>alert(1)</script></svg>',
    '<iframe src="//evil.example"></iframe>',
    '<form action="//evil.example"><input name=x></form>',
    '<div style="background:url(//evil.example)">x</div>',
    '<div data-block="b000000000000" id="app" onclick="alert(1)">x</div>',
    '.a[<img src=x onerror=alert(1)>]',
    '```hint\n<script>alert(1)</script>\n```',
    '```"><script>alert(1)</script>\nx\n```',
    '???\n<script>alert(1)</script>',
  ])('brings nothing that acts: %s', (source) => {
    const { steps } = slide(source)
    const all = steps.map((step) => step.html + step.notes).join('')
    expect(all).not.toMatch(/<script|<iframe|<svg|<form|<input|onerror=|onload=|onclick=|href="javascript|evil|data-block|id="/i)
  })

  it('names images of other servers', () => {
    expect(parseDeck('# A\n\n![x](https://evil.example/x.png)').problems).toEqual([
      { line: 1, say: 'The image https://evil.example/x.png is on another server: only a link to it is shown. Put it beside the deck.' },
    ])
  })

  it.each([
    ['url(sea.svg)', 'url("/slides/sea.svg")'],
    ['url("a b.png"), linear-gradient(red, #fff 20%)', 'url("/slides/a%20b.png"), linear-gradient(red, #fff 20%)'],
    ['url(../../etc/x.png)', 'url("/slides/etc/x.png")'],
    ['url(https://evil.example/x.png)', undefined],
    ['url(//evil.example/x.png)', undefined],
    ['URL( "https://evil.example/x" )', undefined],
    ['url(data:image/svg+xml,x)', undefined],
    ['image-set("https://evil.example/x" 1x)', undefined],
    ['url(a.png/**/)', undefined],
    ['u\\72l(//evil.example/x)', undefined],
    ['url("a)', undefined],
    ['red; position: fixed', undefined],
    ['expression(alert(1))', undefined],
  ])('shows as background only what is its own: %s', (written, shown) => {
    const { deck, problems } = parseDeck(`background-image: ${written}\n\n# A`)
    expect(deck.slides[0]?.background['background-image']).toBe(shown?.replace('%20', ' '))
    expect(problems.length).toBe(shown === undefined ? 1 : 0)
  })

  it.each([
    ['brackets', ']'.repeat(100_000)],
    ['opened brackets', '['.repeat(100_000)],
    ['links', '[a](b) '.repeat(15_000)],
    ['stars', '*a '.repeat(30_000)],
    ['tags within tags', '<div>\n'.repeat(20_000)],
    ['tags never ended', '<a "'.repeat(25_000)],
    ['quotes within quotes', `${'> '.repeat(2000)}a`],
    ['lists that change their kind', '- a\n* b\n'.repeat(10_000)],
    ['fences never closed', '```a b\n~~~\n'.repeat(10_000)],
    ['comments never closed', '<!-- \n'.repeat(20_000)],
    ['calls of macros never ended', '![:'.repeat(30_000)],
    ['code in a language that is slow to colour', `\`\`\`markdown\n${'*_['.repeat(40_000)}\n\`\`\``],
    ['lines that stand out', `---\nhighlightLines: true\n---\n\`\`\`\n${'* a\n'.repeat(30_000)}\`\`\``],
    ['spans that stand out', `---\nhighlightSpans: true\n---\n\`\`\`\n${'a`b` '.repeat(20_000)}\n\`\`\``],
    ['properties', 'a: b\n'.repeat(30_000)],
    ['properties in comments', '<!-- a: b -->\n'.repeat(15_000)],
    ['definitions', '[a]: b\n'.repeat(20_000)],
    ['classes of one line each', '.a[b]\n'.repeat(20_000)],
    ['tables', '| a |\n|---|\n'.repeat(10_000)],
    ['files in the text', `data:a,${'b'.repeat(499)},`.repeat(300)],
    ['references', `[one]: x\n\n${'[a][one'.repeat(15_000)}`],
  ])(
    'takes time in proportion to its length: %s',
    (_, text) => {
      const began = performance.now()
      expect(parseDeck(text).deck.slides.length).toBeGreaterThan(0)
      expect(describeDeck(text).slideCount).toBeGreaterThan(0)
      // Well under a second on an idle machine; what grows with the square of the length takes minutes.
      expect(performance.now() - began).toBeLessThan(15_000)
    },
    30_000,
  )

  it('may use the names of JavaScript’s own objects', () => {
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty']
    const front = `---\ntitle: T\n${names.map((name) => `${name}: x`).join('\n')}\nvariables: {${names.map((name) => `${name}: v`).join(', ')}}\nmacros: {__proto__: m}\n---\n`
    const slides = names.flatMap((name) => [
      `name: ${name}\ntemplate: ${name}\nclass: ${name}\n${name}: p\n\n# {{ ${name} }} [a][${name}] ![:${name} b](c) .${name}[d]`,
      `<${name.toLowerCase()} ${name}="e">f</${name.toLowerCase()}> <constructor>g</constructor> <p constructor="h">i</p>`,
      `\`\`\`${name} {${name}=1 file=a}\nx\n\`\`\`\n\n\`\`\`bash {${name}}\nls\n\`\`\`\n\n\`\`\`check\n${name}: x\n\`\`\``,
    ])
    const { deck } = parseDeck(front + slides.join('\n---\n'))
    expect(deck.slides).toHaveLength(slides.length)
    expect(deck.slides[0]?.steps[0]?.html).toMatch(/^<h1>p \[a\]\[constructor\] c <span class="constructor">d<\/span><\/h1>$/)
    expect(Deck.parse(JSON.parse(JSON.stringify(deck))).slides).toHaveLength(slides.length)
    expect(describeDeck(front + slides.join('\n---\n')).slideCount).toBe(slides.length + 2)
    expect(({} as { a?: unknown }).a).toBeUndefined()
  })

  it('may name slides that cannot be, in links that are badly encoded', () => {
    expect(html('[a](#%E0%A4) [b](#%) [c](#__proto__) [d](//elsewhere.example) <a href="\\\\elsewhere.example">e</a>')).toMatch(
      /^<p><a href="#slide">a<\/a> <a href="#slide">b<\/a> <a href="#slide">c<\/a> (?:<a [^>]*target="_blank"[^>]*>.<\/a> ?){2}<\/p>$/,
    )
  })

  it('is refused when it is too large, or grows too large', () => {
    expect(() => parseDeck('x'.repeat(9_000_000))).toThrow(/larger than 8 MB/)
    expect(() => parseDeck('\n---\n'.repeat(6500))).toThrow(/at most 6000/)
    expect(() => parseDeck(`${'x'.repeat(100_000)}${'\n--\ny'.repeat(500)}`)).toThrow(/grows too large/)
    expect(() => describeDeck('x'.repeat(9_000_000), {}, 'talk.md')).toThrow(/^talk.md is larger than 8 MB/)
    expect(() => describeDeck(`${'x'.repeat(100_000)}${'\n--\ny'.repeat(500)}`)).toThrow(/grows too large/)
  })

  it('cannot smuggle in what our placeholders look like', () => {
    expect(html('\uE0000\uE001 .a[b]')).toContain('<span class="a">b</span>')
  })
})

const WORKSHOP = readFileSync(new URL('../../slides/kubernetes-monitoring/deck.md', import.meta.url), 'utf8')

function slide(source: string): Deck['slides'][number] {
  const found = parseDeck(source).deck.slides.at(-1)
  if (!found) throw new Error('The deck has no slide.')
  return found
}

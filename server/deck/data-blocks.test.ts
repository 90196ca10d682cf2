import { describe, expect, it } from 'vitest'
import { Deck } from '../protocol/deck.ts'
import { parseDeck } from './parse-deck.ts'

const problems = (source: string) => parseDeck(source, 'd.md').problems
const block = (source: string) => parseDeck(source).deck.slides[0]?.blocks[0]
const fence = (info: string, ...lines: string[]): string => `# A\n\n\`\`\`${info}\n${lines.join('\n')}\n\`\`\``

describe('a block that does something', () => {
  it('is what the protocol says, whatever it is', () => {
    const { deck } = parseDeck(
      [
        fence('check', 'all:', '  - object: pods', '    atLeast: 1'),
        fence('quiz', 'Q?', '- [x] a', '- [ ] b', '  > because'),
        fence('topology', ''),
        fence('trace', 'service: shop'),
        fence('mermaid', 'graph TD'),
        fence('yaml {file=a/b.yaml}', 'a: 1'),
        fence('bash {terminal=2 expect="a b" expect-fail until=ok timeout=90s wrong}', 'ls'),
        fence('promql {type=bars}', 'up'),
      ].join('\n\n---\n'),
    )
    expect(Deck.parse(deck)).toEqual(deck)
    expect(deck.slides.map((slide) => slide.blocks[0])).toMatchObject([
      { kind: 'check', title: 'Exercise', conditions: [{ object: 'pods', atLeast: 1 }] },
      {
        kind: 'quiz',
        question: 'Q?',
        answers: [
          { text: 'a', right: true },
          { text: 'b', right: false, why: 'because' },
        ],
      },
      { kind: 'topology', show: ['nodes', 'deployments', 'pods', 'services'] },
      { kind: 'trace', service: 'shop', failed: false },
      { kind: 'mermaid', source: 'graph TD' },
      { kind: 'file', name: 'a/b.yaml', source: 'a: 1' },
      { kind: 'command', terminal: 2, expect: 'a b', expectFail: true, until: 'ok', timeoutSeconds: 90, role: 'wrong' },
      { kind: 'query', chart: 'bars' },
    ])
  })

  it('knows the solution it belongs to', () => {
    expect(block('~~~~solution\n```bash\nls\n```\n~~~~')).toMatchObject({ kind: 'command', role: 'solution' })
  })

  it('keeps a fix that is wrong for whoever rehearses, and off the slide', () => {
    const { deck } = parseDeck(fence('bash {wrong}', 'kubectl delete pod web'))
    expect(deck.slides[0]?.blocks).toMatchObject([{ kind: 'command', role: 'wrong' }])
    expect(deck.slides[0]?.steps[0]?.html).not.toContain('kubectl')
  })

  it('keeps its answers and conditions off the slide', () => {
    const html = parseDeck(fence('quiz', 'Q?', '- [x] a', '- [ ] b')).deck.slides[0]?.steps[0]?.html
    expect(html).toMatch(/<div data-block="b\w+"><p>Q\?<\/p><ul><li>a<\/li><li>b<\/li><\/ul><\/div>/)
    expect(parseDeck(fence('check', 'title: Done?', 'all: [{query: up}]')).deck.slides[0]?.steps[0]?.html).not.toContain('query')
  })

  it.each([
    ['bash {expectt=a}', 'ls', 3, 10, 'Unknown option "expectt" of a bash block. Did you mean "expect"?'],
    ['bash {terminal=12}', 'ls', 3, 10, /^terminal=12 is not a terminal's number/],
    ['bash {timeout=soon}', 'ls', 3, 10, /^timeout=soon is not a duration/],
    ['bash {until="("}', 'ls', 3, 10, /^"\(" is not a regular expression/],
    ['promql {type=lines}', 'up', 3, 12, 'There is no chart of type "lines". Did you mean "line"?'],
    ['check', 'title: x\nall:\n  - object: pods\n    namespce: a', 7, 5, 'Unknown key "namespce". Did you mean "namespace"?'],
    ['check', 'title: x', 4, 1, /^"all" is not right/],
    ['check', 'all: [', 4, 7, /^This is not valid YAML/],
    ['check', 'all:\n  - http: gopher://x', 5, 5, /^"http" is not right/],
    ['check', 'all:\n  - object: pods\n    matches: "("', 4, 1, /is not a regular expression/],
    ['quiz', 'Q?\n- [ ] a\n- [ ] b', 4, 1, /^No answer of this quiz is right/],
    ['quiz', '- [x] a\n- [ ] b', 4, 1, 'A quiz begins with its question.'],
    ['quiz', 'Q?\n- [x] a\n- [ ] b\nmore', 7, 1, /^An answer begins with/],
    ['topology', 'show: [pds]', 4, 8, /"show" is not right/],
    ['trace', 'servce: x', 4, 1, /service|servce/],
    ['yaml {file=../../etc/passwd}', 'a', 3, 1, /^"name" is not right/],
  ])('says where it is wrong: %s %j', (info, source, line, column, say) => {
    const [first] = problems(fence(info, source))
    expect(first).toMatchObject({ line, column })
    expect(first?.say).toEqual(typeof say === 'string' ? say : expect.stringMatching(say))
  })

  it('cannot be made to grow by YAML that repeats itself', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]',
      'c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]',
      'all: [*c,*c,*c,*c]',
    ]
    expect(problems(fence('check', ...bomb)).length).toBeGreaterThan(0)
  })
})

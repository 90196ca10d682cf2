import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const BOOTSTRAP = fileURLToPath(new URL('bootstrap.mjs', import.meta.url))

interface Outcome {
  readonly status: number
  readonly out: string
  readonly err: string
}

describe('inspecting decks', { timeout: 30_000 }, () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deckhand-inspect-'))
    await mkdir(join(folder, 'empty'))
    await writeFile(join(folder, 'a.md'), 'name: a\n\n# A\n--\n\nmore\n\n```\n* x\n```\n')
    await writeFile(join(folder, 'a.options.json'), '{"highlightLines": true}')
    await writeFile(join(folder, 'b.html'), '<textarea id="source">\n# B &amp; C\n</textarea>')
    await writeFile(join(folder, 'latin.md'), Buffer.from('# Caf\xe9\n', 'latin1'))
    await writeFile(join(folder, 'picture.md'), Buffer.from([0x89, 0x50, 0, 0xff]))
    await writeFile(join(folder, 'wrong.json'), '[1]')
    await writeFile(join(folder, 'clas.md'), '---\ntitel: x\n---\nclas: b\n\n```bash {timout=3}\nls\n```\n')
  })
  afterAll(() => rm(folder, { recursive: true }))

  const inspect = (...args: string[]): Promise<Outcome> =>
    new Promise((resolve) =>
      execFile(process.execPath, [BOOTSTRAP, 'inspect', ...args], { cwd: folder }, (error, out, err) =>
        resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
      ),
    )

  it('says a deck a line as JSON, in the order given; one that cannot be read hides no other', async () => {
    const { status, out, err } = await inspect('--json', 'a.md', 'none.md', 'b.html', 'picture.md', 'latin.md')
    const decks = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { slideCount: number; error?: string; slides: { visibleText: string; codeBlocks: object[] }[] })
    expect(decks.map(({ slideCount }) => slideCount)).toEqual([2, 0, 1, 0, 1])
    expect(decks[0]?.slides[1]?.codeBlocks).toMatchObject([{ highlightedLines: [1] }])
    expect(decks[1]?.error).toMatch(/^There is no deck at none\.md/)
    expect(decks[2]?.slides[0]?.visibleText).toBe('B & C')
    expect(decks[4]?.slides[0]?.visibleText).toBe('Caf\uFFFD')
    expect(err.trimEnd().split('\n')).toHaveLength(2)
    expect(status).toBe(1)
  })

  it('lists slides for a person, and what it is for', async () => {
    expect(await inspect('a.md')).toMatchObject({
      status: 0,
      err: '',
      out: expect.stringMatching(/^a\.md: 2 slides.*\n +1 .* A .*#a\n +2 {2}-- {2}A/),
    })
    expect((await inspect('--help')).out).toContain('--options FILE.json')
  })

  it('names what is probably not meant with file, line, column and the nearest word', async () => {
    const { status, err } = await inspect('--deck', 'clas.md')
    expect(status).toBe(0)
    expect(err.trimEnd().split('\n')).toEqual([
      'clas.md:2:1: Unknown front matter key "titel". Did you mean "title"?',
      'clas.md:4:1: Unknown slide property "clas". Did you mean "class"?',
      'clas.md:6:10: Unknown option "timout" of a bash block. Did you mean "timeout"?',
    ])
  })

  it.each([
    [['none.md'], 1, /^There is no deck at none\.md/],
    [['empty'], 1, /^empty is a folder without a deck\.md/],
    [['picture.md'], 1, /^picture\.md is not text in UTF-8/],
    [[], 2, /inspect needs the FILE of a deck/],
    [['--jsn', 'a.md'], 2, /jsn/],
    [['a.md', '--options', 'none.json'], 2, /The options in none\.json cannot be read/],
    [['a.md', '--options', 'wrong.json'], 2, /wrong\.json holds no options/],
  ])('says in a sentence what is wrong with %j', async (args, code, why) => {
    const { status, out, err } = await inspect(...args)
    expect([status, out]).toEqual([code, ''])
    expect(err).toMatch(why)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })
})

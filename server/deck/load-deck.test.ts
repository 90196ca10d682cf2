import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadDeck } from './load-deck.ts'

describe('loading a deck', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deck-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('takes a file, or a folder with a deck.md, and finds the lab beside it', async () => {
    await writeFile(join(folder, 'deck.md'), '---\nlab: lab\n---\n# A')
    await mkdir(join(folder, 'lab'))
    for (const path of [folder, join(folder, 'deck.md')]) {
      expect(await loadDeck(path)).toMatchObject({ deck: { title: 'A' }, folder, labFolder: join(folder, 'lab'), problems: [] })
    }
  })

  it('finds the descriptions of images that it names, or says that they are missing', async () => {
    await writeFile(join(folder, 'deck.md'), '---\nimages: own\n---\n# A')
    const { imagesFolder, problems } = await loadDeck(folder, folder)
    expect(imagesFolder).toBeUndefined()
    expect(problems[0]?.say).toMatch(/^The images folder "own" is neither beside the deck/)
    await mkdir(join(folder, 'own'))
    expect(await loadDeck(folder, folder)).toMatchObject({ imagesFolder: join(folder, 'own'), problems: [] })
  })

  it('says when the lab is missing, and goes on', async () => {
    await writeFile(join(folder, 'deck.md'), '---\nlab: nowhere\n---\n# A')
    const { labFolder, problems } = await loadDeck(folder, folder)
    expect(labFolder).toBeUndefined()
    expect(problems[0]?.say).toMatch(/^The lab folder "nowhere"/)
  })

  it('says what is wrong with a path', async () => {
    await expect(loadDeck(join(folder, 'none.md'))).rejects.toMatchObject({
      code: 'bad-deck',
      say: expect.stringMatching(/^There is no deck at/),
    })
    await expect(loadDeck(folder)).rejects.toMatchObject({ say: expect.stringMatching(/folder without a deck\.md/) })
  })

  it('takes the deck out of a page that shows one with the original (1.1)', async () => {
    const page =
      '<!DOCTYPE html>\n<title>x</title>\n<TEXTAREA class="a" id=source>\nname: n\nclas: b\n\n# A &lt; B\n</textarea><script>1</script>'
    await writeFile(join(folder, 'talk.html'), page)
    const { deck, problems } = await loadDeck(join(folder, 'talk.html'))
    expect(deck.slides).toMatchObject([{ id: 'n', title: 'A < B' }])
    expect(problems).toMatchObject([{ file: join(folder, 'talk.html'), line: 5, column: 1 }])
    await writeFile(join(folder, 'talk.html'), '<p>nothing')
    await expect(loadDeck(join(folder, 'talk.html'))).rejects.toMatchObject({
      say: expect.stringMatching(/talk\.html is a page without a deck/),
    })
  })

  it('is called what it is called', async () => {
    await writeFile(join(folder, 'talk.Rmd'), 'clas: b\n\n# A')
    expect((await loadDeck(join(folder, 'talk.Rmd'))).problems).toMatchObject([{ file: join(folder, 'talk.Rmd'), line: 1 }])
  })

  it.each([
    ['an empty file', '', 1],
    ['notes alone', '???\nnote', 1],
    ['blank lines alone', '\r\n\t\r\n', 1],
    ['a mark of the byte order and Windows line ends', '\uFEFF# A\r\n---\r\n# B\r\n', 2],
    ['separators alone', '---\n---\n', 3],
  ])('shows %s', async (_, text, slides) => {
    await writeFile(join(folder, 'deck.md'), text)
    const { deck, problems } = await loadDeck(folder)
    expect(deck.slides).toHaveLength(slides)
    expect(problems).toEqual([])
  })

  it('says on which line it is not UTF-8, and when it is far too large', async () => {
    await writeFile(join(folder, 'deck.md'), Buffer.from('# A\n\nCaf\xe9\n', 'latin1'))
    await expect(loadDeck(folder)).rejects.toMatchObject({ say: expect.stringMatching(/:3: This line is not text in UTF-8/) })
    await writeFile(join(folder, 'deck.md'), Buffer.alloc(50_000_000, 'x'))
    await expect(loadDeck(folder)).rejects.toMatchObject({ say: expect.stringMatching(/is larger than 8 MB/) })
  })

  it('refuses what is not text', async () => {
    await writeFile(join(folder, 'deck.md'), Buffer.from([0x89, 0x50, 0xff, 0x00]))
    await expect(loadDeck(folder)).rejects.toMatchObject({ code: 'bad-deck', say: expect.stringMatching(/is not text in UTF-8/) })
  })

  it('puts in what a deck includes, and names problems where they are written', async () => {
    await mkdir(join(folder, 'parts'))
    await writeFile(
      join(folder, 'deck.md'),
      '# A\n\n<!-- include: parts/b.md -->\n\n---\nclas: x\n\n```\n<!-- include: parts/b.md -->\n```',
    )
    await writeFile(join(folder, 'parts/b.md'), '---\n# B\n\n<!-- include: c.md -->\n')
    await writeFile(join(folder, 'parts/c.md'), 'from c\n\n---\nclss: y\n\n# C\n')
    const { deck, texts, problems } = await loadDeck(join(folder, 'deck.md'))
    expect(deck.slides.map((slide) => slide.title)).toEqual(['A', 'B', 'C', ''])
    expect(deck.slides.at(-1)?.steps[0]?.html).toContain('&#x3C;!-- include')
    expect(texts).toEqual(['deck.md', 'parts/b.md', 'parts/c.md'].map((name) => join(folder, name)))
    expect(problems).toEqual([
      { file: join(folder, 'parts/c.md'), line: 4, column: 1, say: 'Unknown slide property "clss". Did you mean "class"?' },
      { file: join(folder, 'deck.md'), line: 6, column: 1, say: 'Unknown slide property "clas". Did you mean "class"?' },
    ])
  })

  it.each([
    ['../secret.md', /deck\.md:1: "\.\.\/secret\.md" is not in the deck's folder/],
    ['/etc/hostname', /is not in the deck's folder/],
    ['link.md', /is not in the deck's folder/],
    ['none.md', /deck\.md:1: There is no file "none\.md" to include/],
    ['deck.md', /The files include each other: .*deck\.md → .*deck\.md/],
    ['round.md', /round\.md:1: The files include each other: .*deck\.md → .*round\.md → .*round\.md/],
  ])('does not include %s', async (name, why) => {
    await symlink('/etc/hostname', join(folder, 'link.md'))
    await writeFile(join(folder, 'round.md'), '<!-- include: round.md -->')
    await writeFile(join(folder, 'deck.md'), `<!-- include: ${name} -->`)
    await expect(loadDeck(join(folder, 'deck.md'))).rejects.toMatchObject({ code: 'bad-deck', say: expect.stringMatching(why) })
  })
})

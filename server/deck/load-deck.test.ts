import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
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

  it('refuses what is not text', async () => {
    await writeFile(join(folder, 'deck.md'), Buffer.from([0x89, 0x50, 0xff, 0x00]))
    await expect(loadDeck(folder)).rejects.toMatchObject({ code: 'bad-deck', say: expect.stringMatching(/is not text in UTF-8/) })
  })
})

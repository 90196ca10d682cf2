import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkTarget, createExportFile } from './export-file.ts'

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'deckhand-file-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const isPdf = (head: string): boolean => head.startsWith('%PDF-')

describe('where an export goes', () => {
  it('may be a new file, an empty one, or one of its kind', async () => {
    writeFileSync(join(folder, 'empty.pdf'), '')
    writeFileSync(join(folder, 'old.pdf'), '%PDF-1.4 …')
    for (const name of ['new.pdf', 'empty.pdf', 'old.pdf'])
      await expect(checkTarget(join(folder, name), 'PDF', isPdf)).resolves.toBeUndefined()
  })

  it('is no other file, no folder, and nowhere that is not there', async () => {
    writeFileSync(join(folder, 'deck.md'), '# Mine')
    mkdirSync(join(folder, 'sub'))
    await expect(checkTarget(join(folder, 'deck.md'), 'PDF', isPdf)).rejects.toThrow('is there and is no PDF that can be replaced')
    await expect(checkTarget(join(folder, 'sub'), 'PDF', isPdf)).rejects.toThrow('is a folder')
    await expect(checkTarget(join(folder, 'gone/a.pdf'), 'PDF', isPdf)).rejects.toThrow('There is no folder')
    await expect(checkTarget('/dev/null', 'PDF', isPdf)).rejects.toThrow('is no plain file')
  })
})

describe('the file of an export', () => {
  it('is there when it is whole, and its older one until then', async () => {
    const path = join(folder, 'whole.pdf')
    writeFileSync(path, 'old')
    const file = await createExportFile(path)
    await file.write('ne')
    expect(readFileSync(path, 'utf8')).toBe('old')
    await file.write(Buffer.from('w'))
    expect(await file.keep()).toBe(3)
    expect(readFileSync(path, 'utf8')).toBe('new')
  })

  it('leaves nothing behind when it is dropped', async () => {
    const file = await createExportFile(join(folder, 'dropped.pdf'))
    await file.write('half')
    file.drop()
    expect(readdirSync(folder).filter((name) => name.includes('dropped'))).toEqual([])
  })

  it('changes the file behind a link, and not the link', async () => {
    writeFileSync(join(folder, 'behind.pdf'), '')
    symlinkSync(join(folder, 'behind.pdf'), join(folder, 'link.pdf'))
    const file = await createExportFile(join(folder, 'link.pdf'))
    await file.write('new')
    await file.keep()
    expect(readFileSync(join(folder, 'behind.pdf'), 'utf8')).toBe('new')
    expect(existsSync(join(folder, 'link.pdf'))).toBe(true)
  })
})

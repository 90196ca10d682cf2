import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { startDeckhand, type Deckhand } from './deckhand.ts'
import { slide, visit } from './pages.ts'

/** A deck that is edited while it is shown. How long an edit takes is measured by `npm run bench -- deck`. */
test.describe.configure({ mode: 'serial' })

let folder: string
let deckhand: Deckhand
let stage: Page
let presenter: Page

const deck = (second: string, more = ''): string =>
  `---\ntitle: Edited\n---\n# One\n\n---\nname: two\n\n# Two\n\n--\n\n${second}\n\n<!-- include: parts/extra.md -->\n\n![drawing](drawing.svg)\n${more}`
const drawing = (colour: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="${colour}"/></svg>`

test.beforeAll(async ({ browser }) => {
  folder = mkdtempSync(join(tmpdir(), 'deckhand-edit-'))
  mkdirSync(join(folder, 'parts'))
  writeFileSync(join(folder, 'parts/extra.md'), 'an extra part\n')
  writeFileSync(join(folder, 'drawing.svg'), drawing('red'))
  writeFileSync(join(folder, 'deck.md'), deck('first words'))
  deckhand = await startDeckhand(['--clusters', 'none', join(folder, 'deck.md')])
  presenter = await visit(browser, deckhand.console)
  stage = await visit(browser, deckhand.stage)
  await expect(slide(presenter)).toContainText('One')
  await presenter.keyboard.press('ArrowRight')
  await presenter.keyboard.press('ArrowRight')
  await expect(slide(stage)).toContainText('first words')
})

test.afterAll(async () => {
  await deckhand?.stop()
  await deckhand?.forget()
  rmSync(folder, { recursive: true, force: true })
})

test('an edit shows on every page at once, which keep their slide and step', async () => {
  await stage.evaluate(() => document.querySelector('section.present')?.setAttribute('data-seen', ''))
  writeFileSync(join(folder, 'deck.md'), deck('second words', '\n---\n\n# Three\n'))
  for (const page of [stage, presenter]) await expect(slide(page)).toContainText('second words')
  await expect(slide(stage)).toContainText('Two')
  // The slide is the same element: nothing was loaded again.
  await expect(slide(stage)).toHaveAttribute('data-seen', '')
})

test('an editor that saves by putting another file in its place is followed, more than once', async () => {
  for (const words of ['third words', 'fourth words']) {
    writeFileSync(join(folder, '.deck.md.swp'), deck(words))
    renameSync(join(folder, '.deck.md.swp'), join(folder, 'deck.md'))
    await expect(slide(stage)).toContainText(words)
  }
})

test('a broken edit keeps the last good version, and says file and line where the presenter looks', async () => {
  writeFileSync(join(folder, 'deck.md'), '---\ntitle: "Edited\nlab: x\n---\n# One\n')
  for (const page of [stage, presenter]) {
    await expect(page.locator('.deck-problem')).toContainText(/deck\.md:\d+: The deck's front matter is not valid YAML/)
    await expect(slide(page)).toContainText('fourth words')
  }
  writeFileSync(join(folder, 'deck.md'), deck('fifth words'))
  await expect(slide(stage)).toContainText('fifth words')
  for (const page of [stage, presenter]) await expect(page.locator('.deck-problem')).toBeHidden()
})

test('what the deck includes and its images are followed as well', async () => {
  writeFileSync(join(folder, 'parts/extra.md'), 'another part\n')
  await expect(slide(stage)).toContainText('another part')
  const image = slide(stage).locator('.step:not([hidden]) img')
  const before = await image.getAttribute('src')
  writeFileSync(join(folder, 'drawing.svg'), drawing('blue'))
  await expect(image).not.toHaveAttribute('src', before ?? '')
})

/** When the words are there, by this machine's clock. */

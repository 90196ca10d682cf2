import { rmSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { startDeckhand, type Deckhand } from './deckhand.ts'
import { writeLongDeck } from './long-deck.ts'
import { slide, visit } from './pages.ts'

/** Ctrl-P on a page with slides. */
const SLIDES = 12

let folder: string
let deckhand: Deckhand

test.beforeAll(async () => {
  const deck = writeLongDeck(SLIDES)
  folder = deck.folder
  deckhand = await startDeckhand(['--clusters', 'none', deck.file])
})

test.afterAll(async () => {
  await deckhand?.stop()
  await deckhand?.forget()
  rmSync(folder, { recursive: true, force: true })
})

test('prints each slide on a page of its own, and the notes below where the presenter wants them', async ({ browser }) => {
  const page = await visit(browser, deckhand.console)
  await expect(slide(page)).toContainText('Part 1')
  const plain = pagesOf(await page.pdf({ preferCSSPageSize: true, printBackground: true }))
  expect(plain).toEqual({ count: SLIDES, boxes: ['1440 810'] })
  await expect(page.locator('.print-deck')).toHaveCount(0)
  await page.getByTitle('Menu').click()
  await page.getByLabel('Notes below each slide').check()
  const noted = pagesOf(await page.pdf({ preferCSSPageSize: true, printBackground: true }))
  expect(noted.count).toBe(SLIDES)
  expect(noted.boxes).toEqual(['1440 2040'])
})

/** How many pages a PDF has, and how large they are in points. */
function pagesOf(pdf: Buffer): { count: number; boxes: readonly string[] } {
  const boxes = [...pdf.toString('latin1').matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)].map(
    ([, width, height]) => `${Number(width)} ${Number(height)}`,
  )
  return { count: boxes.length, boxes: [...new Set(boxes)] }
}

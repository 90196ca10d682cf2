import { rmSync } from 'node:fs'
import { expect, test, type Page } from '@playwright/test'
import { startDeckhand, type Deckhand } from './deckhand.ts'
import { LONG, writeLongDeck } from './long-deck.ts'
import { slide, visit } from './pages.ts'

/** A deck of 2,600 slides is as light as a short one. How quickly it opens is measured by `npm run bench -- deck`. */
test.describe.configure({ mode: 'serial' })

let folder: string
let deckhand: Deckhand

test.beforeAll(async () => {
  const deck = writeLongDeck()
  folder = deck.folder
  deckhand = await startDeckhand(['--clusters', 'none', deck.file])
})

test.afterAll(async () => {
  await deckhand?.stop()
  await deckhand?.forget()
  rmSync(folder, { recursive: true, force: true })
})

test('a page holds the slide that it shows and those beside it, wherever it is', async ({ browser }) => {
  const presenter = await visit(browser, deckhand.console)
  const sections = presenter.locator('.deck-viewport section[data-slide]')
  await expect(slide(presenter)).toContainText('Part 1')
  await expect(sections).toHaveCount(2)
  await presenter.keyboard.press('End')
  await expect(slide(presenter)).toContainText(`Slide ${LONG}`)
  await expect(sections).toHaveCount(2)
  await presenter.keyboard.press('Home')
  await expect(slide(presenter)).toContainText('Part 1')
  await presenter.keyboard.press('ArrowRight')
  await expect(slide(presenter)).toContainText('Slide 2')
  await expect(sections).toHaveCount(3)
})

test('walking through hundreds of slides leaves no elements and no memory behind', async ({ browser }) => {
  const presenter = await visit(browser, deckhand.console)
  await expect(slide(presenter)).toBeVisible()
  const place = presenter.locator('.console-place b')
  // The console steers once it has its connection.
  await expect(async () => {
    await presenter.keyboard.press('ArrowRight')
    await expect(place).not.toHaveText('1', { timeout: 500 })
  }).toPass()
  await walk(presenter, 150)
  const [before, from] = [await held(presenter), Number(await place.textContent())]
  await walk(presenter, 450)
  const [after, to] = [await held(presenter), Number(await place.textContent())]
  expect(to - from).toBeGreaterThan(150)
  expect(after.elements).toBeLessThan(before.elements * 1.1)
  expect(after.bytes).toBeLessThan(before.bytes * 1.15)
})

/** So many key presses, each seen before the next. */
async function walk(page: Page, presses: number): Promise<void> {
  for (let press = 0; press < presses; press++) await page.keyboard.press('ArrowRight')
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
}

/** What a page holds when its garbage is gone. */
async function held(page: Page): Promise<{ elements: number; bytes: number }> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('HeapProfiler.collectGarbage')
  const { usedSize } = await devtools.send('Runtime.getHeapUsage')
  const { nodes } = await devtools.send('Memory.getDOMCounters')
  await devtools.detach()
  return { elements: nodes, bytes: usedSize }
}

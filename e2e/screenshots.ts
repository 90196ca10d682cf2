import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { chromium, type Locator, type Page } from '@playwright/test'
import { CHROMIUM, CHROMIUM_ARGS } from './browser.ts'
import { startDeckhand } from './deckhand.ts'
import { screen, slide, type, visit } from './pages.ts'

/** Takes the pictures that the README shows, of a workshop as it is lived: `node e2e/screenshots.ts`. */
const folder = fileURLToPath(new URL('./screenshots/', import.meta.url))
const WIDE = { viewport: { width: 1600, height: 900 } }

await mkdir(folder, { recursive: true })
const deckhand = await startDeckhand()
const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGS] })
try {
  const presenter = await visit(browser, deckhand.console, WIDE)
  await seen(screen(presenter).filter({ hasText: '$' }))
  const stage = await visit(browser, deckhand.stage, { viewport: { width: 1920, height: 1080 } })
  const ada = await join('Ada')
  for (const name of ['Grace', 'Barbara', 'Edsger']) await join(name)
  for (const title of ['Install Prometheus', 'A volume, and it runs', 'Open the shop']) {
    await show(presenter, title)
    await runs(presenter)
  }
  await show(presenter, 'Rate: is anybody there?')
  await seen(slide(stage).locator('.chart-label').nth(5))
  await type(presenter, 'clear; kubectl -n shop get pods | cut -c-46')
  await seen(screen(presenter).filter({ hasText: 'shipping' }))
  // A line is something to look at once it has a few points.
  await stage.waitForTimeout(60_000)
  await presenter.getByRole('button', { name: 'Beside' }).click()
  await seen(screen(stage).filter({ hasText: 'shipping' }))
  await take(stage, 'stage')
  await take(presenter, 'console')
  await show(presenter, '1 · Too big')
  await seen(slide(ada).getByText('1 · Too big'))
  await runs(ada)
  await seen(slide(ada).getByText('A pod of too-big is ready.'))
  await take(ada, 'attendee')
} finally {
  await browser.close()
  await deckhand.stop()
  await deckhand.forget()
}

async function join(name: string): Promise<Page> {
  const page = await visit(browser, deckhand.join, WIDE)
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('button', { name: 'Join' }).click()
  await seen(screen(page).filter({ hasText: '$' }))
  return page
}

async function show(page: Page, title: string): Promise<void> {
  const list = page.getByRole('combobox', { name: 'Go to slide' })
  await list.selectOption(await list.locator('option', { hasText: title }).first().getAttribute('value'))
  await seen(slide(page).getByText(title))
}

async function runs(page: Page): Promise<void> {
  await slide(page).getByRole('button', { name: 'Run' }).first().click()
  await seen(slide(page).locator('.run-mark').filter({ hasText: 'Done' }))
}

function seen(what: Locator): Promise<void> {
  return what.first().waitFor({ timeout: 120_000 })
}

/** Once what moves stands still. */
async function take(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0)
  await page.waitForTimeout(1000)
  await page.screenshot({ path: `${folder}${name}.png` })
}

import { rmSync } from 'node:fs'
import { expect, test, type Page } from '@playwright/test'
import { startDeckhand, type Deckhand } from './deckhand.ts'
import { writeLongDeck } from './long-deck.ts'
import { slide, visit } from './pages.ts'

/** Ways to a slide that is not the next one. */
test.describe.configure({ mode: 'serial' })

let folder: string
let deckhand: Deckhand
let presenter: Page
let stage: Page

test.beforeAll(async ({ browser }) => {
  const deck = writeLongDeck()
  folder = deck.folder
  deckhand = await startDeckhand(['--clusters', 'none', deck.file])
  stage = await visit(browser, deckhand.stage)
  presenter = await visit(browser, deckhand.console)
  await expect(slide(presenter)).toContainText('Part 1')
  await presenter.keyboard.press('ArrowRight')
  await expect(slide(stage)).toContainText('Slide 2')
})

test.afterAll(async () => {
  await deckhand?.stop()
  await deckhand?.forget()
  rmSync(folder, { recursive: true, force: true })
})

test('its number and Enter', async () => {
  await presenter.keyboard.type('1234')
  await expect(presenter.locator('.typed-number')).toContainText('Slide 1234')
  await presenter.keyboard.press('Enter')
  await expect(presenter.locator('.typed-number')).toBeHidden()
  await expect(slide(stage)).toContainText('Slide 1234')
})

test('what it says, at the step that says it', async () => {
  await presenter.keyboard.press('/')
  const dialog = presenter.getByRole('dialog', { name: 'Find a slide' })
  await dialog.getByRole('searchbox').fill('topic 2500')
  await expect(dialog.locator('.finder-item').first()).toContainText('a first point about topic 2500')
  await dialog.getByRole('searchbox').fill('namespace team-1500')
  await expect(dialog.locator('.finder-item')).toHaveCount(1)
  await presenter.keyboard.press('Enter')
  await expect(dialog).toBeHidden()
  await expect(slide(stage)).toContainText('Slide 1500')
})

test('what nobody says is told in words', async () => {
  await presenter.keyboard.press('/')
  await presenter.getByRole('searchbox').fill('unheard-of')
  await expect(presenter.getByRole('dialog')).toContainText('No slide says “unheard-of”')
  await presenter.keyboard.press('Escape')
  await expect(presenter.getByRole('dialog')).toBeHidden()
})

test('the contents, where the part that is shown is marked', async () => {
  await presenter.keyboard.press('c')
  await expect(presenter.getByRole('navigation', { name: 'Contents' }).locator('[aria-current]')).toContainText('Slide 1500')
  await presenter.locator('.finder-item.opens', { hasText: 'Part 2' }).first().click()
  await expect(slide(stage)).toContainText('Part 2')
})

test('the overview, which draws only what is in view', async () => {
  await presenter.keyboard.press('o')
  const all = presenter.getByRole('listbox', { name: 'All slides' })
  await expect(all.locator('[aria-selected=true]')).toContainText('Part 2')
  expect(await all.locator('section').count()).toBeLessThan(60)
  await presenter.keyboard.press('End')
  await expect(all.locator('[aria-selected=true]')).toContainText('Slide 2600')
  await expect(all.locator('[aria-selected=true]')).toBeInViewport()
  expect(await all.locator('section').count()).toBeLessThan(60)
  // A tile's caption is small; the slide in it keeps its own type.
  const type = await all
    .locator('[aria-selected=true] .step:not([hidden]) li')
    .first()
    .evaluate((item) => getComputedStyle(item).fontSize)
  expect(Number.parseFloat(type)).toBeGreaterThan(40)
  await presenter.keyboard.press('Enter')
  await expect(all).toBeHidden()
  await expect(slide(stage)).toContainText('Slide 2600')
})

test('the keys are listed on ?, and Escape puts the keyboard back', async () => {
  await presenter.keyboard.press('?')
  await expect(presenter.getByRole('dialog', { name: 'Keys' })).toContainText('terminal on stage')
  await presenter.keyboard.press('Escape')
  await presenter.keyboard.press('Home')
  await expect(slide(stage)).toContainText('Part 1')
})

test('the stage goes only where the presenter is', async () => {
  await stage.keyboard.press('o')
  await stage.keyboard.type('7')
  await stage.keyboard.press('Enter')
  await stage.keyboard.press('ArrowRight')
  await expect(stage.getByRole('dialog')).toBeHidden()
  await expect(slide(stage)).toContainText('Part 1')
})

test('an address that somebody sent: through the door, over a reload, until its reader follows again', async ({ browser }) => {
  const page = await visit(browser, new URL('/attend#/s-1003/2', deckhand.join).href)
  await page.waitForURL('**/join?at=*')
  await page.getByLabel('Your name').fill('Ada')
  await page.getByLabel('Code').fill(new URL(deckhand.join).hash.slice(1))
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(slide(page)).toContainText('a second, with')
  await expect(page.getByRole('button', { name: /roaming|Back to the stage/ })).toBeVisible()
  await page.keyboard.press('ArrowRight')
  await expect(page).toHaveURL(/#\/s-1003\/3$/)
  await page.reload()
  await expect(slide(page)).toContainText('a third that')
  await page.evaluate(() => (location.hash = '#/s-3'))
  await expect(slide(page)).toContainText('Slide 3')
  await page.keyboard.press('f')
  await expect(slide(page)).toContainText('Part 1')
  await expect(page).toHaveURL((url) => url.hash === '')
})

test('a swipe, on a phone', async ({ browser }) => {
  const page = await visit(browser, deckhand.join, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  await page.getByLabel('Your name').fill('Bo')
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(slide(page)).toContainText('Part 1')
  await swipe(page, 300, 60)
  await expect(slide(page)).toContainText('Slide 2')
  await swipe(page, 60, 300)
  await expect(slide(page)).toContainText('Part 1')
})

async function swipe(page: Page, from: number, to: number): Promise<void> {
  const touch = await page.context().newCDPSession(page)
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: from, y: 400 }] })
  await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x: to, y: 402 }] })
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await touch.detach()
}

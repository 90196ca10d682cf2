import { expect, type Browser, type BrowserContext, type Locator, type Page } from '@playwright/test'
import type { Deckhand } from './deckhand.ts'

/** Opens a page in a browser profile of its own. */
export async function visit(browser: Browser, url: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context: BrowserContext = await browser.newContext(options)
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** Joins as a person does: opens the link, types a name. */
export async function joinAs(
  browser: Browser,
  deckhand: Deckhand,
  name: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Page> {
  const page = await visit(browser, deckhand.join, options)
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('button', { name: 'Join' }).click()
  await prompt(page)
  return page
}

/** What the terminal in front shows. */
export const screen = (page: Page): Locator => page.locator('.xterm-rows:visible')

/** Waits until the terminal in front shows its prompt. */
export async function prompt(page: Page): Promise<void> {
  await expect(screen(page)).toContainText(/[$#] *$/m)
}

/** Types a line into the terminal in front. */
export async function type(page: Page, line: string): Promise<void> {
  await page.locator('.dock-screen:not([hidden]) .xterm-helper-textarea').focus()
  await page.keyboard.type(line)
  await page.keyboard.press('Enter')
}

/** The lines that the terminal in front shows, without the empty ones. xterm pads with no-break spaces. */
export async function lines(page: Page): Promise<string[]> {
  const rows = await screen(page).locator('> div').allInnerTexts()
  return rows.map((row) => row.replaceAll(' ', ' ').trimEnd()).filter((row) => row !== '')
}

/** The slide that a page shows now. */
export const slide = (page: Page): Locator => page.locator('section.present').last()

/** The presenter goes to the slide with this title, by the console's list. */
export async function present(console: Page, title: string): Promise<void> {
  const list = console.getByRole('combobox').first()
  const option = list.locator('option', { hasText: title }).first()
  await list.selectOption((await option.getAttribute('value')) ?? '')
  await expect(slide(console)).toContainText(title)
}

import { expect, test, type Page } from '@playwright/test'
import { startDeckhand, type Deckhand } from './deckhand.ts'
import { joinAs, lines, screen, type } from './pages.ts'

/** What an attendee forwards to their shell, they see in a tab of their browser. */
test.describe.configure({ mode: 'serial' })

let deckhand: Deckhand
let ada: Page

test.beforeAll(async () => {
  deckhand = await startDeckhand()
})

test.afterAll(async () => {
  await deckhand.stop()
  await deckhand.forget()
})

test('the address that port-forward prints opens the page in a tab', async ({ browser }) => {
  ada = await joinAs(browser, deckhand, 'Ada')
  await type(ada, 'clear; kubectl create deployment web --image=nginx:1.27 && kubectl rollout status deployment/web')
  await expect(screen(ada)).toContainText('successfully rolled out', { timeout: 30_000 })
  await type(ada, 'clear; kubectl port-forward deployment/web 8080:80')
  await expect(screen(ada)).toContainText('Forwarding from 127.0.0.1:8080 -> 80')
  const page = await opened(ada, '127.0.0.1:8080')
  await expect(page.getByRole('heading')).toHaveText('Welcome to nginx!')
  expect(new URL(page.url()).pathname).toMatch(/^\/served\/[\w-]{32}\/$/)
})

test('the page is apart from the workshop: no cookies, no storage, no way into its pages', async () => {
  const page = await opened(ada, '127.0.0.1:8080')
  expect(await page.evaluate(() => globalThis.origin)).toBe('null')
  expect(
    await page.evaluate(() => {
      try {
        return document.cookie
      } catch (error) {
        return String(error)
      }
    }),
  ).toContain('SecurityError')
  const session = await page.evaluate(() =>
    fetch('/api/session', { credentials: 'include' }).then(
      () => 'read',
      () => 'kept out',
    ),
  )
  expect(session).toBe('kept out')
  expect(await page.evaluate(() => fetch(document.URL).then((response) => response.status))).toBe(200)
})

test('another person cannot open it, whoever guesses the terminal’s name', async ({ browser }) => {
  const ben = await joinAs(browser, deckhand, 'Ben')
  const answer = await ben.request.get(new URL('/port/t-01-1/8080/', deckhand.join).href, { maxRedirects: 0 })
  expect(answer.status()).toBe(404)
  expect((await ada.request.get(new URL('/port/t-01-1/8080/', deckhand.join).href, { maxRedirects: 0 })).status()).toBe(303)
})

test('a port where nothing listens says so', async () => {
  const answer = await ada.request.get(new URL('/port/t-01-1/8081/', deckhand.join).href)
  expect(await answer.json()).toMatchObject({ say: 'Nothing that speaks HTTP answers on port 8081 of that terminal.' })
})

/** Clicks on an address in the terminal. @returns the tab that opens */
async function opened(page: Page, address: string): Promise<Page> {
  const rows = await lines(page)
  const row = rows.findIndex((line) => line.includes(address))
  const line = screen(page).locator('> div').nth(row)
  const box = await line.boundingBox()
  const width = await page.locator('.xterm-screen:visible').evaluate((element) => element.clientWidth)
  const columns = await page.locator('.xterm-rows:visible').evaluate((element) => {
    const measured = document.querySelector('.xterm-char-measure-element')
    return measured ? element.clientWidth / (measured.getBoundingClientRect().width / (measured.textContent?.length ?? 1)) : 80
  })
  const at = ((rows[row] ?? '').indexOf(address) + 3) * (width / columns)
  const tab = page.waitForEvent('popup')
  await page.mouse.move((box?.x ?? 0) + at, (box?.y ?? 0) + (box?.height ?? 0) / 2)
  await page.mouse.move((box?.x ?? 0) + at + 2, (box?.y ?? 0) + (box?.height ?? 0) / 2)
  await expect(page.locator('.xterm-cursor-pointer')).toBeVisible()
  await page.mouse.click((box?.x ?? 0) + at + 2, (box?.y ?? 0) + (box?.height ?? 0) / 2)
  return await tab
}

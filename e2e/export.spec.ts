import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test, type Browser, type Page } from '@playwright/test'
import { extractText, getDocumentProxy } from 'unpdf'
import { runToEnd } from './deckhand.ts'
import { slide } from './pages.ts'

/** Decks that are written to files, and what those files show where there is neither server nor network. */
test.describe.configure({ mode: 'serial' })

const EVIL = 'http://evil.example'
const ACT = 'window.acted=1'

const DECK = `---
title: A deck to take home
presenters: [Ada]
---
class: title

# A deck to take home

???
Say hello to everybody.

---

# Nodes

\`\`\`bash
kubectl get nodes
kubectl create namespace shop
\`\`\`

On to [the exercise](#why), or [Kubernetes](https://kubernetes.io/).

![A drawing](drawing.svg)

---

# This goes wrong

\`\`\`bash {expect="Running"}
kubectl get pod nowhere
\`\`\`

---
class: exercise
name: why

# Why is nothing here?

\`\`\`check
title: The shop has settings
all:
  - object: configmaps
    namespace: shop
    name: settings
    exists: true
    say: There are no settings yet.
\`\`\`

\`\`\`hint
Make one.
\`\`\`

~~~~solution
\`\`\`bash
kubectl create configmap settings --namespace shop
\`\`\`
~~~~

---

# </script><script>${ACT}</script>

<script>${ACT}</script> <img src=x onerror="${ACT}"> <img src="${EVIL}/image.png"> <iframe src="${EVIL}"></iframe>
<div style="background: url(${EVIL}/style)">still here</div> [no](javascript:${ACT})
`
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40" onload="parent.acted=1"><script>parent.acted=1</script><image href="${EVIL}/inside.png" width="9" height="9"/><rect width="60" height="40"/></svg>`

let folder: string
let html: string
let pdf: string
let said: { readonly code: number | null; readonly output: string }

test.beforeAll(async () => {
  test.setTimeout(240_000)
  folder = mkdtempSync(join(tmpdir(), 'deckhand-export-'))
  html = join(folder, 'deck.html')
  pdf = join(folder, 'deck.pdf')
  writeFileSync(join(folder, 'deck.md'), DECK)
  writeFileSync(join(folder, 'drawing.svg'), SVG)
  said = await runToEnd(['export', join(folder, 'deck.md'), '--html', html, '--pdf', pdf, '--notes'])
})

test.afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Opens the file as somebody does who has only that. @returns what it complained of, and what it wanted from elsewhere */
async function openFile(browser: Browser, options: Parameters<Browser['newContext']>[0] = {}): Promise<{ page: Page; trouble: string[] }> {
  const page = await (await browser.newContext({ offline: true, ...options })).newPage()
  const trouble: string[] = []
  page.on('console', (message) => message.type() === 'error' && trouble.push(message.text()))
  page.on('pageerror', (error) => trouble.push(String(error)))
  page.on('request', (request) => !/^(?:file|blob|data):/.test(request.url()) && trouble.push(request.url()))
  await page.goto(pathToFileURL(html).href)
  await expect(slide(page)).toContainText('A deck to take home')
  return { page, trouble }
}

test('both files are written although the rehearsal found something wrong, which is said', () => {
  expect(said.output).toContain('deck.html: 5 slides')
  expect(said.output).toContain('deck.pdf: 5 pages')
  expect(said.output).toContain("! 2 of the rehearsal's steps did not go as the deck expects.")
  expect(said.code).toBe(3)
  expect(readdirSync(folder).toSorted()).toEqual(['deck.html', 'deck.md', 'deck.pdf', 'drawing.svg'])
})

test('the HTML file shows the slides and what their commands said, with the same keys, and needs no network', async ({ browser }) => {
  const { page, trouble } = await openFile(browser)
  await page.keyboard.press('ArrowRight')
  await expect(slide(page)).toContainText('workshop-vm-00-00')
  await expect(slide(page)).toContainText('namespace/shop created')
  expect(
    await slide(page)
      .locator('img')
      .evaluate((image: HTMLImageElement) => image.naturalWidth),
  ).toBe(60)
  await page.keyboard.press('ArrowRight')
  await expect(slide(page)).toContainText('pods "nowhere" not found')
  await expect(slide(page)).toContainText('exit status 1')
  await page.keyboard.press('ArrowRight')
  await expect(slide(page)).toContainText('There are no settings yet.')
  await expect(slide(page).getByText('configmap/settings created')).toBeHidden()
  await slide(page).getByText('Solution').click()
  await expect(slide(page).getByText('configmap/settings created')).toBeVisible()
  await page.keyboard.press('Home')
  await page.keyboard.press('/')
  await page.getByLabel('Search the slides').fill('nodes')
  await page.keyboard.press('Enter')
  await expect(slide(page)).toContainText('workshop-vm-00-00')
  await slide(page).getByRole('link', { name: 'the exercise' }).click()
  await expect(slide(page)).toContainText('Why is nothing here?')
  expect(page.url()).toMatch(/#\/why$/)
  await page.keyboard.press('o')
  await expect(page.getByRole('option')).toHaveCount(5)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('option')).toHaveCount(0)
  await page.keyboard.press('t')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  expect(trouble).toEqual([])
})

test('nothing of a hostile deck acts in the file, or reaches out', async ({ browser }) => {
  const { page, trouble } = await openFile(browser)
  await page.keyboard.press('End')
  await expect(slide(page)).toContainText('still here')
  // Whatever wanted to load or run has had its time once the page has drawn again.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  expect(await page.evaluate('window.acted')).toBeUndefined()
  expect(trouble).toEqual([])
})

test('the file fits a phone', async ({ browser }) => {
  const { page } = await openFile(browser, { viewport: { width: 390, height: 844 }, hasTouch: true })
  await page.getByRole('button', { name: 'Next' }).click()
  await expect(slide(page)).toContainText('workshop-vm-00-00')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
})

test('the PDF has a page for each slide, with text, notes, links and bookmarks', async () => {
  const document = await getDocumentProxy(new Uint8Array(readFileSync(pdf)))
  const { text } = await extractText(document)
  expect(text).toHaveLength(5)
  expect(text[0]).toContain('Say hello to everybody.')
  expect(text[1]).toContain('workshop-vm-00-00')
  expect(text[2]).toContain('pods "nowhere" not found')
  // Below the slide, where the notes are, what is folded on it.
  expect(text[3]).toContain('configmap/settings created')
  const links = await (await document.getPage(2)).getAnnotations()
  expect(links.map(({ url, dest }) => url ?? (dest ? 'a page' : undefined))).toEqual(['a page', 'https://kubernetes.io/'])
  expect(await document.getPageIndex(links[0].dest[0])).toBe(3)
  expect((await document.getOutline()).map(({ title }) => title)).toEqual(['A deck to take home'])
  expect((await document.getPage(1)).view).toEqual([0, 0, 1440, 2040])
})

test('without a rehearsal it says what has nothing to show, and the file does', async ({ browser }) => {
  const deck = join(folder, 'plain.md')
  writeFileSync(deck, '# Plain\n\n```bash\nls\n```\n\n```promql\nup\n```\n')
  const { code, output } = await runToEnd(['export', deck, '--html', join(folder, 'plain.html'), '--no-rehearsal'])
  expect(code).toBe(0)
  expect(output).toContain('! Without a rehearsal nothing is shown for 1 command block, 1 chart.')
  const page = await browser.newPage()
  await page.goto(pathToFileURL(join(folder, 'plain.html')).href)
  await expect(slide(page)).toContainText('This chart was live')
  await expect(slide(page)).toContainText('It was exported without a rehearsal.')
})

test('asked for in the wrong way, it writes nothing', async () => {
  const deck = join(folder, 'deck.md')
  for (const [args, words] of [
    [['--pdf', deck], 'deck.md is there and is no PDF that can be replaced.'],
    [['--html', join(folder, 'gone/deck.html')], 'There is no folder'],
    [[], 'Say what to write: --pdf FILE, --html FILE, or both.'],
  ] as const) {
    const { code, output } = await runToEnd(['export', deck, '--no-rehearsal', ...args])
    expect(code).toBe(2)
    expect(output).toContain(words)
  }
  expect(readFileSync(deck, 'utf8')).toBe(DECK)
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { startDeckhand, type Deckhand } from './deckhand.ts'
import { slide, visit } from './pages.ts'

/** A deck by somebody who means ill, on every page that shows it. */
test.describe.configure({ mode: 'serial' })

const EVIL = 'http://evil.example'
const ACT = 'window.acted=1'

const HTML = [
  `<script>${ACT}</script>`,
  `<img src=x onerror="${ACT}">`,
  `<svg onload="${ACT}"><script>${ACT}</script><foreignObject><iframe srcdoc="<script>parent.acted=1</script>"></iframe></foreignObject></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${ACT}"></style></mglyph></table></mtext></math>`,
  `<iframe src="${EVIL}/frame"></iframe><object data="${EVIL}/object"></object><embed src="${EVIL}/embed">`,
  `<link rel="stylesheet" href="${EVIL}/style.css"><style>@import "${EVIL}/import.css"; body { display: none }</style>`,
  `<meta http-equiv="refresh" content="0;url=${EVIL}/meta"><base href="${EVIL}/">`,
  `<form action="${EVIL}/form"><input name="code" autofocus onfocus="${ACT}"><button>Run</button></form>`,
  `<video src="${EVIL}/video" autoplay></video><audio src="${EVIL}/audio" autoplay></audio><picture><source srcset="${EVIL}/set"><img src="x"></picture>`,
  `<div style="background: url(${EVIL}/style); position: fixed; inset: 0; z-index: 9999">over everything</div>`,
  `<a href="javascript:${ACT}" id="app" name="console">a link</a> [another](javascript:${ACT}) [data](data:text/html,<script>${ACT}</script>)`,
  `<noscript><p title="</noscript><img src=x onerror=${ACT}>"></noscript>`,
  `<details open ontoggle="${ACT}"><summary>Open</summary>x</details>`,
  `![remote](${EVIL}/image.png) <img src="//evil.example/image2.png" srcset="${EVIL}/set 2x">`,
  `.a" onmouseover="${ACT}[x] .b[<img src=x onerror=${ACT}>]`,
  `![drawing](drawing.svg)`,
  '```"><script>' + ACT + '</script>\nx\n```',
  `???\n<img src=x onerror="${ACT}"><script>${ACT}</script>`,
]
const PROPERTIES = [
  `background-image: url(${EVIL}/background.png)`,
  `background-image: image-set("${EVIL}/set.png" 1x)`,
  'class: "><script>' + ACT + '</script>',
  `name: "><img src=x onerror=${ACT}>`,
]
const FRONT = `title: '<img src=x onerror="${ACT}">'\npresenters: ['<script>${ACT}</script>']\nvariables:\n  bad: '<img src=x onerror="${ACT}">'\nmacros:\n  bad: '<script>${ACT}</script><img src="${EVIL}/macro.png" onerror="${ACT}">'`
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="parent.acted=1"><script>parent.acted=1</script><image href="${EVIL}/inside.png" width="9" height="9"/><rect width="40" height="40"/></svg>`

let folder: string
let deckhand: Deckhand
const asked: string[] = []
const complaints: string[] = []

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'deckhand-hostile-'))
  mkdirSync(join(folder, 'images'))
  writeFileSync(join(folder, 'drawing.svg'), SVG)
  const slides = [...HTML, ...PROPERTIES.map((property) => `${property}\n\ntext`), '{{ bad }} ![:bad](x)']
  writeFileSync(join(folder, 'deck.md'), `---\n${FRONT}\n---\n# Begin\n\n---\n\n${slides.join('\n\n---\n\n')}\n\n---\n\n# The end\n`)
  deckhand = await startDeckhand(['--clusters', 'none', join(folder, 'deck.md')])
})

test.afterAll(async () => {
  await deckhand?.stop()
  await deckhand?.forget()
  rmSync(folder, { recursive: true, force: true })
})

test('nothing of a hostile deck acts, reaches out or covers a page', async ({ browser }) => {
  test.setTimeout(120_000)
  const presenter = await visit(browser, deckhand.console)
  const stage = await visit(browser, deckhand.stage)
  const attendee = await visit(browser, deckhand.join)
  await attendee.getByLabel('Your name').fill('Ada')
  await attendee.getByRole('button', { name: 'Join' }).click()
  const pages = [presenter, stage, attendee]
  for (const page of pages) listen(page)
  await expect(slide(stage)).toContainText('Begin')
  for (let step = 0; step < HTML.length + PROPERTIES.length + 8; step++) {
    await presenter.keyboard.press('ArrowRight')
    const addresses = await slide(stage)
      .locator('a[href]')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''))
    for (const address of addresses) expect(address).toMatch(/^(?:https?:|#|mailto:)/)
  }
  for (const page of pages) {
    await expect(slide(page)).toContainText('The end')
    expect(await page.evaluate(() => (window as { acted?: unknown }).acted)).toBeUndefined()
    expect(page.url()).not.toContain('evil')
    const left =
      'script:not([src]), .slides iframe, .slides object, .slides embed, .slides form, .slides link, .slides style, .slides [onerror], .slides svg script'
    expect(await page.locator(left).count()).toBe(0)
    expect(await page.evaluate(() => getComputedStyle(document.body).display)).not.toBe('none')
  }
  expect(asked).toEqual([])
  expect(complaints).toEqual([])
})

/** Every request that leaves for elsewhere, also one that a policy would stop: what is stopped was asked for. */
function listen(page: Page): void {
  page.on('request', (request) => {
    if (request.url().includes('evil')) asked.push(request.url())
  })
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text()) && /evil/.test(message.text())) complaints.push(message.text())
  })
  page.on('dialog', (dialog) => void dialog.dismiss())
}

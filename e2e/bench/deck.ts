import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { chromium, type Page } from '@playwright/test'
import { CHROMIUM, CHROMIUM_ARGS } from '../browser.ts'
import { startDeckhand } from '../deckhand.ts'
import { LONG, writeLongDeck } from '../long-deck.ts'
import { tableOf } from './figures.ts'

const OPENINGS = 5
const VISITED = 500
const EDITS = 5

/**
 * Measures a deck of 2,600 slides in a browser: until its stage is drawn, what travels for it, what it holds before and after a
 * long walk, and how long an edit takes from the file to the stage.
 */
export async function measureLongDeck(): Promise<void> {
  const { folder, file } = writeLongDeck()
  const deckhand = await startDeckhand(['--clusters', 'none', file])
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGS] })
  try {
    const times: number[] = []
    let bytes = 0
    for (let time = 0; time < OPENINGS; time++) {
      const page = await (await browser.newContext()).newPage()
      page.on('response', (response) => {
        if (response.url().includes('/api/deck'))
          void response
            .request()
            .sizes()
            .then(
              ({ responseBodySize }) => (bytes = responseBodySize),
              () => undefined,
            )
      })
      const began = performance.now()
      await page.goto(deckhand.stage)
      await page.waitForSelector('section.present h1')
      times.push(performance.now() - began)
      await page.context().close()
    }
    const edits = await millisOfEdits(await (await browser.newContext()).newPage(), deckhand.stage, file)
    const page = await (await browser.newContext()).newPage()
    await page.goto(deckhand.console)
    await page.waitForSelector('section.present h1')
    const before = await heapOf(page)
    for (let press = 0; press < VISITED; press++) await page.keyboard.press('ArrowRight')
    const figures = {
      [`${LONG} slides: until the stage is drawn`]: { value: median(times), unit: 'ms' },
      'an edit, from the file to the stage': { value: median(edits), unit: 'ms' },
      'the deck on the wire': { value: bytes / 1024, unit: 'KB' },
      'the console’s heap when it has opened': { value: before / 1024, unit: 'KB' },
      [`after ${VISITED} steps more`]: { value: (await heapOf(page)) / 1024, unit: 'KB' },
    } as const
    process.stdout.write(`${tableOf(figures, {})}\n`)
  } finally {
    await browser.close()
    await deckhand.stop()
    await deckhand.forget()
    rmSync(folder, { recursive: true, force: true })
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** Edits the first slide, which the stage shows, and waits for the frame that has the edit. */
async function millisOfEdits(page: Page, stage: string, file: string): Promise<readonly number[]> {
  await page.goto(stage)
  await page.waitForSelector('section.present h1')
  const times: number[] = []
  for (let edit = 0; edit < EDITS; edit++) {
    const text = readFileSync(file, 'utf8')
    const began = performance.now()
    writeFileSync(file, text.replace(/^# .*$/m, `# Edit ${edit}`))
    await page.waitForFunction((words) => document.querySelector('section.present h1')?.textContent?.includes(words), `Edit ${edit}`)
    times.push(performance.now() - began)
  }
  await page.context().close()
  return times
}

async function heapOf(page: Page): Promise<number> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('HeapProfiler.collectGarbage')
  const { usedSize } = await devtools.send('Runtime.getHeapUsage')
  await devtools.detach()
  return usedSize
}

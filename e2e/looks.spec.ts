import { readFileSync } from 'node:fs'
import { expect, test, type Browser, type Page } from '@playwright/test'
import { Deck } from '../server/protocol/deck.ts'
import { startDeckhand, type Deckhand } from './deckhand.ts'
import { contrastFaults, geometryFaults } from './look-at.ts'
import { visit } from './pages.ts'

/** How slides look on the stage: all of the workshop's, and the gallery's, which has every layout and every block. */

interface Show {
  readonly deckhand: Deckhand
  readonly stage: Page
  readonly deck: Deck
  /** Brings the stage to a slide's last step, as far as it shows by itself. */
  readonly to: (slide: Deck['slides'][number]) => Promise<void>
}

async function open(browser: Browser, args: readonly string[] = []): Promise<Show> {
  const deckhand = await startDeckhand(args)
  const presenter = await visit(browser, deckhand.console)
  await presenter.locator('section.present').first().waitFor()
  const deck = Deck.parse(await presenter.evaluate(async (): Promise<unknown> => (await fetch('/api/deck')).json()))
  await presenter.evaluate(async () => {
    const socket = new WebSocket(`ws://${location.host}/socket?page=console`)
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    addEventListener('show-slide', (event) => socket.send((event as CustomEvent<string>).detail))
  })
  const stage = await visit(browser, deckhand.stage, { viewport: { width: 1920, height: 1080 }, reducedMotion: 'reduce' })
  await stage.locator('section.present').first().waitFor()
  const to = async (slide: Deck['slides'][number]): Promise<void> => {
    const message = JSON.stringify({ type: 'slide.show', slide: slide.id, step: slide.steps.length - 1 })
    await presenter.evaluate((detail) => dispatchEvent(new CustomEvent('show-slide', { detail })), message)
    await stage.waitForFunction(
      ([id, step]) => {
        const section = [...document.querySelectorAll<HTMLElement>('section.present')].at(-1)
        if (!section || section.dataset['slide'] !== id) return false
        if (section.querySelectorAll<HTMLElement>('.step')[Number(step)]?.hidden !== false) return false
        if ([...section.querySelectorAll('img')].some((image) => !image.complete)) return false
        // A check that has been looked at, a diagram that is drawn.
        return !section.querySelector('.check:not(:has(.check-conditions, .check-mark .icon)), .mermaid-block:not(.drawn)')
      },
      [slide.id, String(slide.steps.length - 1)],
    )
    await stage.evaluate(async () => {
      await document.fonts.ready
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    })
  }
  return { deckhand, stage, deck, to }
}

async function close({ deckhand }: Show): Promise<void> {
  await deckhand.stop()
  await deckhand.forget()
}

test('every slide of the workshop fits the stage: nothing scrolls, shrinks, is cut off or lies over something else', async ({
  browser,
}) => {
  const show = await open(browser)
  const faults: string[] = []
  for (const slide of show.deck.slides) {
    await show.to(slide)
    faults.push(...(await geometryFaults(show.stage)).map((fault) => `${slide.id}: ${fault}`))
  }
  expect(faults).toEqual([])
  await close(show)
})

test('every layout and block fits, has colours that can be read by day and by night, and code in the colours of its language', async ({
  browser,
}) => {
  const show = await open(browser, ['slides/gallery/deck.md'])
  const faults: string[] = []
  for (const slide of show.deck.slides) {
    await show.to(slide)
    faults.push(...(await geometryFaults(show.stage)).map((fault) => `${slide.id}: ${fault}`))
    for (const theme of ['light', 'dark']) {
      await show.stage.evaluate((name) => (document.documentElement.dataset['theme'] = name), theme)
      faults.push(...(await contrastFaults(show.stage)).map((fault) => `${slide.id}, ${theme}: ${fault}`))
    }
    if (slide.id.startsWith('code-')) {
      const marked = await show.stage.locator('section.present pre code :is([class^="hljs-"], .highlighted-line)').count()
      expect(marked, `${slide.id} has marks`).toBeGreaterThan(1)
    }
    if (slide.id === 'background') await expect(show.stage.locator('section.present .slide-ground')).toBeVisible()
  }
  expect(faults).toEqual([])
  await close(show)
})

test('the gallery has every layout, block and language', () => {
  const source = readFileSync(new URL('../slides/gallery/deck.md', import.meta.url), 'utf8')
  for (const name of ['title', 'section', 'statement', 'quote', 'two-columns', 'image', 'code', 'exercise', 'join'])
    expect(source, name).toContain(`class: ${name}`)
  for (const name of ['bash', 'console', 'yaml', 'json', 'dockerfile', 'go', 'python', 'typescript', 'promql', 'logql', 'hcl'])
    expect(source, name).toContain(`\`\`\`${name}`)
  for (const name of ['check', 'quiz', 'topology', 'trace', 'mermaid', 'hint', 'solution', 'yaml {file='])
    expect(source, name).toMatch(new RegExp(`[\`~]{3,}${name}`))
})

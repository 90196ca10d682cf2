import { AxeBuilder } from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { startDeckhand, startReplay, type Deckhand } from './deckhand.ts'
import { joinAs, present, prompt, slide, type, visit } from './pages.ts'

/** Every page as axe-core's rules for WCAG 2.2 AA see it, and what a keyboard or a finger does there. */
test.describe.configure({ mode: 'serial' })

let deckhand: Deckhand
let presenter: Page

test.beforeAll(async ({ browser }) => {
  deckhand = await startDeckhand(['slides/gallery/deck.md'])
  presenter = await visit(browser, deckhand.console, { reducedMotion: 'reduce' })
  await prompt(presenter)
})

test.afterAll(async () => {
  await deckhand?.stop()
  await deckhand?.forget()
})

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** What axe finds wrong, a line each. Terminals draw rows of characters that a screen reader gets in another way. */
async function wrongIn(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).exclude('.xterm-screen').analyze()
  return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target.join(' ')).join(', ')})`)
}

test('joining, with and without the code', async ({ browser }) => {
  const page = await visit(browser, deckhand.join)
  await expect(page.getByLabel('Your name')).toBeFocused()
  expect(await wrongIn(page)).toEqual([])
  await page.goto(deckhand.join.replace(/#.*$/, ''))
  await page.reload()
  await expect(page.getByLabel('Code')).toBeVisible()
  expect(await wrongIn(page)).toEqual([])
  await page.context().close()
})

test('the stage and an attendee’s page', async ({ browser }) => {
  const ann = await joinAs(browser, deckhand, 'Ann', { reducedMotion: 'reduce' })
  const stage = await visit(browser, deckhand.stage, { viewport: { width: 1920, height: 1080 }, reducedMotion: 'reduce' })
  for (const title of ['Layouts', 'A question', 'A task with its check']) {
    await present(presenter, title)
    for (const page of [stage, ann]) {
      await expect(slide(page)).toContainText(title)
      expect(await wrongIn(page)).toEqual([])
    }
  }
  await stage.context().close()
})

test('the console, its menu and what it opens', async () => {
  expect(await wrongIn(presenter)).toEqual([])
  await presenter.getByTitle('Menu').click()
  expect(await wrongIn(presenter)).toEqual([])
  await presenter.getByRole('button', { name: 'Keys' }).click()
  await expect(presenter.getByRole('dialog', { name: 'Keys' })).toBeVisible()
  expect(await wrongIn(presenter)).toEqual([])
  await presenter.keyboard.press('Escape')
  for (const [key, name] of [
    ['o', 'All slides'],
    ['/', 'Find a slide'],
  ] as const) {
    await presenter.keyboard.press(key)
    await expect(presenter.getByRole('dialog', { name })).toBeVisible()
    expect(await wrongIn(presenter)).toEqual([])
    await presenter.keyboard.press('Escape')
  }
})

test('the presenter’s cluster lives through an hour from the menu, and goes back to before', async () => {
  await type(presenter, 'clear; kubectl create deployment web --image=nginx:alpine && kubectl rollout status deployment/web')
  await expect(presenter.locator('.xterm-rows:visible')).toContainText('successfully rolled out')
  await presenter.getByTitle('Menu').click()
  const choice = presenter.getByRole('group', { name: 'Fast-forward your cluster' })
  await choice.getByRole('button', { name: '15 min' }).click()
  await expect(choice.getByRole('button', { name: 'Back to before' })).toBeVisible({ timeout: 60_000 })
  expect(await wrongIn(presenter)).toEqual([])
  await presenter.keyboard.press('Escape')
  await type(presenter, 'clear; kubectl get deployment web')
  await expect(presenter.locator('.xterm-rows:visible')).toContainText(/web\s+1\/1\s+1\s+1\s+1[5-9]m/)
  await presenter.getByTitle('Menu').click()
  await choice.getByRole('button', { name: 'Back to before' }).click()
  await expect(choice.getByRole('button', { name: 'Back to before' })).toBeHidden({ timeout: 60_000 })
  await presenter.keyboard.press('Escape')
})

test('a finger that moves sideways turns the page on a phone', async ({ browser }) => {
  const phone = await visit(browser, deckhand.join, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  await phone.getByLabel('Your name').fill('Phone')
  await phone.getByRole('button', { name: 'Join' }).click()
  await expect(slide(phone)).toContainText('A task with its check')
  await phone.goto(`${new URL(phone.url()).origin}/attend#/numbered`)
  await phone.reload()
  await expect(slide(phone)).toContainText('Steps appear in place')
  const second = slide(phone).getByText('The second comes').filter({ visible: true })
  await expect(second).toHaveCount(0)
  await phone.locator('.deck-viewport').evaluate((element) => {
    const touch = (x: number): Touch => new Touch({ identifier: 1, target: element, clientX: x, clientY: 300 })
    element.dispatchEvent(new TouchEvent('touchstart', { touches: [touch(300)], bubbles: true }))
    element.dispatchEvent(new TouchEvent('touchend', { changedTouches: [touch(90)], bubbles: true }))
  })
  await expect(second).toHaveCount(1)
  expect(await wrongIn(phone)).toEqual([])
  await phone.context().close()
})

test('a recording, whose live drawings say that they were live', async ({ browser }) => {
  await present(presenter, 'What is in the cluster')
  await expect(slide(presenter)).toContainText('workshop-vm-00-00')
  await deckhand.stop()
  const replay = await startReplay(deckhand.state)
  const page = await visit(browser, replay.replay, { reducedMotion: 'reduce' })
  await expect(slide(page)).toContainText('A gallery of slides')
  expect(await wrongIn(page)).toEqual([])
  await page.keyboard.press('End')
  await expect(slide(page)).toContainText('This drawing was live')
  expect(await wrongIn(page)).toEqual([])
  await replay.stop()
})

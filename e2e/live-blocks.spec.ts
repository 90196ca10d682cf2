import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { startDeckhand, startReplay, type Deckhand } from './deckhand.ts'
import { joinAs, slide, type, visit } from './pages.ts'

/** Blocks that do things: checks, topologies and diagrams, in a room with one attendee. */
test.describe.configure({ mode: 'serial' })

const DECK = `---
title: Blocks
---
class: exercise

# Run a web server

~~~check
title: The web server runs
all:
  - object: deployments
    namespace: default
    name: web
    field: status.readyReplicas
    atLeast: 2
    say: Two pods of web are ready.
~~~

~~~hint
Ask kubectl to **create** a deployment.
~~~

~~~~solution
~~~bash
kubectl create deployment web --image=nginx:alpine --replicas=2
~~~
~~~~

---

# What runs

~~~topology
show: [deployments, pods]
~~~

---

# Who asks whom

~~~mermaid {title="Two services"}
flowchart LR
  frontend --> cart
  click frontend "javascript:document.title='clicked'"
~~~

---

# A mistake

~~~mermaid
flowchart LR
  frontend --> [cart
~~~
`

let folder: string
let deckhand: Deckhand
let presenter: Page
let ann: Page

test.beforeAll(async ({ browser }) => {
  folder = mkdtempSync(join(tmpdir(), 'deckhand-blocks-'))
  writeFileSync(join(folder, 'deck.md'), DECK)
  deckhand = await startDeckhand([join(folder, 'deck.md')])
  presenter = await visit(browser, deckhand.console)
  ann = await joinAs(browser, deckhand, 'Ann')
})

test.afterAll(async () => {
  await deckhand?.stop()
  await deckhand?.forget()
  rmSync(folder, { recursive: true, force: true })
})

const check = (page: Page) => slide(page).getByRole('group', { name: 'Exercise: The web server runs' })

test('a check says why it is not met, and gives a hint, then the solution, to whoever asks', async () => {
  await expect(check(ann)).toContainText('Not yet')
  await expect(check(ann)).toContainText('Two pods of web are ready.')
  const hint = slide(ann).getByText('Hint')
  await expect(slide(ann).getByText('Ask kubectl to')).toBeHidden()
  await hint.focus()
  await ann.keyboard.press('Enter')
  await expect(slide(ann).getByText('Ask kubectl to')).toBeVisible()
  await slide(ann).getByText('Solution').click()
  await expect(slide(ann).getByRole('button', { name: 'Run' })).toBeVisible()
})

test('it turns green by itself when the exercise is done, and stays so when the page is loaded again', async () => {
  await type(ann, 'kubectl create deployment web --image=nginx:alpine --replicas=2')
  await expect(check(ann).getByRole('status')).toHaveText('Done')
  await expect(check(ann)).toHaveClass(/met/)
  await ann.reload()
  await expect(check(ann).getByRole('status')).toHaveText('Done')
})

test('the console shows who has passed which', async () => {
  const row = presenter.getByRole('complementary', { name: 'The room' }).getByRole('listitem').filter({ hasText: 'Ann' })
  await expect(row).toContainText('1 of 1 exercises done: The web server runs')
  await expect(check(presenter)).toContainText('Not yet')
})

test('what is undone says so', async () => {
  await type(ann, 'kubectl scale deployment web --replicas=1')
  await expect(check(ann).getByRole('status')).toHaveText('Was done, is not now')
})

test('a topology changes as the cluster does', async () => {
  await ann.getByRole('button', { name: 'Next' }).click()
  const drawing = slide(ann).locator('.topology')
  await expect(drawing.locator('.topology-drawing')).toContainText('1 of 1 ready')
  await expect(drawing.locator('.topology-card')).toHaveCount(2)
  await type(ann, 'kubectl set image deployment/web nginx=nginx:nowhere')
  await expect(drawing.locator('.topology-drawing')).toContainText(/ErrImagePull|ImagePullBackOff/)
  await expect(drawing.getByRole('listitem').filter({ hasText: /ErrImagePull|ImagePullBackOff/ })).toHaveClass('failed')
})

test('a diagram is drawn in both themes, and nothing in it can be clicked into running', async () => {
  await ann.getByRole('button', { name: 'Next' }).click()
  const drawing = slide(ann).getByRole('img', { name: 'Two services' })
  await expect(drawing).toContainText('frontend')
  await ann.emulateMedia({ colorScheme: 'dark' })
  await expect(drawing).toContainText('cart')
  expect(await drawing.locator('script, foreignObject, [onclick], a[href^="javascript"]').count()).toBe(0)
  await ann.emulateMedia({ colorScheme: 'light' })
})

test('a wrong diagram is named with its line, and its source stays', async () => {
  await ann.getByRole('button', { name: 'Next' }).click()
  await expect(slide(ann)).toContainText('This diagram cannot be drawn: look at its line 2.')
  await expect(slide(ann).locator('pre')).toContainText('frontend --> [cart')
})

test('a recording shows a check as it was passed then', async ({ browser }) => {
  await type(presenter, 'kubectl create deployment web --image=nginx:alpine --replicas=2')
  await expect(check(presenter).getByRole('status')).toHaveText('Done')
  await deckhand.stop()
  const replay = await startReplay(deckhand.state)
  try {
    const page = await visit(browser, replay.replay)
    await expect(check(page)).toContainText('Not yet')
    await page.keyboard.press('End')
    await expect(check(page)).toContainText('Done')
  } finally {
    await replay.stop()
  }
})

import { expect, test, type Page } from '@playwright/test'
import { startDeckhand, startReplay, type Deckhand } from './deckhand.ts'
import { joinAs, lines, present, prompt, screen, slide, type, visit } from './pages.ts'

/** One workshop from the first slide to its replay, as its people live it. The tests go on from each other. */
test.describe.configure({ mode: 'serial' })

let deckhand: Deckhand
let stage: Page
let presenter: Page
let ada: Page
let ben: Page

test.beforeAll(async () => {
  deckhand = await startDeckhand()
})

test.afterAll(async () => {
  await deckhand.stop()
  await deckhand.forget()
})

test('the stage shows the first slide, and nothing private', async ({ browser }) => {
  stage = await visit(browser, deckhand.stage, { viewport: { width: 1920, height: 1080 } })
  await expect(slide(stage)).toContainText('Monitoring and')
  expect(stage.url()).not.toContain('#')
})

test('the console shows now, next and notes', async ({ browser }) => {
  presenter = await visit(browser, deckhand.console)
  await expect(presenter.getByRole('region', { name: 'Notes' })).toContainText('Welcome')
  await expect(presenter.getByRole('region', { name: 'Next' })).toContainText('Who is talking')
  await prompt(presenter)
})

test('an attendee joins with a name, and has a shell on a cluster of their own', async ({ browser }) => {
  ada = await joinAs(browser, deckhand, 'Ada')
  await type(ada, 'clear; kubectl get nodes')
  await expect(screen(ada)).toContainText('workshop-vm-01-01')
  expect((await lines(ada)).filter((line) => line.includes('Ready'))).toHaveLength(2)
  await type(ada, 'clear; ls; echo "editor: $EDITOR"')
  await expect(screen(ada)).toContainText('prometheus-volume')
  await expect(screen(ada)).toContainText(/editor: \S+/)
})

test("two attendees do not see each other's objects", async ({ browser }) => {
  ben = await joinAs(browser, deckhand, 'Ben')
  await type(ada, 'clear; kubectl create configmap only-adas --from-literal=a=b')
  await expect(screen(ada)).toContainText('configmap/only-adas created')
  await type(ben, 'clear; kubectl get configmap only-adas; kubectl get nodes')
  await expect(screen(ben)).toContainText('configmaps "only-adas" not found')
  await expect(screen(ben)).toContainText('workshop-vm-02-00')
  await expect(presenter.getByText('Ben')).toBeVisible()
})

test('the presenter moves the stage and everyone who follows', async () => {
  await present(presenter, 'Is the cluster there')
  for (const page of [stage, ada, ben]) await expect(slide(page)).toContainText('Is the cluster there')
})

test('an attendee who moves on their own roams, and can come back', async () => {
  await ben.getByRole('button', { name: 'Next' }).click()
  await expect(slide(ben)).not.toContainText('Is the cluster there')
  await present(presenter, 'What runs in here')
  await expect(slide(ada)).toContainText('What runs in here')
  await expect(slide(ben)).not.toContainText('What runs in here')
  await ben.getByRole('button', { name: /back to the stage/ }).click()
  await expect(slide(ben)).toContainText('What runs in here')
})

test('Run types a block command by command and marks how it went', async () => {
  await present(presenter, 'What are the nodes doing')
  await type(ada, 'clear')
  await expect(slide(ada)).toContainText('workshop-vm-01-00')
  await slide(ada).getByRole('button', { name: 'Run' }).click()
  await expect(slide(ada).locator('.run-mark')).toContainText('Done')
  await expect(screen(ada)).toContainText('Starting kubelet.')
})

test('Copy puts the block on the clipboard', async () => {
  await ada.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await slide(ada).getByRole('button', { name: 'Copy' }).click()
  expect(await ada.evaluate(() => navigator.clipboard.readText())).toContain('kubectl get nodes -o wide')
})

test('a chart says what it waits for, and why', async () => {
  await present(presenter, 'CPU and restarts')
  await expect(slide(ada)).toContainText('Waiting for Prometheus')
  await expect(slide(ada)).toContainText(/not installed|no pod/i)
})

test('Prometheus stays Pending, the cluster says why, and a volume makes it run', async () => {
  await present(presenter, 'Install Prometheus')
  await slide(ada).getByRole('button', { name: 'Run' }).click()
  await expect(slide(ada).locator('.run-mark')).toContainText('Done')
  await type(ada, 'clear; kubectl -n monitoring describe pod -l app=prometheus | tail -n 4; kubectl -n monitoring get pods,pvc')
  await expect(screen(ada)).toContainText('pod has unbound immediate PersistentVolumeClaims')
  await expect(screen(ada)).toContainText(/persistentvolumeclaim\/\S+\s+Pending/)
  await present(presenter, 'CPU and restarts')
  await expect(slide(ada)).toContainText('unbound immediate PersistentVolumeClaims')
  await type(ada, 'clear; kubectl apply -f prometheus-volume/ && kubectl -n monitoring rollout status deployment/prometheus')
  await expect(screen(ada)).toContainText('successfully rolled out', { timeout: 40_000 })
})

test("the chart then draws this attendee's own cluster, and its query can be edited and run again", async () => {
  await expect(slide(ada).locator('.uplot').first()).toBeVisible({ timeout: 25_000 })
  const chart = slide(ada).locator('figure.chart').first()
  const ask = async (query: string): Promise<void> => {
    await chart.getByRole('button', { name: 'Edit' }).click()
    await chart.getByRole('textbox').fill(query)
    await chart.getByRole('textbox').press('Enter')
  }
  await ask('sum(kube_pod_status_phase{phase="Running"})')
  await expect(chart).toHaveAttribute('data-state', 'data')
  await expect(chart).toContainText('sum(kube_pod_status_phase')
  await ask('sum(')
  await expect(chart).toContainText(/parse error|unexpected/i)
  await chart.getByRole('button', { name: 'The slide’s query' }).click()
  await expect(chart).toHaveAttribute('data-state', 'data')
})

test('a second terminal is a second shell', async () => {
  await ada.getByRole('button', { name: 'New terminal' }).click()
  await expect(ada.getByRole('tab')).toHaveCount(2)
  await prompt(ada)
  await type(ada, 'echo second-$((20+2))')
  await expect(screen(ada)).toContainText('second-22')
})

test('the keyboard finds its way out of a terminal, and what was printed can be searched', async () => {
  await ada.keyboard.press('Control+Shift+L')
  await expect(ada.getByRole('tab', { selected: true })).toBeFocused()
  await type(ada, 'clear; for i in $(seq 1 300); do echo "line-$i."; done')
  await expect(screen(ada)).toContainText('line-300.')
  await ada.keyboard.press('Control+Shift+F')
  await ada.keyboard.type('line-42.')
  await ada.keyboard.press('Enter')
  await expect(screen(ada)).toContainText('line-42.')
  await ada.keyboard.press('Escape')
})

test('a reload comes back to the same slide and the same terminal, nothing lost or printed twice', async () => {
  await type(ada, 'clear; echo before-$((40+2))')
  await expect(screen(ada)).toContainText('before-42')
  await ada.reload()
  await expect(slide(ada)).toContainText('CPU and restarts')
  await ada.getByRole('tab').last().click()
  await expect(screen(ada)).toContainText('before-42')
  await type(ada, 'echo after-$((50+2))')
  await expect(screen(ada)).toContainText('after-52')
  expect((await lines(ada)).filter((line) => line === 'before-42')).toHaveLength(1)
})

test('a browser that joined before comes back to its own cluster, without a name', async () => {
  await ada.goto(deckhand.join)
  await expect(ada).toHaveURL(/\/attend$/)
  await ada.getByRole('tab').last().click()
  await expect(screen(ada)).toContainText('after-52')
})

test('a second page of the stage is dark where the machine is dark', async ({ browser }) => {
  const dark = await visit(browser, deckhand.stage, { viewport: { width: 1920, height: 1080 }, colorScheme: 'dark' })
  await expect(slide(dark)).toContainText('CPU and restarts')
  const ground = await dark.evaluate(() => getComputedStyle(document.body).backgroundColor)
  expect(ground).toBe('rgb(13, 36, 56)')
  await dark.context().close()
})

test('a block that opens a shell in a pod goes on inside it, and comes back', async () => {
  test.setTimeout(90_000)
  await present(presenter, 'A pod to look around from')
  await type(ada, 'clear')
  await slide(ada).getByRole('button', { name: 'Run' }).click()
  await expect(slide(ada).locator('.run-mark')).toContainText('Done', { timeout: 60_000 })
  await expect(screen(ada)).toContainText('10.96.0.1')
  await expect(screen(ada)).toContainText('"code": 403')
  await type(ada, 'clear; echo back-in-$SHELL')
  await expect(screen(ada)).toContainText('back-in-/bin/bash')
})

test('a block that follows ends its run and says so', async () => {
  await present(presenter, 'Logs first')
  await presenter.keyboard.press('ArrowRight')
  const follow = slide(ada).locator('.step:not([hidden])').getByRole('button', { name: 'Run' }).last()
  await follow.click()
  await expect(slide(ada).locator('.step:not([hidden]) .run-mark').last()).toContainText('press Ctrl-C to stop')
  await ada.locator('.dock-screen:not([hidden]) .xterm-helper-textarea').focus()
  await ada.keyboard.press('Control+c')
  await type(ada, 'clear; echo stopped-$((3*3))')
  await expect(screen(ada)).toContainText('stopped-9')
})

test("the presenter's terminal is driven from the console and shown on the stage", async () => {
  await presenter.locator('body').click({ position: { x: 5, y: 60 } })
  await presenter.keyboard.press('d')
  await expect(screen(stage)).toBeVisible()
  await type(presenter, 'clear; echo on-$((1+1))-stages')
  await expect(screen(stage)).toContainText('on-2-stages')
  await type(presenter, 'clear; kubectl get nodes')
  await expect(screen(stage)).toContainText('workshop-vm-00-00')
})

test('Ctrl-C ends everything that was started, and the replay plays what happened', async ({ browser }) => {
  expect(await deckhand.stop()).toBe(0)
  await expect(ada.getByRole('status').filter({ hasText: 'Reconnecting' })).toBeVisible()
  const replay = await startReplay(deckhand.state)
  const page = await visit(browser, replay.replay, { viewport: { width: 1920, height: 1080 } })
  await expect(slide(page)).toContainText('Monitoring and')
  const playhead = page.getByRole('slider').first()
  await playhead.focus()
  await page.keyboard.press('End')
  await expect(slide(page)).toContainText('Logs first')
  await expect(screen(page)).toContainText('workshop-vm-00-00')
  await page.keyboard.press('Home')
  await expect(slide(page)).toContainText('Monitoring and')
  await page.getByRole('button', { name: 'Play' }).click()
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
  expect(await replay.stop()).toBe(0)
})

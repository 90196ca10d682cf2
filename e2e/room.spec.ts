import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, expect, test, type Browser, type Page } from '@playwright/test'
import { CHROMIUM_ARGS } from './browser.ts'
import { startDeckhand, type Deckhand } from './deckhand.ts'
import { createOtherHost, type OtherHost } from './other-host.ts'
import { joinAs, lines, present, prompt, screen, slide, type, visit } from './pages.ts'

/** People in the room: other computers, plain http (no secure context), and Wi-Fi that goes away. */
test.describe.configure({ mode: 'serial' })

test.skip(process.getuid?.() !== 0, 'Making another host on this machine needs root: run the tests as root to include these.')

let host: OtherHost
let deckhand: Deckhand
let there: Browser
let ada: Page

test.beforeAll(async () => {
  host = createOtherHost(1)
  deckhand = await startDeckhand(['--share', '--host', host.here])
  there = await chromium.launch({ executablePath: host.chromium, args: [...CHROMIUM_ARGS] })
})

test.afterAll(async () => {
  await there?.close()
  await deckhand?.stop()
  await deckhand?.forget()
  host?.remove()
})

test('an attendee on another computer joins over plain http and gets a shell', async () => {
  expect(new URL(deckhand.join).hostname).toBe(host.here)
  ada = await joinAs(there, deckhand, 'Ada')
  expect(await ada.evaluate(() => isSecureContext)).toBe(false)
  await type(ada, 'clear; kubectl get nodes')
  await expect(screen(ada)).toContainText('workshop-vm-01-00')
})

test('Copy works without a secure context', async () => {
  const presenter = await visit(there, deckhand.console)
  await present(presenter, 'Is the cluster there')
  await slide(ada).getByRole('button', { name: 'Copy' }).click()
  await expect(slide(ada).getByRole('button', { name: 'Copied' })).toBeVisible()
  await presenter.context().close()
})

test("a shell cannot reach the server's host, its files or its environment", async () => {
  const { hostname, port } = new URL(deckhand.join)
  const door = `(exec 3<>/dev/tcp/${hostname}/${port}) 2>&1 | tail -n 1`
  await type(ada, `clear; ls /work /root 2>&1 | tail -n 2; env | grep -c -i -E "node|npm"; ${door}; echo end-$((1+1))`)
  await expect(screen(ada)).toContainText('end-2')
  const shown = (await lines(ada)).join('\n')
  expect(shown).not.toContain('package.json')
  expect(shown).toMatch(/Network is unreachable|No route|refused/)
})

test('half a minute without network: the same slide, the same terminal, nothing lost or printed twice', async () => {
  test.setTimeout(120_000)
  await type(ada, 'clear; for i in $(seq 1 40); do echo "tick-$i."; sleep 1; done; echo all-$((9*9))')
  await expect(screen(ada)).toContainText('tick-2.')
  host.cut()
  await expect(ada.getByRole('status').filter({ hasText: 'Reconnecting' })).toBeVisible({ timeout: 40_000 })
  await new Promise((resolve) => setTimeout(resolve, 30_000 - 5_000))
  host.restore()
  await expect(screen(ada)).toContainText('all-81', { timeout: 60_000 })
  await ada.setViewportSize({ width: 1366, height: 1400 })
  const ticks = (await lines(ada)).filter((line) => /^tick-\d+\.$/.test(line))
  expect(ticks).toEqual(ticks.map((_, index) => `tick-${Number(ticks[0]?.slice(5, -1)) + index}.`))
  expect(ticks.at(-1)).toBe('tick-40.')
  await expect(slide(ada)).toContainText('Is the cluster there')
  await prompt(ada)
})

test('without a working bubblewrap the room gets slides only, and is told why', async ({ browser }) => {
  const folder = mkdtempSync(join(tmpdir(), 'deckhand-bwrap-'))
  writeFileSync(join(folder, 'bwrap'), '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n', { mode: 0o755 })
  for (const tool of ['bash', 'sh', 'kubectl', 'socat', 'vim'])
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${tool} || echo /bin/false`])
        .toString()
        .trim(),
      join(folder, tool),
    )
  const bare = await startDeckhand(['--share', '--host', host.here], { PATH: folder })
  const page = await visit(browser, bare.join)
  await page.getByLabel('Your name').fill('Cleo')
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByText('shells cannot be confined').first()).toBeVisible()
  await expect(slide(page)).toContainText('Monitoring and')
  await page.context().close()
  await bare.stop()
  await bare.forget()
  rmSync(folder, { recursive: true, force: true })
})

import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@playwright/test'
import { runToEnd, startDeckhand } from './deckhand.ts'
import { joinAs, screen, slide, present, type, visit } from './pages.ts'

/** Clusters that are not ours: two started alone with `simulate` stand in for a folder of real ones. */
const bootstrap = fileURLToPath(new URL('../server/bootstrap.mjs', import.meta.url))

test('each attendee gets one of the folder’s clusters, and the next is told that they ran out', async ({ browser }) => {
  const folder = mkdtempSync(join(tmpdir(), 'deckhand-pool-'))
  const clusters = await Promise.all(['first', 'second'].map((name) => simulate(join(folder, `${name}.yaml`))))
  const deckhand = await startDeckhand(['--clusters', `kubeconfig:${folder}`])
  try {
    const presenter = await visit(browser, deckhand.console)
    const ada = await joinAs(browser, deckhand, 'Ada')
    await type(ada, 'clear; kubectl create configmap adas --from-literal=a=b && kubectl get nodes')
    await expect(screen(ada)).toContainText('configmap/adas created')
    await expect(screen(ada)).toContainText('workshop-vm-00-01')
    await present(presenter, 'Is the cluster there')
    await slide(ada).getByRole('button', { name: 'Run' }).click()
    await expect(slide(ada).locator('.run-mark')).toContainText('Done')
    const ben = await visit(browser, deckhand.join)
    await ben.getByLabel('Your name').fill('Ben')
    await ben.getByRole('button', { name: 'Join' }).click()
    await expect(ben.getByText(/no cluster|clusters? (is|are) (left|taken)|all \d+|taken/i).first()).toBeVisible()
    await expect(slide(ben)).toContainText('Is the cluster there')
  } finally {
    await deckhand.stop()
    await deckhand.forget()
    for (const cluster of clusters) cluster.kill('SIGINT')
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a folder with something that is no kubeconfig gets one sentence that names the file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'deckhand-pool-'))
  writeFileSync(join(folder, 'broken.yaml'), 'a: [1, 2\n')
  const { code, output } = await runToEnd([
    'present',
    '--port',
    '0',
    '--state',
    join(folder, 'state'),
    '--clusters',
    `kubeconfig:${folder}`,
  ])
  expect(code).not.toBe(0)
  expect(output).toContain('broken.yaml')
  expect(output).not.toMatch(/\n\s+at /)
  rmSync(folder, { recursive: true, force: true })
})

function simulate(kubeconfig: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [bootstrap, 'simulate', '--kubeconfig', kubeconfig], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('ready') && resolve(child))
    child.once('exit', (code) => reject(new Error(`simulate ended with ${code}`)))
  })
}

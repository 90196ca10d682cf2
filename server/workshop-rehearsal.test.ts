import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { stepText } from './rehearsal/report.ts'
import type { StepResult } from './rehearsal/report.ts'

/** Enough to see where a rehearsal ended that did not come to its end. */
const lastLines = 15

it('the workshop goes as its slides say: every command, exercise, chart, link and image', { timeout: 900_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deckhand-workshop-'))
  try {
    const json = join(folder, 'steps.json')
    const { code, stdout, stderr } = await rehearse(['--json', json])
    const steps = (await readFile(json, 'utf8').catch(() => '')).split('\n').filter(Boolean)
    const broken = steps.map((step) => JSON.parse(step) as StepResult).filter(({ ok }) => !ok)
    // What is wrong comes first: logs are cut off at their end.
    if (broken.length > 0 || code !== 0) {
      const said = stdout.trimEnd().split('\n').slice(-lastLines)
      expect.fail([...broken.map(stepText), `ended with ${code} after ${steps.length} steps`, stderr.trim(), '…', ...said].join('\n'))
    }
    expect(stdout).toContain('all as expected')
  } finally {
    await rm(folder, { recursive: true })
  }
})

function rehearse(args: readonly string[]): Promise<{ code: number | string | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(import.meta.dirname, 'cli.ts'), 'rehearse', ...args],
      { maxBuffer: 64 << 20 },
      (error, stdout, stderr) => resolve({ code: error ? (error.code ?? error.signal ?? null) : 0, stdout, stderr }),
    )
  })
}

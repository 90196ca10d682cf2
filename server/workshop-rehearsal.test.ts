import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('the workshop goes as its slides say: every command, exercise, chart, link and image', { timeout: 600_000 }, async () => {
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, 'cli.ts'), 'rehearse'], { maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      resolve(`${stdout}${stderr}${error ? `\nended with ${String(error.code)}` : ''}`),
    )
  })
  expect(output.slice(-4000)).toContain('all as expected')
})

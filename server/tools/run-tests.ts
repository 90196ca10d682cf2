import { mkdtempSync, rmSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { existsSync, globSync } from 'node:fs'
import { findSome } from './find-tools.ts'
import { readText, ROOT } from './machine.ts'
import { countPlaywright, countVitest, sum, type Count } from './test-counts.ts'

const BIN = join(ROOT, 'node_modules/.bin')

/**
 * Every test there is: unit and conformance with vitest, then the product in a real browser. The last line
 * printed is the count over all of them. Arguments go to vitest, and then the browser tests are left out.
 */
async function runTests(args: readonly string[]): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), 'deckhand-tests-'))
  try {
    const counts = [await vitest(args, join(folder, 'vitest.json'))]
    if (args.length === 0) counts.push(await browserTests(join(folder, 'playwright.json')))
    return sum(counts)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function vitest(args: readonly string[], report: string): Promise<Count> {
  const code = await runVisibly(join(BIN, 'vitest'), [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...args,
  ])
  return countVitest(readText(report), code)
}

async function browserTests(report: string): Promise<Count> {
  if (globSync('e2e/**/*.spec.ts', { cwd: ROOT }).length === 0) return { passed: 0, failed: 0 }
  const { chromium, iproute2 } = await findSome(['chromium', 'iproute2'])
  if (!chromium.found) {
    process.stdout.write(`\nThe browser tests did not run: there is no Chromium (${chromium.why}). ${chromium.howToGet}\n`)
    return { passed: 0, failed: 1 }
  }
  if (!iproute2.found) process.stdout.write(`\nSome browser tests cannot run: ip is missing. ${iproute2.howToGet}\n`)
  const code = await runVisibly(join(BIN, 'playwright'), ['test'], { CHROMIUM: chromium.path, PLAYWRIGHT_JSON_OUTPUT_FILE: report })
  return countPlaywright(readText(report), code)
}

/** The runner's own output goes to the person as it is; its children die with the terminal's Ctrl-C. */
function runVisibly(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  if (!existsSync(file)) throw new Error(`${file} is not installed`)
  return new Promise((resolve) => {
    const child = spawn(file, [...args], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } })
    const interrupt = (signal: NodeJS.Signals): void => void child.kill(signal)
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
    child.once('error', () => resolve(1))
    child.once('close', (code) => {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
      resolve(code ?? 1)
    })
  })
}

const { passed, failed } = await runTests(process.argv.slice(2))
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
process.stdout.write(`\n${passed} passed, ${failed} failed\n`)

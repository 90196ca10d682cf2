import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, run, withoutAddresses } from './machine.ts'
import { seconds } from './progress.ts'

interface Check {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
}

/** Each floor is compiled with what it may use: neither DOM nor Node types on the lowest three. */
const FLOORS = ['server/kernel', 'server/protocol', 'server/simulator', 'server', 'client']

const CHECKS: readonly Check[] = [
  { name: 'formatting', program: 'oxfmt', args: ['--check', '.'] },
  { name: 'lint', program: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  ...FLOORS.map((floor) => ({ name: `types of ${floor}`, program: 'tsc', args: ['-p', floor] })),
  { name: 'unused code', program: 'knip', args: ['--no-progress'] },
  { name: 'import rules', program: 'vitest', args: ['run', 'server/architecture.test.ts', '--reporter=dot'] },
]

/** Runs every check, however many fail: one run shows everything there is to mend. @returns the names of those that failed */
async function runChecks(): Promise<string[]> {
  const failed: string[] = []
  for (const { name, program, args } of CHECKS) {
    const started = performance.now()
    const file = join(ROOT, 'node_modules/.bin', program)
    const { ok, stdout, stderr } = existsSync(file)
      ? await run(file, args)
      : { ok: false, stdout: '', stderr: `${program} is not installed` }
    process.stdout.write(`${ok ? '✓' : '✗'} ${name} (${seconds(performance.now() - started)})\n`)
    if (ok) continue
    failed.push(name)
    process.stdout.write(`${withoutAddresses(`${stdout}${stderr}`).trim()}\n\n`)
  }
  return failed
}

const failed = await runChecks()
process.stdout.write(failed.length === 0 ? 'Everything is in order.\n' : `Not in order: ${failed.join(', ')}.\n`)
process.exitCode = failed.length === 0 ? 0 : 1

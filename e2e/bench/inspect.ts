import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LONG, writeLongDeck } from '../long-deck.ts'
import { medianOf } from './figures.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Inspects a long deck as a person does, from the start of the process, beside a Node that starts and does nothing. */
export async function measureInspect(): Promise<void> {
  const { folder, file } = writeLongDeck()
  try {
    const inspected = await medianOf(5, () => run(['server/bootstrap.mjs', 'inspect', '--json', file]))
    const nothing = await medianOf(5, () => run(['-e', '']))
    process.stdout.write(
      `inspect of ${LONG} slides: ${inspected.value.toFixed(0)} ms, ${(inspected.value / nothing.value).toFixed(1)} times a Node that does nothing (${nothing.value.toFixed(0)} ms)\n`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function run(args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed: ${stderr}`)
}

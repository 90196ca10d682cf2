import { spawn } from 'node:child_process'
import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LONG, writeLongDeck } from '../long-deck.ts'
import { tableOf } from './figures.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SAMPLE_MILLIS = 250

/** Measures the export of a deck of 2,600 slides: how long it takes, and the most memory that it and every process it started had at once. */
export async function measureExport(): Promise<void> {
  const { folder, file } = writeLongDeck()
  try {
    const pdf = await exporting(file, ['--pdf', join(folder, 'long.pdf'), '--notes'])
    const html = await exporting(file, ['--html', join(folder, 'long.html')])
    const figures = {
      [`${LONG} slides as a PDF with notes`]: { value: pdf.millis / 1000, unit: 's' },
      'the most memory of all processes (PSS)': { value: pdf.pss / 1024, unit: 'MB' },
      'the PDF': { value: statSync(join(folder, 'long.pdf')).size / 2 ** 20, unit: 'MB' },
      [`${LONG} slides as one HTML file`]: { value: html.millis / 1000, unit: 's' },
      'the most memory of all processes for it (PSS)': { value: html.pss / 1024, unit: 'MB' },
      'the HTML': { value: statSync(join(folder, 'long.html')).size / 2 ** 20, unit: 'MB' },
    } as const
    process.stdout.write(`${tableOf(figures, {})}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function exporting(deck: string, args: readonly string[]): Promise<{ readonly millis: number; readonly pss: number }> {
  const began = performance.now()
  const child = spawn(process.execPath, [join(ROOT, 'server/bootstrap.mjs'), 'export', deck, '--no-rehearsal', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let pss = 0
  const timer = setInterval(() => (pss = Math.max(pss, memoryOf(child.pid ?? 0))), SAMPLE_MILLIS)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearInterval(timer)
  if (code !== 0) throw new Error(`The export ended with ${code}.`)
  return { millis: performance.now() - began, pss }
}

/** Of a process and all below it, in KB; what they share is counted once. Source: Linux' Documentation/filesystems/proc.rst */
function memoryOf(root: number): number {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(/\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1] ?? 0)]),
  )
  const isBelow = (pid: number | undefined): boolean => pid === root || (pid !== undefined && pid > 1 && isBelow(parents.get(pid)))
  return [...parents.keys()]
    .filter(isBelow)
    .reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0), 0)
}

/** A process may be gone by now. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

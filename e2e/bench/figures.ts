import { setTimeout as sleep } from 'node:timers/promises'

/** What was measured, by what it is called; the same names for all who are compared. */
export type Figures = Readonly<Record<string, Figure>>

interface Figure {
  readonly value: number
  readonly unit: 'ms' | 's' | 'KB' | 'MB' | '% of a core' | '/s' | 'events'
}

/** Runs `once` that often, after a few turns to warm up. @returns the median, in milliseconds */
export async function medianOf(times: number, once: (turn: number) => unknown): Promise<Figure> {
  const taken: number[] = []
  for (let turn = 0; turn < times + 3; turn++) {
    const started = performance.now()
    await once(turn)
    if (turn >= 3) taken.push(performance.now() - started)
  }
  return { value: taken.toSorted((a, b) => a - b)[Math.floor(taken.length / 2)] ?? 0, unit: 'ms' }
}

/** What `once` takes of a processor, in milliseconds: on a busy machine the clock on the wall says more. */
export async function processorOf(times: number, once: (turn: number) => unknown): Promise<Figure> {
  for (let turn = 0; turn < 3; turn++) await once(turn)
  const used = process.cpuUsage()
  for (let turn = 0; turn < times; turn++) await once(turn)
  const { user, system } = process.cpuUsage(used)
  return { value: (user + system) / 1000 / times, unit: 'ms' }
}

/** Makes so many and keeps them. @returns what each holds of the heap, and of a processor while nothing happens */
export async function idleCost<T>(
  count: number,
  make: (index: number) => Promise<T>,
): Promise<{ memory: Figure; processor: Figure; kept: T[] }> {
  const before = await heap()
  const kept: T[] = []
  for (let index = 0; index < count; index++) kept.push(await make(index))
  const memory: Figure = { value: ((await heap()) - before) / count / 1024, unit: 'KB' }
  await sleep(500)
  // A process that does nothing at all takes a little too: what remains is the clusters'.
  const [started, used] = [performance.now(), process.cpuUsage()]
  await sleep(4000)
  const { user, system } = process.cpuUsage(used)
  const share = (user + system) / 1000 / (performance.now() - started)
  return { memory, processor: { value: (share * 100) / count, unit: '% of a core' }, kept }
}

async function heap(): Promise<number> {
  for (let turn = 0; turn < 6; turn++) {
    globalThis.gc?.()
    await sleep(150)
  }
  return process.memoryUsage().heapUsed
}

/** How many of something were done a second. */
export async function rateOf(count: number, all: () => Promise<void>): Promise<Figure> {
  const started = performance.now()
  await all()
  return { value: (count / (performance.now() - started)) * 1000, unit: '/s' }
}

export function tableOf(ours: Figures, peer: Figures): string {
  const lines = [...new Set([...Object.keys(ours), ...Object.keys(peer)])].map((name) => {
    const [a, b] = [ours[name], peer[name]]
    const better = a && b && b.value > 0 && a.value > 0 ? ratio(a, b) : ''
    return [name, shown(a), shown(b), better]
  })
  const rows = [['', 'ours', 'webernetes', 'ours is'], ...lines]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '))
    .join('\n')
}

function ratio(ours: Figure, peer: Figure): string {
  const gain = ours.unit === '/s' ? ours.value / peer.value : peer.value / ours.value
  return gain >= 1 ? `${gain.toPrecision(2)} times better` : `${(1 / gain).toPrecision(2)} times worse`
}

function shown(figure: Figure | undefined): string {
  if (!figure) return '-'
  const digits = figure.value >= 100 ? 0 : figure.value >= 1 ? 1 : 4
  return `${figure.value.toFixed(digits)} ${figure.unit}`
}

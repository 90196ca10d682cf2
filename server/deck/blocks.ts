import { createHash } from 'node:crypto'
import { BlockId } from '../kernel/ids.ts'
import type { Block, CommandBlock, QueryBlock } from '../protocol/deck.ts'
import { splitCommands } from './commands.ts'
import { parseDuration, type FenceInfo } from './fence-info.ts'
import { isExpression, splitQueries } from './queries.ts'

const COMMAND_LANGUAGES = new Set(['bash', 'sh', 'shell', 'console'])
const MAX_QUERY = 4000

/** Collects the live blocks of one slide; the same block in a later step is the same block. */
export class BlockCollector {
  readonly #slide: string
  readonly #blocks = new Map<string, Block>()
  readonly #report: (say: string, source: string) => void
  #seen = new Map<string, number>()

  /** @param report is told what is wrong with a block, and its source */
  constructor(slide: string, report: (say: string, source: string) => void) {
    this.#slide = slide
    this.#report = report
  }

  get blocks(): Block[] {
    return [...this.#blocks.values()]
  }

  /** Steps repeat the blocks of the steps before them, in the same order. */
  beginStep(): void {
    this.#seen = new Map()
  }

  /** @returns the block's id, or undefined when this code is only to be read */
  add(info: FenceInfo, source: string): BlockId | undefined {
    if (info.attributes.get('run') === 'false' || source.trim() === '') return undefined
    const isCommand = COMMAND_LANGUAGES.has(info.language)
    if (!isCommand && info.language !== 'promql') return undefined
    const key = `${info.language}\0${source}`
    const occurrence = (this.#seen.get(key) ?? 0) + 1
    this.#seen.set(key, occurrence)
    const id = blockId(`${this.#slide}\0${key}\0${occurrence}`)
    if (this.#blocks.has(id)) return id
    const block = isCommand ? this.#command(id, info, source) : this.#query(id, info, source)
    if (block) this.#blocks.set(id, block)
    return block?.id
  }

  #command(id: BlockId, info: FenceInfo, source: string): CommandBlock | undefined {
    const { commands, error } = splitCommands(info.language === 'console' ? typed(source) : source)
    if (error)
      this.#report(
        `bash cannot parse this block (${error.message}, its line ${error.line}); each of its lines is run as a command.`,
        source,
      )
    return commands.length === 0 ? undefined : { kind: 'command', id, source, commands }
  }

  #query(id: BlockId, info: FenceInfo, source: string): QueryBlock | undefined {
    const queries = splitQueries(source).filter((query) => query.length <= MAX_QUERY)
    if (queries.length === 0) return undefined
    for (const query of queries) if (!isExpression(query)) this.#report(`This is not a PromQL expression: ${query}`, source)
    const rangeSeconds = this.#seconds(info, 'range', 900, [10, 86_400], source)
    const stepSeconds = this.#seconds(info, 'step', 15, [1, 3600], source)
    const title = info.attributes.get('title')
    return { kind: 'query', id, queries, ...(title ? { title } : {}), rangeSeconds, stepSeconds }
  }

  #seconds(info: FenceInfo, name: string, otherwise: number, [least, most]: readonly [number, number], source: string): number {
    const written = info.attributes.get(name)
    if (written === undefined) return otherwise
    const seconds = parseDuration(written)
    if (seconds !== undefined && seconds >= least && seconds <= most) return seconds
    this.#report(`${name}=${written} is not a duration from ${least}s to ${most}s, such as 15m; ${otherwise}s is used.`, source)
    return otherwise
  }
}

/** In a `console` block only what stands behind a prompt was typed; without any prompt, all of it. */
function typed(source: string): string {
  const prompted = source.split('\n').filter((line) => /^\s*\$ /.test(line))
  return prompted.length === 0 ? source : prompted.map((line) => line.replace(/^\s*\$ /, '')).join('\n')
}

function blockId(seed: string): BlockId {
  return BlockId.parse(`b${createHash('sha256').update(seed).digest('hex').slice(0, 12)}`)
}

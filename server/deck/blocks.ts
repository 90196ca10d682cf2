import { createHash } from 'node:crypto'
import { BlockId } from '../kernel/ids.ts'
import type { Block, CommandBlock, QueryBlock } from '../protocol/deck.ts'
import { splitCommands } from './commands.ts'
import { BlockOptions } from './block-options.ts'
import { DATA_LANGUAGES, makeDataBlock } from './data-blocks.ts'
import type { FenceInfo } from './fence-info.ts'
import { isExpression, splitQueries } from './queries.ts'

const COMMAND_LANGUAGES = new Set(['bash', 'sh', 'shell', 'console'])
const MAX_QUERY = 4000

/** Is told what is wrong with a block: in its source (lines from 1; 0 is the fence), or in an option of its fence. */
export type BlockReport = (
  say: string,
  source: string,
  place: { readonly line: number; readonly column: number } | { readonly option: string },
) => void

/** A fence that is more than code: its id, and what stands for it where it is not live; empty when only a rehearsal is to know of it. */
export interface PlacedBlock {
  readonly id: BlockId
  readonly html?: string
}

/** Collects the live blocks of one slide; the same block in a later step is the same block. */
export class BlockCollector {
  readonly #slide: string
  readonly #blocks = new Map<string, { readonly block: Block; readonly placed: PlacedBlock } | undefined>()
  readonly #report: BlockReport
  #seen = new Map<string, number>()

  constructor(slide: string, report: BlockReport) {
    this.#slide = slide
    this.#report = report
  }

  get blocks(): Block[] {
    return [...this.#blocks.values()].flatMap((one) => (one ? [one.block] : []))
  }

  /** Steps repeat the blocks of the steps before them, in the same order. */
  beginStep(): void {
    this.#seen = new Map()
  }

  /** @param fold whether it stands in a hint or a solution @returns undefined when this code is only to be read */
  add(info: FenceInfo, source: string, fold?: 'hint' | 'solution'): PlacedBlock | undefined {
    const isData = DATA_LANGUAGES.has(info.language) || info.attributes.has('file')
    const isLive = isData || COMMAND_LANGUAGES.has(info.language) || info.language === 'promql'
    const isEmpty = source.trim() === '' && info.language !== 'topology'
    if (!isLive || isEmpty || info.attributes.get('run') === 'false') return undefined
    const key = `${info.language}\0${source}`
    const occurrence = (this.#seen.get(key) ?? 0) + 1
    this.#seen.set(key, occurrence)
    const id = blockId(`${this.#slide}\0${key}\0${occurrence}`)
    if (!this.#blocks.has(id)) this.#blocks.set(id, this.#make(id, info, source, fold))
    return this.#blocks.get(id)?.placed
  }

  #make(
    id: BlockId,
    info: FenceInfo,
    source: string,
    fold: 'hint' | 'solution' | undefined,
  ): { block: Block; placed: PlacedBlock } | undefined {
    const options = new BlockOptions(info, (option, say) => this.#report(say, source, { option }))
    if (DATA_LANGUAGES.has(info.language) || info.attributes.has('file')) {
      const { block, html, faults } = makeDataBlock(id, info, source)
      for (const { say, line, column } of faults) this.#report(say, source, { line, column })
      return block && { block, placed: { id, ...(html === undefined ? {} : { html }) } }
    }
    const block = info.language === 'promql' ? this.#query(id, info, options, source) : this.#command(id, info, options, source, fold)
    const hidden = block?.kind === 'command' && block.role === 'wrong'
    return block && { block, placed: hidden ? { id, html: '' } : { id } }
  }

  #command(
    id: BlockId,
    info: FenceInfo,
    options: BlockOptions,
    source: string,
    fold: 'hint' | 'solution' | undefined,
  ): CommandBlock | undefined {
    const { commands, error } = splitCommands(info.language === 'console' ? typed(source) : source)
    if (error)
      this.#report(
        `bash cannot parse this block (${error.message}, its line ${error.line}); each of its lines is run as a command.`,
        source,
        {
          line: 0,
          column: 1,
        },
      )
    if (commands.length === 0) return undefined
    const rehearsal = {
      terminal: options.terminal(),
      expect: options.pattern('expect'),
      expectFail: options.flag('expect-fail') || undefined,
      until: options.pattern('until'),
      timeoutSeconds: options.seconds('timeout', [1, 3600], undefined),
      role: options.flag('wrong') ? ('wrong' as const) : fold,
    }
    return { kind: 'command', id, source, commands, ...withoutUndefined(rehearsal) }
  }

  #query(id: BlockId, info: FenceInfo, options: BlockOptions, source: string): QueryBlock | undefined {
    const queries = splitQueries(source).filter((query) => query.length <= MAX_QUERY)
    if (queries.length === 0) return undefined
    for (const query of queries)
      if (!isExpression(query)) this.#report(`This is not a PromQL expression: ${query}`, source, { line: 0, column: 1 })
    const rangeSeconds = options.seconds('range', [10, 86_400], 900) ?? 900
    const stepSeconds = options.seconds('step', [1, 3600], 15) ?? 15
    const more = { title: info.attributes.get('title') || undefined, chart: options.chart() }
    return { kind: 'query', id, queries, ...withoutUndefined(more), rangeSeconds, stepSeconds }
  }
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

/** In a `console` block only what stands behind a prompt was typed; without any prompt, all of it. */
function typed(source: string): string {
  const prompted = source.split('\n').filter((line) => /^\s*\$ /.test(line))
  return prompted.length === 0 ? source : prompted.map((line) => line.replace(/^\s*\$ /, '')).join('\n')
}

function blockId(seed: string): BlockId {
  return BlockId.parse(`b${createHash('sha256').update(seed).digest('hex').slice(0, 12)}`)
}

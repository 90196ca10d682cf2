import { patternFault } from './data-blocks.ts'
import { parseDuration, type FenceInfo } from './fence-info.ts'
import { suggest } from './suggest.ts'

/** What may stand in braces behind a block's language. */
const COMMAND = ['run', 'terminal', 'expect', 'expect-fail', 'until', 'timeout', 'wrong', 'file']
const QUERY = ['run', 'range', 'step', 'type', 'title']
const OPTIONS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<readonly string[]>({
    bash: COMMAND,
    sh: COMMAND,
    shell: COMMAND,
    console: COMMAND,
    promql: QUERY,
    check: ['title'],
    quiz: ['title'],
    topology: ['title'],
    trace: ['title'],
    mermaid: ['run', 'title'],
  }),
)
export const CHART_TYPES = ['line', 'area', 'bars', 'number', 'table'] as const

/** Is told what is wrong with an option, and which. */
export type OptionReport = (option: string, say: string) => void

/** Reads a block's options and says which are unknown or cannot be; those are as if they were not there. */
export class BlockOptions {
  readonly #info: FenceInfo
  readonly #report: OptionReport

  constructor(info: FenceInfo, report: OptionReport) {
    this.#info = info
    this.#report = report
    const known = OPTIONS.get(info.language)
    if (!known) return
    for (const key of info.attributes.keys()) {
      if (known.includes(key)) continue
      const meant = suggest(key, known)
      report(
        key,
        `Unknown option "${key}" of a ${info.language} block.${meant ? ` Did you mean "${meant}"?` : ` Known are ${known.join(', ')}.`}`,
      )
    }
  }

  flag(name: string): boolean {
    const value = this.#info.attributes.get(name)
    return value !== undefined && value !== 'false'
  }

  seconds(name: string, [least, most]: readonly [number, number], otherwise: number | undefined): number | undefined {
    const written = this.#info.attributes.get(name)
    if (written === undefined) return otherwise
    const seconds = parseDuration(written)
    if (seconds !== undefined && seconds >= least && seconds <= most) return seconds
    const used = otherwise === undefined ? 'it is left out' : `${otherwise}s is used`
    this.#report(name, `${name}=${written} is not a duration from ${least}s to ${most}s, such as 15m; ${used}.`)
    return otherwise
  }

  pattern(name: string): string | undefined {
    const written = this.#info.attributes.get(name)
    if (written === undefined) return undefined
    const fault = patternFault(written)
    if (fault === undefined) return written
    this.#report(name, fault)
    return undefined
  }

  terminal(): number | undefined {
    const written = this.#info.attributes.get('terminal')
    if (written === undefined || /^[1-9]$/.test(written)) return written === undefined ? undefined : Number(written)
    this.#report('terminal', `terminal=${written} is not a terminal's number from 1 to 9; the one in front is used.`)
    return undefined
  }

  chart(): (typeof CHART_TYPES)[number] | undefined {
    const written = this.#info.attributes.get('type')
    const found = CHART_TYPES.find((type) => type === written)
    if (written === undefined || found) return found
    const meant = suggest(written, CHART_TYPES)
    this.#report(
      'type',
      `There is no chart of type "${written}".${meant ? ` Did you mean "${meant}"?` : ` There are ${CHART_TYPES.join(', ')}.`}`,
    )
    return undefined
  }
}

import type { BlockId } from '../kernel/ids.ts'
import type { CheckBlock } from '../protocol/blocks.ts'
import type { Command, CommandBlock, QueryBlock } from '../protocol/deck.ts'
import type { ExportedDeck, RecordedRun } from '../protocol/exported-deck.ts'
import type { CheckState, LiveState } from '../protocol/live-block.ts'
import type { ChartState } from '../protocol/server-message.ts'

/** What a rehearsal found, as an exported deck shows it. */
export type Recordings = Pick<ExportedDeck, 'runs' | 'charts' | 'live'>

export const nothingRecorded: Recordings = { runs: {}, charts: {}, live: {} }

/** More than these nobody reads on a slide. */
const MOST_LINES = 300
const MOST_COLUMNS = 400

type Ran = { readonly exits: readonly number[]; readonly output: string; readonly said: readonly string[]; readonly left: boolean }

/** Keeps what a rehearsal finds on its way. */
export class Recorder {
  readonly #runs = new Map<BlockId, RecordedRun>()
  readonly #charts = new Map<BlockId, (ChartState | undefined)[]>()
  readonly #live = new Map<BlockId, LiveState>()
  readonly #checked = new Set<BlockId>()
  #last: BlockId | undefined

  /** A block was run, from its beginning. */
  ran(block: CommandBlock, result: Ran): void {
    this.#last = block.id
    this.#runs.set(block.id, { commands: commandsOf(block.commands, result) })
  }

  /** Its last command was, once more: only what it said in the end counts. */
  ranLast(block: CommandBlock, result: Ran): void {
    const before = this.#runs.get(block.id)?.commands ?? []
    this.#runs.set(block.id, { commands: [...before.slice(0, -1), ...commandsOf(block.commands.slice(-1), result)] })
  }

  /** The block that was run last is not as the deck expects it. */
  wrong(expected: string): void {
    const run = this.#last === undefined ? undefined : this.#runs.get(this.#last)
    if (this.#last !== undefined && run) this.#runs.set(this.#last, { ...run, wrong: expected })
  }

  /** @returns hears how a check stands; it is kept as it was before the exercise was solved, the first time that somebody looks */
  check({ id }: CheckBlock): (state: CheckState) => void {
    if (this.#checked.has(id)) return () => {}
    this.#checked.add(id)
    return (check) => void this.#live.set(id, { kind: 'check', check })
  }

  chart(block: QueryBlock, query: string, state: ChartState): void {
    const at = block.queries.indexOf(query)
    const states = this.#charts.get(block.id) ?? block.queries.map(() => undefined)
    // What was seen once stays, until more of it has been.
    if (at < 0 || (states[at] && pointsIn(state) <= pointsIn(states[at]))) return
    states[at] = state
    this.#charts.set(block.id, states)
  }

  live(block: BlockId, state: LiveState): void {
    this.#live.set(block, state)
  }

  recordings(): Recordings {
    const charts = [...this.#charts].flatMap(([id, states]) => {
      const whole = states.filter((state) => state !== undefined)
      return whole.length === states.length ? [[id, whole] as const] : []
    })
    return {
      runs: Object.fromEntries(this.#runs) as Recordings['runs'],
      charts: Object.fromEntries(charts) as Recordings['charts'],
      live: Object.fromEntries(this.#live) as Recordings['live'],
    }
  }
}

function commandsOf(commands: readonly Command[], { exits, output, said, left }: Ran): RecordedRun['commands'] {
  // Where a shell told of each command, outputs are theirs one by one; one that was left did not end by itself.
  if (said.length !== commands.length) return [{ text: commands.map(({ text }) => text).join('\n'), output: cut(output) }]
  return commands.map(({ text }, index) => {
    const exit = left && index === commands.length - 1 ? undefined : exits[index]
    return { text, output: cut(said[index] ?? ''), ...(exit !== undefined && { exit }) }
  })
}

function cut(output: string): string {
  const lines = output.trimEnd().split('\n')
  const shown = lines.slice(0, MOST_LINES).map((line) => (line.length > MOST_COLUMNS ? `${line.slice(0, MOST_COLUMNS)} …` : line))
  return [...shown, ...(lines.length > MOST_LINES ? [`… and ${lines.length - MOST_LINES} more lines`] : [])].join('\n')
}

function pointsIn(state: ChartState): number {
  if (state.state !== 'data') return -1
  return state.series.reduce((sum, { values }) => sum + values.filter((value) => value !== null).length, 0)
}

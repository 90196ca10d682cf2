import { readPattern } from '../kernel/pattern.ts'
import type { Pattern } from '../kernel/pattern.ts'
import type { BlockId } from '../kernel/ids.ts'
import type { CheckBlock } from '../protocol/blocks.ts'
import type { Block, CommandBlock, Deck, QueryBlock, Slide } from '../protocol/deck.ts'
import type { CheckState } from '../protocol/live-block.ts'
import type { ChartState } from '../protocol/server-message.ts'
import type { StepResult } from './report.ts'
import type { SourceLines } from './source-lines.ts'

/** What a rehearsal is done with; whoever starts it has made these. */
export interface Stage {
  /** Types a block, waits until its commands have ended. `output` is what a terminal would show of it. */
  run(block: CommandBlock, timeoutMillis: number): Promise<RunResult>
  /** Repeats the block's last command. */
  runLast(block: CommandBlock, timeoutMillis: number): Promise<RunResult>
  /** Tells how a check stands. @returns ends it */
  watchCheck(check: CheckBlock, listener: (state: CheckState) => void): () => void
  /** Tells what a chart shows. @returns ends it */
  watchChart(query: string, block: QueryBlock, listener: (state: ChartState) => void): () => void
  /** Whether there is a Prometheus in the cluster, or one is on its way. */
  charted(): boolean
  /** Remembers what the cluster is. @returns brings that back; undefined where it cannot be had */
  remember(): Promise<(() => Promise<void>) | undefined>
  /** The cluster lives through that time at once, where it can. */
  readonly live?: (millis: number) => Promise<void>
  /** Why an address in the deck leads nowhere; undefined when it does not. */
  broken(address: string, kind: 'link' | 'image'): Promise<string | undefined>
  /** The same of an address on another server, by asking it. Where there is nobody to ask, it is only told of. */
  readonly asks?: ((address: string, kind: 'link' | 'image') => Promise<string | undefined>) | undefined
  /** Hears of a slide when all of it has been tried. */
  seen?(slide: Slide): Promise<void>
}

export interface RunResult {
  /** Of each command that ended, in order. */
  readonly exits: readonly number[]
  /** What should have been and was not, as they did not come to an end by themselves. */
  readonly trouble: string | undefined
  /** The last command goes on without end, or edits, and was left: how it ended says nothing. */
  readonly left: boolean
  readonly output: string
  /** The same, of each command; in one piece where the shell does not tell them apart. */
  readonly said: readonly string[]
}

/**
 * A check that is not met must stay so for this long, once it is known, before that is believed: longer after a wrong fix, which
 * may take its time. A cluster that can live through a minute at once has done that by then.
 */
const unmetMillis = { before: 500, afterWrongFix: 4000, afterMinute: 500 }
const minuteMillis = 60_000
/** However slow the machine is: who waits for what comes waits no longer than that takes. */
const metMillis = 180_000
const heardMillis = 60_000
/** Where no Prometheus is being started none will come; where it runs, samples are there after a few scrapes. */
const chartMillis = { waiting: 180_000, failed: 20_000, empty: 60_000, data: 60_000 }
const noPrometheusMillis = 8_000
const commandMillis = 120_000
const againMillis = 1000

/** Goes through a deck as an attendee would, slide by slide. @param tell hears of each step when it is done */
export async function rehearseDeck(
  deck: Pick<Deck, 'slides'>,
  stage: Stage,
  lines: SourceLines,
  options: { readonly only: string | undefined; readonly signal: AbortSignal },
  tell: (step: StepResult) => void,
): Promise<void> {
  for (const [index, slide] of deck.slides.entries()) {
    const line = lines.ofSlide(slide.title)
    if (options.only !== undefined && options.only !== slide.id && options.only !== String(index + 1)) continue
    if (options.signal.aborted) return
    const began = performance.now()
    try {
      await new SlideRehearsal(slide, line, stage, lines, tell, options.signal).run()
    } catch (error) {
      // The other slides are worth knowing about.
      const output = error instanceof Error ? error.message : String(error)
      const ms = Math.round(performance.now() - began)
      tell({ slide: slide.id, line, kind: 'command', command: slide.title, ms, output, expected: 'the slide can be rehearsed', ok: false })
    }
    await stage.seen?.(slide)
  }
}

class SlideRehearsal {
  readonly #slide: Slide
  readonly #line: number
  readonly #stage: Stage
  readonly #lines: SourceLines
  readonly #tell: (step: StepResult) => void
  readonly #signal: AbortSignal
  /** By block; each stands after the one before it. */
  readonly #blockLines = new Map<BlockId, number>()

  constructor(slide: Slide, line: number, stage: Stage, lines: SourceLines, tell: (step: StepResult) => void, signal: AbortSignal) {
    this.#signal = signal
    this.#slide = slide
    this.#line = line
    this.#stage = stage
    this.#lines = lines
    this.#tell = tell
    let from = line
    for (const block of slide.blocks) {
      from = block.kind === 'check' ? lines.ofText('```check', from) : 'source' in block ? lines.ofBlock(block.source, from) : from
      this.#blockLines.set(block.id, from)
      from++
    }
  }

  async run(): Promise<void> {
    await this.#addresses()
    const { blocks } = this.#slide
    for (const block of blocks) {
      if (this.#signal.aborted) return
      if (block.kind === 'command' && block.role === undefined) await this.#command(block)
      if (block.kind === 'query') await this.#charts(block)
    }
    const checks = blocks.filter((block): block is CheckBlock => block.kind === 'check')
    for (const check of checks) await this.#exercise(check)
  }

  async #exercise(check: CheckBlock): Promise<void> {
    if (this.#signal.aborted) return
    await this.#unmet(check, 'the check is not met before its solution', unmetMillis.before)
    for (const wrong of this.#ofRole('wrong')) {
      if (this.#signal.aborted) return
      const back = await this.#stage.remember()
      await this.#command(wrong)
      await this.#stage.live?.(minuteMillis)
      await this.#unmet(
        check,
        'the check is not met by a wrong fix',
        this.#stage.live ? unmetMillis.afterMinute : unmetMillis.afterWrongFix,
      )
      await back?.()
    }
    for (const solution of this.#ofRole('solution')) await this.#command(solution)
    if (this.#signal.aborted) return
    const began = performance.now()
    const state = await this.#checked(
      check,
      ({ met }) => met,
      () => metMillis,
    )
    this.#add(
      check.title,
      this.#blockLine(check),
      'check',
      began,
      wordsOf(state),
      'the check is met after its solution',
      state?.met === true,
    )
  }

  #ofRole(role: 'wrong' | 'solution'): readonly CommandBlock[] {
    return this.#slide.blocks.filter((block): block is CommandBlock => block.kind === 'command' && block.role === role)
  }

  async #unmet(check: CheckBlock, expected: string, millis: number): Promise<void> {
    const began = performance.now()
    let heard: number | undefined
    const patience = (state: CheckState | undefined) => {
      if (state) heard ??= performance.now() - began
      return heard === undefined ? heardMillis : heard + millis
    }
    const state = await this.#checked(check, ({ met }) => met, patience)
    this.#add(check.title, this.#blockLine(check), 'check', began, wordsOf(state), expected, state !== undefined && !state.met)
  }

  /** The first state that is enough, or the last there was in that time. */
  #checked(
    check: CheckBlock,
    enough: (state: CheckState) => boolean,
    patience: (last: CheckState | undefined) => number,
  ): Promise<CheckState | undefined> {
    return waitFor(this.#signal, (listener) => this.#stage.watchCheck(check, listener), enough, patience)
  }

  async #command(block: CommandBlock): Promise<void> {
    if (this.#signal.aborted) return
    const began = performance.now()
    const limit = (block.timeoutSeconds ?? commandMillis / 1000) * 1000
    const first = await this.#stage.run(block, limit)
    let result = first
    const until = block.until === undefined ? undefined : readPattern(block.until)
    const mayCome = () =>
      until !== undefined && result.trouble === undefined && !until.found(result.output) && performance.now() - began < limit
    while (mayCome()) {
      await pause(againMillis, this.#signal)
      if (this.#signal.aborted) return
      const last = await this.#stage.runLast(block, limit)
      result = { ...last, exits: [...first.exits.slice(0, -1), ...last.exits.slice(-1)] }
    }
    const wrong = whatIsWrong(block, result, until)
    const exit = result.exits.at(-1)
    const expected = wrong ?? 'the commands succeed'
    this.#add(
      block.source,
      this.#blockLine(block),
      'command',
      began,
      result.output,
      expected,
      wrong === undefined,
      exit === undefined ? {} : { exit },
    )
  }

  async #charts(block: QueryBlock): Promise<void> {
    for (const query of block.queries) {
      const began = performance.now()
      if (this.#signal.aborted) return
      const state = await waitFor<ChartState>(
        this.#signal,
        (listener) => this.#stage.watchChart(query, block, listener),
        hasData,
        (last) => this.#chartPatience(last),
      )
      const ok = state !== undefined && hasData(state)
      const output = state === undefined ? 'nothing was heard of it' : 'why' in state ? state.why : ''
      this.#add(query, this.#lines.ofBlock(query, this.#line), 'chart', began, output, 'the chart has data', ok)
    }
  }

  #chartPatience(last: ChartState | undefined): number {
    if (!this.#stage.charted()) return noPrometheusMillis
    return last ? chartMillis[last.state] : heardMillis
  }

  async #addresses(): Promise<void> {
    for (const { address, kind } of addressesOf(this.#slide)) {
      if (this.#signal.aborted) return
      const began = performance.now()
      const remote = /^https?:/i.test(address)
      const asks = this.#stage.asks
      const why = remote && asks ? await asks(address, kind) : await this.#stage.broken(address, kind)
      const line = this.#lines.ofText(address.split('/').findLast((part) => part !== '') ?? address, this.#line)
      const unchecked = remote && !asks
      this.#add(address, line, kind, began, why ?? (unchecked ? 'not checked' : ''), `the ${kind} is there`, why === undefined, {
        ...(unchecked && why === undefined && { checked: false }),
      })
    }
  }

  #blockLine({ id }: Block): number {
    return this.#blockLines.get(id) ?? this.#line
  }

  #add(
    command: string,
    line: number,
    kind: StepResult['kind'],
    began: number,
    output: string,
    expected: string,
    ok: boolean,
    more: Pick<StepResult, 'exit' | 'checked'> = {},
  ): void {
    // What was under way when somebody stopped it is neither right nor wrong.
    if (this.#signal.aborted) return
    const ms = Math.round(performance.now() - began)
    this.#tell({ slide: this.#slide.id, line, kind, command, ms, output, expected, ok, ...more })
  }
}

/** Images, also those of other servers, which are shown as links, the background's, and links. Each once. */
function addressesOf({ steps, background }: Slide): readonly { readonly address: string; readonly kind: 'link' | 'image' }[] {
  const html = steps.at(-1)?.html ?? ''
  const plain = (address: string) => address.replaceAll(/&(?:#x26|#38|amp);/g, '&').replaceAll(/&(?:#x22|quot);/g, '"')
  const shown = [...html.matchAll(/<img[^>]*\ssrc="([^"]*)"/g)].map(([, address = '']) => address)
  const behind = [...(background['background-image'] ?? '').matchAll(/url\("([^"]*)"\)/g)].map(([, address = '']) => address)
  const links = [...html.matchAll(/<a\s[^>]*>/g)].flatMap(([tag]) => {
    const [, address = ''] = /\shref="([^"]*)"/.exec(tag) ?? []
    return address === '' ? [] : [{ address: plain(address), remoteImage: /\bremote-image\b/.test(tag) }]
  })
  const images = [...shown.map(plain), ...behind, ...links.filter(({ remoteImage }) => remoteImage).map(({ address }) => address)]
  return [
    ...[...new Set(images)].map((address) => ({ address, kind: 'image' as const })),
    ...[...new Set(links.filter(({ remoteImage }) => !remoteImage).map(({ address }) => address))].map((address) => ({
      address,
      kind: 'link' as const,
    })),
  ]
}

/** What a block was to do and has not, in words; undefined when it has. */
function whatIsWrong(block: CommandBlock, { exits, trouble, left, output }: RunResult, until: Pattern | undefined): string | undefined {
  if (trouble !== undefined) return trouble
  const last = exits.at(-1) ?? 0
  const before = block.expectFail === true || until || left ? exits.slice(0, -1) : exits
  // A fix that is wrong may well fail.
  if (block.role !== 'wrong' && before.some((exit) => exit !== 0)) return 'the commands succeed'
  if (block.expectFail === true && last === 0) return 'the last command fails'
  if (until && !until.found(output)) return `the output comes to match ${until.source}`
  if (block.expect !== undefined && !readPattern(block.expect).found(output)) return `the output matches ${block.expect}`
  return undefined
}

function hasData(state: ChartState): boolean {
  return state.state === 'data' && state.series.length > 0
}

function wordsOf(state: CheckState | undefined): string {
  if (!state) return 'nothing was heard of it'
  return state.conditions.map(({ met, say, found }) => `${met ? '✓' : '✗'} ${say}${found === undefined ? '' : ` ${found}`}`).join('\n')
}

/**
 * The first value that is enough, or the last one.
 * @param patience milliseconds, since the beginning, after which no other is waited for when this is the last
 */
function waitFor<T>(
  signal: AbortSignal,
  watch: (listener: (value: T) => void) => () => void,
  enough: (value: T) => boolean,
  patience: (last: T | undefined) => number,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const began = performance.now()
    let last: T | undefined
    let over = false
    let stop = () => {}
    const end = () => {
      over = true
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      // Never while it is being begun.
      queueMicrotask(() => stop())
      resolve(last)
    }
    const wait = () => setTimeout(end, Math.max(patience(last) - (performance.now() - began), 0))
    let timer = wait()
    signal.addEventListener('abort', end)
    stop = watch((value) => {
      if (over) return
      last = value
      clearTimeout(timer)
      if (enough(value)) end()
      else timer = wait()
    })
  })
}

/** Waits, unless it is over. */
function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, millis)
    signal.addEventListener('abort', end)
  })
}

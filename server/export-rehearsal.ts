import { readFile } from 'node:fs/promises'
import type { LoadedDeck } from './deck/load-deck.ts'
import { Recorder, type Recordings } from './export/recorder.ts'
import type { Lifetime } from './kernel/lifetime.ts'
import type { Block, Deck, QueryBlock, Slide } from './protocol/deck.ts'
import type { LiveState } from './protocol/live-block.ts'
import type { ChartState } from './protocol/server-message.ts'
import { rehearseDeck } from './rehearsal/rehearse-deck.ts'
import type { Stage } from './rehearsal/rehearse-deck.ts'
import type { StepResult } from './rehearsal/report.ts'
import { sourceLines } from './rehearsal/source-lines.ts'
import { openRehearsal, type Rehearsal } from './rehearsal-stage.ts'

/** How long a drawing may take to show something. */
const DRAWN_MILLIS = 8000
/** Charts over time are watched until the rehearsal ends, this finely, and a little longer where there is only a dot by then. */
const CHART_STEP_SECONDS = 5
const LEAST_POINTS = 5
const LONGER_MILLIS = 30_000

/**
 * Rehearses a deck and keeps what it finds: what commands say, what charts and drawings show, how checks stand before an
 * exercise is solved. Charts over time are watched until the end: what is drawn is more than the first sample.
 * @param deck as the attendee sees it
 * @param tell hears of each step
 */
export async function rehearseForExport(
  loaded: LoadedDeck,
  deck: Deck,
  cluster: string,
  lifetime: Lifetime,
  signal: AbortSignal,
  tell: (step: StepResult) => void,
): Promise<Recordings> {
  const lines = sourceLines(await readFile(loaded.file, 'utf8'))
  const rehearsal = await openRehearsal(loaded, deck, cluster, lifetime, signal)
  const recorder = new Recorder()
  const charts = new WatchedCharts(rehearsal.stage, recorder)
  const heard = (step: StepResult): void => {
    if (step.kind === 'command' && !step.ok) recorder.wrong(step.expected)
    tell(step)
  }
  await rehearseDeck(withoutWrongFixes(deck), recorded(rehearsal, recorder, charts), lines, { only: undefined, signal }, heard)
  if (!signal.aborted) await charts.grown(signal)
  charts.stop()
  return recorder.recordings()
}

/**
 * What must not solve an exercise is a matter of the deck's own rehearsal. It is tried by bringing the cluster back to what it was,
 * which charts over time would show.
 */
function withoutWrongFixes(deck: Deck): Deck {
  const isWrong = (block: Block): boolean => block.kind === 'command' && block.role === 'wrong'
  return { ...deck, slides: deck.slides.map((slide) => ({ ...slide, blocks: slide.blocks.filter((block) => !isWrong(block)) })) }
}

function recorded({ stage, watchLive }: Rehearsal, recorder: Recorder, charts: WatchedCharts): Stage {
  return {
    ...stage,
    async run(block, limit) {
      const result = await stage.run(block, limit)
      recorder.ran(block, result)
      return result
    },
    async runLast(block, limit) {
      const result = await stage.runLast(block, limit)
      recorder.ranLast(block, result)
      return result
    },
    watchCheck(check, listener) {
      const keep = recorder.check(check)
      return stage.watchCheck(check, (state) => {
        keep(state)
        listener(state)
      })
    },
    watchChart(query, block, listener) {
      charts.watch(query, block)
      return stage.watchChart(query, block, (state) => {
        recorder.chart(block, query, state)
        listener(state)
      })
    },
    seen: (slide) => drawings(slide, watchLive, recorder),
  }
}

/** Charts over time, from when their slide was rehearsed. */
class WatchedCharts {
  readonly #stage: Stage
  readonly #recorder: Recorder
  readonly #ends: (() => void)[] = []
  /** Those that are little more than a dot. */
  readonly #small = new Set<string>()

  constructor(stage: Stage, recorder: Recorder) {
    this.#stage = stage
    this.#recorder = recorder
  }

  watch(query: string, block: QueryBlock): void {
    if (block.chart === 'number' || block.chart === 'table') return
    const fine = { ...block, stepSeconds: Math.min(block.stepSeconds, CHART_STEP_SECONDS) }
    const key = `${block.id} ${query}`
    const keep = (state: ChartState): void => {
      this.#recorder.chart(block, query, state)
      if (state.state !== 'data') return
      if (state.series.some(({ values }) => values.length >= LEAST_POINTS)) this.#small.delete(key)
      else this.#small.add(key)
    }
    this.#ends.push(this.#stage.watchChart(query, fine, keep))
  }

  /** Until every chart that has data is more than a dot, or the time for that is over. */
  async grown(signal: AbortSignal): Promise<void> {
    const until = performance.now() + LONGER_MILLIS
    while (this.#small.size > 0 && performance.now() < until && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 500))
  }

  stop(): void {
    for (const end of this.#ends) end()
  }
}

/** What the slide's drawings show now. */
async function drawings(slide: Slide, watchLive: Rehearsal['watchLive'], recorder: Recorder): Promise<void> {
  for (const block of slide.blocks) {
    if (block.kind !== 'topology' && block.kind !== 'trace') continue
    await within(DRAWN_MILLIS, (done) =>
      watchLive(block, (state) => {
        recorder.live(block.id, state)
        if (isDrawn(state)) done()
      }),
    )
  }
}

function isDrawn(live: LiveState): boolean {
  return (live.kind === 'topology' && live.topology.state === 'data') || (live.kind === 'trace' && live.trace.state === 'data')
}

/** Watches until it is done, or the time is over. */
function within(millis: number, watch: (done: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    let stop = (): void => {}
    const end = (): void => {
      clearTimeout(timer)
      // Never while it is being begun.
      queueMicrotask(() => stop())
      resolve()
    }
    const timer = setTimeout(end, millis)
    stop = watch(end)
  })
}

import { readFile } from 'node:fs/promises'
import type { LoadedDeck } from './deck/load-deck.ts'
import { Recorder, type Recordings } from './export/recorder.ts'
import type { Lifetime } from './kernel/lifetime.ts'
import type { Deck, QueryBlock, Slide } from './protocol/deck.ts'
import type { LiveState } from './protocol/live-block.ts'
import type { ChartState } from './protocol/server-message.ts'
import { rehearseDeck } from './rehearsal/rehearse-deck.ts'
import type { Stage } from './rehearsal/rehearse-deck.ts'
import type { StepResult } from './rehearsal/report.ts'
import { sourceLines } from './rehearsal/source-lines.ts'
import { openRehearsal, type Rehearsal } from './rehearsal-stage.ts'

/** How long a drawing, or a chart that is looked at once more, may take to show something. */
const DRAWN_MILLIS = 8000

/**
 * Rehearses a deck and keeps what it finds: what commands say, what charts and drawings show, how checks stand before an
 * exercise is solved. Charts over time are looked at again at the end, when there is more to see.
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
  const heard = (step: StepResult): void => {
    if (step.kind === 'command' && !step.ok) recorder.wrong(step.expected)
    tell(step)
  }
  await rehearseDeck(deck, recorded(rehearsal, recorder), lines, { only: undefined, signal }, heard)
  if (signal.aborted) return recorder.recordings()
  const overTime = deck.slides.flatMap(({ blocks }) => blocks.filter((block) => block.kind === 'query' && isOverTime(block)))
  await Promise.all(overTime.map((block) => lookAgain(rehearsal.stage, block as QueryBlock, recorder)))
  return recorder.recordings()
}

function recorded({ stage, watchLive }: Rehearsal, recorder: Recorder): Stage {
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
    watchChart: (query, block, listener) =>
      stage.watchChart(query, block, (state) => {
        recorder.chart(block, query, state)
        listener(state)
      }),
    seen: (slide) => drawings(slide, watchLive, recorder),
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

const isOverTime = ({ chart }: QueryBlock): boolean => chart !== 'number' && chart !== 'table'

async function lookAgain(stage: Stage, block: QueryBlock, recorder: Recorder): Promise<void> {
  const keep = (query: string) => (done: () => void) =>
    stage.watchChart(query, block, (state: ChartState) => {
      recorder.chart(block, query, state)
      if (state.state === 'data') done()
    })
  await Promise.all(block.queries.map((query) => within(DRAWN_MILLIS, keep(query))))
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

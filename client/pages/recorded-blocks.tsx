import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type { Block, QueryBlock } from '../../server/protocol/deck.ts'
import type { ExportedDeck } from '../../server/protocol/exported-deck.ts'
import type { ChartState } from '../../server/protocol/server-message.ts'
import { QueryIsland, type Watch } from '../charts/query-island.tsx'
import { TopologyIsland } from '../cluster/topology-island.tsx'
import { TraceIsland } from '../cluster/trace-island.tsx'
import { TaskCheck } from '../slides/check-island.tsx'
import { MermaidIsland } from '../slides/mermaid-island.tsx'
import { QuizIsland } from '../slides/quiz-island.tsx'
import { RecordedCommand } from '../slides/recorded-command.tsx'
import { StateWords } from '../ui/state-words.tsx'
import { RecordedQuery } from './recorded-query.tsx'

/** Puts into a deck's blocks what a rehearsal found. @param acts whether somebody is there to press something; on paper nobody is */
export function recordedBlocks({ runs, charts, live, rehearsedAt }: ExportedDeck, acts: boolean): (block: Block) => ComponentChildren {
  const why = rehearsedAt === undefined ? 'It was exported without a rehearsal.' : 'The rehearsal did not come to it.'
  return (block) => {
    switch (block.kind) {
      case 'command':
        return <RecordedCommand source={block.source} run={runs[block.id]} acts={acts} />
      case 'file':
        return <RecordedCommand source={block.source} run={undefined} acts={acts} />
      case 'query': {
        const states = charts[block.id]
        if (!states?.some(({ state }) => state === 'data')) return <RecordedQuery block={block} why={whyOf(states) ?? why} />
        return <QueryIsland block={block} watch={watchOf(block, states)} editable={false} />
      }
      case 'check': {
        const state = live[block.id]
        return <TaskCheck block={block} state={state?.kind === 'check' ? state.check : undefined} />
      }
      case 'topology': {
        const state = live[block.id]
        return state ? (
          <TopologyIsland block={block} watch={still(state)} />
        ) : (
          <StateWords state="empty" lead="This drawing was live" say={why} />
        )
      }
      case 'trace': {
        const state = live[block.id]
        return state ? (
          <TraceIsland block={block} watch={still(state)} />
        ) : (
          <StateWords state="empty" lead="This trace was live" say={why} />
        )
      }
      case 'mermaid':
        return <MermaidIsland block={block} />
      case 'quiz':
        return <QuizIsland block={block} acts={acts} />
    }
  }
}

function watchOf(block: QueryBlock, states: ExportedDeck['charts'][keyof ExportedDeck['charts']]): Watch {
  return ({ query }) => {
    const state = states?.[block.queries.indexOf(query)]
    // What was waited for does not come any more.
    return still<ChartState | undefined>(state?.state === 'waiting' ? { ...state, state: 'empty' } : state)()
  }
}

function whyOf(states: readonly ChartState[] | undefined): string | undefined {
  return states?.flatMap((state) => ('why' in state ? [state.why] : []))[0]
}

/** What never changes any more, as what is live is looked at. */
function still<T>(value: T) {
  return () => ({ state: signal(value), stop: () => undefined })
}

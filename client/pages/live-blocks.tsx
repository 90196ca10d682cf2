import type { ComponentChildren } from 'preact'
import type { Block } from '../../server/protocol/deck.ts'
import type { SessionStore } from '../classroom/session-store.ts'
import { QueryIsland } from '../charts/query-island.tsx'
import { TopologyIsland } from '../cluster/topology-island.tsx'
import { TraceIsland } from '../cluster/trace-island.tsx'
import { CheckIsland } from '../slides/check-island.tsx'
import { MermaidIsland } from '../slides/mermaid-island.tsx'
import { QuizIsland } from '../slides/quiz-island.tsx'
import { CommandIsland } from '../slides/command-island.tsx'
import { tell } from '../ui/toasts.tsx'
import type { TerminalId } from '../../server/kernel/ids.ts'

interface Acting {
  /** Where a run types: the terminal in front, or the one with this number, from 1. */
  readonly terminal: (number?: number) => TerminalId | undefined
  /** Brings a terminal to the front. */
  readonly show: (terminal: TerminalId) => void
  readonly onRun?: () => void
}

/** Wires a deck's blocks to a live session. Without `acting` the page only shows what others do. */
export function liveBlocks(store: SessionStore, acting?: Acting): (block: Block) => ComponentChildren {
  const send: SessionStore['send'] = (message) => {
    const sent = store.send(message)
    if (!sent) tell('Not connected just now. Try again when the page has reconnected.')
    return sent
  }
  return (block) => {
    if (block.kind === 'query') {
      return <QueryIsland block={block} watch={(request) => store.charts.watch(request)} editable={acting !== undefined} />
    }
    if (block.kind === 'check')
      return <CheckIsland block={block} passed={() => store.hasPassed(block.id)} watch={() => store.blocks.watch(block.id)} />
    if (block.kind === 'topology') return <TopologyIsland block={block} watch={() => store.blocks.watch(block.id)} />
    if (block.kind === 'trace') return <TraceIsland block={block} watch={() => store.blocks.watch(block.id)} />
    if (block.kind === 'mermaid') return <MermaidIsland block={block} />
    if (block.kind === 'quiz') return <QuizIsland block={block} acts={acting !== undefined} />
    if (block.kind !== 'command' && block.kind !== 'file') return null
    const wanted = block.kind === 'command' ? block.terminal : undefined
    return (
      <CommandIsland
        block={block}
        acts={acting !== undefined}
        run={() => store.runOf(block.id)}
        whyNot={() => whyNoRun(store, acting, wanted)}
        onRun={() => {
          const terminal = acting?.terminal(wanted)
          if (terminal === undefined || !send({ type: 'run', terminal, block: block.id })) return
          acting?.show(terminal)
          acting?.onRun?.()
        }}
        onStop={() => {
          const run = store.runOf(block.id)
          if (run) send({ type: 'run.stop', terminal: run.terminal })
        }}
      />
    )
  }
}

/** Why nothing can be run now, in few words. */
function whyNoRun(store: SessionStore, acting: Acting | undefined, wanted: number | undefined): string | undefined {
  const cluster = store.cluster.value
  if (store.connection.value !== 'open') return 'Reconnecting'
  if (acting?.terminal(wanted) !== undefined) return undefined
  if (wanted !== undefined && acting?.terminal() !== undefined) return `Open terminal ${wanted} first`
  if (cluster.state === 'starting') return 'Starting your cluster'
  return cluster.state === 'none' ? cluster.why : 'Open a terminal first'
}

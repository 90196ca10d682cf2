import type { Duplex } from 'node:stream'
import type { Classroom } from '../classroom/classroom.ts'
import type { PersonId, SessionId, TerminalId } from '../kernel/ids.ts'
import type { CheckBlock, TopologyBlock, TraceBlock } from '../protocol/blocks.ts'
import type { Deck } from '../protocol/deck.ts'
import type { LiveState } from '../protocol/live-block.ts'
import type { ChartState, ClusterNotice } from '../protocol/server-message.ts'
import type { Terminal } from '../terminals/terminal.ts'

/** What a page asks of Prometheus. */
export interface ChartRequest {
  readonly query: string
  readonly rangeSeconds: number
  readonly stepSeconds: number
}

/** Blocks that are about the viewer's own cluster. */
export type WatchedBlock = CheckBlock | TopologyBlock | TraceBlock

/** One person's cluster and terminals, as sockets see them. */
export interface Desk {
  cluster(): ClusterNotice
  /** @returns ends the subscription */
  onClusterChange(listener: (cluster: ClusterNotice) => void): () => void
  /** The cluster lives through a time at once; `cluster()` tells how far it is. @throws UserError for one that cannot, or is at it */
  fastForward(minutes: number): Promise<void>
  /** The cluster is again what it was before. @throws UserError when it was not fast-forwarded */
  goBack(): Promise<void>
  /** @throws UserError when there can be no (more) terminal */
  openTerminal(size: { readonly columns: number; readonly rows: number }): Promise<Terminal>
  /** Tells how a live block stands in this cluster, at first and whenever that changes. @returns ends the watching */
  watchBlock(block: WatchedBlock, listener: (live: LiveState) => void): () => void
  /** @returns ends the watching */
  watchChart(request: ChartRequest, listener: (state: ChartState) => void): () => void
}

/** A live session, as the HTTP side sees it. */
export interface Room {
  readonly session: SessionId
  readonly presenter: PersonId
  readonly classroom: Classroom
  readonly deck: {
    version(): string
    /** With its variables filled in for this person. */
    for(person: PersonId): Deck
    /** Where its images lie. */
    folder(): string
    /** Why what is written now cannot be shown, with file and line; the deck is then the last that could. */
    problem(): string | undefined
    /** Told when the deck, or its problem, is another. @returns ends the subscription */
    onChange(listener: () => void): () => void
  }
  terminal(id: TerminalId): Terminal | undefined
  /** Connects to a port of 127.0.0.1 as that terminal's shell would. @throws UserError 'not-found' */
  dial(terminal: TerminalId, port: number): Promise<Duplex>
  desk(person: PersonId): Desk
  log(message: string, error?: unknown): void
}

import { batch, computed, signal, type ReadonlySignal } from '@preact/signals'
import type { BlockId, PersonId, TerminalId } from '../../server/kernel/ids.ts'
import type { ClientMessage } from '../../server/protocol/client-message.ts'
import type { Deck } from '../../server/protocol/deck.ts'
import { Deck as DeckSchema } from '../../server/protocol/deck.ts'
import type { LoggedEvent, Position } from '../../server/protocol/session-event.ts'
import {
  emptySession,
  reduceSession,
  runKey,
  type RunState,
  type SessionState,
  type TerminalState,
} from '../../server/protocol/session-state.ts'
import type { ClusterNotice, Page, ServerMessage } from '../../server/protocol/server-message.ts'
import { getJson, wordsOf } from '../net/api.ts'
import { SessionSocket, type Connection } from '../net/socket.ts'
import { ChartFeeds } from './chart-feed.ts'
import { BlockFeeds } from './block-feed.ts'
import { lastCommandOf, latestTerminalOf, type LastCommand } from './from-events.ts'
import { TerminalFeed } from './terminal-feed.ts'

/** What the server said about this page when it connected. */
export interface Welcome {
  readonly person: PersonId | null
  readonly presenter: PersonId
  /** Server time minus this browser's, milliseconds. */
  readonly clockAhead: number
}

interface Asking {
  readonly page: Page
  readonly deck: Deck
  readonly tell: (say: string) => void
  /** The server does not know this browser any more. */
  readonly onUnknown: () => void
  readonly isKnown: () => Promise<boolean>
}

/** A live session as this page sees it: the log's state, the connection, terminals and charts. */
export class SessionStore {
  readonly session = signal<SessionState>(emptySession)
  readonly events = signal<readonly LoggedEvent[]>([])
  readonly welcome = signal<Welcome | undefined>(undefined)
  readonly cluster = signal<ClusterNotice>({ state: 'starting' })
  readonly deck
  /** Why the deck's file cannot be shown as it is now; the deck is then the last that could. */
  readonly deckProblem = signal<string | undefined>(undefined)
  readonly connection: ReadonlySignal<Connection>
  /** Whose runs and terminals this page shows: its person, or the presenter on the stage. */
  readonly shown = computed(() => this.welcome.value?.person ?? this.welcome.value?.presenter)
  readonly charts: ChartFeeds
  readonly blocks: BlockFeeds
  readonly #asking: Asking
  readonly #socket: SessionSocket
  readonly #feeds = new Map<TerminalId, TerminalFeed>()
  readonly #onWelcome: (() => void)[] = []

  constructor(asking: Asking) {
    this.#asking = asking
    this.deck = signal(asking.deck)
    this.charts = new ChartFeeds((message) => this.send(message))
    this.blocks = new BlockFeeds((message) => this.send(message))
    this.#socket = new SessionSocket({
      page: asking.page,
      after: () => this.session.value.seq,
      onMessage: (message) => this.#receive(message),
      onNonsense: () => asking.tell('The server said something that this page does not understand. Reload the page to get the newest one.'),
      onRefused: () => void this.#checkStillKnown(),
    })
    this.connection = this.#socket.connection
  }

  send(message: ClientMessage): boolean {
    return this.#socket.send(message)
  }

  /** Called on every connection, when the server has said hello. */
  onWelcome(callback: () => void): void {
    this.#onWelcome.push(callback)
  }

  feed(terminal: TerminalId): TerminalFeed {
    const feed = this.#feeds.get(terminal) ?? new TerminalFeed(terminal, (message) => this.send(message))
    this.#feeds.set(terminal, feed)
    return feed
  }

  /** Open terminals of a person, oldest first. */
  terminalsOf(person: PersonId | undefined): readonly TerminalState[] {
    return [...this.session.value.terminals.values()].filter((terminal) => terminal.person === person && !terminal.closed)
  }

  /** The terminal in which a person did something last: what the stage shows. */
  latestTerminal(person: PersonId | undefined): TerminalState | undefined {
    const open = this.terminalsOf(person)
    const latest = latestTerminalOf(this.events.value, person)
    return open.find((terminal) => terminal.id === latest) ?? open.at(-1)
  }

  lastCommand(person: PersonId | undefined): LastCommand | undefined {
    return lastCommandOf(this.events.value, person)
  }

  runOf(block: BlockId): RunState | undefined {
    const person = this.shown.value
    return person === undefined ? undefined : this.session.value.runs.get(runKey(person, block))
  }

  /** Whether the person that this page shows has met a check once. */
  hasPassed(block: BlockId): boolean {
    const person = this.shown.value
    return person !== undefined && this.session.value.passed.has(runKey(person, block))
  }

  stage(): Position {
    return this.session.value.stage ?? firstPosition(this.deck.value)
  }

  close(): void {
    this.#socket.close()
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        batch(() => {
          this.welcome.value = { person: message.person, presenter: message.presenter, clockAhead: message.now - Date.now() }
          this.cluster.value = message.cluster
          this.#apply(message.events)
        })
        // Said again after this, when it still is so.
        this.deckProblem.value = undefined
        if (message.deckVersion !== this.deck.value.version) void this.#reloadDeck()
        for (const feed of this.#feeds.values()) feed.attach()
        this.charts.resume()
        this.blocks.resume()
        for (const callback of this.#onWelcome) callback()
        return
      case 'events':
        return this.#apply(message.events)
      case 'block':
        return this.blocks.receive(message.block, message.live)
      case 'cluster':
        this.cluster.value = message.cluster
        return
      case 'deck.changed':
        return void this.#reloadDeck()
      case 'deck.problem':
        this.deckProblem.value = message.say ?? undefined
        return
      case 'terminal.output':
        return this.#feeds.get(message.terminal)?.output(message.offset, message.data, message.replayed)
      case 'terminal.reset':
        return this.#feeds.get(message.terminal)?.reset(message.offset)
      case 'chart':
        return this.charts.receive(message.chart, message.chartState)
      case 'problem':
        return this.#asking.tell(message.say)
    }
  }

  #apply(events: readonly LoggedEvent[]): void {
    const fresh = events.filter(({ seq }) => seq > this.session.value.seq)
    if (fresh.length === 0) return
    batch(() => {
      this.session.value = fresh.reduce(reduceSession, this.session.value)
      this.events.value = [...this.events.value, ...fresh]
    })
    for (const { event } of fresh) if (event.type === 'terminal.closed') this.#feeds.delete(event.terminal)
  }

  async #reloadDeck(): Promise<void> {
    try {
      this.deck.value = await getJson(`/api/deck?page=${this.#asking.page}`, DeckSchema)
    } catch (error) {
      this.#asking.tell(wordsOf(error))
    }
  }

  async #checkStillKnown(): Promise<void> {
    if (await this.#asking.isKnown().catch(() => true)) return
    this.close()
    this.#asking.onUnknown()
  }
}

export function firstPosition(deck: Deck): Position {
  const [first] = deck.slides
  if (!first) throw new Error('A deck has at least one slide.')
  return { slide: first.id, step: 0 }
}

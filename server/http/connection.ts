import type { BlockId, PersonId, TerminalId } from '../kernel/ids.ts'
import type { Budget } from '../kernel/budget.ts'
import { Lifetime } from '../kernel/lifetime.ts'
import { UserError, wordsFor } from '../kernel/user-error.ts'
import { type ClientMessage, parseClientMessage } from '../protocol/client-message.ts'
import type { FileBlock } from '../protocol/blocks.ts'
import type { Block, Command } from '../protocol/deck.ts'
import type { Page, ServerMessage } from '../protocol/server-message.ts'
import type { Attachment, Terminal } from '../terminals/terminal.ts'
import type { Room } from './room.ts'

/** The charts that one page may look at: more than any slide shows. */
const MAX_CHARTS = 40
/** Of checks, topologies and traces, too: each holds watches of the cluster. */
const MAX_BLOCKS = 10

/** What a stage may not ask for: it shows the presenter's terminal, and whoever holds its link must not type into it. */
const NOT_FROM_STAGE: ReadonlySet<ClientMessage['type']> = new Set(['terminal.open', 'terminal.close', 'terminal.input', 'run', 'run.stop'])

/** What a page says all the time: keys, and how far its screen has come. Each of these has a limit of its own. */
const NOT_COUNTED: ReadonlySet<ClientMessage['type']> = new Set(['terminal.input', 'terminal.ack', 'terminal.detach', 'chart.unwatch'])

/** One page's socket, as far as this file has to know it. */
export interface Wire {
  send(message: ServerMessage): void
  /** RFC 6455, 7.4: 1008 is a message against the rules. */
  close(code: number, reason: string): void
}

export interface Visitor {
  readonly page: Page
  /** The attendee, or the presenter for the console; the stage is nobody's. */
  readonly person: PersonId | null
  /** The last event that the page has. */
  readonly after: number
}

/** Terminals that stages show now, and how many: their size is the stage's. */
export type StageSizes = Map<TerminalId, number>

/** What one connected page is sent and what it may ask for. */
export class Connection {
  readonly #room: Room
  readonly #visitor: Visitor
  readonly #wire: Wire
  readonly #stageSizes: StageSizes
  readonly #asking: Budget
  readonly #lifetime = new Lifetime()
  readonly #attachments = new Map<TerminalId, Attachment>()
  readonly #charts = new Map<string, () => void>()
  readonly #watched = new Map<BlockId, () => void>()

  constructor(room: Room, visitor: Visitor, wire: Wire, stageSizes: StageSizes, asking: Budget) {
    this.#room = room
    this.#visitor = visitor
    this.#wire = wire
    this.#stageSizes = stageSizes
    this.#asking = asking
  }

  /** Whose terminals and charts this page works with: the stage shows the presenter's. */
  get #owner(): PersonId {
    return this.#visitor.person ?? this.#room.presenter
  }

  /** Says welcome; from then on the page is told what happens. */
  open(): void {
    const { classroom, deck, session, presenter } = this.#room
    const { page, person, after } = this.#visitor
    const desk = this.#room.desk(this.#owner)
    // Connected before the events are read, so that the page sees its own arrival.
    if (person !== null) this.#lifetime.add(classroom.connect(person))
    const events = classroom.eventsFor(this.#visitor, after)
    const now = Date.now()
    this.#wire.send({
      type: 'welcome',
      session,
      page,
      person,
      presenter,
      deckVersion: deck.version(),
      cluster: desk.cluster(),
      now,
      events,
    })
    this.#lifetime.add(classroom.watch(this.#visitor, (event) => this.#wire.send({ type: 'events', events: [event] })))
    this.#lifetime.add(desk.onClusterChange((cluster) => this.#wire.send({ type: 'cluster', cluster })))
    this.#followDeck()
  }

  /** Pages fetch a changed deck again; what is wrong with its file is the presenter's business. */
  #followDeck(): void {
    const { deck } = this.#room
    const tellProblem = (say: string | undefined): void => {
      if (this.#visitor.page !== 'attendee') this.#wire.send({ type: 'deck.problem', say: say ?? null })
    }
    let version = deck.version()
    let problem = deck.problem()
    if (problem !== undefined) tellProblem(problem)
    this.#lifetime.add(
      deck.onChange(() => {
        if (deck.version() !== version) this.#wire.send({ type: 'deck.changed', deckVersion: deck.version() })
        if (deck.problem() !== problem) tellProblem(deck.problem())
        version = deck.version()
        problem = deck.problem()
      }),
    )
  }

  /** Takes a frame. One that is not a message ends this connection and nothing else. */
  receive(frame: string): void {
    let message: ClientMessage
    try {
      message = parseClientMessage(frame)
    } catch (error) {
      this.#wire.close(1008, wordsFor(error))
      return
    }
    if (!NOT_COUNTED.has(message.type) && !this.#asking.take()) {
      // What it asked for is not done, so the page no longer shows what is: it is ended, and comes back to how things are.
      this.#wire.close(1008, 'This page asks for too much at once. Wait a moment.')
      return
    }
    try {
      const result = this.#act(message)
      if (result) result.catch((error: unknown) => this.#complain(error))
    } catch (error) {
      this.#complain(error)
    }
  }

  /** The socket is gone. */
  closed(): void {
    for (const id of [...this.#attachments.keys()]) this.#detach(id)
    for (const stop of this.#charts.values()) stop()
    this.#charts.clear()
    for (const stop of this.#watched.values()) stop()
    this.#watched.clear()
    void this.#lifetime.close().catch((error: unknown) => this.#room.log('A connection did not end cleanly.', error))
  }

  #complain(error: unknown): void {
    if (!(error instanceof UserError)) this.#room.log('A page’s request failed.', error)
    this.#wire.send({ type: 'problem', code: error instanceof UserError ? error.code : 'failed', say: wordsFor(error) })
  }

  #act(message: ClientMessage): Promise<void> | void {
    if (this.#visitor.page === 'stage' && NOT_FROM_STAGE.has(message.type))
      throw new UserError('forbidden', 'The stage only shows the terminal. Type in the console.')
    switch (message.type) {
      case 'slide.show':
        return this.#showSlide(message)
      case 'follow':
        if (this.#visitor.page === 'attendee') this.#room.classroom.follow(this.#owner)
        return
      case 'dock.show':
        if (this.#visitor.page === 'attendee') throw new UserError('forbidden', 'Only the presenter can show or hide the stage’s terminal.')
        return this.#room.classroom.showDock(message.dock)
      case 'cluster.fast-forward':
      case 'cluster.go-back':
        return this.#travel(message)
      case 'terminal.open':
        return this.#openTerminal(message)
      case 'terminal.close':
        return this.#terminal(message.terminal).close()
      case 'terminal.attach':
        return this.#attach(this.#terminal(message.terminal), message.offset)
      case 'terminal.detach':
        return this.#detach(message.terminal)
      case 'terminal.input':
        return this.#terminal(message.terminal).write(message.data)
      case 'terminal.resize':
        return this.#resize(this.#terminal(message.terminal), message)
      case 'terminal.ack':
        return this.#attachments.get(message.terminal)?.acknowledge(message.offset)
      case 'run':
        return this.#run(message)
      case 'run.stop':
        return this.#terminal(message.terminal).stopRun()
      case 'chart.watch':
        return this.#watchChart(message)
      case 'chart.unwatch':
        this.#charts.get(message.chart)?.()
        this.#charts.delete(message.chart)
        return
      case 'block.watch':
        return this.#watchBlock(message.block)
      case 'block.unwatch':
        this.#watched.get(message.block)?.()
        this.#watched.delete(message.block)
        return
    }
  }

  #showSlide({ slide, step }: Extract<ClientMessage, { type: 'slide.show' }>): void {
    if (this.#visitor.page === 'attendee') this.#room.classroom.roam(this.#owner, { slide, step })
    else this.#room.classroom.moveStage({ slide, step })
  }

  async #travel(message: Extract<ClientMessage, { type: 'cluster.fast-forward' | 'cluster.go-back' }>): Promise<void> {
    if (this.#visitor.page !== 'console') throw new UserError('forbidden', 'Only the presenter can fast-forward a cluster.')
    const desk = this.#room.desk(this.#owner)
    await (message.type === 'cluster.go-back' ? desk.goBack() : desk.fastForward(message.minutes))
  }

  async #openTerminal({ columns, rows }: { readonly columns: number; readonly rows: number }): Promise<void> {
    await this.#room.desk(this.#owner).openTerminal({ columns, rows })
  }

  /** @throws UserError 'not-found', also for somebody else's: that it exists is not this page's business */
  #terminal(id: TerminalId): Terminal {
    const terminal = this.#room.terminal(id)
    if (!terminal || terminal.person !== this.#owner) throw new UserError('not-found', 'This terminal is closed. Open a new one.')
    return terminal
  }

  #attach(terminal: Terminal, offset: number): void {
    const { id } = terminal
    this.#detach(id)
    if (this.#visitor.page === 'stage') this.#stageSizes.set(id, (this.#stageSizes.get(id) ?? 0) + 1)
    const attachment = terminal.attach(offset, {
      output: (from, data, replayed) => this.#wire.send({ type: 'terminal.output', terminal: id, offset: from, data, replayed }),
      reset: (from) => this.#wire.send({ type: 'terminal.reset', terminal: id, offset: from }),
    })
    this.#attachments.set(id, attachment)
  }

  #detach(id: TerminalId): void {
    const attachment = this.#attachments.get(id)
    if (!attachment) return
    attachment.detach()
    this.#attachments.delete(id)
    if (this.#visitor.page !== 'stage') return
    const others = (this.#stageSizes.get(id) ?? 1) - 1
    if (others > 0) this.#stageSizes.set(id, others)
    else this.#stageSizes.delete(id)
  }

  /** While a stage shows a terminal the stage decides its size, for the back row's sake; others adapt to it. */
  #resize(terminal: Terminal, { columns, rows }: { readonly columns: number; readonly rows: number }): void {
    if (this.#visitor.page !== 'stage' && this.#stageSizes.has(terminal.id)) return
    terminal.resize(columns, rows)
  }

  #watchBlock(block: BlockId): void {
    const found = this.#blocks().find(({ id }) => id === block)
    if (found?.kind !== 'check' && found?.kind !== 'topology' && found?.kind !== 'trace')
      throw new UserError('not-found', 'That block is not in this deck (any more). Reload the page.')
    this.#watched.get(block)?.()
    this.#watched.delete(block)
    if (this.#watched.size >= MAX_BLOCKS)
      throw new UserError('too-many', `This page looks at ${MAX_BLOCKS} live blocks already, which is the most it can.`)
    this.#watched.set(
      block,
      this.#room.desk(this.#owner).watchBlock(found, (live) => this.#wire.send({ type: 'block', block, live })),
    )
  }

  #blocks(): readonly Block[] {
    return this.#room.deck.for(this.#owner).slides.flatMap((slide) => slide.blocks)
  }

  async #run({ terminal, block }: Extract<ClientMessage, { type: 'run' }>): Promise<void> {
    const found = this.#blocks().find(({ id }) => id === block)
    if (found?.kind === 'file') return this.#terminal(terminal).runSoon(block, [writing(found)])
    if (found?.kind !== 'command') throw new UserError('not-found', 'That block is not in this deck (any more). Reload the page.')
    await this.#terminal(terminal).runSoon(block, found.commands)
  }

  #watchChart({ chart, query, rangeSeconds, stepSeconds }: Extract<ClientMessage, { type: 'chart.watch' }>): void {
    this.#charts.get(chart)?.()
    this.#charts.delete(chart)
    if (this.#charts.size >= MAX_CHARTS)
      throw new UserError('too-many', `This page watches ${MAX_CHARTS} charts already, which is the most it can.`)
    const watch = { query, rangeSeconds, stepSeconds }
    const stop = this.#room.desk(this.#owner).watchChart(watch, (chartState) => this.#wire.send({ type: 'chart', chart, chartState }))
    this.#charts.set(chart, stop)
  }
}

/** What types a file into a shell's home: the learner sees what becomes of it. */
function writing({ name, source }: FileBlock): Command {
  const end = 'END_OF_FILE'
  const folder = name.includes('/') ? `mkdir -p '${name.slice(0, name.lastIndexOf('/'))}' && ` : ''
  return { text: `${folder}cat > '${name}' <<'${end}'\n${source.replace(/\n?$/, '\n')}${end}`, effect: 'ends' }
}

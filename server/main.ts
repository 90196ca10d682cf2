import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { renderUnicodeCompact } from 'uqr'
import { Classroom, PRESENTER } from './classroom/classroom.ts'
import { JoinAttempts } from './classroom/join-attempts.ts'
import { createJoinCode } from './classroom/join-code.ts'
import type { ClusterProvider } from './clusters/lease.ts'
import { readOwnImages } from './clusters/simulated/own-images.ts'
import { createSimulatedProvider } from './clusters/simulated/simulated-provider.ts'
import type { ClustersChoice, PresentConfig, ReplayConfig } from './config.ts'
import { loadDeck } from './deck/load-deck.ts'
import { personalise } from './deck/personalise.ts'
import { sanitiseDeck } from './deck/sanitise-deck.ts'
import { createDesks } from './desks.ts'
import { Access } from './http/access.ts'
import { createApp } from './http/app.ts'
import type { HostRules } from './http/guard.ts'
import { createReplayApp } from './http/replay-app.ts'
import type { Room } from './http/room.ts'
import { createSockets, ensureBindable, listen } from './http/server.ts'
import type { Clock } from './kernel/clock.ts'
import { Lifetime } from './kernel/lifetime.ts'
import { createLiveDeck, problemLine } from './live-deck.ts'
import { createMetrics } from './metrics/metrics.ts'
import { readSession } from './recordings/read-session.ts'
import { createSessionId, createSessionWriter, saveImages } from './recordings/write-session.ts'
import { createRuntimeFolder } from './runtime-folder.ts'
import { startPty } from './terminals/pty.ts'
import { type Sandbox, trySandbox } from './terminals/sandbox.ts'
import { createTerminals } from './terminals/terminals.ts'
import { findSome, type ToolFinding } from './tools/find-tools.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DIST = join(ROOT, 'dist')

/** Something that runs until it is closed. */
export interface Running {
  /** What to print on stdout: addresses for people. */
  readonly text: string
  /** The same for programs. */
  readonly json: Readonly<Record<string, string>>
  close(): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(millis, callback) {
    const timer = setTimeout(callback, millis)
    return () => clearTimeout(timer)
  },
}

/** Says something on stderr; stdout is for addresses. What others chose (names, files, answers) cannot drive the terminal it is read in. */
export function log(message: string, error?: unknown): void {
  process.stderr.write(harmless(error === undefined ? `${message}\n` : `${message}\n${inspect(error)}\n`))
}

/** Text in which control characters, and those that reorder text, are written out. */
export function harmless(text: string): string {
  return text.replaceAll(/[^\P{C}\n\t]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** Starts a workshop. What it has started is ended again when it cannot be completed. @throws UserError */
export async function present(config: PresentConfig): Promise<Running> {
  const lifetime = new Lifetime()
  try {
    return await build(config, lifetime)
  } catch (error) {
    await lifetime.close().catch((failure: unknown) => log('Ending did not go cleanly.', failure))
    throw error
  }
}

async function build(config: PresentConfig, lifetime: Lifetime): Promise<Running> {
  const clock = systemClock
  const notes: string[] = []
  const opening = openingOf(config, notes)
  const [loaded, tools] = await Promise.all([
    loadDeck(config.deck, ROOT),
    findSome(['kubectl', 'prometheus', 'bubblewrap', 'socat']),
    ensureBindable(opening.listen, config.port),
  ])
  for (const problem of loaded.problems) log(problemLine(problem))
  const { deck } = loaded

  const runtime = await createRuntimeFolder()
  // Again for a while: what is being ended may still be writing.
  lifetime.add(() => rm(runtime, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))

  const sandbox = await trySandbox(
    { bubblewrap: pathOf(tools.bubblewrap), socat: pathOf(tools.socat), kubectl: pathOf(tools.kubectl) },
    runtime,
  )
  const slidesOnly = confinement(sandbox, opening.open, notes)
  if (!tools.kubectl.found) notes.push(`There is no kubectl for the terminals: ${tools.kubectl.why}. ${tools.kubectl.howToGet}`)
  if (!tools.prometheus.found) notes.push(`There are no live charts: ${tools.prometheus.why}. ${tools.prometheus.howToGet}`)

  const session = createSessionId(clock.now(), randomBytes(3).toString('hex').slice(0, 4))
  const writer = await createSessionWriter(config.state, session, clock)
  lifetime.add(() => writer.close())
  await writer.saveDeck(personalise(deck, { number: '00' }))
  void saveImages(loaded.folder, writer.folder).catch((error: unknown) => log('The deck’s images are not kept with the session.', error))

  const presenterName = deck.presenters[0] ?? 'Presenter'
  const slides = deck.slides.map(({ id, steps }) => ({ id, steps: steps.length }))
  const classroom = new Classroom({ clock, store: writer, session, title: deck.title, presenterName, slides })
  lifetime.add(() => classroom.end())

  const clusters = slidesOnly === undefined ? await clusterProvider(config.clusters, loaded.imagesFolder) : { none: slidesOnly }
  if ('lease' in clusters) lifetime.add(() => clusters.close())
  const metrics = createMetrics({
    prometheus: tools.prometheus,
    stateDirectory: runtime,
    clock,
    report: (error) => log('Charts have trouble.', error),
  })
  lifetime.add(() => metrics.close())
  if ('lease' in clusters) clusters.answerQueries?.((...question) => metrics.ask(...question))
  if (slidesOnly === undefined && config.clusters.kind === 'simulated') void metrics.start()

  const terminals = createTerminals({
    clock,
    startPty,
    sandbox,
    runtime,
    labFolder: loaded.labFolder,
    kubectl: pathOf(tools.kubectl),
    onEvent: (event) => classroom.record(event),
    onOutput: (terminal, data) => writer.output(terminal, data),
  })
  lifetime.add(() => terminals.close())
  const desks = createDesks({ classroom, terminals, clusters, slidesOnly, metrics, log })
  lifetime.add(() => desks.close())

  const liveDeck = createLiveDeck({
    path: config.deck,
    root: ROOT,
    loaded,
    classroom,
    onDeck: (next) => {
      writer
        .saveDeck(personalise(next.deck, { number: '00' }))
        .catch((error: unknown) => log('The changed deck is not kept with the session.', error))
    },
    log,
  })
  lifetime.add(() => liveDeck.close())
  const room: Room = {
    session,
    presenter: PRESENTER,
    classroom,
    deck: liveDeck,
    terminal: (id) => terminals.find(id),
    dial: (id, port) => terminals.dial(id, port),
    desk: (person) => desks.of(person),
    log,
  }

  const access = new Access(PRESENTER)
  const joinCode = createJoinCode()
  let port = config.port
  const rules: HostRules = { port: () => port, shared: opening.open, host: config.host }
  const origin = () => `http://${opening.address}:${port}`
  const options = { room, access, rules, joinCode, attempts: new JoinAttempts(clock), joinUrl: () => `${origin()}/join`, dist: DIST, log }
  const server = await listen(createApp(options).fetch, createSockets(room, access, rules), opening.listen, config.port)
  lifetime.add(() => server.close())
  port = server.port

  // The presenter's own cluster and terminal.
  desks.of(PRESENTER)

  const here = `http://${opening.local}:${port}`
  const json = {
    stage: `${here}/stage#${access.secretFor('stage')}`,
    console: `${here}/console#${access.secretFor('console')}`,
    join: `${origin()}/join#${joinCode}`,
  }
  return { text: welcome(deck.title, json, joinCode, notes), json, close: () => closing(lifetime) }
}

/** Plays a recorded session. @throws UserError */
export async function replay(config: ReplayConfig): Promise<Running> {
  const kept = await readSession(config.state, config.session)
  const recorded = { ...kept, deck: sanitiseDeck(kept.deck) }
  const access = new Access(PRESENTER)
  let port = config.port
  const rules: HostRules = { port: () => port, shared: false, host: undefined }
  const app = createReplayApp({ recorded, access, rules, dist: DIST, log })
  const server = await listen(app.fetch, undefined, '127.0.0.1', config.port)
  port = server.port
  const json = { replay: `http://127.0.0.1:${port}/replay#${access.secretFor('replay')}` }
  return {
    text: `\n  Replaying session ${recorded.recording.session}\n\n  ${json.replay}\n\n  Ctrl-C ends it.\n\n`,
    json,
    close: () => server.close(),
  }
}

interface Opening {
  readonly listen: string
  /** Whether others than this machine can come in. */
  readonly open: boolean
  /** What the presenter's machine calls itself. */
  readonly local: string
  /** What people in the room open. */
  readonly address: string
}

function openingOf({ share, host }: PresentConfig, notes: string[]): Opening {
  const loopback = { listen: '127.0.0.1', open: false, local: '127.0.0.1', address: '127.0.0.1' }
  if (share && process.platform === 'darwin') {
    notes.push('On macOS shells cannot be confined, so --share does nothing there: the workshop stays on this machine.')
    return loopback
  }
  const bracketed = host?.includes(':') ? `[${host}]` : host
  if (host !== undefined && bracketed !== undefined && !share) {
    const isLoopback = /^127\.|^localhost$|^::1$/.test(host)
    const wildcard = host === '0.0.0.0' || host === '::'
    const address = wildcard ? (roomAddress() ?? '127.0.0.1') : bracketed
    return { listen: host, open: !isLoopback, local: wildcard ? '127.0.0.1' : bracketed, address }
  }
  if (!share) return loopback
  const address = bracketed ?? roomAddress()
  if (address === undefined) notes.push('This machine has no address that the room could open: it is not on a network.')
  return { listen: host ?? '0.0.0.0', open: true, local: bracketed ?? '127.0.0.1', address: address ?? '127.0.0.1' }
}

/** The first address that others on the network can open. */
function roomAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}

/** @returns why nobody may open terminals, when so */
function confinement(sandbox: Sandbox, open: boolean, notes: string[]): string | undefined {
  if (sandbox.state === 'works') return undefined
  if (open) {
    notes.push(`Slides only: ${sandbox.why} A room full of people must not get unconfined shells on this machine.`)
    return 'This workshop shows slides only: shells cannot be confined on the presenter’s machine.'
  }
  notes.push(`Terminals are not confined: ${sandbox.why} They can do what you can do on this machine, so only this machine can reach them.`)
  return undefined
}

/** @param ofDeck the folder of image descriptions that the deck names; the one that was asked for on the command line goes first */
async function clusterProvider(choice: ClustersChoice, ofDeck: string | undefined): Promise<ClusterProvider | { readonly none: string }> {
  switch (choice.kind) {
    case 'none':
      return { none: 'This workshop was started without clusters.' }
    case 'simulated': {
      const worker = new URL('./simulator-worker.ts', import.meta.url)
      const images = choice.images ?? ofDeck
      if (images !== undefined) await readOwnImages(images)
      return createSimulatedProvider({ worker, images, report: (error) => log('A simulated cluster has trouble.', error) })
    }
    case 'kubeconfig': {
      // The client library is heavy, and only this needs it.
      const { createKubeconfigProvider } = await import('./clusters/kubeconfig-provider.ts')
      return createKubeconfigProvider(choice.folder)
    }
  }
}

function pathOf(finding: ToolFinding): string | undefined {
  return finding.found ? finding.path : undefined
}

async function closing(lifetime: Lifetime): Promise<void> {
  await lifetime.close()
}

function welcome(
  title: string,
  addresses: { stage: string; console: string; join: string },
  code: string,
  notes: readonly string[],
): string {
  const qr = renderUnicodeCompact(addresses.join, { border: 1 })
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
  return [
    '',
    `  ${title}`,
    '',
    `  Console  ${addresses.console}`,
    '           for your own screen: notes, next slide, your terminal',
    `  Stage    ${addresses.stage}`,
    '           for the projector',
    `  Join     ${addresses.join}`,
    `           for everybody else; the code is ${code}`,
    '',
    qr,
    ...notes.flatMap((note) => ['', `  ! ${note}`]),
    '',
    '  Ctrl-C ends the workshop.',
    '',
    '',
  ].join('\n')
}

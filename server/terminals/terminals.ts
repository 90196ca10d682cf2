import { constants } from 'node:fs'
import { access, chmod, chown, mkdir } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import type { Clock } from '../kernel/clock.ts'
import { type PersonId, TerminalId } from '../kernel/ids.ts'
import { UserError } from '../kernel/user-error.ts'
import type { SessionEvent } from '../protocol/session-event.ts'
import { type Address, type ClusterSocket, openClusterSocket } from './cluster-socket.ts'
import { openPortSocket, type PortSocket } from './port-socket.ts'
import type { StartPty } from './pty.ts'
import { confined, INSIDE, type Sandbox, shellUser, startScript } from './sandbox.ts'
import { createHome, removeHome, shellEnvironment, type ShellIdentity, writeKubeconfig } from './shell-files.ts'
import { Terminal } from './terminal.ts'

/** Terminals that one person may have open at once. */
export const MAX_TERMINALS = 4
/**
 * A shell's first prompt waits this long for its cluster, so that whatever is typed first finds one. Beyond it the shell opens
 * without: it is of use for more than kubectl, and the kubeconfig follows.
 */
const CLUSTER_WAIT_MILLIS = 10_000

/** What terminals need of a cluster. */
export interface ReachableCluster {
  /** Where a program on this machine connects. */
  readonly api: Address
  /** The kubeconfig with its server replaced by one at this address. */
  kubeconfigFor(api: Address): string
}

export interface TerminalsDeps {
  readonly clock: Clock
  readonly startPty: StartPty
  readonly sandbox: Sandbox
  /** A private folder of this run: homes and sockets go there, and it is removed at the end. */
  readonly runtime: string
  /** Copied into each home. */
  readonly labFolder: string | undefined
  readonly kubectl: string | undefined
  readonly onEvent: (event: SessionEvent) => void
  readonly onOutput: (terminal: TerminalId, data: string) => void
}

export interface SeatOwner {
  readonly person: PersonId
  readonly number: number
  readonly presenter: boolean
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** One person's terminals, with their common home and way to their cluster. */
export interface TerminalSeat {
  /** Opens a shell. @throws UserError 'too-many' */
  open(size: Size): Promise<Terminal>
  /** Leads the shells, also those that are open, to another cluster. */
  connect(cluster: Promise<ReachableCluster>): void
  close(): Promise<void>
}

export interface Terminals {
  /** @param cluster the person's cluster, when it is ready; a rejection leaves the shells without one */
  seat(owner: SeatOwner, cluster: Promise<ReachableCluster>): TerminalSeat
  find(id: TerminalId): Terminal | undefined
  /** Connects to a port of 127.0.0.1 as that terminal's shell would. @throws UserError 'not-found' */
  dial(id: TerminalId, port: number): Promise<Socket>
  close(): Promise<void>
}

interface Place {
  readonly folder: string
  readonly home: string
  readonly user: number | undefined
  readonly socket: ClusterSocket
  readonly ports: PortSocket
}

export function createTerminals(deps: TerminalsDeps): Terminals {
  const open = new Map<TerminalId, Terminal>()
  const ways = new WeakMap<Terminal, PortSocket>()
  const seats = new Set<TerminalSeat>()
  const editor = findEditor()

  const seat = (owner: SeatOwner, firstCluster: Promise<ReachableCluster>): TerminalSeat => {
    const number = String(owner.number).padStart(2, '0')
    const identity: ShellIdentity = { user: owner.presenter ? 'presenter' : 'attendee', host: `workshop-${number}` }
    let place: Promise<Place> | undefined
    const mine = new Set<Terminal>()
    const opening = new Set<Promise<Terminal>>()
    let opened = 0
    let closed = false
    let cluster = firstCluster
    let introduced: Promise<void> | undefined
    // Whoever leased it tells of a failure; here it only means that nobody gets through.
    cluster.catch(() => {})

    const openTerminal = async (size: Size): Promise<Terminal> => {
      place ??= preparePlace(deps, owner, identity, () => cluster)
      const made = await place
      const { home, folder, user, socket, ports } = made
      // Once for each cluster: afterwards the kubeconfig is the person's own, with the namespace they chose.
      introduced ??= introduce(deps, made, cluster)
      await Promise.race([introduced, new Promise<void>((resolve) => void deps.clock.after(CLUSTER_WAIT_MILLIS, resolve))])
      const seatPlace = { folder, home, number: owner.number, socket: socket.path, portSocket: ports.path, identity }
      const count = ++opened
      const id = TerminalId.parse(`t-${number}-${count}`)
      const command = await shellCommand(deps, seatPlace, await editor, id)
      if (closed) throw new UserError('not-found', 'The workshop has ended.')
      const pty = deps.startPty({ ...command, cwd: user === undefined ? home : '/', ...size })
      deps.onEvent({ type: 'terminal.opened', person: owner.person, terminal: id, title: `Terminal ${count}`, ...size })
      const terminal: Terminal = new Terminal({
        clock: deps.clock,
        id,
        person: owner.person,
        pty,
        size,
        onEvent: deps.onEvent,
        onOutput: deps.onOutput,
        onClosed: () => {
          mine.delete(terminal)
          open.delete(id)
        },
      })
      ways.set(terminal, ports)
      mine.add(terminal)
      open.set(id, terminal)
      return terminal
    }

    const handle: TerminalSeat = {
      async open(size) {
        if (mine.size + opening.size >= MAX_TERMINALS) {
          throw new UserError('too-many', `You have ${MAX_TERMINALS} terminals open, which is the most there can be. Close one first.`)
        }
        const terminal = openTerminal(size)
        opening.add(terminal)
        try {
          return await terminal
        } finally {
          opening.delete(terminal)
        }
      },
      connect(next) {
        cluster = next
        cluster.catch(() => {})
        introduced = place?.then((made) => introduce(deps, made, next))
        introduced?.catch(() => {})
      },
      async close() {
        closed = true
        seats.delete(handle)
        await Promise.allSettled(opening)
        await Promise.all([...mine].map((terminal) => terminal.close()))
        const made = await place?.catch(() => undefined)
        if (!made) return
        await made.socket.close()
        await made.ports.close()
        await removeHome(made.folder)
      },
    }
    seats.add(handle)
    return handle
  }

  return {
    seat,
    find: (id) => open.get(id),
    async dial(id, port) {
      const terminal = open.get(id)
      const ports = terminal && ways.get(terminal)
      if (!ports) throw new UserError('not-found', 'That terminal is not there any more.')
      // Shells that are not confined listen on this machine itself.
      return deps.sandbox.state === 'works' ? ports.dial(id, port) : connect({ host: '127.0.0.1', port })
    },
    async close() {
      await Promise.all([...seats].map((each) => each.close()))
    },
  }
}

async function preparePlace(
  deps: TerminalsDeps,
  owner: SeatOwner,
  identity: ShellIdentity,
  cluster: () => Promise<ReachableCluster>,
): Promise<Place> {
  const user = shellUser(deps.sandbox, owner.number)
  const folder = join(deps.runtime, owner.person)
  const home = join(folder, 'home')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // The folder itself must be passed by the shell's user; its name is in a folder that nobody can list.
  if (user !== undefined) {
    await chown(folder, user, user)
    await chmod(folder, 0o700)
  }
  await createHome(home, { identity, labFolder: deps.labFolder, owner: user })
  const socket = await openClusterSocket(join(folder, 'cluster.sock'), async () => (await cluster()).api, user)
  const ports = await openPortSocket(join(folder, 'ports.sock'), user)
  return { folder, home, user, socket, ports }
}

/** Tells kubectl of a cluster, once it is there. */
async function introduce(deps: TerminalsDeps, { home, user }: Place, cluster: Promise<ReachableCluster>): Promise<void> {
  const reachable = await cluster.catch(() => undefined)
  if (!reachable) return
  const address = deps.sandbox.state === 'works' ? INSIDE.api : reachable.api
  await writeKubeconfig(home, reachable.kubeconfigFor(address), user)
}

async function shellCommand(
  deps: TerminalsDeps,
  seat: { folder: string; home: string; number: number; socket: string; portSocket: string; identity: ShellIdentity },
  editor: string | undefined,
  terminal: TerminalId,
): Promise<{ file: string; args: readonly string[]; env: Record<string, string> }> {
  const system = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin']
  if (deps.sandbox.state === 'works') {
    const tools = deps.kubectl?.startsWith('/usr/') ? [INSIDE.tools, dirname(deps.kubectl)] : [INSIDE.tools]
    const environment = shellEnvironment(INSIDE.home + seat.identity.user, [...tools, ...system], seat.identity, editor)
    const { file, args } = await confined(deps.sandbox, seat, environment, ['/bin/bash', '-c', startScript(deps.sandbox, terminal)])
    return { file, args, env: {} }
  }
  const path = [...(deps.kubectl === undefined ? [] : [dirname(deps.kubectl)]), ...system]
  return {
    file: '/bin/bash',
    args: ['--rcfile', join(seat.home, '.bashrc'), '-i'],
    env: shellEnvironment(seat.home, path, seat.identity, editor),
  }
}

/** nano is easier to get out of; vi is what there is elsewhere. */
async function findEditor(): Promise<string | undefined> {
  for (const name of ['nano', 'vi', 'vim']) {
    for (const folder of ['/usr/bin', '/bin', '/usr/local/bin']) {
      const found = await access(join(folder, name), constants.X_OK).then(
        () => true,
        () => false,
      )
      if (found) return name
    }
  }
  return undefined
}

import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { Budget } from '../kernel/budget.ts'
import { UserError } from '../kernel/user-error.ts'
import { MAX_FRAME } from '../protocol/client-message.ts'
import { Page } from '../protocol/server-message.ts'
import type { Access } from './access.ts'
import { Connection, type StageSizes, type Visitor } from './connection.ts'
import { passesOf } from './cookies.ts'
import { type HostRules, refusal } from './guard.ts'
import type { Room } from './room.ts'
import { bytesOf, createUpgrader, WebSocket } from './web-socket.ts'

/** A page that takes this little of what it is sent is gone or hopeless; it comes back and catches up. */
const MAX_BUFFERED = 8 * 1024 * 1024
/** How often a page has to show that it is there: a laptop that went to sleep says nothing. */
const HEARTBEAT_MILLIS = 15_000

/** Pages that one person, or all stages together, may have open. */
const MAX_SOCKETS = 20
/** What one person's pages may ask for, reconnecting included; typing and saying what was shown are not counted. */
const ASKING = { atOnce: 300, perSecond: 40 }
/** A request that takes longer to arrive is none of a browser's. */
const REQUEST_MILLIS = 20_000
/** Files that this process may have open are also pseudo terminals and clusters' connections. */
const MAX_CONNECTIONS = 4000

export interface HttpServer {
  readonly port: number
  close(): Promise<void>
}

export interface Sockets {
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void
  close(): void
}

/** Listens. @throws UserError 'port-in-use', 'bad-config' */
export async function listen(
  fetch: (request: Request, env: never) => Response | Promise<Response>,
  sockets: Sockets | undefined,
  host: string,
  port: number,
): Promise<HttpServer> {
  const answer = getRequestListener(fetch as never)
  const timeouts = { headersTimeout: REQUEST_MILLIS, requestTimeout: REQUEST_MILLIS, connectionsCheckingInterval: 5000 }
  const server = createServer(timeouts, (request, response) => void answer(request, response))
  server.maxConnections = MAX_CONNECTIONS
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    if (sockets) sockets.accept(request, socket, head)
    else refuse(socket, 404)
  })
  const address = await bind(server, host, port)
  return {
    port: address,
    async close() {
      sockets?.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Finds out early, before anything costly is started, that a port cannot be had. @throws UserError as `listen` */
export async function ensureBindable(host: string, port: number): Promise<void> {
  const server = createServer()
  await bind(server, host, port)
  await new Promise((resolve) => server.close(resolve))
}

async function bind(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(bindFailure(cause, host, port)))
    server.listen({ host, port }, resolve)
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

function bindFailure(cause: NodeJS.ErrnoException, host: string, port: number): UserError {
  if (cause.code === 'EADDRINUSE')
    return new UserError('port-in-use', `Port ${port} is taken. Stop what uses it, or choose another with --port.`, cause)
  if (cause.code === 'EACCES')
    return new UserError('bad-config', `Port ${port} needs more rights than this user has. Choose one above 1023 with --port.`, cause)
  if (cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND')
    return new UserError('bad-config', `${host} is not an address of this machine. Choose another with --host.`, cause)
  return new UserError('bad-config', `The workshop cannot listen on ${host}, port ${port} (${cause.code ?? cause.message}).`, cause)
}

/** The pages' sockets. */
export function createSockets(room: Room, access: Access, rules: HostRules): Sockets {
  const upgrader = createUpgrader({ maxPayload: MAX_FRAME * 4 })
  const stageSizes: StageSizes = new Map()
  const alive = new Map<WebSocket, boolean>()
  const guests = new Map<string, Guest>()
  const guestOf = ({ page, person }: Visitor): Guest => {
    const key = `${page} ${person ?? ''}`
    const known = guests.get(key) ?? { sockets: 0, asking: new Budget(ASKING, Date.now) }
    guests.set(key, known)
    return known
  }
  const heartbeat = setInterval(() => {
    for (const [webSocket, answered] of alive) {
      if (!answered) webSocket.terminate()
      alive.set(webSocket, false)
      if (webSocket.readyState === WebSocket.OPEN) webSocket.ping()
    }
  }, HEARTBEAT_MILLIS)

  return {
    accept(request, socket, head) {
      const admitted = admit(request, access, rules)
      if (typeof admitted === 'number') {
        refuse(socket, admitted)
        return
      }
      const guest = guestOf(admitted)
      if (guest.sockets >= MAX_SOCKETS || !guest.asking.take()) {
        refuse(socket, 429)
        return
      }
      upgrader.accept(request, socket, head, (webSocket) => {
        guest.sockets++
        alive.set(webSocket, true)
        webSocket.on('pong', () => alive.set(webSocket, true))
        webSocket.on('close', () => {
          guest.sockets--
          alive.delete(webSocket)
        })
        converse(webSocket, room, admitted, stageSizes, guest.asking)
      })
    },
    close() {
      clearInterval(heartbeat)
      for (const webSocket of alive.keys()) webSocket.close(1001, 'The workshop has ended.')
      upgrader.close()
    },
  }
}

/** Whoever has pages open: a person, or the stages. */
interface Guest {
  sockets: number
  readonly asking: Budget
}

function converse(webSocket: WebSocket, room: Room, visitor: Visitor, stageSizes: StageSizes, asking: Budget): void {
  const connection = new Connection(
    room,
    visitor,
    {
      send(message) {
        if (webSocket.readyState !== WebSocket.OPEN) return
        if (webSocket.bufferedAmount > MAX_BUFFERED) webSocket.close(1013, 'This page takes too little of what it is sent.')
        else webSocket.send(JSON.stringify(message))
      },
      close: (code, reason) => webSocket.close(code, reason.slice(0, 120)),
    },
    stageSizes,
    asking,
  )
  webSocket.on('message', (data, isBinary) => {
    if (webSocket.readyState !== WebSocket.OPEN) return
    if (isBinary) webSocket.close(1003, 'Only text is understood here.')
    else connection.receive(bytesOf(data).toString())
  })
  webSocket.on('close', () => connection.closed())
  connection.open()
}

/** Who asks for a socket, or the status to refuse it with. */
function admit(request: IncomingMessage, access: Access, rules: HostRules): Visitor | number {
  if (refusal(rules, request.headers.host, request.headers.origin) !== undefined) return 403
  const url = URL.parse(request.url ?? '', 'http://localhost')
  if (url?.pathname !== '/socket') return 404
  const page = Page.safeParse(url.searchParams.get('page'))
  if (!page.success) return 400
  const after = Number.parseInt(url.searchParams.get('after') ?? '0', 10)
  const pass = passesOf(access, rules.port(), request.headers.cookie)[page.data]
  if (!pass) return 401
  return { page: page.data, person: pass.person, after: Number.isSafeInteger(after) && after > 0 ? after : 0 }
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

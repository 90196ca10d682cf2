import { randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { Context, Env, Hono } from 'hono'
import { type PersonId, TerminalId } from '../kernel/ids.ts'
import { UserError } from '../kernel/user-error.ts'
import { rewriteHtml, rewriteLocation } from '../simulator/api/proxy-rewrite.ts'
import { problem } from './problem.ts'
import type { Room } from './room.ts'

/** Below it are pages that somebody's shell serves, each under a name that cannot be guessed. */
export const SERVED = '/served/'

interface Served {
  readonly terminal: TerminalId
  readonly port: number
}

/** Pages longer than this keep their links as they are. */
const MOST_REWRITTEN = 5 * 1024 * 1024
/** Tokens that are remembered; the oldest goes first. */
const MOST_SERVED = 10_000

/**
 * Shows a person in their browser what listens on a port of their own shell: `kubectl port-forward`, say.
 * What comes from there is theirs and may be anything, so it never shares anything with our pages: the browser gives it an
 * origin of its own (CSP `sandbox`), it gets no cookies and sets none, and is told apart by an address that nobody else knows.
 * @param people whom a request comes from
 */
export function servePages<E extends Env>(
  app: Hono<E>,
  room: Pick<Room, 'terminal' | 'dial'>,
  people: (context: Context<E>) => readonly PersonId[],
): void {
  const served = new Map<string, Served>()
  const tokenFor = (terminal: TerminalId, port: number): string => {
    for (const [token, each] of served) if (each.terminal === terminal && each.port === port) return token
    const [oldest] = served.keys()
    if (served.size >= MOST_SERVED && oldest !== undefined) served.delete(oldest)
    const token = randomBytes(24).toString('base64url')
    served.set(token, { terminal, port })
    return token
  }
  app.get('/port/:terminal/:port{[0-9]{1,5}}/*', (context) => {
    const id = TerminalId.safeParse(context.req.param('terminal'))
    const terminal = id.success ? room.terminal(id.data) : undefined
    const port = Number(context.req.param('port'))
    if (!terminal || !people(context).includes(terminal.person) || port < 1 || port > 65_535)
      return problem(404, 'not-found', 'That is not a port of a terminal of yours.')
    const { pathname, search } = new URL(context.req.url)
    const path = pathname.split('/').slice(4).join('/')
    return context.redirect(`${SERVED}${tokenFor(terminal.id, port)}/${path}${search}`, 303)
  })
  app.all(`${SERVED}:token/*`, async (context) => {
    const token = context.req.param('token')
    const page = served.get(token)
    if (!page || !room.terminal(page.terminal))
      return problem(404, 'not-found', 'What was served here is gone. Open it from the terminal again.')
    if (context.req.method === 'OPTIONS' && context.req.header('access-control-request-method') !== undefined)
      return allowed(context.req.raw)
    return await passOn(context.req.raw, `${SERVED}${token}`, page, room)
  })
}

async function passOn(asked: Request, prefix: string, { terminal, port }: Served, room: Pick<Room, 'dial'>): Promise<Response> {
  const url = new URL(asked.url)
  const path = (url.pathname.slice(prefix.length) || '/') + url.search
  const socket = await room.dial(terminal, port)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { ...passedOn(asked.headers), host: `127.0.0.1:${port}`, connection: 'close' }
    const request = httpRequest({ method: asked.method, path, headers, createConnection: () => socket })
    // It has been waiting for somebody to read it.
    request.on('socket', (used) => used.resume())
    request.on('response', resolve)
    request.on('error', (cause) =>
      reject(new UserError('not-found', `Nothing that speaks HTTP answers on port ${port} of that terminal.`, cause)),
    )
    asked.signal.addEventListener('abort', () => request.destroy())
    if (asked.body)
      Readable.fromWeb(asked.body as ReadableStream)
        .on('error', () => request.destroy())
        .pipe(request)
    else request.end()
  })
  const source = { prefix, hosts: [`127.0.0.1:${port}`, `localhost:${port}`] }
  const headers = shown(answer, (location) => rewriteLocation(location, source))
  const status = answer.statusCode ?? 502
  if (status === 204 || status === 304 || asked.method === 'HEAD') {
    answer.resume()
    return new Response(null, { status, headers })
  }
  const isHtml = /^text\/html\b/i.test(answer.headers['content-type'] ?? '') && answer.headers['content-encoding'] === undefined
  if (!isHtml || Number(answer.headers['content-length'] ?? Infinity) > MOST_REWRITTEN)
    return new Response(Readable.toWeb(answer) as unknown as BodyInit, { status, headers })
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  // As Latin-1 no byte is lost, whatever the page's own encoding is.
  const html = rewriteHtml(Buffer.concat(chunks).toString('latin1'), source)
  return new Response(Buffer.from(html, 'latin1'), { status, headers })
}

/** Headers that tell the program inside what is asked, and nothing about who asks. */
const ASKED = [
  'accept',
  'accept-language',
  'cache-control',
  'content-length',
  'content-type',
  'if-modified-since',
  'if-none-match',
  'range',
  'user-agent',
]
/** Headers of an answer that are about it, and not about this server. */
const ANSWERED = [
  'accept-ranges',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
]

function passedOn(headers: Headers): Record<string, string> {
  const own = [...headers].filter(([name]) => ASKED.includes(name) || (name.startsWith('x-') && !name.startsWith('x-forwarded')))
  return Object.fromEntries(own)
}

/** An origin of its own, no way out of the tab, and none into our pages. @see https://www.w3.org/TR/CSP3/#directive-sandbox */
const APART = {
  'content-security-policy': 'sandbox allow-scripts allow-forms allow-modals allow-popups allow-downloads',
  // What has no origin is a stranger to its own server as well.
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'no-store',
}

function shown(answer: IncomingMessage, rewritten: (location: string) => string): Headers {
  const headers = new Headers()
  for (const name of ANSWERED) {
    const value = answer.headers[name]
    if (typeof value === 'string') headers.set(name, value)
  }
  const { location } = answer.headers
  if (location !== undefined) headers.set('location', rewritten(location))
  for (const [name, value] of Object.entries(APART)) headers.set(name, value)
  return headers
}

function allowed(asked: Request): Response {
  const headers = new Headers(APART)
  headers.set('access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE')
  headers.set('access-control-allow-headers', asked.headers.get('access-control-request-headers') ?? '')
  return new Response(null, { status: 204, headers })
}

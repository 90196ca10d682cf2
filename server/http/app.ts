import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { compress } from 'hono/compress'
import { renderSVG } from 'uqr'
import type { z } from 'zod'
import type { JoinAttempts } from '../classroom/join-attempts.ts'
import { isJoinCode } from '../classroom/join-code.ts'
import { UserError } from '../kernel/user-error.ts'
import { EnterRequest, JoinRequest, type SessionInfo } from '../protocol/http-api.ts'
import type { Access } from './access.ts'
import { deckAnswer } from './deck-answer.ts'
import { errorPages } from './error-page.ts'
import { passesOf, setCookie } from './cookies.ts'
import { guard, type HostRules } from './guard.ts'
import { problem, problemOf } from './problem.ts'
import type { Room } from './room.ts'
import { servePages } from './served-pages.ts'
import { securityHeaders } from './security-headers.ts'
import { decodedPath, serveImage, StaticFiles } from './static-files.ts'

type Env = { Bindings: Partial<HttpBindings> }

/** What a live session and a replayed one have in common. */
export interface SiteOptions {
  readonly rules: HostRules
  /** The built client. */
  readonly dist: string
  readonly access: Access
  readonly log: (message: string, error?: unknown) => void
}

export interface AppOptions extends SiteOptions {
  readonly room: Room
  readonly joinCode: string
  readonly attempts: JoinAttempts
  /** Where people in the room go. */
  readonly joinUrl: () => string
}

const PAGES = ['/stage', '/console', '/join', '/attend', '/replay']
/** The largest body that anything here takes: a name and a code. */
const MAX_BODY = 4096

/** The pages and what goes with them, for live sessions and replays. */
export function createSite({ rules, dist, access, log }: SiteOptions): Hono<Env> {
  const app = new Hono<Env>()
  const files = new StaticFiles(dist)
  app.onError((error) => {
    if (!(error instanceof UserError)) log('A request failed.', error)
    return problemOf(error)
  })
  app.notFound((context) => problem(404, 'not-found', `There is nothing at ${context.req.path}.`))
  app.use(securityHeaders())
  app.use(errorPages())
  app.use(guard(rules))
  app.use('/api/*', async (context, next) => {
    await next()
    // A deck says itself how long it is good for.
    if (!context.res.headers.has('etag')) context.res.headers.set('cache-control', 'no-store')
  })
  app.use('/api/*', bodyLimit({ maxSize: MAX_BODY, onError: () => problem(413, 'bad-message', 'That is more than this server takes.') }))
  // Recordings are large; decks and the built pages are compressed once, elsewhere.
  app.use('/api/*', compress())
  app.get('/healthz', (context) => context.text('ok\n'))
  for (const page of PAGES) {
    app.get(page, async (context) => (await files.serve('index.html', context.req.header('accept-encoding') ?? '', 'never')) ?? notBuilt())
  }
  app.get('/assets/*', async (context, next) => (await serve(context, 'immutable')) ?? next())
  app.get('/favicon.svg', async (context, next) => (await serve(context, 'never')) ?? next())
  app.post('/api/enter', async (context) => {
    const { page, secret } = await parsed(context, EnterRequest)
    const pass = access.enter(page, secret)
    if (pass === undefined)
      return problem(403, 'forbidden', 'This address is not (or no longer) right. Open the one that the workshop printed when it started.')
    context.header('set-cookie', setCookie(rules.port(), page, pass))
    return context.json({})
  })

  const serve = (context: Context<Env>, cache: 'immutable' | 'never') =>
    files.serve(decodedPath(context.req.path), context.req.header('accept-encoding') ?? '', cache)
  return app
}

/** A live session's routes. */
export function createApp(options: AppOptions): Hono<Env> {
  const { room, access, rules, joinCode, attempts, joinUrl } = options
  const app = createSite(options)
  const passes = (context: Context<Env>) => passesOf(access, rules.port(), context.req.header('cookie'))

  servePages(app, room, (context) => {
    const { attendee, console } = passes(context)
    return [attendee, console].flatMap((pass) => (pass ? [pass.person] : []))
  })
  app.get('/', (context) => context.redirect('/join'))
  app.get('/api/session', (context) => {
    const { attendee, console, stage } = passes(context)
    const url = joinUrl()
    const join = console || stage ? { url, code: joinCode, qrSvg: renderSVG(`${url}#${joinCode}`, { border: 2 }) } : null
    const info: SessionInfo = { title: room.classroom.state.title, attendee: !!attendee, console: !!console, stage: !!stage, join }
    return context.json(info)
  })
  app.get('/api/deck', (context) => {
    const { headers } = context.req.raw
    const held = passes(context)
    const wanted = context.req.query('page')
    // A browser may hold several passes; the page says which one it speaks with, and gets no more than that one's.
    if (held.console && (wanted === 'console' || wanted === undefined)) return deckAnswer(room.deck.for(room.presenter), true, headers)
    if (held.stage && wanted !== 'attendee') return deckAnswer(room.deck.for(room.presenter), false, headers)
    if (held.attendee) return deckAnswer(room.deck.for(held.attendee.person), false, headers)
    return problem(401, 'forbidden', 'Join the workshop first.')
  })
  app.get('/slides/*', async (context, next) => {
    const { attendee, console, stage } = passes(context)
    if (!attendee && !console && !stage) return problem(401, 'forbidden', 'Join the workshop first.')
    return (await serveImage(room.deck.folder(), decodedPath(context.req.path.slice('/slides/'.length)))) ?? next()
  })
  app.post('/api/join', async (context) => {
    const address = addressOf(context)
    const { name, code } = await parsed(context, JoinRequest)
    // Only now, with nothing awaited until the guess is counted: requests that wait for their bodies must not be let in together.
    attempts.check(address)
    if (!isJoinCode(code, joinCode)) {
      attempts.failed(address)
      return problem(403, 'forbidden', 'That is not this workshop’s code. It is on the screen in front of you; mind the letters.')
    }
    const { attendee } = passes(context)
    if (attendee) return context.json({})
    const person = room.classroom.join(name)
    // Cluster and shell start while the page loads.
    room.desk(person.id)
    context.header('set-cookie', setCookie(rules.port(), 'attendee', access.admit(person.id)))
    return context.json({})
  })
  return app
}

export async function parsed<T>(context: Context<Env>, schema: z.ZodType<T>): Promise<T> {
  const result = schema.safeParse(await context.req.json().catch(() => undefined))
  if (result.success) return result.data
  const field = result.error.issues[0]?.path[0]
  const what =
    field === undefined
      ? 'This request is not one that this server knows.'
      : `Something is wrong with the ${String(field)}: it is missing, empty or too long.`
  throw new UserError('bad-message', what, result.error)
}

function addressOf(context: Context<Env>): string {
  return context.env?.incoming?.socket.remoteAddress ?? 'unknown'
}

function notBuilt(): Response {
  return problem(503, 'unsupported', 'The pages have not been built yet. Start Deckhand with npm start, which builds them.')
}

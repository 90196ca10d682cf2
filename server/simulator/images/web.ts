import type { FileTree } from '../shell/files.ts'
import { FileError, normalise } from '../shell/files.ts'
import { strftime } from '../shell/commands/dates.ts'
import type { HttpReply, HttpRequest } from '../network/view.ts'
import { fillTemplate } from './log-template.ts'
import type { HttpDocument, RouteDocument } from './schema.ts'

export interface WebContext {
  readonly files: FileTree
  readonly now: () => number
  readonly fields: () => Readonly<Record<string, string>>
  readonly seed: string
}

const types: Record<string, string> = {
  html: 'text/html',
  css: 'text/css',
  js: 'application/javascript',
  json: 'application/json',
  txt: 'text/plain',
  svg: 'image/svg+xml',
}

/** The route that a request takes. */
export function routeFor(http: HttpDocument, method: string, path: string): RouteDocument | undefined {
  return http.routes.find((each) => matches(each, path) && speaks(each, method))
}

const matches = (route: RouteDocument, path: string): boolean =>
  route.path === path || (route.prefix && path.startsWith(route.path.endsWith('/') ? route.path : `${route.path}/`))

const speaks = ({ methods }: RouteDocument, method: string): boolean =>
  methods.length === 0 || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))

/** What became of a request before it is answered: an error of its own, an upstream call that failed, a page made elsewhere. */
export interface Decided {
  readonly status?: number
  readonly body?: string
  readonly type?: string
}

/** What a web server described by an image answers. */
export function answer(http: HttpDocument, request: HttpRequest, context: WebContext, decided: Decided = {}): HttpReply {
  const path = request.path.split('?')[0] ?? '/'
  const route = routeFor(http, request.method, path)
  const now = context.now()
  const common = { Date: strftime('%a, %d %b %Y %T GMT', now), ...http.headers }
  const fill = (text: string) =>
    fillTemplate(text, {
      millis: now,
      seed: context.seed,
      index: Math.floor(now / 1000),
      fields: {
        ...context.fields(),
        path,
        tail: path.slice(path.lastIndexOf('/') + 1),
        method: request.method,
        host: request.host,
        agent: request.headers['user-agent'] ?? '',
      },
    })
  const made = (status: number, type: string, body: string, extra: Readonly<Record<string, string>> = {}): HttpReply => ({
    status,
    headers: { ...common, 'Content-Type': type, 'Content-Length': String(new TextEncoder().encode(body).length), ...extra },
    body: request.method === 'HEAD' ? '' : body,
  })
  const { status = route?.status ?? 200, type = route?.type ?? 'text/plain; charset=utf-8', body } = decided
  if (route) return made(status, type, body ?? fill(route.body), route.headers)
  if (http.routes.some((each) => matches(each, path))) return made(405, 'text/plain; charset=utf-8', 'Method Not Allowed\n')
  if (decided.status !== undefined) return made(status, type, body ?? '')
  const file = http.root === undefined ? undefined : fileAt(context.files, http.root, path)
  if (file) return made(200, types[file.path.split('.').at(-1) ?? ''] ?? 'application/octet-stream', file.content)
  return made(404, http.missing.startsWith('<') ? 'text/html' : 'text/plain; charset=utf-8', fill(http.missing))
}

/** The status that a path without a route has. */
export function fileStatus(http: HttpDocument, files: FileTree, path: string): number {
  if (http.routes.some((each) => matches(each, path))) return 405
  return http.root !== undefined && fileAt(files, http.root, path) ? 200 : 404
}

function fileAt(files: FileTree, root: string, path: string): { readonly path: string; readonly content: string } | undefined {
  const at = normalise(`${root}/${normalise(path)}`)
  const target = files.stat(at)?.kind === 'directory' ? normalise(`${at}/index.html`) : at
  try {
    return { path: target, content: files.read(target) }
  } catch (error) {
    if (error instanceof FileError) return undefined
    throw error
  }
}

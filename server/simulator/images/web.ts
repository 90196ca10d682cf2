import type { FileTree } from '../shell/files.ts'
import { FileError, normalise } from '../shell/files.ts'
import { strftime } from '../shell/commands/dates.ts'
import type { HttpReply, HttpRequest } from '../network/view.ts'
import { fillTemplate } from './log-template.ts'
import type { HttpDocument } from './schema.ts'

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

/** What a web server described by an image answers. */
export function answer(
  http: HttpDocument,
  request: HttpRequest,
  context: WebContext,
): { readonly reply: HttpReply; readonly millis: number } {
  const path = request.path.split('?')[0] ?? '/'
  const route = http.routes.find(
    (each) =>
      each.path === path || (each.prefix && (path.startsWith(each.path.endsWith('/') ? each.path : `${each.path}/`) || path === each.path)),
  )
  const now = context.now()
  const common = { Date: strftime('%a, %d %b %Y %T GMT', now), ...http.headers }
  const fill = (text: string) =>
    fillTemplate(text, {
      millis: now,
      seed: context.seed,
      index: Math.floor(now / 1000),
      fields: { ...context.fields(), path, method: request.method, host: request.host },
    })
  const made = (status: number, type: string, body: string, extra: Readonly<Record<string, string>> = {}): HttpReply => ({
    status,
    headers: { ...common, 'Content-Type': type, 'Content-Length': String(new TextEncoder().encode(body).length), ...extra },
    body: request.method === 'HEAD' ? '' : body,
  })
  if (route) return { reply: made(route.status, route.type, fill(route.body), route.headers), millis: route.latency }
  const file = http.root === undefined ? undefined : fileAt(context.files, http.root, path)
  if (file) return { reply: made(200, types[file.path.split('.').at(-1) ?? ''] ?? 'application/octet-stream', file.content), millis: 1 }
  return { reply: made(404, http.missing.startsWith('<') ? 'text/html' : 'text/plain; charset=utf-8', fill(http.missing)), millis: 1 }
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

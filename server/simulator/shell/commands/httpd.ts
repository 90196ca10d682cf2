import { strftime } from './dates.ts'
import { httpServer } from '../../network/http-wire.ts'
import type { HttpReply, HttpRequest } from '../../network/view.ts'
import { FileError, normalise } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { parseOptions, pathIn } from './options.ts'

const types: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  txt: 'text/plain',
  css: 'text/css',
  js: 'application/javascript',
  json: 'application/json',
  svg: 'image/svg+xml',
}

function reply(run: Run, status: number, type: string, body: string): HttpReply {
  return {
    status,
    headers: { Date: strftime('%a, %d %b %Y %T GMT', run.machine.clock.now()), Connection: 'close', 'Content-type': type },
    body,
  }
}

/** A file of the folder, or its index; as busybox answers. */
function page(run: Run, root: string, request: HttpRequest): HttpReply {
  const path = normalise(decoded(request.path.split(/[?#]/)[0] ?? '/'))
  const { files } = run.machine
  const at = normalise(`${root}/${path}`)
  const index = files.stat(at)?.kind === 'directory' ? normalise(`${at}/index.html`) : at
  const body = (text: string) => (request.method === 'HEAD' ? '' : text)
  try {
    if (files.stat(index)?.kind === 'file')
      return reply(run, 200, types[index.slice(index.lastIndexOf('.') + 1)] ?? 'application/octet-stream', body(files.read(index)))
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return reply(run, 403, 'text/html', '<HTML><HEAD><TITLE>403 Forbidden</TITLE></HEAD>\n<BODY><H1>403 Forbidden</H1>\n</BODY></HTML>\n')
  }
  return reply(
    run,
    404,
    'text/html',
    body(
      '<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n<BODY><H1>404 Not Found</H1>\nThe requested URL was not found\n</BODY></HTML>\n',
    ),
  )
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** busybox's `httpd -f -p PORT -h FOLDER`; without `-f` it goes on in the background. */
export const httpd: Command = async (run) => {
  const { flags, values } = parseOptions(run.args, 'p h c u r')
  const port = Number((values.get('p') ?? '80').split(':').at(-1))
  if (!(port > 0 && port < 65_536)) throw new CommandError(`invalid port '${values.get('p')}'`)
  const folder = pathIn(run, values.get('h') ?? '.')
  if (run.machine.files.stat(folder)?.kind !== 'directory')
    throw new CommandError(`can't change directory to '${values.get('h') ?? '.'}': No such file or directory`)
  if (!flags.has('f')) {
    run.spawn(['httpd', '-f', ...run.args]).catch(() => {})
    return 0
  }
  const stop = run.machine.network.listen(port, 'httpd', (peer) =>
    httpServer(peer, false, (request) => Promise.resolve(page(run, folder, request))),
  )
  if (!stop) throw new CommandError('bind: Address already in use')
  try {
    for (;;) await run.process.sleep(2_000_000_000)
  } finally {
    stop()
  }
}

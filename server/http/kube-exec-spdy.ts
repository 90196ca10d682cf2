import type { Duplex } from 'node:stream'
import type { StreamSession, StreamSink } from '../simulator/api/http.ts'
import { terminalSize } from './kube-exec.ts'
import type { StartExec } from './kube-exec.ts'
import { serveSpdy } from './spdy.ts'

/** `kubectl exec` before 1.30, and every client that may only `create`: a stream for each of stdin, stdout, stderr, errors and sizes. */
export const execSpdyProtocol = 'v4.channel.k8s.io'

/** What a client that lags behind may leave unread before it is hung up on. */
const mostUnread = 8 * 1024 * 1024

/** Runs an accepted exec or attach once the client has opened every stream that its query promises. */
export function runExecOverSpdy(connection: Duplex, query: URLSearchParams, start: StartExec, report: (error: unknown) => void): void {
  const wanted = streamsOf(query)
  const streams = new Map<string, Duplex>()
  let session: StreamSession | undefined
  serveSpdy(connection, {
    opened(stream, headers) {
      const kind = headers['streamtype'] ?? ''
      if (!wanted.has(kind) || streams.has(kind)) {
        stream.destroy()
        return
      }
      streams.set(kind, stream)
      if (streams.size < wanted.size) return
      try {
        session = begin(connection, streams, start)
      } catch (error) {
        report(error)
        connection.destroy()
      }
    },
    closed() {
      session?.close()
      session = undefined
    },
  })
}

function streamsOf(query: URLSearchParams): ReadonlySet<string> {
  const asks = (name: string) => ['1', 't', 'true'].includes(query.get(name)?.toLowerCase() ?? '')
  const wanted = new Set(['error'])
  for (const name of ['stdin', 'stdout', 'stderr']) if (asks(name) && !(name === 'stderr' && asks('tty'))) wanted.add(name)
  if (asks('tty')) wanted.add('resize')
  return wanted
}

function begin(connection: Duplex, streams: ReadonlyMap<string, Duplex>, start: StartExec): StreamSession {
  let over = false
  const send = (kind: string, chunk: Uint8Array) => {
    const stream = streams.get(kind)
    if (over || !stream?.writable) return
    stream.write(chunk)
    if (stream.writableLength > mostUnread) connection.destroy()
  }
  const sink: StreamSink = {
    stdout: (chunk) => send('stdout', chunk),
    stderr: (chunk) => send('stderr', chunk),
    exit(status) {
      send('error', Buffer.from(JSON.stringify(status)))
      over = true
      for (const stream of streams.values()) {
        stream.end()
        stream.resume()
      }
    },
  }
  const session = start(sink)
  streams.get('error')?.resume()
  streams.get('stdin')?.on('data', (chunk: Buffer) => session.stdin(new Uint8Array(chunk)))
  streams.get('stdin')?.on('end', () => session.closeStdin())
  // Sizes come one after the other, each a JSON object.
  let text = ''
  streams.get('resize')?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-1024)
    for (const [sized] of text.matchAll(/\{[^{}]*\}/g)) {
      const size = terminalSize(Buffer.from(sized))
      if (size) session.resize(size.Width, size.Height)
    }
    text = text.slice(text.lastIndexOf('}') + 1)
  })
  return session
}

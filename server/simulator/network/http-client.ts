import { ByteDecoder, bytesOfText } from '../bytes.ts'
import type { StreamPeer, StreamServer } from './stream.ts'
import type { HttpExchange, HttpRequest } from './view.ts'

/** What a client keeps of an answer. */
const mostAnswer = 4_000_000

/** Asks what listens on a bare connection, as an HTTP client does: it may be a person at `nc`. @param millis what connecting took */
export function askStream(accept: (peer: StreamPeer) => StreamServer, request: HttpRequest, millis: number): Promise<HttpExchange> {
  return new Promise((resolve) => {
    const decoder = new ByteDecoder()
    let text = ''
    let over = false
    let server: StreamServer | undefined
    const finish = () => {
      if (over) return
      over = true
      server?.close()
      resolve(read(text, millis))
    }
    server = accept({
      write(chunk) {
        text += decoder.decode(chunk)
        if (complete(text) || text.length > mostAnswer) finish()
        return undefined
      },
      end: finish,
      reset: finish,
    })
    if (over) server.close()
    else server.data(bytesOfText(requestText(request)))
  })
}

function requestText({ method, path, host, headers, body }: HttpRequest): string {
  const named = { accept: '*/*', ...headers, ...(body === '' ? {} : { 'content-length': String(bytesOfText(body).length) }) }
  const lines = Object.entries(named).map(
    ([name, value]) => `${name.replaceAll(/(^|-)[a-z]/g, (part) => part.toUpperCase())}: ${value}\r\n`,
  )
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${lines.join('')}\r\n${body}`
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

function parsed(text: string): Answer | undefined {
  const [whole, head = '', body = ''] = /^(HTTP\/[^]*?)\r?\n\r?\n([^]*)$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const [first = '', ...lines] = head.split(/\r?\n/)
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, Math.max(colon, 0)), line.slice(colon + 1).trim()]
  })
  return { status: Number(/^HTTP\/\S+ (\d{3})/.exec(first)?.[1] ?? 0), headers: Object.fromEntries(headers), body }
}

function complete(text: string): boolean {
  const answer = parsed(text)
  const length = Object.entries(answer?.headers ?? {}).find(([name]) => name.toLowerCase() === 'content-length')?.[1]
  return answer !== undefined && length !== undefined && bytesOfText(answer.body).length >= Number(length)
}

function read(text: string, millis: number): HttpExchange {
  if (text === '') return { result: 'wrong-protocol', protocol: 'tcp', millis }
  const reply = parsed(text)
  // What is no HTTP at all looks to a client as what comes from the other protocol's port.
  return reply && reply.status > 0 ? { result: 'answered', reply, millis } : { result: 'wrong-protocol', protocol: 'https', millis }
}

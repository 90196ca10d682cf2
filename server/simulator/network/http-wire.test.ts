import { describe, expect, it } from 'vitest'
import { bytesOfText, textOfBytes } from '../bytes.ts'
import { httpServer } from './http-wire.ts'
import type { StreamServer } from './stream.ts'
import type { HttpReply, HttpRequest } from './view.ts'

describe('HTTP on a connection', () => {
  it('answers a request and goes on', async () => {
    const client = connect(echo)
    client.send('GET /a?b=1 HTTP/1.1\r\nHost: web\r\nX-Thing: 1\r\n\r\n')
    expect(await client.heard(1)).toEqual(['200 keep-alive GET /a?b=1 web ""'])
    client.send('GET /c HTTP/1.1\r\nHost: web\r\n\r\n')
    expect(await client.heard(2)).toContain('200 keep-alive GET /c web ""')
    expect(client.ended).toBe(false)
  })

  it('answers pipelined requests in their order, however the bytes are cut', async () => {
    const client = connect(echo)
    const text = 'POST /1 HTTP/1.1\r\nHost: w\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: w\r\n\r\n'
    for (const byte of bytesOfText(text)) client.sendBytes(Uint8Array.of(byte))
    expect(await client.heard(2)).toEqual(['200 keep-alive POST /1 w "abc"', '200 keep-alive GET /2 w ""'])
  })

  it('reads a body in chunks, and tells who waits for it to send it', async () => {
    const client = connect(echo)
    client.send('PUT /x HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n')
    await client.until(() => client.text.includes('HTTP/1.1 100 Continue\r\n\r\n'))
    client.send('3\r\nabc\r\n2;note\r\nde\r\n0\r\nTrailer: 1\r\n\r\n')
    await client.until(() => client.text.includes('"abcde"'))
  })

  it('closes after an answer for who asks for it, and for who speaks HTTP/1.0', async () => {
    for (const [version, headers] of [
      ['1.1', 'Connection: close\r\n'],
      ['1.0', ''],
    ]) {
      const client = connect(echo)
      client.send(`GET / HTTP/${version}\r\nHost: w\r\n${headers}\r\n`)
      await client.until(() => client.ended)
      expect(client.text).toContain('Connection: close')
    }
  })

  it('carries bytes that are no text', async () => {
    const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => (at * 7919) % 256)
    const client = connect(({ body }) => ({ status: 200, headers: {}, body }))
    client.send(`POST / HTTP/1.1\r\nHost: w\r\nContent-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`)
    client.sendBytes(bytes)
    await client.until(() => client.ended)
    const whole = client.bytes()
    expect(Buffer.from(whole.subarray(whole.length - bytes.length)).equals(Buffer.from(bytes))).toBe(true)
  })

  it.each([
    ['no request', 'hello\r\n\r\n', 400],
    ['a header without a name', 'GET / HTTP/1.1\r\nHost: w\r\n: x\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['a length and chunks', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['an unknown coding', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n', 501],
    ['a chunk without a size', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
    ['a head without end', `GET / HTTP/1.1\r\nA: ${'x'.repeat(70_000)}`, 431],
    ['a body beyond every bound', 'POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n', 413],
  ])('refuses %s and closes', async (_, text, status) => {
    const client = connect(echo)
    client.send(text)
    await client.until(() => client.ended)
    expect(client.text).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })

  it('lets no header of an answer begin another one', async () => {
    const client = connect(() => ({ status: 200, headers: { 'X-A': 'b\r\nSet-Cookie: c=d' }, body: '' }))
    client.send('GET / HTTP/1.1\r\nHost: w\r\n\r\n')
    await client.until(() => client.text.includes('\r\n\r\n'))
    expect(client.text).not.toMatch(/^Set-Cookie/m)
  })

  it('answers what was asked before the client said that it is done', async () => {
    const client = connect(echo)
    client.send('GET /last HTTP/1.1\r\nHost: w\r\n\r\n')
    client.server.end()
    await client.until(() => client.ended)
    expect(client.text).toContain('/last')
  })
})

const echo = ({ method, path, host, body }: HttpRequest): HttpReply => ({
  status: 200,
  headers: { 'Content-Type': 'text/plain' },
  body: `${method} ${path} ${host} ${JSON.stringify(body)}`,
})

function connect(answer: (request: HttpRequest) => HttpReply) {
  const written: Uint8Array[] = []
  let ended = false
  const peer = {
    write: (chunk: Uint8Array) => void written.push(chunk.slice()),
    end: () => void (ended = true),
    reset: () => void (ended = true),
  }
  const server: StreamServer = httpServer({ ...peer, write: (chunk) => (peer.write(chunk), undefined) }, false, async (request) =>
    answer(request),
  )
  const bytes = () => new Uint8Array(Buffer.concat(written))
  const client = {
    server,
    bytes,
    get ended() {
      return ended
    },
    get text() {
      return textOfBytes(bytes())
    },
    send: (text: string) => server.data(bytesOfText(text)),
    sendBytes: (chunk: Uint8Array) => server.data(chunk),
    async until(holds: () => boolean) {
      await expect.poll(holds).toBe(true)
    },
    /** Status, Connection and body of each answer. */
    async heard(count: number) {
      const answers = () =>
        [...client.text.matchAll(/HTTP\/1\.1 (\d+) [^]*?Connection: (\S+)\r\n\r\n([^]*?)(?=HTTP\/1\.1 \d|$)/g)].map(
          ([, status, connection, body]) => `${status} ${connection} ${body}`,
        )
      await expect.poll(() => answers().length).toBe(count)
      return answers()
    },
  }
  return client
}

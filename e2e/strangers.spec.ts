import { request as httpRequest } from 'node:http'
import { expect, test } from '@playwright/test'
import { startDeckhand, type Deckhand } from './deckhand.ts'

/** What a web page elsewhere, a stranger on the same Wi-Fi or a broken client may try. */
test.describe('strangers', () => {
  let deckhand: Deckhand
  test.beforeAll(async () => {
    deckhand = await startDeckhand(['--clusters', 'none'])
  })
  test.afterAll(async () => {
    await deckhand.stop()
    await deckhand.forget()
  })

  test('a request for another host is refused, as DNS rebinding would send it', async () => {
    const answer = await ask(deckhand.join, '/api/session', { headers: { host: 'evil.example' } })
    expect(answer.status).toBe(403)
  })

  test("another page's request is refused by its origin", async () => {
    const answer = await ask(deckhand.join, '/api/join', {
      method: 'POST',
      headers: { origin: 'http://evil.example', 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Eve', code: codeOf(deckhand) }),
    })
    expect(answer.status).toBe(403)
  })

  test("another page's WebSocket is refused", async () => {
    const answer = await upgrade(deckhand.join, '/socket?page=attendee', { origin: 'http://evil.example' })
    expect(answer).toBe(403)
  })

  test('a WebSocket without a cookie is refused', async () => {
    const origin = new URL(deckhand.join).origin
    for (const page of ['attendee', 'console', 'stage']) expect(await upgrade(deckhand.join, `/socket?page=${page}`, { origin })).toBe(401)
  })

  test('neither the deck nor the join code is given to someone who did not join', async () => {
    expect((await ask(deckhand.join, '/api/deck')).status).toBe(401)
    const session = await ask(deckhand.join, '/api/session')
    expect(session.body).not.toContain(codeOf(deckhand))
  })

  test('a path that climbs out of the deck finds nothing', async () => {
    for (const path of ['/slides/../../package.json', '/slides/%2e%2e/%2e%2e/package.json', '/assets/..%2f..%2fpackage.json'])
      expect((await ask(deckhand.join, path)).body).not.toContain('"deckhand"')
  })

  test('a frame that is not a message closes its own socket and nothing else', async () => {
    const page = new URL(deckhand.join)
    const joined = await join(deckhand, 'Ann')
    const cookie = joined.cookie
    const first = new WebSocket(`ws://${page.host}/socket?page=attendee`, { headers: { cookie, origin: page.origin } } as never)
    const second = new WebSocket(`ws://${page.host}/socket?page=attendee`, { headers: { cookie, origin: page.origin } } as never)
    await Promise.all([opened(first), opened(second)])
    const closed = new Promise<CloseEvent>((resolve) => first.addEventListener('close', resolve))
    first.send('{"type":"terminal.input","terminal":7}')
    expect((await closed).code).toBe(1008)
    expect(second.readyState).toBe(WebSocket.OPEN)
    second.close()
  })

  test('a wrong code is refused in words, and guesses are limited', async () => {
    const wrong = await ask(deckhand.join, '/api/join', joinBody('Eve', 'AAA-AAA'))
    expect(wrong.status).toBe(403)
    expect(JSON.parse(wrong.body).say).toMatch(/code/i)
    let last = wrong
    for (let guess = 0; guess < 40 && last.status !== 429; guess++) last = await ask(deckhand.join, '/api/join', joinBody('Eve', 'AAA-AAA'))
    expect(last.status).toBe(429)
    expect(JSON.parse(last.body).say).toMatch(/wait|again/i)
  })
})

interface Answer {
  readonly status: number
  readonly body: string
  readonly cookie: string
}

const codeOf = (deckhand: Deckhand): string => decodeURIComponent(new URL(deckhand.join).hash.slice(1))

const joinBody = (name: string, code: string) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ name, code }),
})

const join = (deckhand: Deckhand, name: string): Promise<Answer> => ask(deckhand.join, '/api/join', joinBody(name, codeOf(deckhand)))

function ask(
  base: string,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const url = new URL(base)
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: url.hostname, port: url.port, path, method: options.method ?? 'GET', headers: options.headers ?? {} },
      (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () => {
          const cookie = (response.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ')
          resolve({ status: response.statusCode ?? 0, body, cookie })
        })
      },
    )
    request.on('error', reject)
    request.end(options.body)
  })
}

/** @returns the HTTP status of a refused upgrade, or 101 */
function upgrade(base: string, path: string, headers: Record<string, string>): Promise<number> {
  const url = new URL(base)
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: url.hostname,
      port: url.port,
      path,
      headers: {
        ...headers,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    })
    request.on('response', (response) => resolve(response.statusCode ?? 0))
    request.on('upgrade', (_response, socket) => {
      socket.destroy()
      resolve(101)
    })
    request.on('error', reject)
    request.end()
  })
}

const opened = (socket: WebSocket): Promise<unknown> => new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))

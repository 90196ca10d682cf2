import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAsking } from './remote-address.ts'

describe('asking whether a remote address answers', () => {
  let server: Server
  let at: string
  const asked: string[] = []
  const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    '/page': (_, response) => response.end('hello'),
    '/picture.png': (_, response) => response.setHeader('content-type', 'image/png').end(),
    '/gone': (_, response) => response.writeHead(410).end(),
    '/only-get': ({ method }, response) => response.writeHead(method === 'GET' ? 200 : 405).end('x'.repeat(1_000_000)),
    '/moved': (_, response) => response.writeHead(301, { location: '/page' }).end(),
    '/round': (_, response) => response.writeHead(302, { location: '/round' }).end(),
    '/silent': () => {},
  }
  const asks = createAsking({ timeoutMillis: 300, pauseMillis: 0 })

  beforeEach(async () => {
    asked.length = 0
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      const route = routes[request.url ?? '']
      if (route) route(request, response)
      else response.writeHead(404).end()
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })

  it.each([
    ['/page', 'link', undefined],
    ['/picture.png', 'image', undefined],
    ['/page?one=two', 'link', 'The server answers 404 Not Found.'],
    ['/moved', 'link', undefined],
    ['/only-get', 'link', undefined],
    ['/gone', 'link', 'The server answers 410 Gone.'],
    ['/round', 'link', 'It cannot be reached: redirect count exceeded.'],
    ['/silent', 'link', 'It does not answer within 1 s.'],
  ] as const)('%s as %s', async (path, kind, why) => {
    expect(await asks(at + path, kind)).toBe(why)
  })

  it('takes a page for no image', async () => {
    routes['/page.png'] = (_, response) => response.setHeader('content-type', 'text/html').end()
    expect(await asks(`${at}/page.png`, 'image')).toBe('It is no image but text/html.')
  })

  it('asks for the same page once, and one server never twice at the same time', async () => {
    await Promise.all([asks(`${at}/page#one`, 'link'), asks(`${at}/page#two`, 'link'), asks(`${at}/only-get`, 'link')])
    expect(asked).toEqual(['HEAD /page', 'HEAD /only-get', 'GET /only-get'])
  })

  it('says what is no address, and where nobody listens', async () => {
    expect(await asks('http://', 'link')).toBe('It is no address.')
    expect(await asks('http://127.0.0.1:1/', 'link')).toMatch(/^It cannot be reached: (connect ECONNREFUSED|bad port)/)
  })
})

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PersonId } from '../kernel/ids.ts'
import type { Room } from './room.ts'
import { servePages } from './served-pages.ts'

const ada = PersonId.parse('p-01')
const ben = PersonId.parse('p-02')
let server: Server
let asked: IncomingMessage | undefined
let who = ada
const app = new Hono()

beforeAll(async () => {
  server = createServer((request, response) => {
    asked = request
    response.setHeader('set-cookie', 'deckhand-1-attendee=stolen')
    response.setHeader('clear-site-data', '"*"')
    response.setHeader('content-security-policy', "default-src 'none'")
    if (request.url === '/away') response.writeHead(302, { location: '/there' }).end()
    else response.setHeader('content-type', 'text/html').end('<a href="/x">é</a>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const terminal = { id: 't-01-1', person: ada } as unknown as ReturnType<Room['terminal']>
  const dial = () => Promise.resolve(connect({ host: '127.0.0.1', port }))
  servePages(app, { terminal: (id) => (id === 't-01-1' ? terminal : undefined), dial }, () => [who])
})
afterAll(() => void server.close())

describe('a page that somebody’s shell serves', () => {
  it('is behind an address of its own, which only its owner is told', async () => {
    const first = await app.request('/port/t-01-1/8080/a?b=1')
    expect([first.status, first.headers.get('location')]).toEqual([303, expect.stringMatching(/^\/served\/[\w-]{32}\/a\?b=1$/)])
    who = ben
    expect((await app.request('/port/t-01-1/8080/')).status).toBe(404)
    who = ada
    expect((await app.request('/port/t-09-1/8080/')).status).toBe(404)
    expect((await app.request('/port/t-01-1/70000/')).status).toBe(404)
    expect((await app.request('/served/guessed/')).status).toBe(404)
  })

  it('hears nothing of who asks, and says nothing to our pages', async () => {
    const page = (await app.request('/port/t-01-1/8080/')).headers.get('location') ?? ''
    const answer = await app.request(page, { headers: { cookie: 'deckhand-1-attendee=mine', referer: 'http://here/', 'x-app': 'kept' } })
    expect(asked?.headers).toMatchObject({ 'host': '127.0.0.1:8080', 'x-app': 'kept' })
    expect(asked?.headers).not.toHaveProperty('cookie')
    expect(asked?.headers).not.toHaveProperty('referer')
    expect(answer.headers.get('content-security-policy')).toMatch(/^sandbox (?!.*allow-same-origin)/)
    for (const name of ['set-cookie', 'clear-site-data']) expect(answer.headers.has(name), name).toBe(false)
    expect(await answer.text()).toBe(`<a href="${page}x">é</a>`)
    expect((await app.request(`${page}away`)).headers.get('location')).toBe(`${page}there`)
  })
})

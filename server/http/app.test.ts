import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Classroom, PRESENTER } from '../classroom/classroom.ts'
import { JoinAttempts } from '../classroom/join-attempts.ts'
import { ManualClock } from '../kernel/clock.ts'
import { type PersonId, SessionId, SlideId } from '../kernel/ids.ts'
import { Deck } from '../protocol/deck.ts'
import { Problem, SessionInfo } from '../protocol/http-api.ts'
import { Access } from './access.ts'
import { createApp } from './app.ts'
import type { Room } from './room.ts'

const CODE = 'BKT-4MW'
let folder: string
let site: ReturnType<typeof openSite>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deckhand-http-'))
  await mkdir(join(folder, 'dist/assets'), { recursive: true })
  await mkdir(join(folder, 'deck/images'), { recursive: true })
  await writeFile(join(folder, 'dist/index.html'), '<!doctype html><title>Deckhand</title>')
  await writeFile(join(folder, 'dist/assets/main-abc.js'), `console.log('${'x'.repeat(5000)}')`)
  await writeFile(join(folder, 'deck/images/a.svg'), '<svg/>')
  await writeFile(join(folder, 'deck/deck.md'), '# Answers')
  await writeFile(join(folder, 'secret.png'), 'private')
  await symlink(join(folder, 'secret.png'), join(folder, 'deck/images/link.png'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
beforeEach(() => {
  site = openSite()
})

describe('every request', () => {
  it.each(['127.0.0.1:4600', 'localhost:4600', '[::1]:4600'])('may be for %s', async (host) => {
    expect((await site.get('/healthz', { host })).status).toBe(200)
  })

  it.each(['evil.example', 'evil.example:4600', '127.0.0.1:4601', 'localhost', '10.0.0.1:4600'])('may not be for %s', async (host) => {
    const response = await site.get('/healthz', { host })
    expect(response.status).toBe(403)
    expect(Problem.parse(await response.json()).say).toContain('not one of this workshop’s')
  })

  it.each(['http://evil.example', 'http://localhost:4600', 'https://127.0.0.1:4600', 'null'])(
    'may not come from a page at %s',
    async (origin) => {
      expect((await site.get('/join', { origin })).status).toBe(403)
      expect((await site.join('Eve', CODE, { origin })).status).toBe(403)
    },
  )

  it('is answered with headers that keep pages to themselves', async () => {
    const { headers } = await site.get('/join')
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('content-security-policy')).toContain("script-src 'self';")
    expect(headers.get('content-security-policy')).toContain('ws://127.0.0.1:4600')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
  })

  it('is told in words when there is nothing', async () => {
    const response = await site.get('/nowhere')
    expect(response.status).toBe(404)
    expect(Problem.parse(await response.json()).say).toBe('There is nothing at /nowhere.')
  })

  it('is told the same on a page when a browser asks, with the address as text', async () => {
    const response = await site.get('/<b>no', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' })
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
    const page = await response.text()
    expect(page).toContain('There is nothing at /&#60;b&#62;no.')
    expect(page).toContain('href="/"')
  })

  it('is told as JSON below /api/, whoever asks', async () => {
    const response = await site.get('/api/deck', { accept: 'text/html' })
    expect(response.status).toBe(401)
    expect(Problem.parse(await response.json()).say).toBe('Join the workshop first.')
  })
})

describe('joining', () => {
  it('takes a name and the code, however it is typed', async () => {
    const response = await site.join('Ann', 'bkt4mw')
    expect(response.status).toBe(200)
    expect(response.headers.get('set-cookie')).toMatch(
      /^deckhand-4600-attendee=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
    )
    expect([...site.classroom.state.people.values()].map(({ name }) => name)).toEqual(['Pia', 'Ann'])
    expect(site.desks).toEqual(['p-01'])
  })

  it('does not make two people of one browser', async () => {
    const cookie = cookieOf(await site.join('Ann', CODE))
    await site.join('Ann', CODE, { cookie })
    expect(site.classroom.state.people.size).toBe(2)
  })

  it('refuses a wrong code in words, and many of them for a while', async () => {
    const wrong = await site.join('Eve', 'BKT-4MX')
    expect(wrong.status).toBe(403)
    expect(Problem.parse(await wrong.json()).say).toContain('not this workshop’s code')
    for (let guess = 0; guess < 19; guess++) await site.join('Eve', 'BKT-4MX')
    const refused = await site.join('Eve', CODE)
    expect(refused.status).toBe(429)
    expect(Problem.parse(await refused.json()).say).toContain('Wait a minute')
    await site.clock.advance(60_001)
    expect((await site.join('Eve', CODE)).status).toBe(200)
  })

  it('counts guesses that come all at once, too', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => site.join('Eve', 'BKT-4MX')))
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(20)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(80)
  })

  it('says when the room is full', async () => {
    for (let count = 0; count < 200; count++) expect((await site.join('Ann', CODE)).status).toBe(200)
    const refused = await site.join('Zoe', CODE)
    expect(refused.status).toBe(429)
    expect(Problem.parse(await refused.json()).say).toBe('The workshop is full: 200 people have joined.')
    expect(site.desks).toHaveLength(200)
  })

  it.each([
    [{}],
    [{ name: '', code: CODE }],
    [{ name: 'x'.repeat(61), code: CODE }],
    [{ name: 'Ann', code: CODE, extra: 1 }],
    ['nonsense'],
    [null],
  ])('refuses %j', async (body) => {
    expect((await site.post('/api/join', body)).status).toBe(400)
  })

  it('refuses more than a name and a code could be', async () => {
    expect((await site.post('/api/join', { name: 'x'.repeat(10_000), code: CODE })).status).toBe(413)
  })
})

describe('the presenter’s pages', () => {
  it.each(['console', 'stage'] as const)('%s opens with its secret, and then knows the code', async (page) => {
    const entered = await site.post('/api/enter', { page, secret: site.access.secretFor(page) })
    expect(entered.status).toBe(200)
    const info = SessionInfo.parse(await (await site.get('/api/session', { cookie: cookieOf(entered) })).json())
    expect(info).toMatchObject({ [page]: true, attendee: false, join: { code: CODE, url: 'http://127.0.0.1:4600/join' } })
    expect(info.join?.qrSvg).toContain('<svg')
  })

  it('do not open with another page’s secret, nor with none', async () => {
    for (const secret of [site.access.secretFor('stage'), 'guess']) {
      expect((await site.post('/api/enter', { page: 'console', secret })).status).toBe(403)
    }
  })

  it('are not opened by an attendee’s cookie under another name', async () => {
    const cookie = cookieOf(await site.join('Ann', CODE)).replace('attendee', 'console')
    expect(SessionInfo.parse(await (await site.get('/api/session', { cookie })).json())).toMatchObject({ console: false, join: null })
  })
})

describe('the deck', () => {
  it('is given to those who have joined, with their own number and without notes', async () => {
    const cookie = cookieOf(await site.join('Ann', CODE))
    const deck = Deck.parse(await (await site.get('/api/deck', { cookie })).json())
    expect(deck.title).toBe('for p-01')
    expect(deck.slides[0]?.steps[0]?.notes).toBe('')
  })

  it('has its notes on the console only', async () => {
    const console = await site.entered('console')
    const stage = await site.entered('stage')
    expect(await (await site.get('/api/deck', { cookie: console })).text()).toContain('whisper')
    expect(await (await site.get('/api/deck', { cookie: stage })).text()).not.toContain('whisper')
    const both = { cookie: `${console}; ${stage}` }
    expect(await (await site.get('/api/deck?page=stage', both)).text()).not.toContain('whisper')
  })

  it('is compressed as the browser likes best', async () => {
    const cookie = await site.entered('console')
    for (const [accepted, encoding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip, br;q=0', 'gzip'],
      ['identity', null],
    ] as const) {
      const response = await site.get('/api/deck', { cookie, 'accept-encoding': accepted })
      expect(response.headers.get('content-encoding'), accepted).toBe(encoding)
    }
    const response = await site.get('/api/deck', { cookie, 'accept-encoding': 'br' })
    expect(Deck.parse(JSON.parse(brotliDecompressSync(await response.arrayBuffer()).toString())).title).toBe('for p-00')
  })

  it('is not sent again to a browser that has it, and never without asking', async () => {
    const cookie = await site.entered('console')
    const first = await site.get('/api/deck', { cookie })
    expect(first.headers.get('cache-control')).toBe('private, no-cache')
    const tag = first.headers.get('etag') ?? ''
    const again = await site.get('/api/deck', { cookie, 'if-none-match': tag })
    expect([again.status, await again.text()]).toEqual([304, ''])
    const stage = await site.entered('stage')
    expect((await site.get('/api/deck', { cookie: stage, 'if-none-match': tag })).status, 'the stage’s has no notes').toBe(200)
  })

  it('and its images are nobody else’s', async () => {
    expect((await site.get('/api/deck')).status).toBe(401)
    expect((await site.get('/slides/images/a.svg')).status).toBe(401)
  })

  it('shows its images and nothing else of its folder', async () => {
    const cookie = cookieOf(await site.join('Ann', CODE))
    const image = await site.get('/slides/images/a.svg', { cookie })
    expect(image.headers.get('content-type')).toContain('image/svg+xml')
    expect(image.headers.get('content-security-policy')).toContain('sandbox')
    for (const path of ['deck.md', '%2e%2e/secret.png', 'images/..%2f..%2fsecret.png', 'images/link.png', 'images', '%00.png', '%zz.png']) {
      expect((await site.get(`/slides/${path}`, { cookie })).status).toBe(404)
    }
  })
})

describe('the built pages', () => {
  it('are one document under every page’s address', async () => {
    for (const path of ['/stage', '/console', '/join', '/attend', '/replay'])
      expect(await (await site.get(path)).text()).toContain('Deckhand')
    expect((await site.get('/')).headers.get('location')).toBe('/join')
  })

  it('are compressed for phones and kept for good', async () => {
    const response = await site.get('/assets/main-abc.js', { 'accept-encoding': 'gzip, br' })
    expect(response.headers.get('content-encoding')).toBe('br')
    expect(response.headers.get('cache-control')).toContain('immutable')
    expect((await response.arrayBuffer()).byteLength).toBeLessThan(200)
  })
})

function openSite() {
  const clock = new ManualClock()
  const slide = SlideId.parse('one')
  const classroom = new Classroom({
    clock,
    store: { append: () => {} },
    session: SessionId.parse('s'),
    title: 'T',
    presenterName: 'Pia',
    slides: [{ id: slide, steps: 1 }],
  })
  const desks: PersonId[] = []
  const room: Room = {
    session: SessionId.parse('s'),
    presenter: PRESENTER,
    classroom,
    deck: {
      version: () => '1',
      for: (person) => ({
        title: `for ${person}`,
        presenters: [],
        version: '1',
        slides: [
          {
            id: slide,
            title: '',
            layout: 'content',
            classes: [],
            background: {},
            number: '1',
            steps: [{ html: '', notes: 'whisper' }],
            blocks: [],
          },
        ],
      }),
      folder: () => join(folder, 'deck'),
      problem: () => undefined,
      onChange: () => () => {},
    },
    terminal: () => undefined,
    dial: () => Promise.reject(new Error('no terminal')),
    desk: (person) => {
      desks.push(person)
      return undefined as never
    },
    log: () => {},
  }
  const access = new Access(PRESENTER)
  access.secretFor('console')
  access.secretFor('stage')
  const rules = { port: () => 4600, shared: false, host: undefined }
  const app = createApp({
    room,
    access,
    rules,
    joinCode: CODE,
    attempts: new JoinAttempts(clock),
    joinUrl: () => 'http://127.0.0.1:4600/join',
    dist: join(folder, 'dist'),
    log: () => {},
  })
  const get = async (path: string, headers: Record<string, string> = {}) =>
    app.request(path, { headers: { host: '127.0.0.1:4600', ...headers } })
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
    app.request(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { host: '127.0.0.1:4600', 'content-type': 'application/json', ...headers },
    })
  return {
    clock,
    classroom,
    access,
    desks,
    get,
    post,
    join: (name: string, code: string, headers: Record<string, string> = {}) => post('/api/join', { name, code }, headers),
    entered: async (page: 'console' | 'stage') => cookieOf(await post('/api/enter', { page, secret: access.secretFor(page) })),
  }
}

function cookieOf(response: Response): string {
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

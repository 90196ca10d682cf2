import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { harmless, present, replay, type Running } from './main.ts'
import { TerminalId } from './kernel/ids.ts'
import type { ClientMessage } from './protocol/client-message.ts'
import { Deck } from './protocol/deck.ts'
import { Recording, RecordedTerminal } from './protocol/http-api.ts'
import { ServerMessage } from './protocol/server-message.ts'
import { emptySession, reduceSession } from './protocol/session-state.ts'
import { bytesOf, WebSocket } from './http/web-socket.ts'

const DECK = [
  '# One',
  '',
  '```bash',
  'echo first; false',
  'cat <<END',
  'line one',
  'line two',
  'END',
  '```',
  '',
  '---',
  '',
  '# Two',
  '',
  '```bash',
  'tail -f /dev/null',
  '```',
  '',
].join('\n')

describe('a workshop without clusters', { timeout: 30_000 }, () => {
  let folder: string
  let running: Running
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deckhand-main-'))
    await writeFile(join(folder, 'deck.md'), DECK)
    running = await present({
      command: 'present',
      deck: join(folder, 'deck.md'),
      port: 0,
      host: undefined,
      share: false,
      state: join(folder, 'state'),
      json: true,
      clusters: { kind: 'none' },
    })
  }, 30_000)
  afterAll(async () => {
    await running.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('runs a slide’s commands in a real shell, one after the other, and tells how they went', async () => {
    const ann = await attendee(running, 'Ann')
    const terminal = await ann.firstTerminal()
    const block = ann.deck.slides[0]?.blocks[0]?.id
    if (!block) throw new Error('The deck has no block.')
    ann.send({ type: 'terminal.attach', terminal, offset: 0 })
    ann.send({ type: 'run', terminal, block })
    await vi.waitFor(() => expect(ann.events('run.ended')).toMatchObject([{ block, outcome: 'failed', exit: 1 }]), { timeout: 10_000 })
    expect(ann.events('command.finished')).toMatchObject([
      { index: 0, exit: 1 },
      { index: 1, exit: 0 },
    ])
    expect(ann.screen()).toMatch(/\x1b\]133;C\x07first\r\n/)
    expect(ann.screen()).toMatch(/\x1b\]133;C\x07line one\r\nline two\r\n/)
    ann.close()
  })

  it('runs a slide’s commands after what was typed just before, and refuses while that goes on', async () => {
    const eva = await attendee(running, 'Eva')
    const terminal = await eva.firstTerminal()
    const block = eva.deck.slides[0]?.blocks[0]?.id
    if (!block) throw new Error('The deck has no block.')
    eva.send({ type: 'terminal.attach', terminal, offset: 0 })
    await vi.waitFor(() => expect(eva.screen()).toContain('133;B'), 15_000)
    eva.send({ type: 'terminal.input', terminal, data: 'sleep 0.3\r' })
    await vi.waitFor(() => expect(eva.events('command.started')).toHaveLength(1), 15_000)
    eva.send({ type: 'run', terminal, block })
    await vi.waitFor(() => expect(eva.events('run.ended')).toHaveLength(1), 15_000)
    eva.send({ type: 'terminal.input', terminal, data: 'cat\r' })
    await vi.waitFor(() => expect(eva.events('command.started')).toHaveLength(4), 15_000)
    eva.send({ type: 'run', terminal, block })
    await vi.waitFor(() => expect(JSON.stringify(eva.messages('problem'))).toContain('still running'), 15_000)
    eva.close()
  })

  it('gives a page that comes back exactly what it missed', async () => {
    const bob = await attendee(running, 'Bob')
    const terminal = await bob.firstTerminal()
    bob.send({ type: 'terminal.attach', terminal, offset: 0 })
    bob.send({ type: 'terminal.input', terminal, data: 'echo one\r' })
    await vi.waitFor(() => expect(bob.screen()).toMatch(/133;C\x07one\r\n[\s\S]*133;B/), { timeout: 10_000 })
    const had = bob.screen()
    bob.close()
    const other = await connect(running, bob.cookie, 0)
    other.send({ type: 'terminal.attach', terminal, offset: 0 })
    other.send({ type: 'terminal.input', terminal, data: 'echo two\r' })
    await vi.waitFor(() => expect(other.screen()).toMatch(/133;C\x07two\r\n[\s\S]*133;B/), { timeout: 10_000 })
    const again = await connect(running, bob.cookie, 0)
    again.send({ type: 'terminal.attach', terminal, offset: had.length })
    await vi.waitFor(() => expect(had + again.screen()).toBe(other.screen()), { timeout: 10_000 })
    other.close()
    again.close()
  })

  it('lets nobody into somebody else’s terminal', async () => {
    const [cleo, dan] = [await attendee(running, 'Cleo'), await attendee(running, 'Dan')]
    const terminal = await cleo.firstTerminal()
    dan.send({ type: 'terminal.attach', terminal, offset: 0 })
    dan.send({ type: 'terminal.input', terminal, data: 'echo intruder\r' })
    await vi.waitFor(() => expect(dan.messages('problem')).toHaveLength(2), 15_000)
    expect(dan.screen()).toBe('')
    cleo.close()
    dan.close()
  })

  it('ends a socket that says what is not a message, and no other', async () => {
    const [eve, fay] = [await attendee(running, 'Eve'), await attendee(running, 'Fay')]
    const closed = eve.closed()
    eve.sendRaw('{"type":"slide.show"}')
    expect(await closed).toBe(1008)
    expect(fay.isOpen()).toBe(true)
    fay.close()
  })

  it('follows the console, and lets attendees roam and come back', async () => {
    const console = await connect(running, await entered(running, 'console'), 0, 'console')
    const gus = await attendee(running, 'Gus')
    const [one, two] = gus.deck.slides.map(({ id }) => id)
    if (!one || !two) throw new Error('The deck has two slides.')
    console.send({ type: 'slide.show', slide: two, step: 0 })
    await vi.waitFor(() => expect(gus.state().stage?.slide).toBe(two), 15_000)
    gus.send({ type: 'slide.show', slide: one, step: 0 })
    await vi.waitFor(() => expect(console.state().people.get(gus.person())?.following).toBe(false), 15_000)
    expect(gus.state().stage?.slide).toBe(two)
    gus.send({ type: 'follow' })
    await vi.waitFor(() => expect(gus.state().people.get(gus.person())?.following).toBe(true), 15_000)
    gus.send({ type: 'dock.show', dock: 'full' })
    await vi.waitFor(() => expect(gus.messages('problem')).toHaveLength(1), 15_000)
    console.close()
    gus.close()
  })

  it('gives the stage’s size to the presenter’s terminal while a stage shows it', async () => {
    const [console, stage] = [
      await connect(running, await entered(running, 'console'), 0, 'console'),
      await connect(running, await entered(running, 'stage'), 0, 'stage'),
    ]
    const terminal = TerminalId.parse('t-00-1')
    stage.send({ type: 'terminal.attach', terminal, offset: 0 })
    stage.send({ type: 'terminal.resize', terminal, columns: 70, rows: 20 })
    await vi.waitFor(() => expect(console.state().terminals.get(terminal)).toMatchObject({ columns: 70, rows: 20 }), 15_000)
    console.send({ type: 'terminal.resize', terminal, columns: 200, rows: 60 })
    stage.send({ type: 'terminal.resize', terminal, columns: 71, rows: 21 })
    await vi.waitFor(() => expect(console.state().terminals.get(terminal)).toMatchObject({ columns: 71, rows: 21 }), 15_000)
    stage.close()
    await vi.waitFor(() => {
      console.send({ type: 'terminal.resize', terminal, columns: 120, rows: 40 })
      expect(console.state().terminals.get(terminal)).toMatchObject({ columns: 120, rows: 40 })
    }, 15_000)
    console.close()
  })

  it('ends a page that asks for too much at once, and writes down no more than it may', async () => {
    const ivy = await attendee(running, 'Ivy')
    const [one, two] = ivy.deck.slides.map(({ id }) => id)
    if (!one || !two) throw new Error('The deck has two slides.')
    const closed = ivy.closed()
    for (let count = 0; count < 2000; count++) ivy.send({ type: 'slide.show', slide: count % 2 ? one : two, step: 0 })
    expect(await closed).toBe(1008)
    expect(ivy.events('person.moved').length).toBeLessThan(600)
  })

  it('lets a person open twenty pages and no more', async () => {
    const jon = await attendee(running, 'Jon')
    const more = await Promise.all(Array.from({ length: 19 }, () => connect(running, jon.cookie, 0)))
    await expect(connect(running, jon.cookie, 0)).rejects.toThrow('429')
    for (const page of [jon, ...more]) page.close()
    await vi.waitFor(async () => (await connect(running, jon.cookie, 0)).close(), { timeout: 15_000 })
  })

  it('shows a stage nothing of any attendee', async () => {
    const stage = await connect(running, await entered(running, 'stage'), 0, 'stage')
    const hal = await attendee(running, 'Hal-the-private')
    await hal.firstTerminal()
    expect(JSON.stringify(stage.received())).not.toMatch(/Hal-the-private|p-0[1-9]/)
    stage.close()
    hal.close()
  })
})

describe('the log', () => {
  it('cannot be made to drive the terminal that it is read in, nor to show text in another order than it has', () => {
    expect(harmless('bad \x1b]52;c;aGk=\x07 \u202egpj.exe\x9b31m\r\n\tat here')).toBe(
      'bad \\u{1b}]52;c;aGk=\\u{7} \\u{202e}gpj.exe\\u{9b}31m\\u{d}\n\tat here',
    )
  })
})

describe('a workshop that has ended', { timeout: 30_000 }, () => {
  it('leaves its recording, which replays, and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deckhand-main-'))
    await writeFile(join(folder, 'deck.md'), DECK)
    const before = await temporaryFolders()
    const running = await present({
      command: 'present',
      deck: join(folder, 'deck.md'),
      port: 0,
      host: undefined,
      share: false,
      state: join(folder, 'state'),
      json: true,
      clusters: { kind: 'none' },
    })
    const ann = await attendee(running, 'Ann')
    const terminal = await ann.firstTerminal()
    ann.send({ type: 'terminal.attach', terminal, offset: 0 })
    await vi.waitFor(() => expect(ann.screen()).toContain('133;B'), { timeout: 15_000 })
    const closed = ann.closed()
    await running.close()
    await closed
    expect((await temporaryFolders()).filter((name) => !before.includes(name))).toEqual([])
    const deckFile = join(folder, 'state/sessions', (await readdir(join(folder, 'state/sessions')))[0] ?? '', 'deck.json')
    await writeFile(deckFile, (await readFile(deckFile, 'utf8')).replace('"html":"', '"html":"<img src=x onerror=alert(1)>'))
    const replayed = await replay({ command: 'replay', session: undefined, port: 0, state: join(folder, 'state'), json: true })
    const address = new URL(replayed.json['replay'] ?? '')
    expect((await fetch(`${address.origin}/api/replay`)).status).toBe(401)
    const cookie = await entered(replayed, 'replay')
    const recording = Recording.parse(await (await fetch(`${address.origin}/api/replay`, { headers: { cookie } })).json())
    expect(recording.events.at(-1)?.event.type).toBe('session.ended')
    expect(recording.terminals.toSorted()).toEqual(['t-00-1', 't-01-1'])
    const output = RecordedTerminal.parse(
      await (await fetch(`${address.origin}/api/replay/terminals/t-01-1`, { headers: { cookie } })).json(),
    )
    expect(output.map(([, data]) => data).join('')).toContain('133;A')
    const deck = Deck.parse(await (await fetch(`${address.origin}/api/deck`, { headers: { cookie } })).json())
    expect(deck.slides).toHaveLength(2)
    expect(deck.slides[0]?.steps[0]?.html).toMatch(/^<img src="x">/)
    await replayed.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('says in one sentence that its port is taken', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deckhand-main-'))
    await writeFile(join(folder, 'deck.md'), DECK)
    const config = {
      command: 'present',
      deck: join(folder, 'deck.md'),
      host: undefined,
      share: false,
      state: join(folder, 'state'),
      json: true,
      clusters: { kind: 'none' },
    } as const
    const first = await present({ ...config, port: 0 })
    const port = Number(new URL(first.json['join'] ?? '').port)
    await expect(present({ ...config, port })).rejects.toThrow(`Port ${port} is taken. Stop what uses it, or choose another with --port.`)
    await first.close()
    await rm(folder, { recursive: true, force: true })
  })
})

async function attendee(running: Running, name: string) {
  const { origin, hash } = new URL(running.json['join'] ?? '')
  const response = await fetch(`${origin}/api/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, code: hash.slice(1) }),
  })
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  const deck = Deck.parse(await (await fetch(`${origin}/api/deck`, { headers: { cookie } })).json())
  return { ...(await connect(running, cookie, 0)), cookie, deck }
}

async function entered(running: Running, page: 'console' | 'stage' | 'replay'): Promise<string> {
  const { origin, hash } = new URL(running.json[page] ?? '')
  const response = await fetch(`${origin}/api/enter`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ page, secret: hash.slice(1) }),
  })
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

async function connect(running: Running, cookie: string, after: number, page = 'attendee') {
  const { origin, host } = new URL(running.json['join'] ?? '')
  const socket = new WebSocket(`ws://${host}/socket?page=${page}&after=${after}`, { headers: { cookie, origin } })
  const received: ServerMessage[] = []
  let state = emptySession
  let screen = ''
  socket.on('message', (data) => {
    const message = ServerMessage.parse(JSON.parse(bytesOf(data).toString()))
    received.push(message)
    if (message.type === 'welcome' || message.type === 'events') state = message.events.reduce(reduceSession, state)
    if (message.type !== 'terminal.output') return
    screen += message.data
    send({ type: 'terminal.ack', terminal: message.terminal, offset: message.offset + message.data.length })
  })
  const send = (message: ClientMessage): void => socket.send(JSON.stringify(message))
  await new Promise<void>((resolve, reject) => socket.once('message', () => resolve()).once('error', reject))
  expect(received[0]?.type).toBe('welcome')
  const messages = (type: ServerMessage['type']) => received.filter((message) => message.type === type)
  const all = () =>
    received.flatMap((message) => (message.type === 'welcome' || message.type === 'events' ? message.events : [])).map(({ event }) => event)
  return {
    send,
    sendRaw: (frame: string) => socket.send(frame),
    close: () => socket.close(),
    closed: () => new Promise<number>((resolve) => socket.once('close', resolve)),
    isOpen: () => socket.readyState === WebSocket.OPEN,
    received: () => received,
    messages,
    events: (type: string) => all().filter((event) => event.type === type),
    state: () => state,
    screen: () => screen,
    person: () => {
      const first = received[0]
      if (first?.type !== 'welcome' || first.person === null) throw new Error('not welcome')
      return first.person
    },
    firstTerminal: () =>
      vi.waitFor(
        () => {
          const [id] = state.terminals.keys()
          if (!id) throw new Error('no terminal yet')
          return id
        },
        { timeout: 15_000 },
      ),
  }
}

async function temporaryFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => /^deckhand-\w{6}$/.test(name))
}

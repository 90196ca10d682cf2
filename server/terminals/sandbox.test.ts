import { access, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Clock } from '../kernel/clock.ts'
import { PersonId, type TerminalId } from '../kernel/ids.ts'
import type { SessionEvent } from '../protocol/session-event.ts'
import { startPty } from './pty.ts'
import { type Sandbox, trySandbox } from './sandbox.ts'
import { createTerminals, type Terminals } from './terminals.ts'

const hasBubblewrap = await access('/usr/bin/bwrap').then(
  () => true,
  () => false,
)
const clock: Clock = {
  now: () => Date.now(),
  after: (millis, callback) => {
    const timer = setTimeout(callback, millis)
    return () => clearTimeout(timer)
  },
}

/** Says something on a connection into a shell's network. @returns what comes back until it ends */
async function talk(terminals: Terminals, terminal: TerminalId, port: number, text: string): Promise<string> {
  const socket = await terminals.dial(terminal, port)
  socket.on('error', () => {})
  socket.write(text)
  const chunks: Buffer[] = []
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe.runIf(hasBubblewrap)('a confined shell', { timeout: 30_000 }, () => {
  let runtime: string
  let sandbox: Sandbox
  let terminals: Terminals
  let api: Server
  let port: number
  const events: SessionEvent[] = []

  beforeAll(async () => {
    process.env['SERVER_SECRET'] = 'do-not-tell'
    runtime = await mkdtemp(join(tmpdir(), 'deckhand-test-'))
    await chmod(runtime, 0o711)
    api = createServer((_request, response) => response.end('the cluster\n'))
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
    const address = api.address()
    port = typeof address === 'object' && address ? address.port : 0
    sandbox = await trySandbox({ bubblewrap: '/usr/bin/bwrap', socat: '/usr/bin/socat', kubectl: undefined }, runtime)
    terminals = terminalsIn(sandbox)
  })
  afterAll(async () => {
    delete process.env['SERVER_SECRET']
    await terminals.close()
    await new Promise((resolve) => api.close(resolve))
    await rm(runtime, { recursive: true, force: true })
  })

  const terminalsIn = (confinement: Sandbox) =>
    createTerminals({
      clock,
      startPty,
      sandbox: confinement,
      runtime,
      labFolder: join(import.meta.dirname, '../protocol'),
      kubectl: undefined,
      onEvent: (event) => void events.push(event),
      onOutput: () => {},
    })
  const shell = async (number: number, inside = terminals) => {
    const person = PersonId.parse(`p-0${number}`)
    const seat = inside.seat(
      { person, number, presenter: number === 0 },
      Promise.resolve({ api: { host: '127.0.0.1', port }, kubeconfigFor: (at) => `server: ${at.host}:${at.port}\n` }),
    )
    const terminal = await seat.open({ columns: 200, rows: 50 })
    let output = ''
    const attachment = terminal.attach(0, {
      output: (offset, data) => {
        output += data
        queueMicrotask(() => attachment.acknowledge(offset + data.length))
      },
      reset: () => {},
    })
    /** Types a command. @returns what it printed */
    const ask = async (command: string): Promise<string> => {
      await vi.waitFor(() => expect(output).toContain('\x1b]133;B'), { timeout: 10_000 })
      output = ''
      terminal.write(`${command}\r`)
      return vi.waitFor(
        () => {
          const found = /\x1b\]133;C\x07([\s\S]*)\x1b\]133;D;\d+\x07[\s\S]*\x1b\]133;B/.exec(output)
          if (!found) throw new Error(`no answer yet: ${output}`)
          return found[1] ?? ''
        },
        { timeout: 10_000 },
      )
    }
    return { seat, terminal, ask, person }
  }

  it('works here', () => {
    expect(sandbox).toMatchObject({ state: 'works' })
  })

  it('sees nothing of this machine’s people, processes and environment', async () => {
    const { ask, seat } = await shell(1)
    expect(await ask(`ls -d ${homedir()} ${process.cwd()} /root /var/lib /mnt /etc/shadow /etc/hostname 2>/dev/null | wc -l`)).toMatch(
      /^0\s/,
    )
    expect(await ask('cat /etc/passwd; id -un; hostname')).toMatch(/^attendee:x:1000[^\n]*\r\nnobody[^\n]*\r\nattendee\r\nworkshop-01\r\n$/)
    expect(await ask('cat /proc/*/environ | tr "\\0" "\\n" | grep -c -e [S]ECRET -e [V]ITEST')).toMatch(/^0\s/)
    expect(await ask('cat /proc/*/cmdline | tr "\\0" " " | grep -c -e [v]itest -e [d]eckhand-test')).toMatch(/^0\s/)
    expect(await ask('ls /proc | grep -c "^[0-9]"')).toMatch(/^\d\s/)
    await seat.close()
  })

  it('can be asked for what listens in it, each shell for its own', async () => {
    const { ask, terminal, seat } = await shell(7)
    const other = await shell(8)
    await ask("socat TCP-LISTEN:8080,bind=127.0.0.1,reuseaddr,fork SYSTEM:'read -r name; echo hello $name' >/dev/null 2>&1 &")
    await other.ask('true')
    const said = await vi.waitFor(
      () => talk(terminals, terminal.id, 8080, 'ada\n').then((text) => text || Promise.reject(new Error('not yet'))),
      { timeout: 20_000 },
    )
    expect(said).toBe('hello ada\n')
    expect(await Promise.all(['b', 'c', 'd'].map((name) => talk(terminals, terminal.id, 8080, `${name}\n`)))).toEqual(
      ['b', 'c', 'd'].map((name) => `hello ${name}\n`),
    )
    expect(await talk(terminals, terminal.id, 8081, 'x\n')).toBe('')
    expect(await talk(terminals, other.terminal.id, 8080, 'x\n')).toBe('')
    await seat.close()
    await other.seat.close()
    await expect(terminals.dial(terminal.id, 8080)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('reaches its cluster with the very first command, however long the way to it takes to be there', async () => {
    if (sandbox.state !== 'works') throw new Error('It does not work here.')
    const slow = terminalsIn({ ...sandbox, relay: `/bin/bash -c 'sleep 0.5; exec ${sandbox.relay}'` })
    const { ask, seat } = await shell(9, slow)
    expect(await ask("(exec 3<>/dev/tcp/127.0.0.1/6443 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3) 2>&1 | tail -1")).toBe(
      'the cluster\r\n',
    )
    await seat.close()
    await slow.close()
  })

  it('reaches its cluster at 127.0.0.1:6443, and nothing else', async () => {
    const { ask, seat } = await shell(2)
    const fetch = (to: number) => `(exec 3<>/dev/tcp/127.0.0.1/${to} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3) 2>&1 | tail -1`
    expect(await ask(fetch(6443))).toBe('the cluster\r\n')
    expect(await ask(fetch(port))).toContain('Connection refused')
    expect(await ask('cat /proc/net/dev | tail -n +3 | grep -vc "lo:"')).toMatch(/^0\s/)
    expect(await ask('cat $KUBECONFIG; stat -c %a $KUBECONFIG')).toBe('server: 127.0.0.1:6443\r\n600\r\n')
    await seat.close()
  })

  it('cannot write outside its home and /tmp, nor make namespaces of its own', async () => {
    const { ask, seat } = await shell(3)
    expect(await ask('touch ~/here /tmp/here && echo fine')).toBe('fine\r\n')
    expect(await ask('for f in /usr/bin/x /etc/x /x; do touch $f 2>&1; done | grep -c Read-only')).toMatch(/^3\s/)
    if (sandbox.state === 'works' && sandbox.disableUserns) expect(await ask('unshare --user true 2>/dev/null; echo $?')).toMatch(/^[1-9]/)
    await seat.close()
  })

  it('cannot fill the machine’s memory through the folders that are in memory', async () => {
    const { ask, seat } = await shell(3)
    expect(await ask('for f in /dev/x /run/x /run/deckhand/x /var/tmp/x; do touch $f 2>&1; done | grep -c Read-only')).toMatch(/^4\s/)
    expect(await ask('df -m --output=size /tmp /dev/shm | tail -n +2 | sort -u | tr -d " "')).toBe('256\r\n')
    await seat.close()
  })

  it('goes first when the machine runs out of memory', async () => {
    const { ask, seat } = await shell(3)
    expect(await ask('cat /proc/self/oom_score_adj')).toMatch(/^1000\s/)
    await seat.close()
  })

  it('cannot lead the server elsewhere by a link in the place of its kubeconfig', async () => {
    const { ask, seat } = await shell(8)
    const [outside, victim] = [join(runtime, 'outside'), join(runtime, 'victim')]
    await mkdir(outside)
    await writeFile(victim, 'precious', { mode: 0o644 })
    const next = (name: string) => Promise.resolve({ api: { host: '127.0.0.1', port }, kubeconfigFor: () => `${name}\n` })
    await ask(`ln -sf ${victim} ~/.kube/config`)
    seat.connect(next('second'))
    await vi.waitFor(async () => expect(await ask('cat ~/.kube/config')).toBe('second\r\n'), { timeout: 5000 })
    await ask(`rm -rf ~/.kube; ln -s ${outside} ~/.kube`)
    seat.connect(next('third'))
    await ask('sleep 0.2')
    expect(await readFile(victim, 'utf8')).toBe('precious')
    expect(await readdir(outside)).toEqual([])
    await seat.close()
  })

  it('has a home of its own with the lab folder, job control, an editor and colours', async () => {
    const { ask, seat } = await shell(4)
    expect(await ask('ls')).toContain('deck.ts')
    expect(await ask('sleep 60 & kill %1; wait; echo "$TERM $COLORTERM"')).toContain('xterm-256color truecolor')
    expect(await ask('command -v $EDITOR | wc -l')).toMatch(/^1\s/)
    await seat.close()
  })

  it('ends with everything it started, and its home goes with it', async () => {
    const { ask, seat, terminal, person } = await shell(5)
    await ask('(trap "" HUP TERM; exec -a stubborn-5 sleep 1000) & disown')
    await seat.close()
    expect(terminal.closed).toBe(true)
    await vi.waitFor(async () => expect(await commandLines()).not.toContain('stubborn-5'), 15_000)
    await expect(stat(join(runtime, person))).rejects.toThrow('ENOENT')
  })

  it('cannot keep its home from going by taking all rights from a folder in it', async () => {
    const { ask, seat, person } = await shell(5)
    await ask('mkdir -p a/b/c; chmod 0 a/b a')
    await seat.close()
    await expect(stat(join(runtime, person))).rejects.toThrow('ENOENT')
  })

  it('leaves nothing when it is ended while it starts', async () => {
    for (let times = 0; times < 5; times++) {
      const seat = terminals.seat({ person: PersonId.parse('p-07'), number: 7, presenter: false }, Promise.reject(new Error('none')))
      await Promise.all([seat.open({ columns: 80, rows: 24 }), seat.open({ columns: 80, rows: 24 })])
      await seat.close()
    }
    const user = sandbox.state === 'works' && sandbox.setpriv !== undefined ? 60_607 : undefined
    if (user !== undefined) await vi.waitFor(async () => expect(await orphansOf(user)).toBe(0), { timeout: 4000 })
  })

  it('lets a person have four terminals and no more', async () => {
    const { seat } = await shell(6)
    for (let more = 0; more < 3; more++) await seat.open({ columns: 80, rows: 24 })
    await expect(seat.open({ columns: 80, rows: 24 })).rejects.toThrow('You have 4 terminals open')
    await seat.close()
  })
})

describe.runIf(hasBubblewrap)('a confined shell with tools of our own', () => {
  it('has kubectl from elsewhere, and a relay where there is no socat', { timeout: 20_000 }, async () => {
    const runtime = await mkdtemp(join(tmpdir(), 'deckhand-test-'))
    await chmod(runtime, 0o711)
    const kubectl = join(runtime, 'kubectl-of-ours')
    await writeFile(kubectl, '#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/6443; cat <&3\n', { mode: 0o755 })
    const api = createTcpServer((socket) => socket.end('from the cluster\n'))
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
    const address = api.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const sandbox = await trySandbox({ bubblewrap: '/usr/bin/bwrap', socat: undefined, kubectl }, runtime)
    const terminals = createTerminals({
      clock,
      startPty,
      sandbox,
      runtime,
      labFolder: undefined,
      kubectl,
      onEvent: () => {},
      onOutput: () => {},
    })
    const seat = terminals.seat(
      { person: PersonId.parse('p-01'), number: 1, presenter: false },
      Promise.resolve({ api: { host: '127.0.0.1', port }, kubeconfigFor: () => '' }),
    )
    const terminal = await seat.open({ columns: 80, rows: 24 })
    let output = ''
    terminal.attach(0, { output: (_offset, data) => (output += data), reset: () => {} })
    terminal.write('until kubectl 2>/dev/null; do sleep 0.05; done\r')
    await vi.waitFor(() => expect(output).toContain('133;C\x07from the cluster'), { timeout: 10_000 })
    await terminals.close()
    await new Promise((resolve) => api.close(resolve))
    await rm(runtime, { recursive: true, force: true })
  })
})

describe('without bubblewrap', () => {
  it('a shell still has a home and an environment of its own', async () => {
    const runtime = await mkdtemp(join(tmpdir(), 'deckhand-test-'))
    process.env['SERVER_SECRET'] = 'do-not-tell'
    const sandbox: Sandbox = { state: 'missing', why: 'Not here.' }
    const terminals = createTerminals({
      clock,
      startPty,
      sandbox,
      runtime,
      labFolder: undefined,
      kubectl: undefined,
      onEvent: () => {},
      onOutput: () => {},
    })
    const cluster = Promise.resolve({ api: { host: '127.0.0.1', port: 7 }, kubeconfigFor: (at: { port: number }) => `port ${at.port}\n` })
    const seat = terminals.seat({ person: PersonId.parse('p-01'), number: 1, presenter: false }, cluster)
    const terminal = await seat.open({ columns: 200, rows: 24 })
    let output = ''
    terminal.attach(0, { output: (_offset, data) => (output += data), reset: () => {} })
    terminal.write('env | grep -c [S]ECRET; cat $KUBECONFIG; pwd\r')
    await vi.waitFor(() => expect(output).toContain(`\x1b]133;C\x070\r\nport 7\r\n${join(runtime, 'p-01/home')}\r\n`), { timeout: 10_000 })
    await terminals.close()
    delete process.env['SERVER_SECRET']
    await rm(runtime, { recursive: true, force: true })
  })

  it('says why shells cannot be confined', async () => {
    const runtime = await mkdtemp(join(tmpdir(), 'deckhand-test-'))
    const tools = { socat: undefined, kubectl: undefined }
    expect(await trySandbox({ bubblewrap: undefined, ...tools }, runtime)).toEqual({
      state: 'missing',
      why: expect.stringContaining('not installed'),
    })
    expect(await trySandbox({ bubblewrap: '/bin/false', ...tools }, runtime)).toEqual({
      state: 'missing',
      why: expect.stringContaining('does not work here'),
    })
    expect(await readdir(runtime)).not.toContainEqual(expect.stringMatching(/^try-/))
    await rm(runtime, { recursive: true, force: true })
  })
})

/** Processes of this user that nobody looks after: their parent is gone. */
async function orphansOf(user: number): Promise<number> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const statuses = await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')))
  return statuses.filter((status) => /^PPid:\s1$/m.test(status) && new RegExp(`^Uid:\\s${user}\\s`, 'm').test(status)).length
}

async function commandLines(): Promise<string> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return (await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))).join('\n')
}

import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startPty } from '../../server/terminals/pty.ts'
import { findSome } from '../../server/tools/find-tools.ts'
import { startSimulation } from '../conformance/simulated.ts'

let simulation: Awaited<ReturnType<typeof startSimulation>>
let kubectl = ''

beforeAll(async () => {
  const found = (await findSome(['kubectl'])).kubectl
  if (!found.found) throw new Error(found.howToGet)
  kubectl = found.path
  simulation = await startSimulation()
  await run('run', 'toolbox', '--image=alpine:3.22', '--command', '--', 'sleep', '86400')
  await run('wait', '--for=condition=Ready', 'pod/toolbox', '--timeout=60s')
}, 90_000)

afterAll(() => simulation.stop())

async function run(...args: string[]): Promise<string> {
  return (await promisify(execFile)(kubectl, ['--kubeconfig', simulation.kubeconfig, ...args], { maxBuffer: 1 << 26 })).stdout
}

/** A person at `kubectl exec -it` on a real pseudo-terminal. */
function sitDown(...command: string[]) {
  let screen = ''
  const pty = startPty({
    file: kubectl,
    args: ['--kubeconfig', simulation.kubeconfig, 'exec', '-it', 'toolbox', '--', ...command],
    env: { HOME: tmpdir(), PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color' },
    cwd: tmpdir(),
    columns: 80,
    rows: 24,
  })
  const exited = new Promise<number>((resolve) => pty.onExit(resolve))
  pty.onData((data) => (screen += data))
  return {
    pty,
    exited,
    /** Types, then waits until something is on the screen that was not before. */
    async type(keys: string, expected: string | RegExp): Promise<string> {
      const from = screen.length
      pty.write(keys)
      await vi.waitFor(() => expect(screen.slice(from).replaceAll(/\u001b\]133;[^\u001b]*\u001b\\/g, '')).toMatch(expected), {
        timeout: 15_000,
        interval: 20,
      })
      return screen.slice(from)
    },
  }
}

const prompt = /\/ # $/

describe('a shell in a pod, through kubectl exec -it on a real terminal', () => {
  it('edits, recalls, completes, interrupts, resizes, edits a file and ends', async () => {
    const person = sitDown('sh')
    await person.type('', prompt)
    await person.type('ech hello\u0001\u001b[C\u001b[C\u001b[Co\u0005 again\r', /\r\nhello again\r\n\/ # $/)
    await person.type('\u001b[A\u007f\u007f\u007f\u007f\u007fonce more\r', /\r\nhello once more\r\n\/ # $/)
    await person.type('\u0012hello ag\r', /\r\nhello again\r\n\/ # $/)
    await person.type('ls -d /etc/os-rel\t\r', /\r\n\/etc\/os-release\r\n\/ # $/)
    await person.type('ping 127.0.0.1\r', /seq=1 /)
    await person.type('\u0003', /packets transmitted[^]*\/ # $/)
    await person.type('trap "stty size" WINCH; stty size; while true; do sleep 0.1; done\r', /24 80\r\n/)
    person.pty.resize(100, 30)
    await person.type('', /30 100\r\n/)
    await person.type('\u0003', prompt)
    await person.type('vi /tmp/notes\r', 'New file')
    await person.type('ifirst line\rsecond line\u001bkdd:wq\r', prompt)
    await person.type('cat /tmp/notes\r', /\r\nsecond line\r\n\/ # $/)
    await person.type('while true; do echo turning; done\r', /turning\r\nturning/)
    await person.type('\u0003', prompt)
    await person.type('sleep 1000 | cat\r', 'cat')
    await person.type('\u0003', prompt)
    person.pty.write('exit 3\r')
    expect(await person.exited).toBe(3)
  }, 120_000)

  it('holds endless output up when nobody reads, and still hears Ctrl-C', async () => {
    const person = sitDown('sh')
    await person.type('', prompt)
    await person.type('yes\r', /y\r\ny\r\n/)
    person.pty.pause()
    // Somebody else is not held up meanwhile.
    expect(await run('exec', 'toolbox', '--', 'echo', 'here')).toBe('here\n')
    person.pty.resume()
    await person.type('\u0003', prompt)
    person.pty.write('\u0004')
    expect(await person.exited).toBe(130)
  }, 60_000)
})

describe('kubectl cp', () => {
  it('carries five megabytes of anything both ways unchanged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deckhand-cp-'))
    try {
      const bytes = randomBytes(5_000_000)
      const sum = createHash('sha256').update(bytes).digest('hex')
      await writeFile(join(folder, 'there'), bytes)
      await run('cp', join(folder, 'there'), 'toolbox:/tmp/there')
      expect(await run('exec', 'toolbox', '--', 'sha256sum', '/tmp/there')).toBe(`${sum}  /tmp/there\n`)
      expect(await run('exec', 'toolbox', '--', 'md5sum', '/tmp/there')).toBe(
        `${createHash('md5').update(bytes).digest('hex')}  /tmp/there\n`,
      )
      await run('cp', 'toolbox:/tmp/there', join(folder, 'back'))
      expect(
        createHash('sha256')
          .update(await readFile(join(folder, 'back')))
          .digest('hex'),
      ).toBe(sum)
    } finally {
      await rm(folder, { recursive: true })
    }
  }, 60_000)
})

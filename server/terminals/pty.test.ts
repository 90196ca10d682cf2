import { createHash } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { PersonId, TerminalId } from '../kernel/ids.ts'
import { ManualClock } from '../kernel/clock.ts'
import type { SessionEvent } from '../protocol/session-event.ts'
import { type Pty, startPty } from './pty.ts'
import { Terminal } from './terminal.ts'

describe('a pseudo terminal', { timeout: 20_000 }, () => {
  it('takes what is typed to a program that does not read without holding up this process, until it is too much', async () => {
    const pty = start('stty raw -echo; echo ready; exec sleep 1000')
    await printed(pty, 'ready')
    const data = 'x'.repeat(60_000)
    const taken = Array.from({ length: 40 }, () => pty.write(data)).filter(Boolean).length
    expect(taken).toBeGreaterThanOrEqual(17)
    expect(taken).toBeLessThan(20)
    const ended = new Promise((resolve) => pty.onExit(resolve))
    pty.kill('SIGKILL')
    await ended
  })

  it('gives a program everything that was typed once it reads, in order and whole', async () => {
    const pty = start('stty raw -echo; echo ready; sleep 0.3; head -c 300000 | sha256sum; exit')
    const data = Array.from({ length: 3 }, (_, part) => String(part).repeat(100_000))
    await printed(pty, 'ready')
    for (const part of data) expect(pty.write(part)).toBe(true)
    await printed(pty, createHash('sha256').update(data.join('')).digest('hex'))
  })
})

describe('a program that prints marks without end', () => {
  it('does not fill the session’s log', () => {
    const clock = new ManualClock()
    const events: SessionEvent[] = []
    let print: (data: string) => void = () => {}
    const pty: Pty = {
      pid: 1,
      write: () => true,
      resize: () => {},
      pause: () => {},
      resume: () => {},
      kill: () => {},
      onData: (listener) => (print = listener),
      onExit: () => {},
    }
    const size = { columns: 80, rows: 24 }
    const [id, person] = [TerminalId.parse('t-01-1'), PersonId.parse('p-01')]
    const deps = { clock, id, person, pty, size, onOutput: () => {}, onClosed: () => {} }
    const terminal = new Terminal({ ...deps, onEvent: (event) => events.push(event) })
    print('\x1b]133;C\x07\x1b]133;D;1\x07'.repeat(10_000))
    const count = (type: SessionEvent['type']) => events.filter((event) => event.type === type).length
    expect([count('command.started'), count('command.finished')]).toEqual([200, 200])
    expect(terminal.closed).toBe(false)
  })
})

function start(script: string): Pty {
  return startPty({ file: '/bin/bash', args: ['-c', script], env: { PATH: '/usr/bin:/bin' }, cwd: '/', columns: 80, rows: 24 })
}

async function printed(pty: Pty, words: string): Promise<void> {
  let output = ''
  pty.onData((data) => (output += data))
  await vi.waitFor(() => expect(output).toContain(words), { timeout: 10_000 })
}

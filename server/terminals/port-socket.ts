import { randomBytes } from 'node:crypto'
import { chmod, chown, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import type { TerminalId } from '../kernel/ids.ts'
import { UserError } from '../kernel/user-error.ts'

/**
 * The way to what a person's shells listen on, each in a network of its own. Programs inside connect to this socket, never
 * the other way round: whatever they do with files of theirs, nothing outside is led astray. A shell's `listen ID` stays;
 * on it goes a line `NONCE PORT` for each connection that is wanted, and comes back as a connection that begins `taken NONCE`.
 */
export interface PortSocket {
  readonly path: string
  /** Connects to 127.0.0.1 as that terminal's shell would. @throws UserError 'not-found' */
  dial(terminal: TerminalId, port: number): Promise<Socket>
  close(): Promise<void>
}

const ANSWER_MILLIS = 5000
const MOST_FIRST_LINE = 100
/** A shell and four terminals need few; a program inside may try as many as it likes. */
const MOST_CONNECTIONS = 256

/** @param owner the user who may connect besides root; undefined for the server's own */
export async function openPortSocket(path: string, owner: number | undefined): Promise<PortSocket> {
  const listening = new Map<string, Socket>()
  const wanted = new Map<string, (socket: Socket) => void>()
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => open.delete(socket))
    firstLine(socket, (line) => {
      const [what, name = ''] = line.split(' ')
      if (what === 'listen') {
        listening.get(name)?.destroy()
        listening.set(name, socket)
        socket.resume()
        for (const over of ['end', 'close'])
          socket.on(over, () => {
            socket.destroy()
            if (listening.get(name) === socket) listening.delete(name)
          })
        return
      }
      const take = what === 'taken' ? wanted.get(name) : undefined
      if (take) take(socket)
      else socket.destroy()
    })
  })
  server.maxConnections = MOST_CONNECTIONS
  await rm(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  await chmod(path, 0o600)
  if (owner !== undefined) await chown(path, owner, owner)
  return {
    path,
    dial(terminal, port) {
      const shell = listening.get(terminal)
      if (!shell) return Promise.reject(new UserError('not-found', 'That terminal is not there any more, or its ports cannot be reached.'))
      const nonce = randomBytes(12).toString('hex')
      return new Promise((resolve, reject) => {
        const done = () => {
          clearTimeout(timer)
          wanted.delete(nonce)
        }
        const timer = setTimeout(() => {
          done()
          reject(new UserError('not-found', `Nothing answers on port ${port} of that terminal.`))
        }, ANSWER_MILLIS)
        wanted.set(nonce, (socket) => {
          done()
          resolve(socket)
        })
        shell.write(`${nonce} ${port}\n`)
      })
    },
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Reads a connection's first line and leaves the rest for whoever takes it. */
function firstLine(socket: Socket, heard: (line: string) => void): void {
  let text = Buffer.alloc(0)
  const read = (chunk: Buffer) => {
    text = Buffer.concat([text, chunk])
    const end = text.indexOf(0x0a)
    if (end < 0) {
      if (text.length > MOST_FIRST_LINE) socket.destroy()
      return
    }
    socket.off('data', read)
    socket.pause()
    if (end + 1 < text.length) socket.unshift(text.subarray(end + 1))
    heard(text.toString('latin1', 0, end))
  }
  socket.on('data', read)
}

/** Runs inside a sandbox, by bash: `listen TERMINAL` for each shell, then `take NONCE PORT` for each connection. */
export function portScript(socat: string, socket: string): string {
  return `#!/bin/bash
# Leads what the workshop's page asks for to programs that listen in here.
case "$1" in
  listen)
    printf 'listen %s\\n' "$2"
    while read -r nonce port; do
      ${socat} UNIX-CONNECT:${socket} "EXEC:/bin/bash $0 take $nonce $port" &
    done
    ;;
  take)
    printf 'taken %s\\n' "$2"
    exec ${socat} - "TCP4:127.0.0.1:$3"
    ;;
esac
`
}

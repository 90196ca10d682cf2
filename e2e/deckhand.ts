import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A running `present`, as a person would start it, on a free port and with a state folder of its own. */
export interface Deckhand {
  readonly stage: string
  readonly console: string
  readonly join: string
  readonly state: string
  readonly pid: number
  /** Everything it has said on stderr so far. */
  log(): string
  /** Ctrl-C; resolves with the exit status. The state folder stays until `forget`. */
  stop(): Promise<number | null>
  forget(): Promise<void>
}

/**
 * Starts `present --json` and waits for the line with its addresses.
 * @param args further flags @param env what differs from this process' environment
 * @throws when it exits before it is ready
 */
export async function startDeckhand(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Deckhand> {
  const folder = await mkdtemp(join(tmpdir(), 'deckhand-e2e-'))
  const child = run(['present', '--port', '0', '--state', folder, '--json', ...args], env)
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const addresses = await firstJsonLine(child, () => log)
  return {
    ...addresses,
    state: folder,
    pid: child.pid ?? 0,
    log: () => log,
    stop: () => interrupt(child),
    forget: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Starts `replay --json` on a state folder. @returns its address and how to stop it */
export async function startReplay(state: string): Promise<{ readonly replay: string; stop(): Promise<number | null> }> {
  const child = run(['replay', '--port', '0', '--state', state, '--json'])
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const { replay } = await firstJsonLine(child, () => log)
  return { replay, stop: () => interrupt(child) }
}

/** Runs a command of the project's own to its end. */
export function runToEnd(args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = run(args)
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const command = [join(root, 'server/bootstrap.mjs'), ...args]
  return spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
}

async function interrupt(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  child.kill('SIGINT')
  return ended
}

interface Addresses {
  readonly stage: string
  readonly console: string
  readonly join: string
  readonly replay: string
}

async function firstJsonLine(child: ChildProcess, log: () => string): Promise<Addresses> {
  if (!child.stdout) throw new Error('no stdout')
  const lines = createInterface({ input: child.stdout })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready:\n${log()}`)))
    lines.on('line', (line) => {
      if (line.startsWith('{')) resolve(JSON.parse(line) as Addresses)
    })
  })
}

/// <reference types="node-pty" />
import type * as NodePty from '@lydell/node-pty'
import { createRequire } from 'node:module'
import { ReadStream } from 'node:tty'
import { PtyInput } from './pty-input.ts'
import { endSession } from './session-sweep.ts'

// The package (@lydell/node-pty under node-pty's name) types itself under its own name only.
const { spawn } = createRequire(import.meta.url)('node-pty') as typeof NodePty

/** A running program on a pseudo terminal. */
export interface Pty {
  readonly pid: number
  /** Never waits for the program. @returns false when it has not read what was typed before, and this was dropped */
  write(data: string): boolean
  resize(columns: number, rows: number): void
  /** Stops reading its output, so that the program itself is held up. */
  pause(): void
  resume(): void
  kill(signal: 'SIGHUP' | 'SIGKILL'): void
  /** Decoded output; a character is never cut in two. */
  onData(listener: (data: string) => void): void
  /** Called when it has ended, and everything of its session with it. */
  onExit(listener: (exit: number) => void): void
}

export interface PtyCommand {
  readonly file: string
  readonly args: readonly string[]
  /** The whole environment: nothing of the server's own is added. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly columns: number
  readonly rows: number
}

export type StartPty = (command: PtyCommand) => Pty

/** Starts a program on a pseudo terminal of its own. The one place that knows node-pty. */
export const startPty: StartPty = ({ file, args, env, cwd, columns, rows }) => {
  const pty = spawn(file, [...args], { name: 'xterm-256color', cols: columns, rows, cwd, env: { ...env }, encoding: 'utf8' })
  const stream: unknown = Reflect.get(pty, '_socket')
  const fd: unknown = Reflect.get(pty, 'fd')
  if (!(stream instanceof ReadStream) || typeof fd !== 'number')
    throw new Error('This node-pty is not the one that pty.ts was written for.')
  const input = new PtyInput(fd, () => !stream.destroyed)
  pty.onExit(() => input.end())
  return {
    pid: pty.pid,
    write: (data) => input.write(data),
    resize: (newColumns, newRows) => pty.resize(newColumns, newRows),
    pause: () => pty.pause(),
    resume: () => pty.resume(),
    kill: (signal) => pty.kill(signal),
    onData: (listener) => void pty.onData(listener),
    onExit: (listener) =>
      void pty.onExit(({ exitCode, signal }) => void endSession(pty.pid).then(() => listener(signal ? 128 + signal : exitCode))),
  }
}

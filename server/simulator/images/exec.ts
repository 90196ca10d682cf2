import type { StreamSession, StreamSink } from '../api/http.ts'
import type { ExecOptions } from '../kubelet/runtime.ts'
import { ByteDecoder, bytesOfText } from '../bytes.ts'
import { commandNamed } from '../shell/commands/table.ts'
import { execute } from '../shell/execute.ts'
import type { Machine } from '../shell/machine.ts'
import type { Process } from '../shell/processes.ts'
import { signals } from '../shell/processes.ts'
import { inputOf, Pipe } from '../shell/streams.ts'
import type { Io } from '../shell/streams.ts'
import { Terminal } from '../shell/terminal-device.ts'

/** `Status` on the error channel for a command that has ended. */
export function exitStatus(code: number): object {
  if (code === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  }
}

/** Why a program cannot be started, in runc's words; undefined when it can. */
export function startFailure(machine: Machine, program: string, cwd: string): string | undefined {
  const found = commandNamed(program, machine, cwd)
  if (found.kind === 'denied' || found.kind === 'directory') return `exec: "${program}": permission denied`
  if (found.kind !== 'missing') return undefined
  return program.includes('/')
    ? `exec: "${program}": stat ${program}: no such file or directory`
    : `exec: "${program}": executable file not found in $PATH`
}

/** As the kubelet passes the runtime's error on. */
export function execFailure(id: string, why: string): object {
  const message = `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: exec failed: unable to start container process: ${why}`
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  }
}

/** More than a container's disk holds is not kept for a program that reads nothing. */
const mostUnread = 40_000_000

/** Narrower is a client that does not know its size yet. */
const narrowest = 8

export interface ExecContext {
  readonly machine: Machine
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly execId: string
  /** Called with unexpected errors. */
  readonly report: (error: unknown) => void
}

/** Runs a command for a client's streams. */
export function execSession(options: ExecOptions, sink: StreamSink, context: ExecContext): StreamSession {
  const { machine, env } = context
  let open = true
  const end = (status: object) => {
    if (open) sink.exit(status)
    open = false
  }
  const failed = startFailure(machine, options.command[0] ?? '', context.cwd)
  if (failed !== undefined) {
    queueMicrotask(() => end(execFailure(context.execId, failed)))
    return { stdin() {}, closeStdin() {}, resize() {}, close() {} }
  }
  const out = (text: string) => void (open && sink.stdout(bytesOfText(text)))
  const ready = (process: Process): Promise<void> | undefined => {
    if (!open || sink.lags === undefined) return undefined
    let resume: (() => void) | undefined
    let caughtUp = false
    const lags = sink.lags(() => {
      caughtUp = true
      resume?.()
    })
    if (!lags || caughtUp) return undefined
    return process.wait((wake) => {
      resume = wake
      return () => {}
    })
  }
  const terminal = options.tty ? new Terminal(out, ready) : undefined
  const pipe = options.stdin && !terminal ? new Pipe() : undefined
  const io: Io = terminal
    ? { in: terminal, out: terminal.output, err: terminal.output }
    : { in: pipe ?? inputOf(''), out: { write: out, ready }, err: { write: (text) => void (open && sink.stderr(bytesOfText(text))) } }
  let process: Process | undefined
  if (terminal) {
    terminal.onInterrupt = () => process?.signal(signals.INT)
    terminal.onQuit = () => process?.signal(signals.QUIT)
  }
  const decoder = new ByteDecoder()
  // The client's first resize comes right after the upgrade; a turn later the shell sees the real size.
  queueMicrotask(() => {
    const execution = {
      io,
      env: terminal ? { ...env, TERM: 'xterm' } : env,
      cwd: context.cwd,
      columns: terminal?.columns ?? 80,
      rows: terminal?.rows ?? 24,
      parent: undefined,
      started: (started: Process) => void (process = started),
    }
    execute(machine, options.command, execution).then(
      (code) => end(exitStatus(code)),
      (error: unknown) => {
        context.report(error)
        end(exitStatus(1))
      },
    )
  })
  return {
    stdin(chunk) {
      const text = decoder.decode(chunk)
      if (terminal) terminal.feed(text)
      else if (pipe) {
        pipe.write(text)
        // Nobody reads: what waits may not fill this process's memory.
        if (pipe.size > mostUnread) process?.kill(signals.KILL)
      }
    },
    closeStdin() {
      pipe?.write(decoder.end())
      pipe?.end()
      terminal?.hangUp()
    },
    resize(columns, rows) {
      if (!terminal || columns < narrowest || rows < 1) return
      terminal.resize(columns, rows)
    },
    close() {
      open = false
      terminal?.hangUp()
      pipe?.end()
      if (process) {
        machine.processes.interrupt(process)
        process.kill(signals.HUP)
      }
    },
  }
}

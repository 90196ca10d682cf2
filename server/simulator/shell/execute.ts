import { commandNamed } from './commands/table.ts'
import { dialectOf, notFoundWords } from './dialect.ts'
import type { Dialect } from './dialect.ts'
import { FileError } from './files.ts'
import { Shell } from './interpreter.ts'
import { CommandError } from './machine.ts'
import type { Machine, Run } from './machine.ts'
import { Killed, signals } from './processes.ts'
import type { Process } from './processes.ts'
import { BrokenPipe } from './streams.ts'
import type { Io } from './streams.ts'
import { Terminal } from './terminal-device.ts'

export interface Execution {
  readonly io: Io
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly columns: number
  readonly rows: number
  readonly parent: Process | undefined
  /** Says in the caller's words that a program cannot be started. */
  readonly complain?: (words: string) => void
  readonly dialect?: Dialect
  readonly started?: (process: Process) => void
}

/** Runs a program in a process of its own. @returns its exit status: 127 when there is none, 128 and the signal when it was killed */
export async function execute(machine: Machine, argv: readonly string[], execution: Execution): Promise<number> {
  const [name = '', ...args] = argv
  const { io, env, cwd, columns, rows, parent } = execution
  const complain = execution.complain ?? ((words: string) => io.err.write(`sh: ${words}\n`))
  const found = commandNamed(name, machine, cwd, env['PATH'])
  if (found.kind === 'missing') {
    complain(notFoundWords(execution.dialect ?? 'ash', name))
    return 127
  }
  if (found.kind === 'denied' || found.kind === 'directory') {
    complain(`${name}: ${found.kind === 'directory' && execution.dialect === 'bash' ? 'Is a directory' : 'Permission denied'}`)
    return 126
  }
  const replaced = parent?.inPlace === true
  if (replaced) {
    parent.inPlace = false
    parent.argv = argv
  }
  const process = replaced
    ? parent
    : machine.processes.start(parent, {
        argv,
        user: machine.user.name,
        background: parent?.background ?? false,
        env,
        terminal: io.in instanceof Terminal ? io.in : undefined,
      })
  if (!process) {
    complain("can't fork: Resource temporarily unavailable")
    return 2
  }
  execution.started?.(process)
  const base = name.slice(name.lastIndexOf('/') + 1)
  const spawn: Run['spawn'] = (inner, options = {}) => {
    const missing = (words: string) => io.err.write(`${base}: ${spawnWords(words, machine)}\n`)
    return execute(machine, inner, {
      io: options.io ?? io,
      env: options.env ?? env,
      cwd: options.cwd ?? cwd,
      columns,
      rows,
      parent: process,
      complain: missing,
    })
  }
  try {
    const code =
      found.kind === 'script'
        ? await runFile(found, argv, { io, env, cwd, machine, process })
        : await found.command({ name: base, args, io, env, cwd, machine, process, columns, rows, spawn, terminal: process.terminal })
    // What it did last may have been to kill itself.
    process.check()
    return code
  } catch (error) {
    return failure(error, base, io)
  } finally {
    if (!replaced) machine.processes.end(process)
  }
}

/** Runs a program below `run`'s process on another machine: what `chroot` makes of it. */
export function executeOn(machine: Machine, argv: readonly string[], run: Run): Promise<number> {
  const { io, env, columns, rows, process } = run
  const complain = (words: string) => io.err.write(`${run.name}: ${spawnWords(words, machine)}\n`)
  return execute(machine, argv, { io, env, cwd: '/', columns, rows, parent: process, complain })
}

/** As `env`, `timeout` and `xargs` say that there is no such program. */
function spawnWords(words: string, machine: Machine): string {
  const name = words.slice(0, words.lastIndexOf(': '))
  if (!words.endsWith('not found'))
    return machine.userland === 'debian'
      ? `failed to run command '${name}': Permission denied`
      : `can't execute '${name}': Permission denied`
  return machine.userland === 'debian'
    ? `failed to run command '${name}': No such file or directory`
    : `can't execute '${name}': No such file or directory`
}

function failure(error: unknown, name: string, io: Io): number {
  if (error instanceof Killed) return 128 + error.signal
  if (error instanceof BrokenPipe) return 128 + signals.PIPE
  if (error instanceof CommandError || error instanceof FileError) {
    io.err.write(`${name}: ${error.message}\n`)
    return error instanceof CommandError ? error.status : 1
  }
  throw error
}

interface ScriptRun {
  readonly io: Io
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly machine: Machine
  readonly process: Process
}

/** An executable file: its first line says who reads it. */
function runFile(file: { readonly source: string; readonly path: string }, argv: readonly string[], run: ScriptRun): Promise<number> {
  if (file.source.startsWith('\u007fELF')) {
    run.io.err.write(`${argv[0]}: this program is not simulated\n`)
    return Promise.resolve(126)
  }
  const interpreter = /^#!\s*(\S+)(?:\s+(\S+))?/.exec(file.source)
  const program = interpreter?.[1]?.endsWith('/env') ? interpreter[2] : interpreter?.[1]
  const shell = program === undefined || /(^|\/)(sh|ash|dash|bash)$/.test(program) ? (program ?? 'sh') : undefined
  if (shell === undefined) {
    const known = commandNamed(program ?? '', run.machine, run.cwd, run.env['PATH'])
    if (known.kind !== 'command') {
      run.io.err.write(`sh: ${argv[0]}: not found\n`)
      return Promise.resolve(127)
    }
    return execute(run.machine, [program ?? '', ...(interpreter?.[2] ? [interpreter[2]] : []), file.path, ...argv.slice(1)], {
      ...run,
      columns: 80,
      rows: 24,
      parent: run.process,
    })
  }
  return runScript(file.source, argv, { ...run, interpreter: shell, reads: 'file' })
}

/** Runs source in a fresh shell inside `process`. @param argv `$0` and the positional parameters */
export function runScript(
  source: string,
  argv: readonly string[],
  run: ScriptRun & { readonly interpreter: string; readonly reads: 'command' | 'file' },
): Promise<number> {
  const [name = 'sh', ...positional] = argv
  const { machine, process, env, cwd, reads } = run
  const shell = new Shell({ machine, process, env, cwd, name, positional, reads, dialect: dialectOf(run.interpreter, machine.userland) })
  return shell.main(source, run.io)
}

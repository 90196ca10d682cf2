import { commandNamed } from './commands/table.ts'
import { evaluateTest } from './test-command.ts'
import { FileError, normalise } from './files.ts'
import { Break, Exit, Return } from './interpreter.ts'
import type { Shell } from './interpreter.ts'
import { CommandError } from './machine.ts'
import { Killed, signalNumber, signals } from './processes.ts'
import type { Process } from './processes.ts'
import type { Io } from './streams.ts'

/** A command that works on the shell itself. @returns its status */
export type Builtin = (shell: Shell, args: readonly string[], io: Io) => number | Promise<number>

const table: Record<string, Builtin> = {
  ':': () => 0,
  true: () => 0,
  false: () => 1,
  cd: changeDirectory,
  pwd: (shell, _args, io) => say(io, `${shell.cwd}\n`),
  exit: (shell, args) => {
    throw new Exit(numeric(args[0], shell.status))
  },
  return: (shell, args) => {
    throw new Return(numeric(args[0], shell.status))
  },
  break: (_shell, args) => {
    throw new Break('break', numeric(args[0], 1))
  },
  continue: (_shell, args) => {
    throw new Break('continue', numeric(args[0], 1))
  },
  export: exportNames,
  readonly: (shell, args) => {
    for (const arg of args) {
      const [name, value] = split(arg)
      if (value !== undefined) shell.set(name, value)
      shell.readonlyNames.add(name)
    }
    return 0
  },
  local: (shell, args) => {
    for (const arg of args) {
      const [name, value] = split(arg)
      if (shell.locals && !shell.locals.has(name)) shell.locals.set(name, shell.get(name))
      shell.set(name, value ?? '')
    }
    return 0
  },
  unset: (shell, args) => {
    for (const name of args.filter((arg) => !arg.startsWith('-'))) {
      shell.variables.delete(name)
      shell.exported.delete(name)
      shell.functions.delete(name)
    }
    return 0
  },
  set: setOptions,
  shift: (shell, args) => {
    const count = numeric(args[0], 1)
    if (count > shell.positional.length) return 1
    shell.positional = shell.positional.slice(count)
    return 0
  },
  eval: async (shell, args, io) => {
    shell.status = 0
    await shell.source(args.join(' '), io)
    return shell.status
  },
  exec: async (shell, args, io) => {
    if (args.length === 0) return 0
    throw new Exit(await shell.external(args, io, shell.environment()))
  },
  '.': sourceFile,
  source: sourceFile,
  read: readLine,
  wait: waitFor,
  trap: setTrap,
  test: (shell, args) => evaluateTest(args, shell.files, shell.cwd),
  '[': (shell, args) => {
    if (args.at(-1) !== ']') throw new CommandError('[: missing ]', 2)
    return evaluateTest(args.slice(0, -1), shell.files, shell.cwd)
  },
  type: (shell, args, io) => describeNames(shell, args, io, true),
  command: (shell, args, io) => {
    if (args[0] === '-v' || args[0] === '-V') return describeNames(shell, args.slice(1), io, args[0] === '-V')
    return shell.external(args, io, shell.environment())
  },
  umask: (_shell, args, io) => (args.length > 0 ? 0 : say(io, '0022\n')),
  ulimit: (_shell, _args, io) => say(io, 'unlimited\n'),
  hash: () => 0,
  alias: () => 0,
  jobs: () => 0,
  kill: killProcesses,
}

export const builtins: ReadonlyMap<string, Builtin> = new Map(Object.entries(table))

function say(io: Io, text: string): number {
  io.out.write(text)
  return 0
}

function numeric(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) & 0xff : otherwise
}

function split(arg: string): readonly [string, string | undefined] {
  const at = arg.indexOf('=')
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)]
}

function changeDirectory(shell: Shell, args: readonly string[], io: Io): number {
  const target = args[0] === '-' ? (shell.get('OLDPWD') ?? shell.cwd) : (args[0] ?? shell.get('HOME') ?? '/')
  const path = normalise(target, shell.cwd)
  if (shell.files.stat(path)?.kind !== 'directory')
    throw new CommandError(`cd: can't cd to ${target}: ${shell.files.stat(path) ? 'Not a directory' : 'No such file or directory'}`, 2)
  shell.set('OLDPWD', shell.cwd)
  shell.cwd = path
  shell.set('PWD', path)
  if (args[0] === '-') io.out.write(`${path}\n`)
  return 0
}

function exportNames(shell: Shell, args: readonly string[], io: Io): number {
  if (args.length === 0 || args[0] === '-p') {
    for (const [name, value] of Object.entries(shell.environment()).toSorted()) io.out.write(`export ${name}='${value}'\n`)
    return 0
  }
  for (const arg of args) {
    const [name, value] = split(arg)
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new CommandError(`export: ${name}: bad variable name`, 2)
    if (value !== undefined) shell.set(name, value)
    shell.exported.add(name)
  }
  return 0
}

function setOptions(shell: Shell, args: readonly string[], io: Io): number {
  if (args.length === 0) {
    for (const [name, value] of [...shell.variables].toSorted()) io.out.write(`${name}='${value}'\n`)
    return 0
  }
  const rest = [...args]
  while (/^[-+]/.test(rest[0] ?? '')) {
    const option = rest.shift() ?? ''
    if (option === '--') break
    const names = option[1] === 'o' ? [rest.shift() ?? ''] : [...option.slice(1)]
    for (const name of names.map((each) => ({ errexit: 'e', nounset: 'u', xtrace: 'x' })[each] ?? each)) {
      if (option.startsWith('-')) shell.options.add(name)
      else shell.options.delete(name)
    }
  }
  if (rest.length > 0 || args.includes('--')) shell.positional = rest
  return 0
}

async function sourceFile(shell: Shell, args: readonly string[], io: Io): Promise<number> {
  const path = args[0] ?? ''
  try {
    shell.status = 0
    await shell.source(shell.files.read(normalise(path, shell.cwd)), io)
    return shell.status
  } catch (error) {
    if (error instanceof Return) return error.status
    if (error instanceof FileError) throw new CommandError(`.: can't open '${path}': No such file or directory`, 2)
    throw error
  }
}

/** Waits in a child of its own, so that Ctrl-C ends the wait and not the shell. */
async function waiting<T>(shell: Shell, body: (process: Process) => Promise<T>): Promise<T | undefined> {
  const process = shell.machine.processes.start(shell.process, { argv: shell.process.argv, user: shell.machine.user.name })
  if (!process) return undefined
  try {
    return await body(process)
  } catch (error) {
    if (error instanceof Killed) return undefined
    throw error
  } finally {
    shell.machine.processes.end(process)
  }
}

async function readLine(shell: Shell, args: readonly string[], io: Io): Promise<number> {
  const names = args.filter((arg) => !arg.startsWith('-'))
  const raw = args.some((arg) => /^-\w*r/.test(arg))
  const line = await waiting(shell, async (process) => {
    let text = ''
    for (;;) {
      const chunk = await io.in.read(process)
      if (chunk === undefined) return { text, complete: false }
      const end = chunk.indexOf('\n')
      text += end < 0 ? chunk : chunk.slice(0, end)
      if (end < 0) continue
      io.in.unread(chunk.slice(end + 1))
      return { text, complete: true }
    }
  })
  if (!line) return 130
  const text = raw ? line.text : line.text.replaceAll(/\\(.)/g, '$1')
  const words = text.trim().split(/[ \t]+/)
  const targets = names.length > 0 ? names : ['REPLY']
  for (const [index, name] of targets.entries()) {
    shell.set(
      name,
      index === targets.length - 1 ? (targets.length === 1 ? text.trim() : words.slice(index).join(' ')) : (words[index] ?? ''),
    )
  }
  return line.complete ? 0 : 1
}

async function waitFor(shell: Shell, args: readonly string[]): Promise<number> {
  const ids = args.length > 0 ? args.map(Number) : [...shell.jobs.keys()]
  let status = 0
  for (const id of ids) {
    const job = shell.jobs.get(id)
    if (!job) {
      status = 127
      continue
    }
    const done = { status: undefined as number | undefined, resume: undefined as (() => void) | undefined }
    void job.then((result) => {
      done.status = result
      done.resume?.()
    })
    await waiting(shell, (process) =>
      process.wait((resume) => {
        done.resume = resume
        if (done.status !== undefined) queueMicrotask(resume)
        return () => {}
      }),
    )
    status = args.length > 0 ? (done.status ?? 130) : 0
    shell.jobs.delete(id)
  }
  return status
}

function setTrap(shell: Shell, args: readonly string[], io: Io): number {
  if (args.length === 0) {
    for (const [name, command] of shell.traps) io.out.write(`trap -- '${command}' ${name}\n`)
    return 0
  }
  const [command = '', ...conditions] = args
  for (const condition of conditions) {
    const name = condition === '0' ? 'EXIT' : condition.toUpperCase().replace(/^SIG/, '')
    const signal = signalNumber(condition)
    if (name !== 'EXIT' && signal === undefined) throw new CommandError(`trap: ${condition}: invalid signal specification`, 1)
    if (command === '-') shell.traps.delete(name)
    else shell.traps.set(name, command)
    if (name === 'EXIT' || signal === undefined) continue
    if (command === '-') shell.process.traps.delete(signal)
    else shell.process.traps.set(signal, () => void (command !== '' && shell.pending.push(command)))
  }
  return 0
}

function describeNames(shell: Shell, names: readonly string[], io: Io, long: boolean): number {
  let status = 0
  for (const name of names) {
    const found = commandNamed(name, shell.machine, shell.cwd)
    if (shell.functions.has(name)) io.out.write(long ? `${name} is a function\n` : `${name}\n`)
    else if (builtins.has(name)) io.out.write(long ? `${name} is a shell builtin\n` : `${name}\n`)
    else if (found.kind !== 'missing') io.out.write(long ? `${name} is ${found.path}\n` : `${found.path}\n`)
    else {
      if (long) io.err.write(`${name}: not found\n`)
      status = 127
    }
  }
  return status
}

function killProcesses(shell: Shell, args: readonly string[], io: Io): number {
  if (args[0] === '-l') return say(io, `${Object.keys(signals).join(' ')}\n`)
  const [first = '', ...rest] = args
  const signal = first === '-s' ? signalNumber(rest.shift() ?? '') : first.startsWith('-') ? signalNumber(first.slice(1)) : signals.TERM
  if (signal === undefined) throw new CommandError(`kill: bad signal name '${first.slice(1)}'`, 1)
  let status = 0
  for (const id of first.startsWith('-') ? rest : args) {
    const process = shell.machine.processes.get(Number(id.replace(/^%/, '')))
    if (process && signal !== 0) process.signal(signal)
    if (process) continue
    io.err.write(`${shell.name}: can't kill pid ${id}: No such process\n`)
    status = 1
  }
  return status
}

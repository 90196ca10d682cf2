import { arithmeticOf } from './arithmetic.ts'
import { background, foreground, kill, listJobs, trap, wait } from './builtin-jobs.ts'
import { declare, exportNames, local, readonly, setOptions, unset } from './builtin-variables.ts'
import { commandNamed } from './commands/table.ts'
import { echo, printf } from './commands/printing.ts'
import { Break, Exit, Return } from './control.ts'
import { FileError, normalise } from './files.ts'
import type { Shell } from './interpreter.ts'
import { CommandError } from './machine.ts'
import { getopts, mapfile, readBuiltin } from './read.ts'
import { builtinOf, external } from './simple-command.ts'
import type { Io } from './streams.ts'
import { evaluateTest } from './test-command.ts'

/** A command that works on the shell itself. @returns its status */
export type Builtin = (shell: Shell, args: readonly string[], io: Io) => number | Promise<number>

const table: Record<string, Builtin> = {
  ':': () => 0,
  true: () => 0,
  false: () => 1,
  cd: changeDirectory,
  pwd: (shell, args, io) => say(io, `${args.includes('-P') ? shell.files.resolve(shell.cwd) : shell.cwd}\n`),
  exit: (shell, args) => {
    throw new Exit(status(shell, args[0], 'exit'))
  },
  logout: (shell, args) => {
    throw new Exit(status(shell, args[0], 'logout'))
  },
  return: (shell, args) => {
    throw new Return(status(shell, args[0], 'return'))
  },
  break: (_shell, args) => {
    throw new Break('break', numeric(args[0], 1))
  },
  continue: (_shell, args) => {
    throw new Break('continue', numeric(args[0], 1))
  },
  export: exportNames,
  readonly,
  local,
  declare,
  typeset: declare,
  unset,
  set: setOptions,
  shift: (shell, args) => {
    const count = numeric(args[0], 1)
    if (count > shell.positional.length) return shell.dialect === 'dash' ? fail("shift: can't shift that many", 2) : 1
    shell.positional = shell.positional.slice(count)
    return 0
  },
  eval: async (shell, args, io) => {
    shell.status = 0
    await shell.source(args.join(' '), io)
    return shell.status
  },
  exec: async (shell, args, io) => {
    const rest = args[0] === '-a' ? args.slice(2) : args.filter((arg, index) => index > 0 || !/^-[cl]$/.test(arg))
    const code = await external(shell, rest, io, shell.environment())
    throw new Exit(code)
  },
  '.': sourceFile,
  source: sourceFile,
  read: readBuiltin,
  mapfile,
  readarray: mapfile,
  getopts,
  let: async (shell, args) => {
    let last = 0
    for (const arg of args) last = await arithmeticOf(arg, shell)
    return last === 0 ? 1 : 0
  },
  echo: (shell, args, io) => echo(args, io, shell.dialect),
  printf: (shell, args, io) => {
    if (args[0] !== '-v' || shell.dialect !== 'bash') return printf(args, io)
    let text = ''
    const code = printf(args.slice(2), { ...io, out: { write: (more) => (text += more) } })
    shell.set(args[1] ?? '', text)
    return code
  },
  wait,
  trap,
  test: (shell, args) => tested('test', shell, args),
  '[': (shell, args) => {
    if (args.at(-1) !== ']') return fail(shell.dialect === 'bash' ? "[: missing `]'" : 'missing ]', 2)
    return tested('[', shell, args.slice(0, -1))
  },
  type: (shell, args, io) => describeNames(shell, args, io, 'type'),
  command: (shell, args, io) => {
    const [first = '', ...rest] = args
    if (first === '-v' || first === '-V') return describeNames(shell, rest, io, first)
    const words = first === '-p' ? rest : args
    const builtin = builtinOf(shell, words[0] ?? '')
    return builtin ? builtin(shell, words.slice(1), io) : external(shell, words, io, shell.environment())
  },
  builtin: (shell, args, io) => {
    const [name = '', ...rest] = args
    const found = builtinOf(shell, name)
    return found ? found(shell, rest, io) : fail(`builtin: ${name}: not a shell builtin`)
  },
  umask: (shell, args, io) => {
    if (args.length === 0 || args[0] === '-S') return say(io, args[0] === '-S' ? 'u=rwx,g=rx,o=rx\n' : '0022\n')
    return /^[0-7]{1,4}$|^[ugoa]*[-+=]/.test(args[0] ?? '')
      ? 0
      : fail(`umask: ${shell.dialect === 'bash' ? `${args[0]}: octal number out of range` : `illegal mode: ${args[0]}`}`)
  },
  ulimit: (_shell, args, io) => say(io, args.includes('-n') ? '1048576\n' : 'unlimited\n'),
  times: (_shell, _args, io) => say(io, '0m0.00s 0m0.00s\n0m0.00s 0m0.00s\n'),
  hash: () => 0,
  alias,
  unalias: (shell, args) => {
    if (args.includes('-a')) shell.aliases.clear()
    for (const name of args) if (name !== '-a' && !shell.aliases.delete(name)) return fail(`unalias: ${name}: not found`)
    return 0
  },
  history: (shell, args, io) => {
    if (args.includes('-c')) shell.history.length = 0
    const most = Number(args.find((arg) => /^\d+$/.test(arg)) ?? Infinity)
    const first = Math.max(shell.history.length - most, 0)
    const width = shell.dialect === 'bash' ? 5 : 4
    for (const [index, line] of shell.history.slice(first).entries())
      io.out.write(
        `${String(first + index + (shell.dialect === 'bash' ? 1 : 0)).padStart(width)}${shell.dialect === 'bash' ? '  ' : ' '}${line}\n`,
      )
    return 0
  },
  shopt: (shell, args, io) => {
    const [flag = '', ...names] = args
    if (flag === '-s') for (const name of names) shell.options.add(name)
    else if (flag === '-u') for (const name of names) shell.options.delete(name)
    else
      for (const name of args.filter((arg) => !arg.startsWith('-')))
        say(io, `${name.padEnd(20)}${shell.options.has(name) ? 'on' : 'off'}\n`)
    return 0
  },
  pushd: (shell, args, io) => {
    const before = shell.cwd
    changeDirectory(shell, args.length > 0 ? args : [shell.directories.shift() ?? fail('pushd: no other directory')], io)
    shell.directories.unshift(before)
    return say(io, directoryStack(shell))
  },
  popd: (shell, _args, io) => {
    changeDirectory(shell, [shell.directories.shift() ?? fail('popd: directory stack empty')], io)
    return say(io, directoryStack(shell))
  },
  dirs: (shell, _args, io) => say(io, directoryStack(shell)),
  jobs: listJobs,
  fg: foreground,
  bg: background,
  kill,
  disown: (shell, args) => {
    const job = shell.jobs.find(args.find((arg) => !arg.startsWith('-')))
    if (job) shell.jobs.remove(job)
    return job ? 0 : fail('disown: current: no such job')
  },
  caller: () => 1,
  enable: () => 0,
  compgen: () => 1,
  complete: () => 0,
  bind: () => 0,
  help: (shell, _args, io) => {
    const names = [...builtins.keys()].filter((name) => builtinOf(shell, name)).toSorted()
    return say(io, shell.dialect === 'ash' ? `Built-in commands:\n------------------\n\t${names.join(' ')}\n` : `${names.join('\n')}\n`)
  },
}

export const builtins: ReadonlyMap<string, Builtin> = new Map(Object.entries(table))

function say(io: Io, text: string): number {
  io.out.write(text)
  return 0
}

function fail(message: string, code = 1): never {
  throw new CommandError(message, code)
}

function numeric(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : otherwise
}

function status(shell: Shell, text: string | undefined, builtin: string): number {
  if (text === undefined) return shell.status
  if (/^-?\d+$/.test(text)) return Number(text) & 0xff
  throw new CommandError(
    shell.dialect === 'bash' ? `${builtin}: ${text}: numeric argument required` : `${builtin}: Illegal number: ${text}`,
    2,
  )
}

function tested(name: string, shell: Shell, args: readonly string[]): number {
  try {
    return evaluateTest(args, shell.files, shell.cwd, shell.dialect)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    throw new CommandError(shell.dialect === 'ash' ? error.message : `${name}: ${error.message}`, error.status)
  }
}

const directoryStack = (shell: Shell) =>
  `${[shell.cwd, ...shell.directories].map((path) => (path === shell.get('HOME') ? '~' : path)).join(' ')}\n`

function changeDirectory(shell: Shell, args: readonly string[], io: Io): number {
  const operands = args.filter((arg) => !/^-[LPe]+$/.test(arg) && arg !== '--')
  if (operands.length > 1 && shell.dialect === 'bash') return fail('cd: too many arguments')
  const given = operands[0]
  const target = given === '-' ? shell.get('OLDPWD') : (given ?? shell.get('HOME') ?? '/')
  if (target === undefined)
    return fail(
      shell.dialect === 'bash' ? 'cd: OLDPWD not set' : "cd: can't cd to -: No such file or directory",
      shell.dialect === 'bash' ? 1 : 2,
    )
  const path = normalise(target, shell.cwd)
  const entry = shell.files.stat(path)
  if (entry?.kind !== 'directory' || !shell.files.allows(path, 'x')) {
    const why = !entry ? 'No such file or directory' : entry.kind === 'directory' ? 'Permission denied' : 'Not a directory'
    if (shell.dialect === 'bash') return fail(`cd: ${target}: ${why}`)
    return fail(shell.dialect === 'dash' ? `cd: can't cd to ${target}` : `cd: can't cd to ${target}: ${why}`, 2)
  }
  shell.set('OLDPWD', shell.cwd)
  shell.cwd = path
  shell.set('PWD', path)
  if (given === '-') io.out.write(`${path}\n`)
  return 0
}

async function sourceFile(shell: Shell, args: readonly string[], io: Io): Promise<number> {
  const [path, ...positional] = args
  if (path === undefined) return fail('.: filename argument required', 2)
  const before = shell.positional
  try {
    shell.status = 0
    const text = shell.files.read(normalise(path, shell.cwd))
    if (positional.length > 0) shell.positional = positional
    await shell.source(text, io)
    return shell.status
  } catch (error) {
    if (error instanceof Return) return error.status
    if (!(error instanceof FileError)) throw error
    if (shell.dialect === 'bash') return fail(`${path}: ${error.message}`)
    const failure = shell.dialect === 'dash' ? `.: cannot open ${path}: No such file` : `.: can't open '${path}': ${error.message}`
    // In a script this is the end (POSIX 2.8.1).
    if (shell.reads === 'keys') return fail(failure, 2)
    shell.complain(io, failure)
    throw new Exit(2)
  } finally {
    shell.positional = before
  }
}

function alias(shell: Shell, args: readonly string[], io: Io): number {
  const show = (name: string, value: string) => io.out.write(`${shell.dialect === 'bash' ? 'alias ' : ''}${name}='${value}'\n`)
  if (args.length === 0) for (const [name, value] of [...shell.aliases].toSorted()) show(name, value)
  let code = 0
  for (const arg of args) {
    const at = arg.indexOf('=')
    const value = shell.aliases.get(arg)
    if (at > 0) shell.aliases.set(arg.slice(0, at), arg.slice(at + 1))
    else if (value !== undefined) show(arg, value)
    else {
      io.err.write(`${shell.name}: alias: ${arg}: not found\n`)
      code = 1
    }
  }
  return code
}

function describeNames(shell: Shell, names: readonly string[], io: Io, how: 'type' | '-v' | '-V'): number {
  let code = 0
  const brief = how === '-v'
  const kindOnly = names.includes('-t')
  const tell = (short: string, long: string, kind: string) => io.out.write(`${kindOnly ? kind : brief ? short : long}\n`)
  for (const name of names.filter((each) => !/^-[tapPf]$/.test(each))) {
    const found = commandNamed(name, shell.machine, shell.cwd, shell.get('PATH'))
    const aliased = shell.aliases.get(name)
    const body = shell.functions.get(name)
    if (aliased !== undefined)
      tell(
        `alias ${name}='${aliased}'`,
        shell.dialect === 'bash' ? `${name} is aliased to \`${aliased}'` : `${name} is an alias for ${aliased}`,
        'alias',
      )
    else if (/^(if|then|else|elif|fi|for|while|until|do|done|case|esac|in|function|time|\[\[|\]\]|!|\{|\})$/.test(name))
      tell(name, `${name} is a shell keyword`, 'keyword')
    else if (body)
      tell(
        name,
        shell.dialect === 'bash'
          ? `${name} is a function\n${name} () \n${body.source.slice(body.body.pos, body.body.end)}`
          : `${name} is a${shell.dialect === 'dash' ? ' shell' : ''} function`,
        'function',
      )
    else if (builtinOf(shell, name)) tell(name, `${name} is a shell builtin`, 'builtin')
    else if (found.kind === 'command' || found.kind === 'script') tell(found.path, `${name} is ${found.path}`, 'file')
    else {
      if (!brief && !kindOnly) {
        if (shell.dialect === 'bash')
          io.err.write(`${shell.name}: ${shell.reads === 'keys' ? '' : `line ${shell.line}: `}type: ${name}: not found\n`)
        else io.out.write(`${name}: not found\n`)
      }
      code = shell.dialect === 'bash' ? 1 : 127
    }
  }
  return code
}

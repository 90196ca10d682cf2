import { arithmeticOf } from './arithmetic.ts'
import type { Shell } from './interpreter.ts'
import { CommandError } from './machine.ts'
import { checkedName } from './read.ts'
import type { Io } from './streams.ts'

function split(arg: string): readonly [string, string | undefined] {
  const at = arg.indexOf('=')
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)]
}

const single = (value: string) => `'${value.replaceAll("'", `'"'"'`)}'`
const double = (value: string) => `"${value.replaceAll(/[\\"$`]/g, '\\$&')}"`

export function exportNames(shell: Shell, args: readonly string[], io: Io): number {
  const names = args.filter((arg) => !/^-[pn]$/.test(arg))
  if (names.length === 0) {
    for (const [name, value] of Object.entries(shell.environment()).toSorted())
      io.out.write(shell.dialect === 'bash' ? `declare -x ${name}=${double(value)}\n` : `export ${name}=${single(value)}\n`)
    return 0
  }
  for (const arg of names) {
    const [name, value] = split(arg)
    if (args.includes('-n')) {
      shell.variables.exported.delete(name)
      continue
    }
    checkedName(name, shell, 'export')
    if (value !== undefined) shell.set(name, value)
    shell.variables.exported.add(name)
  }
  return 0
}

export function readonly(shell: Shell, args: readonly string[], io: Io): number {
  const names = args.filter((arg) => !/^-\w+$/.test(arg))
  if (names.length === 0) {
    for (const name of shell.variables.readonlyNames)
      io.out.write(
        shell.dialect === 'bash'
          ? `declare -r ${name}=${double(shell.get(name) ?? '')}\n`
          : `readonly ${name}=${single(shell.get(name) ?? '')}\n`,
      )
    return 0
  }
  for (const arg of names) {
    const [name, value] = split(arg)
    if (value !== undefined) shell.set(checkedName(name, shell, 'readonly'), value)
    shell.variables.readonlyNames.add(name)
  }
  return 0
}

/** Remembers what a name was outside the function that runs. */
function keepForReturn(shell: Shell, name: string): void {
  if (shell.locals && !shell.locals.has(name)) shell.locals.set(name, shell.variables.snapshot(name))
}

export async function local(shell: Shell, args: readonly string[], io: Io): Promise<number> {
  if (!shell.locals)
    throw new CommandError(
      shell.dialect === 'bash' ? 'local: can only be used in a function' : 'local: not in a function',
      shell.dialect === 'bash' ? 1 : 2,
    )
  return declare(shell, args, io)
}

/** `declare`, `typeset` and `local`: kinds of variables, and their values. */
export async function declare(shell: Shell, args: readonly string[], io: Io): Promise<number> {
  const flags = args.filter((arg) => /^[-+][a-zA-Z]+$/.test(arg)).join('')
  const names = args.filter((arg) => !/^[-+][a-zA-Z]+$/.test(arg))
  if (flags.includes('p') || (names.length === 0 && flags === ''))
    return show(shell, names.length > 0 ? names : shell.variables.names(), io)
  if (flags.includes('f') || flags.includes('F')) return showFunctions(shell, names, io, flags.includes('F'))
  for (const arg of names) {
    const [name, value] = split(arg)
    checkedName(name, shell, 'declare')
    if (!flags.includes('g')) keepForReturn(shell, name)
    if (flags.includes('i')) shell.variables.integers.add(name)
    if (flags.includes('A') || flags.includes('a')) {
      if (shell.locals && !flags.includes('g') && value === undefined) shell.variables.delete(name)
      shell.variables.declare(name, flags.includes('A'))
    }
    if (value !== undefined) shell.set(name, flags.includes('i') ? String(await arithmeticOf(value, shell)) : changedCase(value, flags))
    else if (shell.locals?.has(name) && shell.locals.get(name) !== undefined && !/[aAxr]/.test(flags) && shell.dialect === 'bash')
      shell.variables.delete(name)
    if (flags.includes('x')) shell.variables.exported.add(name)
    if (flags.includes('r')) shell.variables.readonlyNames.add(name)
  }
  return 0
}

const changedCase = (value: string, flags: string) =>
  flags.includes('u') ? value.toUpperCase() : flags.includes('l') ? value.toLowerCase() : value

function show(shell: Shell, names: readonly string[], io: Io): number {
  let status = 0
  for (const name of names) {
    const { variables } = shell
    if (!variables.has(name)) {
      io.err.write(`${shell.name}: declare: ${name}: not found\n`)
      status = 1
      continue
    }
    const items = variables.items(name)
    const letters =
      (items ? (items.associative ? 'A' : 'a') : '') +
      (variables.integers.has(name) ? 'i' : '') +
      (variables.readonlyNames.has(name) ? 'r' : '') +
      (variables.exported.has(name) ? 'x' : '')
    const elements = variables.elements(name).map(([key, value]) => `[${key}]=${double(value)}`)
    const value = items
      ? `(${elements.join(' ')}${items.associative && elements.length > 0 ? ' ' : ''})`
      : double(variables.get(name) ?? '')
    io.out.write(`declare ${letters === '' ? '--' : `-${letters}`} ${name}=${value}\n`)
  }
  return status
}

function showFunctions(shell: Shell, names: readonly string[], io: Io, namesOnly: boolean): number {
  for (const [name, { body, source }] of shell.functions) {
    if (names.length > 0 && !names.includes(name)) continue
    io.out.write(namesOnly ? `${names.length > 0 ? '' : 'declare -f '}${name}\n` : `${name} () \n${source.slice(body.pos, body.end)}\n`)
  }
  return names.every((name) => shell.functions.has(name)) ? 0 : 1
}

export async function unset(shell: Shell, args: readonly string[]): Promise<number> {
  for (const arg of args.filter((each) => !/^-[fv]$/.test(each))) {
    const element = /^(\w+)\[(.+)\]$/.exec(arg)
    if (element) {
      const items = shell.variables.items(element[1] ?? '')
      const key = element[2] ?? ''
      items?.entries.delete(items.associative ? key.replaceAll(/^["']|["']$/g, '') : String(await arithmeticOf(key, shell)))
      continue
    }
    if (shell.variables.readonlyNames.has(arg))
      throw new CommandError(`unset: ${arg}: ${shell.dialect === 'bash' ? 'cannot unset: readonly variable' : 'is read only'}`, 1)
    const functionOnly = args.includes('-f')
    if (!functionOnly) shell.variables.delete(arg)
    if (functionOnly || !args.includes('-v')) shell.functions.delete(arg)
  }
  return 0
}

const optionNames: Record<string, string> = {
  allexport: 'a',
  errexit: 'e',
  noglob: 'f',
  noclobber: 'C',
  noexec: 'n',
  nounset: 'u',
  verbose: 'v',
  xtrace: 'x',
  notify: 'b',
  monitor: 'm',
  pipefail: 'pipefail',
  vi: 'vi',
  emacs: 'emacs',
  ignoreeof: 'ignoreeof',
}

export function setOptions(shell: Shell, args: readonly string[], io: Io): number {
  if (args.length === 0) {
    for (const name of shell.variables.names()) {
      const value = shell.variables.get(name) ?? ''
      const plain = shell.dialect === 'bash' && /^[\w@%+:,./-]*$/.test(value)
      io.out.write(`${name}=${plain ? value : single(value)}\n`)
    }
    return 0
  }
  const rest = [...args]
  while (/^[-+]./.test(rest[0] ?? '')) {
    const option = rest.shift() ?? ''
    if (option === '--') break
    for (const letter of option.slice(1)) {
      let name = letter
      if (letter === 'o') {
        const long = rest.shift()
        if (long === undefined) {
          for (const [each, short] of Object.entries(optionNames))
            io.out.write(`${each.padEnd(16)}${shell.options.has(short) ? 'on' : 'off'}\n`)
          return 0
        }
        const known = optionNames[long]
        if (known === undefined || (known === 'pipefail' && shell.dialect === 'dash'))
          throw new CommandError(shell.dialect === 'bash' ? `set: ${long}: invalid option name` : `set: illegal option -o ${long}`, 2)
        name = known
      }
      if (option.startsWith('-')) shell.options.add(name)
      else shell.options.delete(name)
    }
  }
  if (rest.length > 0 || args.includes('--')) shell.positional = rest
  return 0
}

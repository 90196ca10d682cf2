import { arithmeticOf } from './arithmetic.ts'
import { builtins } from './builtins.ts'
import { Return } from './control.ts'
import { execute } from './execute.ts'
import { expandOne, expandWords, ExpansionError } from './expand.ts'
import { deepest } from './interpreter.ts'
import type { FunctionBody, Shell } from './interpreter.ts'
import { deathWords } from './jobs.ts'
import { CommandError } from './machine.ts'
import { scriptOf } from './parser.ts'
import type { Assignment, Command, Word } from './parser.ts'
import { withRedirects } from './redirects.ts'
import type { Io } from './streams.ts'
import type { Items } from './variables.ts'

/** Builtins whose arguments may assign arrays. */
const declaring = new Set(['declare', 'typeset', 'local', 'export', 'readonly'])

/** A command of words: assignments, redirections, then a function, a builtin or a program. */
export async function runCommand(shell: Shell, node: Command, io: Io): Promise<void> {
  await shell.guarded(io, async () => {
    const assignments = node.prefix.filter((part) => part.type === 'Assignment')
    const declares = shell.dialect === 'bash' && declaring.has(node.name?.value ?? '')
    const arrays = declares ? node.args.filter((arg) => arg.type === 'Assignment' && arg.value.type === 'ArrayValue') : []
    const words: Word[] = node.name ? [node.name, ...node.args.filter((arg) => !arrays.includes(arg)).map(argumentWord)] : []
    const before = shell.status
    if (node.name === undefined) shell.status = 0
    const argv = await expandWords(words, shell)
    if (argv.length === 0) {
      if (node.name !== undefined) shell.status = 0
      for (const assignment of assignments) await assign(shell, assignment, io)
      if (node.redirects.length > 0) await withRedirects(node.redirects, io, shell, async () => {})
      return
    }
    if (shell.options.has('x')) io.err.write(`${shell.get('PS4') ?? '+ '}${argv.map(traced).join(' ')}\n`)
    if (argv[0] === 'exec' && argv.length === 1) {
      await withRedirects(node.redirects, io, shell, (inner) => {
        shell.turned = { from: shell.turned?.from ?? io, to: inner }
        return Promise.resolve()
      })
      shell.status = 0
      return
    }
    const text = shell.textOf(node)
    await withRedirects(node.redirects, io, shell, (inner) => invoke(shell, { argv, assignments, text, before }, inner))
    for (const each of arrays) if (each.type === 'Assignment') await assignArray(shell, each, argv.includes('-A'), argv[0] === 'local')
  })
}

/** A word as `set -x` shows it. */
const traced = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

async function assign(shell: Shell, assignment: Assignment, io: Io): Promise<void> {
  if (assignment.value.type === 'ArrayValue') return assignArray(shell, assignment, false, false)
  const text = await expandOne(assignment.value, shell)
  const value = shell.variables.integers.has(assignment.name) ? String(await arithmeticOf(text, shell)) : text
  if (shell.options.has('x')) io.err.write(`+ ${assignment.name}=${value === '' ? '' : traced(value)}\n`)
  if (assignment.index) {
    if (shell.dialect !== 'bash') throw new CommandError(`${assignment.text}: not found`, 127)
    const key = await elementKey(shell, assignment.name, assignment.index)
    const old = assignment.append ? (shell.variables.items(assignment.name)?.entries.get(key) ?? '') : ''
    shell.setElement(assignment.name, key, old + value)
  } else shell.set(assignment.name, assignment.append ? added(shell, assignment.name, value) : value)
}

function added(shell: Shell, name: string, value: string): string {
  const old = shell.get(name) ?? ''
  return shell.variables.integers.has(name) ? String(Number(old) + Number(value)) : old + value
}

/** An index as the key of an element: any text for an associative array, else a number. */
async function elementKey(shell: Shell, name: string, index: Word): Promise<string> {
  const text = await expandOne(index, shell)
  if (shell.variables.items(name)?.associative) return text
  const number = await arithmeticOf(text, shell)
  return String(number < 0 ? number + 1 + Number(shell.elements(name).at(-1)?.[0] ?? 0) : number)
}

async function assignArray(shell: Shell, assignment: Assignment, associative: boolean, local: boolean): Promise<void> {
  const { name, value } = assignment
  if (value.type !== 'ArrayValue') return
  if (shell.dialect !== 'bash')
    throw new ExpansionError(shell.dialect === 'dash' ? 'Syntax error: "(" unexpected' : 'syntax error: unexpected "("')
  if (shell.variables.readonlyNames.has(name)) throw new ExpansionError(`${name}: readonly variable`)
  const old = shell.variables.items(name)
  const items: Items =
    assignment.append && old ? old : { associative: associative || (old?.associative ?? false), entries: new Map<string, string>() }
  let next = assignment.append ? Number(shell.elements(name).at(-1)?.[0] ?? -1) + 1 : 0
  if (local && shell.locals && !shell.locals.has(name)) shell.locals.set(name, shell.variables.snapshot(name))
  for (const element of value.elements) {
    const keyed = /^\[([^\]]+)\]=/.exec(element.text)
    if (!keyed) {
      for (const word of await expandWords([element], shell)) items.entries.set(String(next++), word)
      continue
    }
    const whole = await expandOne(element, shell)
    const key = await expandOne(wordOf(keyed[1] ?? '', element.pos), shell)
    const index = items.associative ? key : String(await arithmeticOf(key, shell))
    items.entries.set(index, whole.slice(whole.indexOf(']=') + 2))
    if (!items.associative) next = Number(index) + 1
  }
  shell.variables.replace(name, items)
}

/** A piece of source as the word it is. */
function wordOf(text: string, pos: number): Word {
  const [statement] = scriptOf(`: ${text}`).commands
  const command = statement?.command
  const word = command?.type === 'Command' ? command.args[0] : undefined
  return word?.type === 'Word' ? word : { type: 'Word', text, value: text, pos, end: pos + text.length }
}

interface Invocation {
  readonly argv: readonly string[]
  readonly assignments: readonly Assignment[]
  readonly text: string
  readonly before: number
}

async function invoke(shell: Shell, call: Invocation, io: Io): Promise<void> {
  const [name = '', ...args] = call.argv
  const body = shell.functions.get(name)
  const builtin = builtinOf(shell, name)
  if (body || builtin) {
    // Assignments before a function or an ordinary builtin last as long as it runs.
    const saved = call.assignments.map(({ name: variable }) => [variable, shell.variables.snapshot(variable)] as const)
    for (const assignment of call.assignments) await assign(shell, assignment, io)
    try {
      if (body) return await callFunction(shell, body.body, args, io)
      shell.status = call.before
      shell.status = (await builtin?.(shell, args, io)) ?? 0
    } finally {
      if (!specialBuiltins.has(name)) for (const [variable, value] of saved) shell.variables.restore(variable, value)
    }
    return
  }
  const env = shell.environment()
  for (const assignment of call.assignments) {
    if (assignment.value.type === 'Word') env[assignment.name] = await expandOne(assignment.value, shell)
  }
  shell.status = await shell.foreground(call.text, external(shell, call.argv, io, env), io)
  const death = shell.reads === 'keys' || shell.dialect !== 'dash' ? deathWords(shell.status) : undefined
  if (death && shell.interactive) io.err.write(`${death}\n`)
}

/** After these, assignments before them stay (POSIX 2.14). */
const specialBuiltins = new Set([
  '.',
  'source',
  ':',
  'eval',
  'exec',
  'exit',
  'export',
  'readonly',
  'return',
  'set',
  'shift',
  'trap',
  'unset',
])

/** Builtins of bash alone. */
const bashOnly = new Set([
  'declare',
  'typeset',
  'shopt',
  'pushd',
  'popd',
  'dirs',
  'mapfile',
  'readarray',
  'disown',
  'caller',
  'enable',
  'compgen',
  'complete',
  'bind',
  'logout',
])

export function builtinOf(shell: Shell, name: string): ReturnType<typeof builtins.get> {
  if (shell.dialect !== 'bash' && bashOnly.has(name)) return undefined
  if (shell.dialect === 'dash' && (name === 'source' || name === 'let' || name === 'history')) return undefined
  return builtins.get(name)
}

export async function callFunction(shell: Shell, body: FunctionBody, args: readonly string[], io: Io): Promise<void> {
  if (shell.depth >= deepest) throw new CommandError('maximum function recursion depth exceeded')
  const { positional, locals } = shell
  shell.positional = args
  shell.locals = new Map()
  shell.depth += 1
  try {
    await shell.run(body, io)
  } catch (error) {
    if (!(error instanceof Return)) throw error
    shell.status = error.status
  } finally {
    for (const [name, value] of shell.locals) shell.variables.restore(name, value)
    shell.positional = positional
    shell.locals = locals
    shell.depth -= 1
  }
}

/** Runs a program as a child process. @returns its exit status */
export function external(shell: Shell, argv: readonly string[], io: Io, env: Readonly<Record<string, string>>): Promise<number> {
  const { machine, cwd, columns, rows } = shell
  return execute(machine, argv, {
    io,
    env,
    cwd,
    columns,
    rows,
    parent: shell.process,
    complain: (words) => shell.complain(io, words),
    dialect: shell.dialect,
  })
}

function argumentWord(argument: Word | Assignment): Word {
  if (argument.type === 'Word') return argument
  const value = argument.value.type === 'Word' ? argument.value : undefined
  const head = argument.text.slice(0, argument.text.indexOf('=') + 1)
  const literal = { type: 'Literal', pos: argument.pos, end: argument.pos + head.length, value: head, text: head } as const
  if (!value) return { type: 'Word', text: argument.text, value: argument.text, pos: argument.pos, end: argument.end }
  const rest = value.parts ?? [{ type: 'SingleQuoted', pos: value.pos, end: value.end, value: value.value, text: value.text } as const]
  return { type: 'Word', text: argument.text, value: head + value.value, pos: argument.pos, end: argument.end, parts: [literal, ...rest] }
}

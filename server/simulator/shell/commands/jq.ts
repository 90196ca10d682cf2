import { CommandError } from '../machine.ts'
import type { Command } from '../machine.ts'
import { Jq, JqError, textOf } from './jq-evaluate.ts'
import type { Json } from './jq-evaluate.ts'
import { JqSyntaxError, parseJq } from './jq-parser.ts'
import type { Filter } from './jq-parser.ts'
import { readAll } from './options.ts'

interface Options {
  readonly flags: ReadonlySet<string>
  readonly scope: ReadonlyMap<string, Json>
  readonly operands: readonly string[]
}

const longs: Readonly<Record<string, string>> = {
  'raw-output': 'r',
  'compact-output': 'c',
  'null-input': 'n',
  slurp: 's',
  'raw-input': 'R',
  'exit-status': 'e',
  'join-output': 'j',
  'sort-keys': 'S',
}

function optionsOf(args: readonly string[]): Options {
  const flags = new Set<string>()
  const scope = new Map<string, Json>()
  const operands: string[] = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (arg === '--arg' || arg === '--argjson') {
      const value = args[at + 2] ?? ''
      scope.set(`$${args[at + 1] ?? ''}`, arg === '--arg' ? value : parsed(value))
      at += 2
    } else if (arg.startsWith('--')) flags.add(longs[arg.slice(2)] ?? arg)
    else if (/^-[a-zA-Z]/.test(arg)) for (const letter of arg.slice(1)) flags.add(letter)
    else operands.push(arg)
  }
  return { flags, scope, operands }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw new CommandError('parse error: Invalid JSON text', 2)
  }
}

/** Values one after the other, as `kubectl get -o json` twice would give them. */
function valuesIn(text: string): readonly Json[] {
  const values: Json[] = []
  let [depth, start, quoted] = [0, -1, false]
  for (let at = 0; at <= text.length; at++) {
    const char = text[at] ?? ' '
    if (quoted) {
      if (char === '\\') at++
      else if (char === '"') quoted = false
      continue
    }
    const blank = /\s/.test(char)
    if (start < 0 && !blank) start = at
    if (char === '"') quoted = true
    if (char === '{' || char === '[') depth++
    if (char === '}' || char === ']') depth--
    const closed = depth === 0 && (char === '}' || char === ']')
    if (start >= 0 && depth <= 0 && (blank || closed)) {
      values.push(parsed(text.slice(start, closed ? at + 1 : at)))
      start = -1
    }
  }
  if (start >= 0) throw new CommandError('parse error: Unfinished JSON term', 2)
  return values
}

const sortedKeys = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value

export const jq: Command = async (run) => {
  const { flags, scope, operands } = optionsOf(run.args)
  const [source, ...files] = operands
  if (flags.has('--version') || flags.has('V')) {
    run.io.out.write('jq-1.8.1\n')
    return 0
  }
  if (source === undefined) throw new CommandError('a filter is missing, such as .items[].metadata.name', 2)
  let filter: Filter
  try {
    filter = parseJq(source)
  } catch (error) {
    if (!(error instanceof JqSyntaxError)) throw error
    run.io.err.write(`jq: error: ${error.message} at <top-level>:\n    ${source}\njq: 1 compile error\n`)
    return 3
  }
  const text = flags.has('n') ? '' : await readAll(run, files)
  const lines = text.replace(/\n$/, '').split('\n')
  const values = flags.has('n') ? [null] : flags.has('R') ? (flags.has('s') ? [text] : lines) : valuesIn(text)
  const inputs: readonly Json[] = flags.has('s') && !flags.has('R') && !flags.has('n') ? [values] : values
  let status = 0
  let last: Json | undefined
  const named = new Map<string, Json>([...scope, ['$ENV', { ...run.env }]])
  for (const input of inputs) {
    try {
      for (const value of new Jq().run(filter, input, named)) {
        last = value
        const raw = (flags.has('r') || flags.has('j')) && typeof value === 'string'
        const json = () => JSON.stringify(value, flags.has('S') ? sortedKeys : undefined, flags.has('c') || flags.has('j') ? undefined : 2)
        run.io.out.write((raw ? textOf(value) : json()) + (flags.has('j') ? '' : '\n'))
      }
    } catch (error) {
      if (!(error instanceof JqError) && !(error instanceof SyntaxError)) throw error
      run.io.err.write(`jq: error (at <stdin>:0): ${error.message}\n`)
      status = 5
    }
    await run.process.breathe()
  }
  if (status === 0 && flags.has('e')) return last === undefined ? 4 : last === null || last === false ? 1 : 0
  return status
}

import { arithmeticOf } from './arithmetic.ts'
import { unsetWords } from './dialect.ts'
import { expandOne, expandPattern, ExpansionError } from './expand.ts'
import type { Expander } from './expand.ts'
import type { Piece } from './fields.ts'
import type { ParameterExpansionPart, ParameterOperation } from './parser.ts'
import { patternSource, patternToRegExp } from './pattern.ts'

/** The words of `$@` and `$*`, quoted or not. */
export function listPieces(words: readonly string[], kind: string, shell: Expander, quoted: boolean): Piece[] {
  if (kind === '*' && quoted) return [{ text: words.join((shell.get('IFS') ?? ' ').charAt(0)), quoted, split: false }]
  return words.map((text, index) => ({ text, quoted, split: !quoted, ...(index > 0 ? { breaks: true } : {}) }))
}

/** `${…}`: text, or the pieces of a list. */
export async function parameterText(part: ParameterExpansionPart, shell: Expander, quoted: boolean): Promise<string | Piece[]> {
  const { parameter, operation, prefix } = part
  if (shell.dialect !== 'bash' && (part.index || prefix === '!')) throw new ExpansionError('syntax error: bad substitution')
  if (prefix === '!' && operation?.type === 'Names')
    return listPieces(
      shell.variables.names().filter((name) => name.startsWith(parameter)),
      operation.operator,
      shell,
      quoted,
    )
  const subscript = part.index?.text
  const isList = parameter === '@' || parameter === '*' || subscript === '@' || subscript === '*'
  if (isList) {
    const kind = subscript ?? parameter
    const elements =
      subscript === undefined ? shell.positional.map((text, at) => [String(at + 1), text] as const) : shell.elements(parameter)
    if (prefix === '#') return String(elements.length)
    if (prefix === '!')
      return listPieces(
        elements.map(([key]) => key),
        kind,
        shell,
        quoted,
      )
    const values = elements.map(([, value]) => value)
    if (!operation) return listPieces(values, kind, shell, quoted)
    if (operation.type === 'Slice')
      return listPieces(await slicedList(values, subscript === undefined, operation, shell), kind, shell, quoted)
    if (operation.type === 'Default') {
      const missing = values.length === 0 || (operation.operator.startsWith(':') && values.join('') === '')
      if (missing === (operation.operator.at(-1) === '+')) return listPieces(missing ? [] : values, kind, shell, quoted)
      return expandOne(operation.operand, shell)
    }
    const changed = await Promise.all(values.map((value) => operated(value, parameter, operation, shell)))
    return listPieces(changed, kind, shell, quoted)
  }
  const name = prefix === '!' ? (shell.parameter(parameter) ?? '') : parameter
  const value = part.index ? await element(name, part, shell) : lookup(name, operation, shell)
  if (prefix === '#') return String([...(value ?? '')].length)
  return operation ? operated(value, name, operation, shell) : (value ?? '')
}

/** With `set -u` a default still applies to what is not set. */
function lookup(name: string, operation: ParameterOperation | undefined, shell: Expander): string | undefined {
  if (operation?.type !== 'Default') return shell.parameter(name)
  if (/^[A-Za-z_]/.test(name) && shell.get(name) === undefined && !isDynamic(name)) return undefined
  if (/^[1-9]\d*$/.test(name)) return shell.positional[Number(name) - 1]
  return shell.parameter(name)
}

const isDynamic = (name: string) =>
  ['RANDOM', 'SECONDS', 'LINENO', 'BASH_VERSION', 'UID', 'EUID', 'EPOCHSECONDS', 'PIPESTATUS'].includes(name)

async function element(name: string, part: ParameterExpansionPart, shell: Expander): Promise<string | undefined> {
  const text = part.index ? await expandOne(part.index, shell) : '0'
  const elements = shell.elements(name)
  const exact = elements.find(([key]) => key === text)
  if (exact) return exact[1]
  if (!/^[\w\s+*/%()$-]+$/.test(text)) return undefined
  const index = await arithmeticOf(text, shell).catch(() => Number.NaN)
  const key = index < 0 ? elements.at(index)?.[0] : String(index)
  return elements.find(([each]) => each === key)?.[1]
}

type Slice = Extract<ParameterOperation, { type: 'Slice' }>

async function bounds(operation: Slice, shell: Expander): Promise<readonly [number, number | undefined]> {
  const offset = await arithmeticOf(await expandOne(operation.offset, shell), shell)
  const length = operation.length ? await arithmeticOf(await expandOne(operation.length, shell), shell) : undefined
  return [offset, length]
}

async function slicedList(values: readonly string[], positional: boolean, operation: Slice, shell: Expander): Promise<readonly string[]> {
  const [offset, length] = await bounds(operation, shell)
  // `${@:1}` counts from 1: 0 is the shell itself.
  const list = positional ? [shell.parameter('0') ?? '', ...values] : values
  const start = offset < 0 ? list.length + offset : offset
  return list.slice(start, length === undefined ? undefined : start + length)
}

async function operated(value: string | undefined, name: string, operation: ParameterOperation, shell: Expander): Promise<string> {
  const text = value ?? ''
  switch (operation.type) {
    case 'Default':
      return defaulted(name, value, operation.operator, () => expandOne(operation.operand, shell), shell)
    case 'Remove':
      return removed(text, operation.operator, await expandPattern(operation.operand, shell))
    case 'Replace': {
      if (shell.dialect === 'dash') throw new ExpansionError('Bad substitution')
      const source = patternSource(await expandPattern(operation.pattern, shell))
      const anchored = operation.operator === '/#' ? `^${source}` : operation.operator === '/%' ? `${source}$` : source
      const replacement = await expandOne(operation.replacement, shell)
      if (source === '') return text
      return text.replace(new RegExp(anchored, operation.operator === '//' ? 'gs' : 's'), () => replacement)
    }
    case 'Slice': {
      if (shell.dialect === 'dash') throw new ExpansionError('Bad substitution')
      const [offset, length] = await bounds(operation, shell)
      const start = offset < 0 ? text.length + offset : offset
      if (start < 0) return ''
      return length !== undefined && length < 0
        ? text.slice(start, length)
        : text.slice(start, length === undefined ? undefined : start + length)
    }
    case 'CaseModification': {
      if (shell.dialect !== 'bash') throw new ExpansionError('bad substitution')
      const change = operation.operator.startsWith('^') ? (part: string) => part.toUpperCase() : (part: string) => part.toLowerCase()
      return operation.operator.length === 2 ? change(text) : change(text.charAt(0)) + text.slice(1)
    }
    case 'Transform':
      return transformed(text, operation.operand.text)
    default:
      throw new ExpansionError('bad substitution')
  }
}

/** `${x@Q}`, `${x@U}`, `${x@L}`, `${x@u}` (bash). */
function transformed(text: string, kind: string): string {
  if (kind === 'Q') return `'${text.replaceAll("'", `'\\''`)}'`
  if (kind === 'U') return text.toUpperCase()
  if (kind === 'L') return text.toLowerCase()
  return kind === 'u' ? text.charAt(0).toUpperCase() + text.slice(1) : text
}

async function defaulted(
  name: string,
  value: string | undefined,
  operator: string,
  operand: () => Promise<string>,
  shell: Expander,
): Promise<string> {
  const missing = operator.startsWith(':') ? value === undefined || value === '' : value === undefined
  const kind = operator.at(-1)
  if (kind === '+') return missing ? '' : operand()
  if (!missing) return value ?? ''
  const replacement = await operand()
  if (kind === '=') shell.set(name, replacement)
  if (kind === '?')
    throw new ExpansionError(
      replacement
        ? `${name}: ${replacement}`
        : operator === '?'
          ? unsetWords('ash', name)
          : `${name}: parameter ${shell.dialect === 'bash' ? 'null or not set' : 'not set or null'}`,
    )
  return replacement
}

function removed(value: string, operator: string, pattern: string): string {
  const whole = patternToRegExp(pattern)
  const lengths = Array.from({ length: value.length + 1 }, (_, length) => length)
  if (operator === '##' || operator === '%') lengths.reverse()
  for (const at of lengths) {
    if (operator.startsWith('#') && whole.test(value.slice(0, at))) return value.slice(at)
    if (operator.startsWith('%') && whole.test(value.slice(at))) return value.slice(0, at)
  }
  return value
}

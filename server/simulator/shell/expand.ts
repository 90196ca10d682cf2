import { evaluate } from './arithmetic.ts'
import type { Variables } from './arithmetic.ts'
import { baseOf, normalise } from './files.ts'
import type { FileTree } from './files.ts'
import type { ArithmeticExpression, ParameterExpansionPart, ParsedScript, Word, WordPart } from './parser.ts'
import { hasPattern, patternSource, patternToRegExp } from './pattern.ts'

/** What expansion needs of a shell. */
export interface Expander extends Variables {
  readonly files: FileTree
  readonly cwd: string
  /** `$?`, `$#`, `$1` … and variables. */
  parameter(name: string): string | undefined
  readonly positional: readonly string[]
  /** Runs `$(…)`. @returns its output */
  substitute(script: ParsedScript): Promise<string>
}

export class ExpansionError extends Error {}

/** One piece of a word: quoted text is neither split nor matched against files. */
interface Piece {
  readonly text: string
  readonly quoted: boolean
  /** Came from an expansion: split at blanks. */
  readonly split: boolean
  /** Begins a new field: between the words of `"$@"`. */
  readonly breaks?: boolean
}

/** A word's fields after expansion, splitting and pathname expansion (POSIX 2.6). */
export async function expandWords(words: readonly Word[], shell: Expander): Promise<string[]> {
  const fields: string[] = []
  for (const word of words) {
    for (const alternative of braces(word)) {
      if (typeof alternative === 'string')
        fields.push(...glob(fieldsOf([{ text: tilde(alternative, shell), quoted: false, split: false }]), shell))
      else fields.push(...glob(fieldsOf(await piecesOf(alternative, shell)), shell))
    }
  }
  return fields
}

/** A word as one string: assignments, `case` words, redirection targets. */
export async function expandOne(word: Word, shell: Expander): Promise<string> {
  const pieces = await piecesOf(word, shell)
  return pieces.map((piece) => (piece.breaks ? ' ' : '') + piece.text).join('')
}

/** A word as a pattern, with quoted characters escaped. */
export async function expandPattern(word: Word, shell: Expander): Promise<string> {
  const pieces = await piecesOf(word, shell)
  return pieces.map((piece) => (piece.quoted ? piece.text.replaceAll(/[\\*?[\]]/g, '\\$&') : piece.text)).join('')
}

/** The parts of a here-document or of double quotes as text. */
export async function expandQuoted(parts: readonly WordPart[], shell: Expander): Promise<string> {
  let text = ''
  for (const part of parts) for (const piece of await piecesOfPart(part, shell, true)) text += (piece.breaks ? ' ' : '') + piece.text
  return text
}

/** `a{1,2}b` and `{1..3}` of plain words; other words as they are. */
function braces(word: Word): readonly (string | Word)[] {
  const parts = word.parts ?? []
  if (
    !parts.some((part) => part.type === 'BraceExpansion') ||
    parts.some((part) => part.type !== 'BraceExpansion' && part.type !== 'Literal')
  )
    return [word]
  let results = ['']
  for (const part of parts) {
    const options = part.type === 'BraceExpansion' ? braceOptions(part.text) : [part.type === 'Literal' ? part.value : '']
    results = results.flatMap((head) => options.map((tail) => head + tail)).slice(0, 10_000)
  }
  return results
}

function braceOptions(text: string): readonly string[] {
  const inside = text.slice(1, -1)
  const range = /^(-?\d+)\.\.(-?\d+)$/.exec(inside)
  if (!range) return inside.split(',')
  const from = Number(range[1])
  const to = Number(range[2])
  const count = Math.min(Math.abs(to - from) + 1, 10_000)
  return Array.from({ length: count }, (_, index) => String(from + (to < from ? -index : index)))
}

function tilde(text: string, shell: Expander): string {
  return text === '~' || text.startsWith('~/') ? (shell.get('HOME') ?? '/root') + text.slice(1) : text
}

async function piecesOf(word: Word, shell: Expander): Promise<Piece[]> {
  if (!word.parts) {
    const quoted = word.value !== word.text
    return [{ text: quoted ? word.value : tilde(word.value, shell), quoted, split: false }]
  }
  const pieces: Piece[] = []
  for (const [index, part] of word.parts.entries()) {
    const expanded = await piecesOfPart(part, shell, false)
    const first = expanded[0]
    if (index === 0 && part.type === 'Literal' && first) pieces.push({ ...first, text: tilde(first.text, shell) })
    else pieces.push(...expanded)
  }
  return pieces
}

async function piecesOfPart(part: WordPart, shell: Expander, quoted: boolean): Promise<Piece[]> {
  const plain = (text: string): Piece[] => [{ text, quoted, split: !quoted }]
  switch (part.type) {
    case 'Literal':
      return [{ text: part.value, quoted: quoted || part.value !== part.text, split: false }]
    case 'Glob':
      return [{ text: part.text, quoted, split: false }]
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return [{ text: part.value, quoted: true, split: false }]
    case 'DoubleQuoted':
    case 'LocaleString': {
      const pieces: Piece[] = []
      for (const child of part.parts) pieces.push(...(await piecesOfPart(child, shell, true)))
      if (pieces.length === 0 && part.parts.some((child) => child.type !== 'Literal')) return []
      return pieces.length > 0 ? pieces : [{ text: '', quoted: true, split: false }]
    }
    case 'SimpleExpansion':
      return parameterPieces(part.text.slice(1), shell, quoted)
    case 'ParameterExpansion':
      if (!part.operation && !part.prefix) return parameterPieces(part.parameter, shell, quoted)
      return plain(await parameterText(part, shell))
    case 'CommandExpansion':
      return plain(part.script ? (await shell.substitute(part.script)).replace(/\n+$/, '') : '')
    case 'ArithmeticExpansion':
      return plain(part.expression ? String(await arithmetic(part.expression, shell)) : '0')
    default:
      return [{ text: 'text' in part ? part.text : '', quoted, split: false }]
  }
}

function parameterPieces(name: string, shell: Expander, quoted: boolean): Piece[] {
  if (name === '@' || (name === '*' && !quoted)) {
    return shell.positional.map((text, index) => ({ text, quoted, split: !quoted, ...(index > 0 ? { breaks: true } : {}) }))
  }
  if (name === '*') return [{ text: shell.positional.join(' '), quoted, split: false }]
  return [{ text: shell.parameter(name) ?? '', quoted, split: !quoted }]
}

async function parameterText(part: ParameterExpansionPart, shell: Expander): Promise<string> {
  const value = part.parameter === '@' || part.parameter === '*' ? shell.positional.join(' ') : shell.parameter(part.parameter)
  const operation = part.operation
  if (part.prefix === '#')
    return String(part.parameter === '@' || part.parameter === '*' ? shell.positional.length : [...(value ?? '')].length)
  switch (operation?.type) {
    case 'Default':
      return defaulted(part.parameter, value, operation.operator, () => expandOne(operation.operand, shell), shell)
    case 'Remove':
      return removed(value ?? '', operation.operator, await expandPattern(operation.operand, shell))
    case 'Replace': {
      const source = patternSource(await expandPattern(operation.pattern, shell))
      const anchored = operation.operator === '/#' ? `^${source}` : operation.operator === '/%' ? `${source}$` : source
      const replacement = await expandOne(operation.replacement, shell)
      if (source === '') return value ?? ''
      return (value ?? '').replace(new RegExp(anchored, operation.operator === '//' ? 'gs' : 's'), () => replacement)
    }
    case 'Slice': {
      const text = value ?? ''
      const offset = Number(await expandOne(operation.offset, shell))
      const start = offset < 0 ? Math.max(text.length + offset, 0) : offset
      const length = operation.length ? Number(await expandOne(operation.length, shell)) : text.length
      return length < 0 ? text.slice(start, length) : text.slice(start, start + length)
    }
    case 'CaseModification':
      return operation.operator.startsWith('^') ? (value ?? '').toUpperCase() : (value ?? '').toLowerCase()
    default:
      throw new ExpansionError('bad substitution')
  }
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
  if (kind === '?') throw new ExpansionError(`${name}: ${replacement || 'parameter not set'}`)
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

/** Arithmetic with its embedded expansions done first, since those take time. */
export async function arithmetic(expression: ArithmeticExpression, shell: Expander): Promise<number> {
  const expanded = new Map<ArithmeticExpression, string>()
  const visit = async (node: ArithmeticExpression): Promise<void> => {
    if (node.type === 'ArithmeticWord' && node.parts) expanded.set(node, await expandQuoted(node.parts, shell))
    else if (node.type === 'ArithmeticCommandExpansion') expanded.set(node, node.script ? await shell.substitute(node.script) : '')
    else if (node.type === 'ArithmeticBinary') await Promise.all([visit(node.left), visit(node.right)])
    else if (node.type === 'ArithmeticUnary') await visit(node.operand)
    else if (node.type === 'ArithmeticGroup') await visit(node.expression)
    else if (node.type === 'ArithmeticTernary') await Promise.all([visit(node.test), visit(node.consequent), visit(node.alternate)])
  }
  await visit(expression)
  return evaluate(expression, shell, (node) => expanded.get(node) ?? '')
}

interface Field {
  readonly text: string
  /** With quoted characters escaped; undefined when nothing in it matches files. */
  readonly pattern: string | undefined
}

function fieldsOf(pieces: readonly Piece[]): Field[] {
  const fields: Field[] = []
  let text: string | undefined
  let pattern = ''
  let globs = false
  const flush = () => {
    if (text !== undefined) fields.push({ text, pattern: globs ? pattern : undefined })
    text = undefined
    pattern = ''
    globs = false
  }
  const add = (more: string, quoted: boolean) => {
    text = (text ?? '') + more
    pattern += quoted ? more.replaceAll(/[\\*?[\]]/g, '\\$&') : more
    globs ||= !quoted && hasPattern(more)
  }
  for (const piece of pieces) {
    if (piece.breaks) flush()
    if (!piece.split) {
      add(piece.text, piece.quoted)
      continue
    }
    if (/^[ \t\n]/.test(piece.text)) flush()
    const words = piece.text.split(/[ \t\n]+/).filter((word) => word !== '')
    for (const [index, word] of words.entries()) {
      if (index > 0) flush()
      add(word, false)
    }
    if (words.length > 0 && /[ \t\n]$/.test(piece.text)) flush()
  }
  flush()
  return fields
}

function glob(fields: readonly Field[], shell: Expander): string[] {
  return fields.flatMap((field) => {
    if (field.pattern === undefined) return [field.text]
    const matches = matchingPaths(field.pattern, shell)
    return matches.length > 0 ? matches : [field.text]
  })
}

function matchingPaths(pattern: string, shell: Expander): string[] {
  const absolute = pattern.startsWith('/')
  let found = [absolute ? '/' : '']
  for (const part of pattern.split('/').filter((each) => each !== '')) {
    const whole = patternToRegExp(part)
    found = found.flatMap((head) => {
      const directory = normalise(head, shell.cwd)
      const joined = (name: string) => (head === '' || head.endsWith('/') ? head + name : `${head}/${name}`)
      if (!hasPattern(part)) return shell.files.stat(normalise(joined(part), shell.cwd)) ? [joined(part)] : []
      if (shell.files.stat(directory)?.kind !== 'directory') return []
      return shell.files
        .list(directory)
        .filter((name) => whole.test(name) && (part.startsWith('.') || !name.startsWith('.')))
        .map(joined)
    })
  }
  return found.filter((path) => baseOf(path) !== '' || path === '/')
}

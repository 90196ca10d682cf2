import { arithmetic } from './arithmetic.ts'
import { braceAlternatives } from './braces.ts'
import type { Dialect } from './dialect.ts'
import { fieldsOf } from './fields.ts'
import type { Piece } from './fields.ts'
import type { FileTree } from './files.ts'
import { glob } from './glob.ts'
import { listPieces, parameterText } from './parameters.ts'
import type { ParsedScript, Word, WordPart } from './parser.ts'

/** What expansion needs of a shell. */
export interface Expander {
  readonly files: FileTree
  readonly cwd: string
  readonly dialect: Dialect
  readonly options: ReadonlySet<string>
  get(name: string): string | undefined
  set(name: string, value: string): void
  setElement(name: string, key: string, value: string): void
  /** An array's keys and values; of a plain variable its one value. */
  elements(name: string): readonly (readonly [string, string])[]
  /** `$?`, `$#`, `$1` … and variables. */
  parameter(name: string): string | undefined
  readonly positional: readonly string[]
  readonly variables: { names(): readonly string[] }
  /** Runs `$(…)`. @returns its output */
  substitute(script: ParsedScript): Promise<string>
  /** Runs `<(…)`. @returns the name of a file with its output */
  fileOf(script: ParsedScript): Promise<string>
}

export class ExpansionError extends Error {}

/** A word's fields after expansion, splitting and pathname expansion (POSIX 2.6). */
export async function expandWords(words: readonly Word[], shell: Expander): Promise<string[]> {
  const fields: string[] = []
  for (const word of words) {
    if (!word.parts && word.value === word.text && !/[~*?[{]/.test(word.value)) {
      fields.push(word.value)
      continue
    }
    for (const alternative of shell.dialect === 'bash' ? braceAlternatives(word) : [word]) {
      fields.push(...glob(fieldsOf(await piecesOf(alternative, shell), shell.get('IFS')), shell))
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

const homes: Record<string, string> = { root: '/root', nobody: '/' }

function tilde(text: string, shell: Expander): string {
  const found = /^~([a-z+-]*)(?=\/|$)/.exec(text)
  if (!found) return text
  const name = found[1] ?? ''
  const home = name === '' ? (shell.get('HOME') ?? '/root') : name === '+' ? shell.cwd : name === '-' ? shell.get('OLDPWD') : homes[name]
  return home === undefined ? text : home + text.slice(found[0].length)
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
    if (index === 0 && part.type === 'Literal' && first && !first.quoted) pieces.push({ ...first, text: tilde(first.text, shell) })
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
    case 'SimpleExpansion': {
      const name = part.text.slice(1)
      if (name === '@' || name === '*') return listPieces(shell.positional, name, shell, quoted)
      return plain(shell.parameter(name) ?? '')
    }
    case 'ParameterExpansion': {
      const text = await parameterText(part, shell, quoted)
      return typeof text === 'string' ? plain(text) : text
    }
    case 'CommandExpansion':
      return plain(part.script ? (await shell.substitute(part.script)).replace(/\n+$/, '') : '')
    case 'ArithmeticExpansion':
      return plain(part.expression ? String(await arithmetic(part.expression, shell)) : '0')
    case 'ProcessSubstitution':
      return [{ text: part.script ? await shell.fileOf(part.script) : '', quoted: true, split: false }]
    default:
      return [{ text: 'text' in part ? part.text : '', quoted, split: false }]
  }
}

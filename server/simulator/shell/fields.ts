import { hasPattern } from './pattern.ts'

/** One piece of a word: quoted text is neither split nor matched against files. */
export interface Piece {
  readonly text: string
  readonly quoted: boolean
  /** Came from an expansion: split where IFS says. */
  readonly split: boolean
  /** Begins a new field: between the words of `"$@"`. */
  readonly breaks?: boolean
}

export interface Field {
  readonly text: string
  /** With quoted characters escaped; undefined when nothing in it matches files. */
  readonly pattern: string | undefined
}

/** A piece's text cut at IFS: blanks in runs, other characters one by one (POSIX 2.6.5). `''` at an end marks a cut there. */
function cutAt(text: string, ifs: string): readonly string[] {
  if (ifs === '') return [text]
  const parts: string[] = []
  let current = ''
  let after: 'text' | 'blank' | 'mark' = 'text'
  for (const char of text) {
    if (!ifs.includes(char)) {
      current += char
      after = 'text'
    } else if (' \t\n'.includes(char)) {
      if (after !== 'text') continue
      parts.push(current)
      current = ''
      after = 'blank'
    } else {
      // A blank and a mark beside it are one cut.
      if (after !== 'blank') {
        parts.push(current)
        current = ''
      }
      after = 'mark'
    }
  }
  parts.push(current)
  return parts
}

/** A word's pieces as fields, after field splitting. */
export function fieldsOf(pieces: readonly Piece[], ifs = ' \t\n'): Field[] {
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
    const words = cutAt(piece.text, ifs)
    for (const [index, word] of words.entries()) {
      if (index > 0) flush()
      const between = index > 0 && index < words.length - 1
      const beforeMark = index === 0 && words.length > 1 && !/^[ \t\n]/.test(piece.text)
      if (word !== '' || between || beforeMark) add(word, false)
    }
  }
  flush()
  return fields
}

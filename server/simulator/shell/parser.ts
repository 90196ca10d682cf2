// The only door to unbash: shell source in, syntax tree out.
import { parse } from 'unbash'
import type { ParsedScript } from 'unbash'

export type {
  ArithmeticExpression,
  Assignment,
  Case,
  Command,
  CommandNode,
  CompoundList,
  For,
  HereDoc,
  If,
  ParameterExpansionPart,
  ParsedScript,
  Pipeline,
  Redirect,
  Redirection,
  Statement,
  While,
  Word,
  WordPart,
} from 'unbash'

export type Parsed =
  | { readonly state: 'complete'; readonly script: ParsedScript }
  /** More lines may complete it: an open quote, loop or here-document. */
  | { readonly state: 'incomplete'; readonly script: ParsedScript }
  | { readonly state: 'wrong'; readonly message: string }

/** Parses shell source, telling what is unfinished (so that a prompt can ask for more) from what is wrong. */
export function parseScript(source: string): Parsed {
  const script = parse(source)
  const errors = script.errors ?? []
  const continued = /(^|[^\\])(\\\\)*\\$/.test(source)
  if (errors.length === 0) {
    return continued || openHereDoc(source) ? { state: 'incomplete', script } : { state: 'complete', script }
  }
  const atEnd = errors.every(
    (error) => /unterminated|to close|expected/.test(error.message) && reachesEnd(error.message, error.pos, source),
  )
  if (atEnd) return { state: 'incomplete', script }
  return { state: 'wrong', message: syntaxError(source, errors[0]?.pos ?? 0) }
}

function reachesEnd(message: string, pos: number, source: string): boolean {
  return message.startsWith('unterminated') || /to close/.test(message) || source.slice(pos).trim() === ''
}

function openHereDoc(source: string): boolean {
  for (const match of source.matchAll(/<<(-?)\s*(['"]?)([A-Za-z_][\w]*)\2/g)) {
    if (source[match.index - 1] === '<' || source[match.index + 2] === '<') continue
    const indent = match[1] === '-' ? '\\t*' : ''
    if (!new RegExp(`\\n${indent}${match[3]}\\s*(\\n|$)`).test(source.slice(match.index))) return true
  }
  return false
}

/** As busybox ash words it. */
function syntaxError(source: string, pos: number): string {
  const token = /^\s*(;;|&&|\|\||[;&|()]|\S+)/.exec(source.slice(pos))?.[1]
  return token ? `syntax error: unexpected "${token}"` : 'syntax error: unexpected end of file'
}

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
  ParameterOperation,
  ParsedScript,
  Pipeline,
  Redirect,
  Redirection,
  Select,
  Statement,
  TestExpression,
  Word,
  WordPart,
} from 'unbash'

export type Parsed =
  /** `text` is what was parsed, after aliases. */
  | { readonly state: 'complete'; readonly script: ParsedScript; readonly text: string }
  /** More lines may complete it: an open quote, loop or here-document. */
  | { readonly state: 'incomplete'; readonly script: ParsedScript; readonly text: string }
  | { readonly state: 'wrong'; readonly message: string }

/** Parses shell source, telling what is unfinished (so that a prompt can ask for more) from what is wrong. */
export function parseScript(source: string, aliases?: ReadonlyMap<string, string>): Parsed {
  const text = aliases && aliases.size > 0 ? withAliases(source, aliases) : source
  const script = parse(text)
  const errors = script.errors ?? []
  const continued = /(^|[^\\])(\\\\)*\\$/.test(source)
  if (errors.length === 0) {
    return continued || openHereDoc(source) ? { state: 'incomplete', script, text } : { state: 'complete', script, text }
  }
  const atEnd = errors.every(
    (error) => /unterminated|to close|expected/.test(error.message) && reachesEnd(error.message, error.pos, source),
  )
  if (atEnd) return { state: 'incomplete', script, text }
  return { state: 'wrong', message: syntaxError(source, errors[0]?.pos ?? 0) }
}

/** A piece of source that is known to be right. */
export function scriptOf(source: string): ParsedScript {
  return parse(source)
}

/** Aliases may name others, but none stands for itself again. */
function withAliases(source: string, aliases: ReadonlyMap<string, string>): string {
  return source.replaceAll(/(^|[;&|(]|\n)([ \t]*)([\w.:+-]+)(?=[\s;&|)]|$)/g, (_, before: string, blank: string, word: string) => {
    let text = word
    const seen = new Set<string>()
    for (;;) {
      const [first = '', rest = ''] = text.split(/(?=\s)(.*)/s)
      const alias = seen.has(first) ? undefined : aliases.get(first)
      if (alias === undefined) return before + blank + text
      seen.add(first)
      text = alias + rest
    }
  })
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

import { RE2JS, RE2JSSyntaxException } from 're2js'

/** A regular expression of somebody else's. */
export interface Pattern {
  readonly source: string
  /** Whether it is found anywhere in a text; takes time in proportion to the text's length, whatever the expression is. */
  found(text: string): boolean
}

const compiled = new Map<string, Pattern>()
const mostCompiled = 500

/**
 * Reads a regular expression that comes with a deck, by RE2's syntax: no look-around and no back-references, so that none can
 * take for ever. `^` and `$` are a line's beginning and end.
 * Source: https://github.com/google/re2/wiki/Syntax
 * @throws SyntaxError that says what is wrong with it
 */
export function readPattern(source: string): Pattern {
  const known = compiled.get(source)
  if (known) return known
  const made = make(source)
  if (compiled.size >= mostCompiled) compiled.clear()
  compiled.set(source, made)
  return made
}

function make(source: string): Pattern {
  try {
    const expression = RE2JS.compile(source, RE2JS.MULTILINE)
    return { source, found: (text) => expression.matcher(text).find() }
  } catch (cause) {
    if (!(cause instanceof RE2JSSyntaxException)) throw cause
    throw new SyntaxError(cause.message.replace(/^error parsing regexp: /, '').replace('`(?m)', '`'), { cause })
  }
}

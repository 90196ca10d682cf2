import { boundedRegExp } from '../shell/bounded-regexp.ts'

/** What is known of a pattern: whether Go would take it, and how to match it without holding everyone up. */
export interface Pattern {
  readonly valid: boolean
  /** Undefined where matching could take too long: such patterns let everything pass. */
  readonly expression: RegExp | undefined
}

/** Patterns by their text. A schema's are few, and asked often. */
const known = new Map<string, Pattern>()

/** A pattern as Go writes it, flags in front included. */
export function patternOf(source: string): Pattern {
  const before = known.get(source)
  if (before) return before
  const made = compile(source)
  if (known.size > 2000) known.clear()
  known.set(source, made)
  return made
}

export function matchesPattern(source: string, value: string): boolean {
  return patternOf(source).expression?.test(value) ?? true
}

function compile(source: string): Pattern {
  const flags = /^\(\?([ims]+)\)/.exec(source)
  const body = (flags ? source.slice(flags[0].length) : source)
    .replaceAll('\\z', '$')
    .replaceAll('\\A', '^')
    .replaceAll(/\(\?P?<\w+>/g, '(')
  // Go's language has neither, for they could take for ever.
  const unknown = /\(\?<?[=!]/.test(body) || /(^|[^\\])(\\\\)*\\[1-9]/.test(body)
  if (unknown || !compiles(body)) return { valid: false, expression: undefined }
  try {
    return { valid: true, expression: boundedRegExp(body, flags?.[1] ?? '') }
  } catch {
    return { valid: true, expression: undefined }
  }
}

function compiles(source: string): boolean {
  try {
    return new RegExp(source).source !== ''
  } catch {
    return false
  }
}

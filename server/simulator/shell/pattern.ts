/** A shell pattern (`*`, `?`, `[…]`) as a regular expression over the whole text. Adjacent stars count once, so none backtracks badly. */
export function patternToRegExp(pattern: string): RegExp {
  return new RegExp(`^${patternSource(pattern)}$`, 's')
}

/** The same without anchors, for `${x#pattern}`. */
export function patternSource(pattern: string, lazy = false): string {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at)
    if (char === '*') {
      while (pattern[at + 1] === '*') at++
      source += lazy ? '.*?' : '.*'
    } else if (char === '?') source += '.'
    else if (char === '[' && pattern.indexOf(']', at + 2) > 0) {
      const end = pattern.indexOf(']', at + 2)
      source += classSource(pattern.slice(at + 1, end))
      at = end
    } else if (char === '\\' && at + 1 < pattern.length) source += escapeRegExp(pattern.charAt(++at))
    else source += escapeRegExp(char)
  }
  return source
}

function classSource(inside: string): string {
  const negated = /^[!^]/.test(inside)
  const body = (negated ? inside.slice(1) : inside).replaceAll('\\', '\\\\').replaceAll('[', '\\[')
  return `[${negated ? '^' : ''}${body}]`
}

export function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

export function hasPattern(text: string): boolean {
  return /[*?[]/.test(text)
}

/** A shell pattern (`*`, `?`, `[…]`) as a regular expression over the whole text. Adjacent stars count once, so none backtracks badly. */
export function patternToRegExp(pattern: string, caseless = false): RegExp {
  try {
    return new RegExp(`^${patternSource(pattern)}$`, caseless ? 'si' : 's')
  } catch {
    return new RegExp(`^${escapeRegExp(pattern)}$`, 's')
  }
}

/** The same without anchors, for `${x#pattern}`. */
export function patternSource(pattern: string, lazy = false): string {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at)
    const group = /^[?*+@]\(([^()]*)\)/.exec(pattern.slice(at))
    if (group) {
      const inside = (group[1] ?? '').split('|').map((each) => patternSource(each))
      source += `(?:${inside.join('|')})${char === '@' ? '' : char}`
      at += group[0].length - 1
    } else if (char === '*') {
      while (pattern[at + 1] === '*') at++
      source += lazy ? '.*?' : '.*'
    } else if (char === '?') source += '.'
    else if (char === '[' && classEnd(pattern, at) > 0) {
      const end = classEnd(pattern, at)
      source += classSource(pattern.slice(at + 1, end))
      at = end
    } else if (char === '\\' && at + 1 < pattern.length) source += escapeRegExp(pattern.charAt(++at))
    else source += escapeRegExp(char)
  }
  return source
}

/** Where the class that begins at `at` ends; -1 if it does not. */
function classEnd(pattern: string, at: number): number {
  const rest = /^\[[!^]?\]?(?:\[:\w+:\]|[^\]])*\]/.exec(pattern.slice(at))
  return rest ? at + rest[0].length - 1 : -1
}

/** POSIX character classes, as they stand inside brackets. */
export const posixClasses: Record<string, string> = {
  alpha: 'a-zA-Z',
  digit: '0-9',
  alnum: 'a-zA-Z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9a-fA-F',
  cntrl: '\\x00-\\x1f\\x7f',
  print: '\\x20-\\x7e',
  graph: '\\x21-\\x7e',
}

function classSource(inside: string): string {
  const negated = /^[!^]/.test(inside)
  const named = (negated ? inside.slice(1) : inside).replaceAll(/\[:(\w+):\]/g, (_, name: string) => posixClasses[name] ?? '')
  const body = named.replaceAll(/\\(?![sdt/@`])/g, '\\\\').replaceAll('[', '\\[')
  return `[${negated ? '^' : ''}${body}]`
}

export function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

export function hasPattern(text: string): boolean {
  return /[*?[]/.test(text)
}

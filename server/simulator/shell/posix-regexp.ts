import { boundedRegExp } from './bounded-regexp.ts'
import { CommandError } from './machine.ts'
import { posixClasses } from './pattern.ts'

/** One piece: an escape, a class, or a character. */
const piece = /\\.|\[\^?\]?(?:\[:\w+:\]|[^\]])*\]|[^]/gs

/** A POSIX expression as JavaScript writes it. Basic ones take `\(`, `\{`, `\|`, `\+` where extended ones take them bare. */
export function posixSource(pattern: string, extended: boolean): string {
  let source = ''
  let first = true
  for (const [part] of pattern.matchAll(piece)) {
    if (part.length > 1 && part.startsWith('[')) source += bracket(part)
    else if (part === '\\<' || part === '\\>') source += '\\b'
    else if (part.length === 2 && part.startsWith('\\')) source += escaped(part.charAt(1), extended)
    else if (part === '*' && (first || source.endsWith('('))) source += '\\*'
    else if (!extended && '(){}|+?'.includes(part)) source += `\\${part}`
    else if (extended && part === '{' && !/^\{\d*,?\d*\}/.test(pattern.slice(pattern.indexOf(part)))) source += '\\{'
    else source += part
    first = part === '^' || part === '\\(' || part === '\\|' || (extended && part === '|')
  }
  return source
}

function escaped(char: string, extended: boolean): string {
  if (!extended && '(){}|+?'.includes(char)) return char
  if (/[wWsSbB1-9]/.test(char)) return `\\${char}`
  if (char === 'n' || char === 't') return `\\${char}`
  return /[a-zA-Z0-9]/.test(char) ? char : /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char
}

/** In POSIX brackets a backslash is a backslash, and classes have names. */
function bracket(part: string): string {
  const found = /^\[(\^?)(\]?)([^]*)\]$/.exec(part)
  if (!found) return part
  const [, negation = '', close = '', body = ''] = found
  const inside = body
    .split(/(\[:\w+:\])/)
    .map((each) => {
      const name = /^\[:(\w+):\]$/.exec(each)?.[1]
      // \n and \t mean what they say, as GNU's tools have it.
      return name === undefined ? each.replaceAll(/\\(?![nt])/g, '\\\\').replaceAll('[', '\\[') : (posixClasses[name] ?? '')
    })
    .join('')
  return `[${negation}${close === '' ? '' : '\\]'}${inside}]`
}

/** @throws CommandError when it is no expression, or too big */
export function posixRegExp(pattern: string, extended: boolean, flags = ''): RegExp {
  try {
    return boundedRegExp(posixSource(pattern, extended), flags)
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(`bad regex '${pattern}'`, 2)
  }
}

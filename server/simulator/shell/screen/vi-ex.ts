import { FileError } from '../files.ts'
import { posixRegExp } from '../posix-regexp.ts'
import { CommandError } from '../machine.ts'
import type { ViBuffer } from './vi-buffer.ts'

/** What `:` commands may do beside changing the text. */
export interface ExHost {
  readonly name: string | undefined
  /** @throws FileError */
  write(path: string, text: string): void
  /** @throws FileError */
  read(path: string): string
  rename(path: string): void
  set(option: string): boolean
  search(pattern: string): void
  /** The last pattern, for an empty one. */
  readonly pattern: string
}

export type ExResult = { readonly say: string; readonly wrong?: boolean } | { readonly quit: true }

function addressed(
  text: string,
  buffer: ViBuffer,
): { readonly from: number; readonly to: number; readonly rest: string; readonly given: boolean } {
  let rest = text.trim()
  if (rest.startsWith('%')) return { from: 0, to: buffer.lines.length - 1, rest: rest.slice(1), given: true }
  const one = (): number | undefined => {
    const found = /^(\d+|\.|\$|\/[^/]*\/)?([-+]\d*)*/.exec(rest)
    if (!found?.[0]) return undefined
    rest = rest.slice(found[0].length)
    const base = found[1]
    let at = base === undefined || base === '.' ? buffer.row : base === '$' ? buffer.lines.length - 1 : Number(base) - 1
    if (base?.startsWith('/'))
      at = Math.max(
        buffer.lines.findIndex((line) => posixRegExp(base.slice(1, -1), false).test(line)),
        0,
      )
    for (const [, sign, by] of found[0].slice(base?.length ?? 0).matchAll(/([-+])(\d*)/g)) at += Number(by || 1) * (sign === '-' ? -1 : 1)
    return at
  }
  const first = one()
  if (first === undefined) return { from: buffer.row, to: buffer.row, rest, given: false }
  let last = first
  if (rest.startsWith(',')) {
    rest = rest.slice(1)
    last = one() ?? first
  }
  const clamp = (at: number) => Math.min(Math.max(at, 0), buffer.lines.length - 1)
  return { from: clamp(Math.min(first, last)), to: clamp(Math.max(first, last)), rest, given: true }
}

/** One `:` command. */
export function runEx(command: string, buffer: ViBuffer, host: ExHost): ExResult {
  const { from, to, rest, given } = addressed(command, buffer)
  if (rest === '') {
    if (given) buffer.go({ row: to, column: 0 })
    return { say: '' }
  }
  if (/^(s|&)[^a-zA-Z]/.test(rest)) return substitute(rest, buffer, from, to, host)
  const found = /^([a-z]+|[!=<>])(!?)\s*(.*)$/i.exec(rest)
  if (!found) return { say: `'${command}' is not implemented`, wrong: true }
  const [, name = '', bang = '', argument = ''] = found
  switch (name) {
    case 'w':
    case 'wq':
    case 'x':
    case 'wn':
      return write(name, buffer, argument, { from, to, given }, host)
    case 'q':
    case 'quit':
    case 'qa':
      if (buffer.changed && bang === '') return { say: 'No write since last change (:quit! overrides)', wrong: true }
      return { quit: true }
    case 'd': {
      buffer.keep()
      buffer.cutLines(from, to)
      return { say: '' }
    }
    case 'set':
    case 'se':
      return host.set(argument) ? { say: '' } : { say: `bad option: ${argument}`, wrong: true }
    case 'e': {
      if (buffer.changed && bang === '') return { say: 'No write since last change (:edit! overrides)', wrong: true }
      const path = argument || host.name
      if (path === undefined) return { say: 'No current filename', wrong: true }
      host.rename(path)
      buffer.lines = linesOf(readOr(host, path))
      buffer.changed = false
      buffer.go({ row: 0, column: 0 })
      return { say: `'${path}' ${buffer.lines.length}L` }
    }
    case 'r': {
      buffer.keep()
      buffer.lines.splice(to + 1, 0, ...linesOf(host.read(argument)))
      return { say: '' }
    }
    case '=':
      return { say: String(given ? to + 1 : buffer.lines.length) }
    case 'noh':
    case 'nohlsearch':
    case 'syntax':
    case 'syn':
      return { say: '' }
    default:
      return { say: `'${rest}' is not implemented`, wrong: true }
  }
}

const linesOf = (text: string) => (text === '' ? [''] : text.replace(/\n$/, '').split('\n'))

function readOr(host: ExHost, path: string): string {
  try {
    return host.read(path)
  } catch (error) {
    if (error instanceof FileError) return ''
    throw error
  }
}

function write(
  name: string,
  buffer: ViBuffer,
  argument: string,
  range: { readonly from: number; readonly to: number; readonly given: boolean },
  host: ExHost,
): ExResult {
  const path = argument || host.name
  if (name === 'x' && !buffer.changed && argument === '') return { quit: true }
  if (path === undefined) return { say: 'No current filename', wrong: true }
  const text = range.given ? `${buffer.lines.slice(range.from, range.to + 1).join('\n')}\n` : buffer.text
  try {
    host.write(path, text)
  } catch (error) {
    if (error instanceof FileError) return { say: `'${path}' ${error.message}`, wrong: true }
    throw error
  }
  if (host.name === undefined) host.rename(path)
  buffer.changed = false
  if (name !== 'w') return { quit: true }
  return { say: `'${path}' ${text === '' ? 0 : text.split('\n').length - 1}L, ${text.length}C` }
}

/** `:s/a/b/g`. */
function substitute(rest: string, buffer: ViBuffer, from: number, to: number, host: ExHost): ExResult {
  const mark = rest.charAt(1)
  const parts = rest.slice(2).split(new RegExp(`(?<!\\\\)\\${mark}`))
  const [given = '', replacement = '', flags = ''] = parts
  const pattern = given === '' ? host.pattern : given.replaceAll(`\\${mark}`, mark)
  let regex: RegExp
  try {
    regex = posixRegExp(pattern, false, (flags.includes('g') ? 'g' : '') + (/i/i.test(flags) ? 'i' : ''))
  } catch (error) {
    if (error instanceof CommandError) return { say: `bad search pattern '${pattern}'`, wrong: true }
    throw error
  }
  host.search(pattern)
  let count = 0
  let last = buffer.row
  const changed = buffer.lines.map((line, index) => {
    if (index < from || index > to) return line
    const next = line.replace(regex, (...groups: readonly unknown[]) => {
      count++
      last = index
      return replacement.replaceAll(/\\(\d)|\\(.)|&/g, (whole, digit?: string, char?: string) =>
        digit ? String(groups[Number(digit)] ?? '') : whole === '&' ? String(groups[0]) : char === 'n' ? '\n' : (char ?? ''),
      )
    })
    return next
  })
  if (count === 0) return { say: `Pattern not found: ${pattern}`, wrong: true }
  buffer.keep()
  buffer.lines = changed.flatMap((line) => line.split('\n'))
  buffer.go({ row: last, column: 0 })
  return { say: count > 1 ? `${count} substitutions on ${to - from + 1} line${to > from ? 's' : ''}` : '' }
}

import { boundedRegExp } from '../bounded-regexp.ts'
import { posixRegExp } from '../posix-regexp.ts'
import { CommandError } from '../machine.ts'
import type { Command } from '../machine.ts'
import { escapeRegExp } from '../pattern.ts'
import { linesOf, parseOptions, pathIn, readAll } from './options.ts'
import { awk } from './awk.ts'
import { unescape } from './printing.ts'

/** Longer lines are matched only so far: a pattern from a stranger must not hold everyone up. */
const longestLine = 10_000

const grep: Command = async (run) => {
  const { flags, values, all, operands } = parseOptions(run.args, 'e m A B C f')
  const files = [...operands]
  const patterns = all.get('e') ?? [files.shift() ?? '']
  const fixed = flags.has('F') || run.name === 'fgrep'
  const extended = flags.has('E') || run.name === 'egrep' || flags.has('P')
  const source = patterns
    .flatMap((pattern) => pattern.split('\n'))
    .map((pattern) => (fixed ? escapeRegExp(pattern) : posixRegExp(pattern, extended).source))
    .map((each) => (flags.has('w') ? `\\b(?:${each})\\b` : flags.has('x') ? `^(?:${each})$` : `(?:${each})`))
    .join('|')
  const regex = boundedRegExp(source, flags.has('i') ? 'gi' : 'g')
  const recursive = flags.has('r') || flags.has('R')
  const walk = (path: string): string[] =>
    run.machine.files.stat(pathIn(run, path))?.kind === 'directory'
      ? run.machine.files.list(pathIn(run, path)).flatMap((name) => walk(`${path.replace(/\/$/, '')}/${name}`))
      : [path]
  const targets = recursive ? (files.length > 0 ? files : ['.']).flatMap(walk) : files.length > 0 ? files : ['-']
  const named = (targets.length > 1 || recursive || flags.has('H')) && !flags.has('h')
  const after = Number(values.get('A') ?? values.get('C') ?? 0)
  const before = Number(values.get('B') ?? values.get('C') ?? 0)
  let any = false
  for (const file of targets) {
    let count = 0
    let number = 0
    let trailing = 0
    const recent: string[] = []
    const show = (line: string, mark: string, at: number) =>
      run.io.out.write(`${named ? `${file}${mark}` : ''}${flags.has('n') ? `${at}${mark}` : ''}${line}\n`)
    for await (const line of linesOf(run, [file])) {
      number++
      const shown = line.slice(0, longestLine)
      regex.lastIndex = 0
      if (regex.test(shown) !== flags.has('v')) {
        count++
        any = true
        if (flags.has('q')) return 0
        if (!flags.has('c') && !flags.has('l')) {
          for (const [index, old] of recent.entries()) show(old, '-', number - recent.length + index)
          recent.length = 0
          if (flags.has('o')) for (const match of shown.matchAll(regex)) match[0] && show(match[0], ':', number)
          else show(line, ':', number)
        }
        trailing = after
        if (count >= Number(values.get('m') ?? Infinity)) break
      } else if (trailing-- > 0) show(line, '-', number)
      else if (before > 0) {
        recent.push(line)
        if (recent.length > before) recent.shift()
      }
    }
    if (flags.has('c')) run.io.out.write(`${named ? `${file}:` : ''}${count}\n`)
    if (flags.has('l') && count > 0) run.io.out.write(`${file}\n`)
  }
  return any ? 0 : 1
}

type Address = { readonly line: number } | { readonly last: true } | { readonly match: RegExp }

interface SedCommand {
  readonly from: Address | undefined
  readonly to: Address | undefined
  readonly negated: boolean
  readonly name: string
  readonly regex?: RegExp
  readonly text: string
  readonly print?: boolean
}

function parseSed(script: string, extended: boolean): SedCommand[] {
  const commands: SedCommand[] = []
  let rest = script
  const address = (): Address | undefined => {
    const found = /^(?:(\d+)|(\$)|\/((?:\\.|[^/\\])*)\/)/.exec(rest)
    if (!found) return undefined
    rest = rest.slice(found[0].length)
    if (found[1]) return { line: Number(found[1]) }
    return found[2] ? { last: true } : { match: posixRegExp((found[3] ?? '').replaceAll('\\/', '/'), extended) }
  }
  for (;;) {
    rest = rest.replace(/^[\s;]+/, '')
    if (rest === '') return commands
    const from = address()
    if (rest.startsWith(',')) rest = rest.slice(1)
    const to = script.length > 0 && from ? address() : undefined
    rest = rest.replace(/^\s+/, '')
    const negated = rest.startsWith('!')
    if (negated) rest = rest.slice(1)
    const name = rest.charAt(0)
    rest = rest.slice(1)
    if (name === 's' || name === 'y') {
      const mark = escapeRegExp(rest.charAt(0))
      const found = new RegExp(`^${mark}((?:\\\\.|(?!${mark}).)*)${mark}((?:\\\\.|(?!${mark}).)*)${mark}([gipI\\d]*)`, 's').exec(rest)
      if (!found) throw new CommandError("unterminated `s' command")
      rest = rest.slice(found[0].length)
      const flags = found[3] ?? ''
      const pattern = (found[1] ?? '').replaceAll(`\\${rest.charAt(0)}`, rest.charAt(0)).replaceAll('\\/', '/')
      commands.push({
        from,
        to,
        negated,
        name,
        regex: posixRegExp(pattern, extended, (flags.includes('g') ? 'g' : '') + (/i/i.test(flags) ? 'i' : '')),
        text: found[2] ?? '',
        print: flags.includes('p'),
      })
    } else if ('aic'.includes(name)) {
      commands.push({ from, to, negated, name, text: rest.replace(/^\\?\s*/, '') })
      rest = ''
    } else if ('dpq='.includes(name) && name !== '') commands.push({ from, to, negated, name, text: '' })
    else throw new CommandError(`unsupported command ${name}`)
  }
}

/** `\1` and `&` in a replacement. */
function substitute(line: string, command: SedCommand): string {
  return line.replace(command.regex ?? /$^/, (...found: readonly unknown[]) => {
    const whole = String(found[0])
    return unescape(
      command.text.replaceAll(/\\(\d)|\\&|\\\/|&/g, (mark, digit: string | undefined) =>
        digit ? String(found[Number(digit)] ?? '') : mark === '&' ? whole : mark.slice(1),
      ),
    )
  })
}

const sed: Command = async (run) => {
  const { flags, all, operands } = parseOptions(run.args, 'e f')
  const files = [...operands]
  const script = (all.get('e') ?? [files.shift() ?? '']).join('\n')
  const commands = parseSed(script, flags.has('E') || flags.has('r'))
  const targets = flags.has('i') ? files : [undefined]
  for (const target of targets) {
    const text = await readAll(run, target === undefined ? files : [target])
    const lines = text.replace(/\n$/, '').split('\n')
    const output = edited(text === '' ? [] : lines, commands, flags.has('n'))
    if (target === undefined) run.io.out.write(output)
    else run.machine.files.write(pathIn(run, target), output)
  }
  return 0
}

function edited(lines: readonly string[], commands: readonly SedCommand[], quiet: boolean): string {
  let output = ''
  const active = new Set<SedCommand>()
  const matches = (address: Address, line: string, number: number) =>
    'line' in address
      ? number === address.line
      : 'last' in address
        ? number === lines.length
        : address.match.test(line.slice(0, longestLine))
  const applies = (command: SedCommand, line: string, number: number): boolean => {
    if (!command.from) return true
    if (!command.to) return matches(command.from, line, number)
    if (active.has(command)) {
      if (matches(command.to, line, number)) active.delete(command)
      return true
    }
    if (!matches(command.from, line, number)) return false
    if (!('line' in command.to) || command.to.line > number) active.add(command)
    return true
  }
  for (const [index, original] of lines.entries()) {
    let line = original
    let after = ''
    let deleted = false
    let quits = false
    for (const command of commands) {
      if (applies(command, line, index + 1) === command.negated) continue
      if (command.name === 's') {
        const next = substitute(line, command)
        if (command.print && next !== line) output += `${next}\n`
        line = next
      } else if (command.name === 'p') output += `${line}\n`
      else if (command.name === '=') output += `${index + 1}\n`
      else if (command.name === 'i') output += `${command.text}\n`
      else if (command.name === 'a') after += `${command.text}\n`
      else if (command.name === 'c') line = command.text
      else if (command.name === 'q') quits = true
      if (command.name === 'd') {
        deleted = true
        break
      }
      if (quits) break
    }
    if (!deleted && !quiet) output += `${line}\n`
    output += after
    if (quits) return output
  }
  return output
}

export const filterCommands: Record<string, Command> = { grep, egrep: grep, fgrep: grep, sed, awk }

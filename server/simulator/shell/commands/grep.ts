import { FileError, normalise } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { escapeRegExp, patternToRegExp } from '../pattern.ts'
import { posixRegExp } from '../posix-regexp.ts'
import { linesOf, parseOptions, pathIn } from './options.ts'

/** Longer lines are matched only so far: a pattern from a stranger must not hold everyone up. */
const longestLine = 10_000

interface Settings {
  readonly regexes: readonly RegExp[]
  readonly flags: ReadonlySet<string>
  readonly after: number
  readonly before: number
  readonly most: number
  readonly colours: boolean
}

const longNames: Record<string, string> = {
  'ignore-case': 'i',
  'invert-match': 'v',
  'line-number': 'n',
  count: 'c',
  'files-with-matches': 'l',
  'files-without-match': 'L',
  'only-matching': 'o',
  quiet: 'q',
  silent: 'q',
  recursive: 'r',
  'extended-regexp': 'E',
  'fixed-strings': 'F',
  'perl-regexp': 'P',
  'word-regexp': 'w',
  'line-regexp': 'x',
  'no-filename': 'h',
  'with-filename': 'H',
  'no-messages': 's',
}

/** Where a line matches; -w and -x narrow it. */
function matchesIn(line: string, settings: Settings): RegExpExecArray[] {
  const { flags } = settings
  const shown = line.slice(0, longestLine)
  const found = settings.regexes.flatMap((regex) => [...shown.matchAll(regex)])
  const isWord = (char: string | undefined) => char !== undefined && /\w/.test(char)
  return found.filter((match) => {
    if (flags.has('x')) return match[0].length === line.length
    return !flags.has('w') || (!isWord(shown[match.index - 1]) && !isWord(shown[match.index + match[0].length]))
  })
}

/** Every file below a folder, in order. */
function* below(run: Run, path: string, shown: string, includes: readonly RegExp[], excludes: readonly RegExp[]): Generator<string> {
  const { files } = run.machine
  for (const name of files.list(path)) {
    const entry = files.stat(normalise(name, path), false)
    const inner = shown === '' ? name : `${shown.replace(/\/$/, '')}/${name}`
    if (entry?.kind === 'directory') yield* below(run, normalise(name, path), inner, includes, excludes)
    else if (
      entry?.kind === 'file' &&
      (includes.length === 0 || includes.some((each) => each.test(name))) &&
      !excludes.some((each) => each.test(name))
    )
      yield inner
  }
}

async function search(run: Run, file: string, named: boolean, settings: Settings): Promise<number> {
  const { flags, before, after, most } = settings
  const label = file === '-' ? '(standard input)' : file
  const red = (text: string) => (settings.colours ? `\u001b[01;31m\u001b[K${text}\u001b[m\u001b[K` : text)
  const show = (text: string, mark: string, at: number) =>
    run.io.out.write(`${named ? `${label}${mark}` : ''}${flags.has('n') ? `${at}${mark}` : ''}${text}\n`)
  let count = 0
  let number = 0
  let trailing = 0
  let last = 0
  const recent: string[] = []
  for await (const line of linesOf(run, [file])) {
    number++
    const found = matchesIn(line, settings)
    if (found.length > 0 !== flags.has('v')) {
      count++
      if (flags.has('q')) return 1
      if (!flags.has('c') && !flags.has('l') && !flags.has('L')) {
        const from = number - recent.length
        if ((before > 0 || after > 0) && last > 0 && from > last + 1) run.io.out.write('--\n')
        for (const [index, old] of recent.entries()) show(old, '-', from + index)
        recent.length = 0
        if (flags.has('o')) for (const match of found.toSorted((a, b) => a.index - b.index)) match[0] && show(red(match[0]), ':', number)
        else show(settings.colours && !flags.has('v') ? coloured(line, found, red) : line, ':', number)
        last = number
      }
      trailing = after
      if (count >= most) break
    } else if (trailing-- > 0) {
      show(line, '-', number)
      last = number
    } else if (before > 0) {
      recent.push(line)
      if (recent.length > before) recent.shift()
    }
    await run.io.out.ready?.(run.process)
  }
  if (flags.has('c')) run.io.out.write(`${named ? `${label}:` : ''}${count}\n`)
  if ((flags.has('l') && count > 0) || (flags.has('L') && count === 0)) run.io.out.write(`${label}\n`)
  return count
}

function coloured(line: string, found: readonly RegExpExecArray[], red: (text: string) => string): string {
  let text = ''
  let at = 0
  for (const match of found.toSorted((a, b) => a.index - b.index)) {
    if (match.index < at || match[0] === '') continue
    text += line.slice(at, match.index) + red(match[0])
    at = match.index + match[0].length
  }
  return text + line.slice(at)
}

const grep: Command = async (run) => {
  const {
    flags: given,
    values,
    all,
    operands,
  } = parseOptions(
    run.args.flatMap((arg) => (/^-\d+$/.test(arg) ? ['-C', arg.slice(1)] : [arg])),
    'e m A B C f regexp file max-count include exclude exclude-dir color colour after-context before-context context',
  )
  const flags = new Set([...given].map((flag) => longNames[flag] ?? flag))
  if (flags.has('R')) flags.add('r')
  if (flags.has('y')) flags.add('i')
  const files = [...operands]
  const stored = values.get('f') ?? values.get('file')
  const listed = [
    ...(all.get('e') ?? []),
    ...(all.get('regexp') ?? []),
    ...(stored === undefined ? [] : run.machine.files.read(pathIn(run, stored)).replace(/\n$/, '').split('\n')),
  ]
  if (listed.length === 0) {
    const first = files.shift()
    if (first === undefined) throw new CommandError('usage: grep [-HhnlLoqvsrRiwFEz] [-m N] [-A|B|C N] PATTERN [FILE]...', 2)
    listed.push(first)
  }
  const fixed = flags.has('F') || run.name === 'fgrep'
  const extended = flags.has('E') || flags.has('P') || run.name === 'egrep'
  const mode = flags.has('i') ? 'gi' : 'g'
  const regexes = listed
    .flatMap((each) => each.split('\n'))
    .map((pattern) => posixRegExp(fixed ? escapeRegExp(pattern) : pattern, fixed || extended, mode))
  const context = Number(values.get('C') ?? values.get('context') ?? 0)
  const settings: Settings = {
    regexes,
    flags,
    after: Number(values.get('A') ?? values.get('after-context') ?? context),
    before: Number(values.get('B') ?? values.get('before-context') ?? context),
    most: Number(values.get('m') ?? values.get('max-count') ?? Infinity),
    colours: values.get('color') === 'always' || ((given.has('color') || values.get('color') === 'auto') && run.io.out.tty === true),
  }
  const includes = (all.get('include') ?? []).map((each) => patternToRegExp(each))
  const excludes = (all.get('exclude') ?? []).map((each) => patternToRegExp(each))
  const targets = files.length > 0 ? files : [flags.has('r') ? '' : '-']
  let any = false
  let failed = false
  for (const target of targets) {
    const path = pathIn(run, target || '.')
    const directory = target !== '-' && run.machine.files.stat(path)?.kind === 'directory'
    if (directory && !flags.has('r')) {
      run.io.err.write(`grep: ${target}: Is a directory\n`)
      continue
    }
    const inner = directory ? [...below(run, path, target, includes, excludes)] : [target]
    const named = flags.has('H') || (!flags.has('h') && (targets.length > 1 || directory))
    for (const file of inner) {
      try {
        if ((await search(run, file, named, settings)) > 0) any = true
      } catch (error) {
        if (!(error instanceof CommandError || error instanceof FileError)) throw error
        if (!flags.has('s'))
          run.io.err.write(
            `grep: ${error instanceof FileError ? `${file}: ` : ''}${error.message.replace(/^can't open '(.*)': /, '$1: ')}\n`,
          )
        failed = true
      }
      if (any && flags.has('q')) return 0
    }
  }
  return failed ? 2 : any ? 0 : 1
}

export const grepCommands: Record<string, Command> = { grep, egrep: grep, fgrep: grep }

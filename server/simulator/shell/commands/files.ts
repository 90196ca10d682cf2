import { baseOf, FileError, normalise, parentOf } from '../files.ts'
import type { Entry } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { patternToRegExp } from '../pattern.ts'
import { human, linesOf, parseOptions, pathIn, utf8Length } from './options.ts'

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

const sizeOf = (entry: Entry) => (entry.kind === 'file' ? utf8Length(entry.content) : entry.kind === 'link' ? entry.target.length : 4096)
const modeOf = (entry: Entry) => (entry.kind === 'link' ? 0o777 : entry.mode)

function modeText(entry: Entry): string {
  const mode = modeOf(entry)
  const bits = [...'rwxrwxrwx'].map((letter, index) => (mode & (1 << (8 - index)) ? letter : '-'))
  if (mode & 0o1000) bits[8] = 't'
  return (entry.kind === 'directory' ? 'd' : entry.kind === 'link' ? 'l' : '-') + bits.join('')
}

function dateText(millis: number, now: number): string {
  const date = new Date(millis)
  const day = `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`
  const time = now - millis < 15_552_000_000 ? date.toISOString().slice(11, 16) : ` ${date.getUTCFullYear()}`
  return `${day} ${time}`
}

const ls: Command = (run) => {
  const { flags, operands } = parseOptions(run.args)
  const { files } = run.machine
  const hidden = flags.has('a') || flags.has('A')
  let status = 0
  const line = (path: string, name: string): string => {
    const entry = files.stat(path, false) ?? { kind: 'directory', mode: 0o755, modified: 0 }
    if (!flags.has('l')) return name + (flags.has('F') && entry.kind === 'directory' ? '/' : '')
    const size = flags.has('h') ? human(sizeOf(entry)) : String(sizeOf(entry))
    const owner = run.machine.user.name.padEnd(8)
    const arrow = entry.kind === 'link' ? ` -> ${entry.target}` : ''
    return `${modeText(entry)}    ${entry.kind === 'directory' ? '2' : '1'} ${owner} ${owner} ${size.padStart(9)} ${dateText(entry.modified, run.machine.clock.now())} ${name}${arrow}`
  }
  const show = (lines: readonly string[]) => {
    if (lines.length === 0) return
    if (flags.has('l') || flags.has('1') || !run.io.out.tty) return run.io.out.write(`${lines.join('\n')}\n`)
    run.io.out.write(columnsOf(lines, run.columns))
  }
  const walk = (operand: string, titled: boolean) => {
    const path = pathIn(run, operand)
    const entry = files.stat(path)
    if (!entry) {
      run.io.err.write(`ls: ${run.machine.userland === 'debian' ? `cannot access '${operand}'` : operand}: No such file or directory\n`)
      status = run.machine.userland === 'debian' ? 2 : 1
      return
    }
    if (entry.kind !== 'directory' || flags.has('d')) return show([line(path, operand)])
    if (titled) run.io.out.write(`${operand}:\n`)
    const names = files.list(path).filter((name) => hidden || !name.startsWith('.'))
    if (flags.has('t')) names.toSorted((a, b) => (files.stat(`${path}/${b}`)?.modified ?? 0) - (files.stat(`${path}/${a}`)?.modified ?? 0))
    const all = flags.has('a') ? ['.', '..', ...names] : names
    if (flags.has('l')) run.io.out.write(`total ${all.length * 4}\n`)
    show((flags.has('r') ? all.toReversed() : all).map((name) => line(normalise(name, path), name)))
    if (!flags.has('R')) return
    for (const name of names.filter((each) => files.stat(`${path}/${each}`)?.kind === 'directory')) {
      run.io.out.write('\n')
      walk(`${operand === '/' ? '' : operand}/${name}`, true)
    }
  }
  const targets = operands.length > 0 ? operands : ['.']
  for (const [index, operand] of targets.entries()) {
    if (index > 0) run.io.out.write('\n')
    walk(operand, targets.length > 1 || flags.has('R'))
  }
  return status
}

function columnsOf(names: readonly string[], width: number): string {
  const longest = Math.max(...names.map((name) => name.length)) + 2
  const across = Math.max(1, Math.floor(width / longest))
  const rows = Math.ceil(names.length / across)
  let text = ''
  for (let row = 0; row < rows; row++) {
    const cells = names.filter((_, index) => index % rows === row)
    text += `${cells
      .map((name) => name.padEnd(longest))
      .join('')
      .trimEnd()}\n`
  }
  return text
}

/** Does something to each operand, saying what failed and going on. */
function each(
  run: Run,
  operands: readonly string[],
  body: (path: string, operand: string) => void,
  words: (operand: string, message: string) => string,
): number {
  let status = 0
  for (const operand of operands) {
    try {
      body(pathIn(run, operand), operand)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      run.io.err.write(`${run.name}: ${words(operand, error.message)}\n`)
      status = 1
    }
  }
  return status
}

function needed(operands: readonly string[], least = 1): void {
  if (operands.length < least) throw new CommandError('missing operand')
}

const mkdir: Command = (run) => {
  const { flags, operands } = parseOptions(run.args, 'm')
  needed(operands)
  return each(
    run,
    operands,
    (path) => run.machine.files.makeDirectory(path, flags.has('p')),
    (operand, message) => `can't create directory '${operand}': ${message}`,
  )
}

const rm: Command = (run) => {
  const { flags, operands } = parseOptions(run.args)
  const recursive = flags.has('r') || flags.has('R')
  const remove = (path: string) => {
    const entry = run.machine.files.stat(path, false)
    if (!entry && flags.has('f')) return
    if (entry?.kind === 'directory' && !recursive) throw new FileError('Is a directory')
    if (path === '/') throw new FileError('Device or resource busy')
    run.machine.files.remove(path)
  }
  return each(run, operands, remove, (operand, message) =>
    message === 'Is a directory' ? `'${operand}' is a directory` : `can't remove '${operand}': ${message}`,
  )
}

const rmdir: Command = (run) =>
  each(
    run,
    parseOptions(run.args).operands,
    (path) => {
      if (run.machine.files.list(path).length > 0) throw new FileError('Directory not empty')
      run.machine.files.remove(path)
    },
    (operand, message) => `'${operand}': ${message}`,
  )

const touch: Command = (run) => {
  const { flags, operands } = parseOptions(run.args, 'd t r')
  return each(
    run,
    operands,
    (path) => {
      const entry = run.machine.files.stat(path)
      if (entry?.kind === 'directory' || (!entry && flags.has('c'))) return
      run.machine.files.write(path, entry?.kind === 'file' ? entry.content : '')
    },
    (operand, message) => `${operand}: ${message}`,
  )
}

function copyTree(run: Run, from: string, to: string): void {
  const { files } = run.machine
  const entry = files.stat(from)
  if (entry?.kind !== 'directory') return files.write(to, files.read(from), { mode: entry?.kind === 'file' ? entry.mode : 0o644 })
  files.makeDirectory(to, true)
  for (const name of files.list(from)) copyTree(run, `${from}/${name}`, `${to}/${name}`)
}

const copyOrMove =
  (move: boolean): Command =>
  (run) => {
    const { flags, operands } = parseOptions(run.args, 't')
    needed(operands, 2)
    const target = pathIn(run, operands.at(-1) ?? '')
    const { files } = run.machine
    const into = files.stat(target)?.kind === 'directory'
    const body = (path: string) => {
      const entry = files.stat(path)
      if (!entry) throw new FileError('No such file or directory')
      if (entry.kind === 'directory' && !move && !['r', 'R', 'a'].some((flag) => flags.has(flag))) throw new FileError('omitting directory')
      const to = into ? `${target}/${baseOf(path)}` : target
      if (to === path || to.startsWith(`${path}/`)) throw new FileError('are the same file')
      copyTree(run, path, to)
      if (move) files.remove(path)
    }
    return each(run, operands.slice(0, -1), body, (operand, message) =>
      message === 'omitting directory' ? `omitting directory '${operand}'` : `can't ${move ? 'rename' : 'stat'} '${operand}': ${message}`,
    )
  }

const ln: Command = (run) => {
  const { flags, operands } = parseOptions(run.args)
  needed(operands, 2)
  const [target = '', name = ''] = operands
  const path = pathIn(run, name)
  if (flags.has('f') && run.machine.files.stat(path, false)) run.machine.files.remove(path)
  if (flags.has('s')) run.machine.files.link(target, path)
  else run.machine.files.write(path, run.machine.files.read(pathIn(run, target)))
  return 0
}

const chmod: Command = (run) => {
  const [mode = '', ...operands] = run.args.filter((arg) => !/^-[Rvf]$/.test(arg))
  const change = (path: string) => {
    const entry = run.machine.files.stat(path)
    const old = entry ? modeOf(entry) : 0
    if (/^[0-7]+$/.test(mode)) return run.machine.files.changeMode(path, Number.parseInt(mode, 8))
    const bits = (mode.includes('r') ? 0o444 : 0) | (mode.includes('w') ? 0o222 : 0) | (mode.includes('x') ? 0o111 : 0)
    run.machine.files.changeMode(path, mode.includes('-') ? old & ~bits : old | bits)
  }
  return each(run, operands, change, (operand, message) => `${operand}: ${message}`)
}

const find: Command = async (run) => {
  const starts: string[] = []
  const tests = [...run.args]
  while (tests[0] !== undefined && !/^[-!(]/.test(tests[0])) starts.push(tests.shift() ?? '')
  const value = (name: string) => (tests.includes(name) ? tests[tests.indexOf(name) + 1] : undefined)
  const name = value('-name') ?? value('-iname')
  const matcher = name === undefined ? undefined : patternToRegExp(tests.includes('-iname') ? name.toLowerCase() : name)
  const type = value('-type')
  const depth = Number(value('-maxdepth') ?? 100)
  const exec = tests.indexOf('-exec')
  let status = 0
  const found: string[] = []
  const walk = async (path: string, shown: string, level: number): Promise<void> => {
    await run.process.breathe()
    const entry = run.machine.files.stat(path, false)
    if (!entry) {
      run.io.err.write(`find: ${shown}: No such file or directory\n`)
      status = 1
      return
    }
    const base = tests.includes('-iname') ? baseOf(path).toLowerCase() : baseOf(path)
    if ((!matcher || matcher.test(base)) && (!type || entry.kind.startsWith(type === 'l' ? 'link' : type))) found.push(shown)
    if (entry.kind !== 'directory' || level >= depth) return
    for (const child of run.machine.files.list(path))
      await walk(normalise(child, path), `${shown === '/' ? '' : shown}/${child}`, level + 1)
  }
  for (const start of starts.length > 0 ? starts : ['.']) await walk(pathIn(run, start), start, 0)
  if (exec < 0) {
    const end = tests.includes('-print0') ? '\0' : '\n'
    if (tests.includes('-delete')) for (const path of found.toReversed()) run.machine.files.remove(pathIn(run, path))
    else run.io.out.write(found.map((path) => path + end).join(''))
    return status
  }
  const end = tests.findIndex((word, index) => index > exec && (word === ';' || word === '+'))
  const words = tests.slice(exec + 1, end)
  if (tests[end] === '+') return run.spawn(words.flatMap((word) => (word === '{}' ? found : [word])))
  for (const path of found) await run.spawn(words.map((word) => word.replaceAll('{}', path)))
  return status
}

const stat: Command = (run) => {
  const { values, operands } = parseOptions(run.args, 'c format')
  return each(
    run,
    operands,
    (path, operand) => {
      const entry = run.machine.files.stat(path, false)
      if (!entry) throw new FileError('No such file or directory')
      const format = values.get('c') ?? values.get('format')
      const mode = modeOf(entry).toString(8)
      if (format !== undefined) {
        const fields: Record<string, string> = {
          n: operand,
          s: String(sizeOf(entry)),
          a: mode,
          U: run.machine.user.name,
          G: run.machine.user.name,
          F: entry.kind,
          Y: String(Math.floor(entry.modified / 1000)),
          A: modeText(entry),
        }
        return run.io.out.write(`${format.replaceAll(/%(\w)/g, (whole, letter: string) => fields[letter] ?? whole)}\n`)
      }
      const kind = { file: 'regular file', directory: 'directory', link: 'symbolic link' }[entry.kind]
      run.io.out.write(
        `  File: ${operand}\n  Size: ${sizeOf(entry)}\tBlocks: 8          IO Block: 4096   ${kind}\nAccess: (${mode.padStart(4, '0')}/${modeText(entry)})  Uid: (    ${run.machine.user.uid}/    ${run.machine.user.name})   Gid: (    ${run.machine.user.gid}/    ${run.machine.user.name})\nModify: ${new Date(entry.modified).toISOString().replace('T', ' ').replace('Z', '000000 +0000')}\n`,
      )
    },
    (operand, message) =>
      run.machine.userland === 'debian' ? `cannot statx '${operand}': ${message}` : `can't stat '${operand}': ${message}`,
  )
}

const du: Command = (run) => {
  const { flags, operands } = parseOptions(run.args, 'd')
  const total = (path: string): number => {
    const entry = run.machine.files.stat(path, false)
    if (entry?.kind !== 'directory') return entry ? Math.ceil(sizeOf(entry) / 4096) * 4096 : 0
    return 4096 + run.machine.files.list(path).reduce((sum, name) => sum + total(normalise(name, path)), 0)
  }
  return each(
    run,
    operands.length > 0 ? operands : ['.'],
    (path, operand) => {
      if (!run.machine.files.stat(path)) throw new FileError('No such file or directory')
      const bytes = total(path)
      run.io.out.write(`${flags.has('h') ? human(bytes) : Math.ceil(bytes / 1024)}\t${operand}\n`)
    },
    (operand, message) => `${operand}: ${message}`,
  )
}

const readlink: Command = (run) => {
  const { flags, operands } = parseOptions(run.args)
  const path = pathIn(run, operands[0] ?? '')
  const entry = run.machine.files.stat(path, false)
  if (run.name === 'realpath' || flags.has('f')) run.io.out.write(`${run.machine.files.resolve(path)}\n`)
  else if (entry?.kind === 'link') run.io.out.write(`${entry.target}\n`)
  else return 1
  return 0
}

const mktemp: Command = (run) => {
  const { flags } = parseOptions(run.args, 'p t')
  const name = `/tmp/tmp.${Array.from({ length: 6 }, () => 'ABCDEFGHIJKLMNOPabcdefghijklmnop'.charAt(Math.floor(run.machine.random() * 32))).join('')}`
  if (flags.has('d')) run.machine.files.makeDirectory(name, true)
  else run.machine.files.write(name, '')
  run.io.out.write(`${name}\n`)
  return 0
}

const tee: Command = async (run) => {
  const { flags, operands } = parseOptions(run.args)
  for (const file of operands) run.machine.files.write(pathIn(run, file), '', { append: flags.has('a') })
  for (;;) {
    const chunk = await run.io.in.read(run.process)
    if (chunk === undefined) return 0
    run.io.out.write(chunk)
    for (const file of operands) run.machine.files.write(pathIn(run, file), chunk, { append: true })
  }
}

const diff: Command = async (run) => {
  const { operands } = parseOptions(run.args)
  const [a = '', b = ''] = operands
  const left = run.machine.files.read(pathIn(run, a))
  const right = run.machine.files.read(pathIn(run, b))
  if (left === right) return 0
  if (run.name === 'cmp') run.io.out.write(`${a} ${b} differ\n`)
  else
    run.io.out.write(
      `--- ${a}\n+++ ${b}\n${left
        .split('\n')
        .slice(0, -1)
        .map((line) => `-${line}\n`)
        .join('')}${right
        .split('\n')
        .slice(0, -1)
        .map((line) => `+${line}\n`)
        .join('')}`,
    )
  return 1
}

const which: Command = async (run) => {
  let status = 0
  for (const name of run.args) {
    const path = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
      .map((directory) => `${directory}/${name}`)
      .find((each) => run.machine.files.stat(each))
    if (path) run.io.out.write(`${path}\n`)
    else if (run.machine.programs.has(name)) run.io.out.write(`/usr/bin/${name}\n`)
    else status = 1
  }
  return status
}

const dd: Command = async (run) => {
  const given = new Map(run.args.map((arg) => arg.split('=', 2) as [string, string]))
  const scale = (text: string) =>
    Number.parseInt(text, 10) * ({ k: 1024, K: 1024, M: 1_048_576, G: 1_073_741_824 }[text.replace(/^\d+/, '').charAt(0)] ?? 1)
  const bytes = scale(given.get('bs') ?? '512') * Number(given.get('count') ?? 1)
  const path = given.get('of')
  if (path !== undefined && path !== '/dev/null') run.machine.files.write(pathIn(run, path), '\0'.repeat(Math.min(bytes, 40_000_000)))
  run.io.err.write(`${given.get('count') ?? 1}+0 records in\n${given.get('count') ?? 1}+0 records out\n`)
  return 0
}

const words =
  (pick: (path: string, suffix: string) => string): Command =>
  (run) => {
    const [path = '', suffix = ''] = run.args
    run.io.out.write(`${pick(path.replace(/(.)\/+$/, '$1'), suffix)}\n`)
    return 0
  }

export const fileCommands: Record<string, Command> = {
  ls,
  mkdir,
  rm,
  rmdir,
  touch,
  cp: copyOrMove(false),
  mv: copyOrMove(true),
  ln,
  chmod,
  chown: () => 0,
  find,
  stat,
  du,
  readlink,
  realpath: readlink,
  mktemp,
  tee,
  diff,
  cmp: diff,
  which,
  dd,
  sync: () => 0,
  basename: words((path, suffix) => {
    const base = baseOf(path) || path
    return suffix && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base
  }),
  dirname: words((path) => (path.includes('/') ? (path.startsWith('/') ? parentOf(path) : path.slice(0, path.lastIndexOf('/'))) : '.')),
  pwd: (run) => {
    run.io.out.write(`${run.cwd}\n`)
    return 0
  },
  tac: async (run) => {
    const lines: string[] = []
    for await (const line of linesOf(run, run.args)) lines.push(line)
    run.io.out.write(
      lines
        .toReversed()
        .map((line) => `${line}\n`)
        .join(''),
    )
    return 0
  },
}

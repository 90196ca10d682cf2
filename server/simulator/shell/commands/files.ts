import { baseOf, FileError, parentOf } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { each, idOf, modeOf, needed } from './file-facts.ts'
import { linesOf, parseOptions, pathIn } from './options.ts'

const mkdir: Command = (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'm')
  needed(operands)
  return each(
    run,
    operands,
    (path) => run.machine.files.makeDirectory(path, flags.has('p'), values.has('m') ? Number.parseInt(values.get('m') ?? '755', 8) : 0o755),
    (operand, message) =>
      `${run.machine.userland === 'debian' ? 'cannot' : "can't"} create directory ${run.machine.userland === 'debian' ? '‘' : "'"}${operand}${run.machine.userland === 'debian' ? '’' : "'"}: ${message}`,
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
    run.machine.userland === 'debian'
      ? `cannot remove '${operand}': ${message}`
      : message === 'Is a directory'
        ? `'${operand}' is a directory`
        : `can't remove '${operand}': ${message}`,
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
      message === 'omitting directory'
        ? `${run.machine.userland === 'debian' ? '-r not specified; ' : ''}omitting directory '${operand}'`
        : run.machine.userland === 'debian'
          ? message === 'No such file or directory' && !run.machine.files.stat(pathIn(run, operand))
            ? `cannot stat '${operand}': ${message}`
            : `cannot create regular file '${operands.at(-1)}': ${message}`
          : message === 'No such file or directory' && !run.machine.files.stat(pathIn(run, operand))
            ? `can't ${move ? 'rename' : 'stat'} '${operand}': ${message}`
            : `can't create '${operands.at(-1)}': ${message}`,
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

/** `u+x,go-w` or `755` applied to a mode. */
function changedMode(text: string, old: number, directory: boolean): number {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8)
  let mode = old
  for (const clause of text.split(',')) {
    const found = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause)
    if (!found) throw new CommandError(`invalid mode: '${text}'`)
    const [, who = '', operator = '', what = ''] = found
    const executable = what.includes('x') || (what.includes('X') && (directory || (old & 0o111) !== 0))
    const bits = (what.includes('r') ? 4 : 0) | (what.includes('w') ? 2 : 0) | (executable ? 1 : 0)
    const classes = who === '' || who.includes('a') ? [6, 3, 0] : [...who].map((each) => ({ u: 6, g: 3, o: 0 })[each] ?? 0)
    for (const shift of classes) {
      if (operator === '=') mode &= ~(7 << shift)
      mode = operator === '-' ? mode & ~(bits << shift) : mode | (bits << shift)
    }
    if (what.includes('t')) mode = operator === '-' ? mode & ~0o1000 : mode | 0o1000
  }
  return mode
}

/** A path, and with `-R` everything below it. */
function below(run: Run, path: string, recursive: boolean): string[] {
  const { files } = run.machine
  if (!recursive || files.stat(path, false)?.kind !== 'directory') return [path]
  return [path, ...files.list(path).flatMap((name) => below(run, `${path === '/' ? '' : path}/${name}`, true))]
}

const chmod: Command = (run) => {
  const [mode = '', ...operands] = run.args.filter((arg) => !/^-[Rvf]+$/.test(arg))
  needed(operands)
  const recursive = run.args.some((arg) => /^-[vf]*R/.test(arg))
  const change = (path: string) => {
    for (const one of below(run, path, recursive)) {
      const entry = run.machine.files.stat(one)
      run.machine.files.changeMode(one, changedMode(mode, entry ? modeOf(entry) & 0o7777 : 0, entry?.kind === 'directory'))
    }
  }
  const gnu = run.machine.userland === 'debian'
  return each(run, operands, change, (operand, message) =>
    !gnu
      ? `${operand}: ${message}`
      : message === 'No such file or directory'
        ? `cannot access '${operand}': ${message}`
        : `changing permissions of '${operand}': ${message}`,
  )
}

const chown: Command = (run) => {
  const [who = '', ...operands] = run.args.filter((arg) => !/^-[RvfhLP]+$/.test(arg))
  needed(operands)
  const [user = '', group] = run.name === 'chgrp' ? ['', who] : who.split(/[:.]/)
  const uid = user === '' ? undefined : idOf(run.machine, '/etc/passwd', user)
  const gid = group === undefined || group === '' ? undefined : idOf(run.machine, '/etc/group', group)
  if (user !== '' && uid === undefined)
    throw new CommandError(run.machine.userland === 'debian' ? `invalid user: '${who}'` : `unknown user ${user}`)
  if (group && gid === undefined)
    throw new CommandError(run.machine.userland === 'debian' ? `invalid group: '${who}'` : `unknown group ${group}`)
  const recursive = run.args.some((arg) => /^-[vfh]*R/.test(arg))
  const change = (path: string) => {
    for (const one of below(run, path, recursive)) run.machine.files.changeOwner(one, uid, gid)
  }
  return each(run, operands, change, (operand, message) =>
    run.machine.userland === 'debian' ? `changing ownership of '${operand}': ${message}` : `${operand}: ${message}`,
  )
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

const words =
  (pick: (path: string, suffix: string) => string): Command =>
  (run) => {
    const [path = '', suffix = ''] = run.args
    run.io.out.write(`${pick(path.replace(/(.)\/+$/, '$1'), suffix)}\n`)
    return 0
  }

export const fileCommands: Record<string, Command> = {
  mkdir,
  rm,
  rmdir,
  touch,
  cp: copyOrMove(false),
  mv: copyOrMove(true),
  ln,
  chmod,
  chown,
  chgrp: chown,
  tee,
  which,
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

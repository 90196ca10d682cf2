import { baseOf, FileError, parentOf } from '../files.ts'
import type { Command, Run } from '../machine.ts'
import { each, modeOf, needed } from './file-facts.ts'
import { linesOf, parseOptions, pathIn } from './options.ts'

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
  mkdir,
  rm,
  rmdir,
  touch,
  cp: copyOrMove(false),
  mv: copyOrMove(true),
  ln,
  chmod,
  chown: () => 0,
  tee,
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

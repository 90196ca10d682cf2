import { FileError, normalise } from '../files.ts'
import type { Command } from '../machine.ts'
import { each, groupName, modeOf, modeText, sizeOf, userName } from './file-facts.ts'
import { inode } from './listing.ts'
import { human, parseOptions, pathIn } from './options.ts'

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
          U: userName(run.machine, entry.uid ?? 0),
          G: groupName(run.machine, entry.gid ?? 0),
          u: String(entry.uid ?? 0),
          g: String(entry.gid ?? 0),
          N: `'${operand}'`,
          i: String(inode(path)),
          y: new Date(entry.modified).toISOString().replace('T', ' ').replace('Z', '000000 +0000'),
          F: { file: 'regular file', directory: 'directory', link: 'symbolic link' }[entry.kind],
          Y: String(Math.floor(entry.modified / 1000)),
          A: modeText(entry),
        }
        return run.io.out.write(`${format.replaceAll(/%(\w)/g, (whole, letter: string) => fields[letter] ?? whole)}\n`)
      }
      const kind = { file: 'regular file', directory: 'directory', link: 'symbolic link' }[entry.kind]
      run.io.out.write(
        `  File: ${operand}\n  Size: ${sizeOf(entry)}\tBlocks: 8          IO Block: 4096   ${kind}\nAccess: (${mode.padStart(4, '0')}/${modeText(entry)})  Uid: (${String(entry.uid ?? 0).padStart(5)}/${userName(run.machine, entry.uid ?? 0).padStart(8)})   Gid: (${String(entry.gid ?? 0).padStart(5)}/${groupName(run.machine, entry.gid ?? 0).padStart(8)})\nModify: ${new Date(entry.modified).toISOString().replace('T', ' ').replace('Z', '000000 +0000')}\n`,
      )
    },
    (operand, message) =>
      run.machine.userland === 'debian' ? `cannot statx '${operand}': ${message}` : `can't stat '${operand}': ${message}`,
  )
}

const du: Command = (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'd max-depth')
  const deepest = flags.has('s') ? 0 : Number(values.get('d') ?? values.get('max-depth') ?? Infinity)
  const shown = (bytes: number) =>
    flags.has('h') ? human(bytes) : String(flags.has('m') ? Math.ceil(bytes / 1_048_576) : Math.ceil(bytes / 1024))
  const total = (path: string, name: string, depth: number): number => {
    const entry = run.machine.files.stat(path, false)
    if (!entry) return 0
    let bytes = entry.kind === 'link' ? 0 : Math.ceil(sizeOf(entry) / 4096) * 4096
    const directory = entry.kind === 'directory'
    if (directory && !/^\/(proc|sys)$/.test(path))
      for (const child of run.machine.files.list(path))
        bytes += total(normalise(child, path), `${name === '/' ? '' : name}/${child}`, depth + 1)
    if (depth <= deepest && (directory || depth === 0 || flags.has('a'))) run.io.out.write(`${shown(bytes)}\t${name}\n`)
    return bytes
  }
  let sum = 0
  const status = each(
    run,
    operands.length > 0 ? operands : ['.'],
    (path, operand) => {
      if (!run.machine.files.stat(path, false)) throw new FileError('No such file or directory')
      sum += total(path, operand, 0)
    },
    (operand, message) => (run.machine.userland === 'debian' ? `cannot access '${operand}': ${message}` : `${operand}: ${message}`),
  )
  if (flags.has('c')) run.io.out.write(`${shown(sum)}\ttotal\n`)
  return status
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

export const statusCommands: Record<string, Command> = { stat, du, readlink, realpath: readlink, mktemp }

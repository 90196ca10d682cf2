import { FileError, normalise } from '../files.ts'
import type { Command } from '../machine.ts'
import { each, modeOf, modeText, sizeOf } from './file-facts.ts'
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

export const statusCommands: Record<string, Command> = { stat, du, readlink, realpath: readlink, mktemp }

import { columnsOf } from '../columns.ts'
import { normalise } from '../files.ts'
import type { Command } from '../machine.ts'
import { dateText, modeText, sizeOf } from './file-facts.ts'
import { human, parseOptions, pathIn } from './options.ts'

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

export const listingCommands: Record<string, Command> = { ls }

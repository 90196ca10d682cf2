import type { Command } from '../machine.ts'
import { parseOptions, pathIn } from './options.ts'

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

export const comparingCommands: Record<string, Command> = { diff, cmp: diff }

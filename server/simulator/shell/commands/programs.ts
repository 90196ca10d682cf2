import { Exit, runScript, Shell } from '../interpreter.ts'
import { CommandError } from '../machine.ts'
import type { Command } from '../machine.ts'
import { parseScript } from '../parser.ts'
import { evaluateTest } from '../test-command.ts'
import { runTerminal } from '../terminal.ts'
import { durationOf, parseOptions, pathIn } from './options.ts'
import { signals } from '../processes.ts'

/** `sh`: interactive at a terminal; `sh -c`, `sh FILE`, or a script on its input. */
const sh: Command = async (run) => {
  const args = [...run.args]
  let source: string | undefined
  let options = ''
  while (/^[-+]/.test(args[0] ?? '')) {
    const flag = args.shift() ?? ''
    if (flag === '--') break
    if (flag.startsWith('--')) continue
    if (flag === '-o') {
      args.shift()
      continue
    }
    if (flag.includes('c') && flag.startsWith('-')) source = args.shift() ?? ''
    options += flag.slice(1).replaceAll(/[cilsm]/g, '')
  }
  const prefix = options === '' ? '' : `set -${options}\n`
  if (source !== undefined) return runScript(prefix + source, [args.shift() ?? run.name, ...args], run)
  const file = args[0]
  if (file !== undefined) return runScript(prefix + run.machine.files.read(pathIn(run, file)), args, run)
  if (run.io.in.tty) return runTerminal(run)
  return runPiped(run)
}

/** A shell whose script arrives on its input runs each command as soon as it is complete. */
const runPiped: Command = async (run) => {
  const shell = new Shell({ machine: run.machine, process: run.process, env: run.env, cwd: run.cwd, name: run.name })
  let waiting = ''
  try {
    for (;;) {
      const chunk = await run.io.in.read(run.process)
      const source = waiting + (chunk ?? '')
      const ready = chunk === undefined || (source.endsWith('\n') && parseScript(source).state !== 'incomplete')
      waiting = ready ? '' : source
      if (ready && source.trim() !== '') await shell.source(source, run.io)
      if (chunk === undefined) return await shell.finish(shell.status, run.io)
    }
  } catch (error) {
    if (error instanceof Exit) return shell.finish(error.status, run.io)
    throw error
  }
}

const timeout: Command = async (run) => {
  const { values, operands } = parseOptions(run.args, 's k', true)
  const [duration = '', ...argv] = operands
  if (argv.length === 0) throw new CommandError('missing operand', 125)
  const { processes, clock } = run.machine
  void values
  const limit = durationOf(duration)
  let expired = false
  const cancel = clock.after(limit, () => {
    expired = true
    processes.interrupt(run.process)
  })
  try {
    const status = await run.spawn(argv)
    return expired ? (run.machine.userland === 'debian' ? 124 : 128 + signals.TERM) : status
  } finally {
    cancel()
  }
}

const notHere: Command = (run) => {
  run.io.err.write(`${run.name}: no full-screen programs in this simulated container; use cat, sed -i or echo > FILE\n`)
  return 1
}

const expr: Command = (run) => {
  const [a = '', operator = '', b = ''] = run.args
  const x = Number(a)
  const y = Number(b)
  const results: Record<string, string> = {
    '+': String(x + y),
    '-': String(x - y),
    '*': String(x * y),
    '/': String(Math.trunc(x / y)),
    '%': String(x % y),
    '=': String(Number(a === b)),
    '!=': String(Number(a !== b)),
    '<': String(Number(x < y)),
    '>': String(Number(x > y)),
  }
  const result = run.args.length === 1 ? a : results[operator]
  if (result === undefined) throw new CommandError('syntax error', 2)
  run.io.out.write(`${result}\n`)
  return result === '0' || result === '' ? 1 : 0
}

export const programCommands: Record<string, Command> = {
  sh,
  ash: sh,
  bash: sh,
  dash: sh,
  timeout,
  expr,
  vi: notHere,
  vim: notHere,
  nano: notHere,
  test: (run) => evaluateTest(run.args, run.machine.files, run.cwd),
  '[': (run) => evaluateTest(run.args.slice(0, -1), run.machine.files, run.cwd),
  busybox: (run) => {
    if (run.args.length > 0) return run.spawn(run.args)
    run.io.out.write(
      `BusyBox v1.36.1 multi-call binary.\n\nCurrently defined functions:\n\t${[...run.machine.programs].toSorted().join(', ')}\n`,
    )
    return 0
  },
  clear: (run) => {
    run.io.out.write('\u001b[H\u001b[2J\u001b[3J')
    return 0
  },
  reset: () => 0,
}

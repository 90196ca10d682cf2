import { dialectOf } from '../dialect.ts'
import { runScript } from '../execute.ts'
import { FileError } from '../files.ts'
import { Shell } from '../interpreter.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { parseScript } from '../parser.ts'
import { evaluateTest } from '../test-command.ts'
import { runTerminal } from '../terminal.ts'
import { durationOf, parseOptions, pathIn } from './options.ts'
import { signalNumber, signals } from '../processes.ts'

interface Start {
  readonly source: string | undefined
  readonly options: string
  readonly login: boolean
  readonly interactive: boolean
  readonly rest: readonly string[]
}

/** What a shell was started with. */
function startOf(run: Run): Start {
  const rest = [...run.args]
  let command = false
  let login = run.name.startsWith('-')
  let interactive = false
  let options = ''
  while (/^[-+]./.test(rest[0] ?? '')) {
    const flag = rest.shift() ?? ''
    if (flag === '--') break
    if (flag === '--login') login = true
    if (flag === '--version' && run.name === 'bash')
      return { source: 'echo "GNU bash, version 5.2.37(1)-release (x86_64-pc-linux-gnu)"', options, login, interactive, rest: [] }
    if (flag.startsWith('--')) continue
    for (const letter of flag.slice(1)) {
      if (letter === 'c') command = true
      else if (letter === 'l') login = true
      else if (letter === 'i') interactive = true
      else if (letter === 'o') options += ` -o ${rest.shift() ?? ''}`
      else if (letter !== 's') options += ` ${flag.charAt(0)}${letter}`
    }
  }
  return { source: command ? (rest.shift() ?? '') : undefined, options, login, interactive, rest }
}

/** `sh`: interactive at a terminal; `sh -c`, `sh FILE`, or a script on its input. */
const sh: Command = async (run) => {
  const { source, options, login, interactive, rest } = startOf(run)
  const prefix = options === '' ? '' : `set${options}; `
  const common = { ...run, interpreter: run.name }
  if (source !== undefined) return runScript(prefix + source, rest.length > 0 ? rest : [run.name], { ...common, reads: 'command' })
  const file = rest[0]
  if (file === undefined)
    return run.io.in.tty || interactive ? runTerminal(run, login, options.replaceAll(/[ -]/g, '')) : runPiped(run, prefix)
  let text: string
  try {
    text = run.machine.files.read(pathIn(run, file))
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    const dialect = dialectOf(run.name, run.machine.userland)
    const words =
      dialect === 'bash'
        ? `${file}: ${error.message}`
        : dialect === 'dash'
          ? `0: cannot open ${file}: No such file`
          : `can't open '${file}': ${error.message}`
    throw new CommandError(words, dialect === 'bash' ? 127 : 2)
  }
  if (text.startsWith('\u007fELF')) throw new CommandError(`${file}: cannot execute binary file`, 126)
  return runScript(prefix + text, rest, { ...common, reads: 'file' })
}

/** A shell whose script arrives on its input runs each command as soon as it is complete. */
async function runPiped(run: Run, prefix: string): Promise<number> {
  const { machine, process, env, cwd, name } = run
  const shell = new Shell({ machine, process, env, cwd, name, reads: 'command' })
  let waiting = prefix
  try {
    for (;;) {
      const chunk = await run.io.in.read(process)
      const source = waiting + (chunk ?? '')
      const ready = chunk === undefined || (source.endsWith('\n') && parseScript(source).state !== 'incomplete')
      waiting = ready ? '' : source
      if (ready && source.trim() !== '') await shell.source(source, run.io)
      if (chunk === undefined) return await shell.finish(shell.status, run.io)
    }
  } catch (error) {
    return shell.finish(shell.statusOf(error, run.io), run.io)
  }
}

const timeout: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 's k', true)
  const [duration = '', ...argv] = operands
  if (argv.length === 0) throw new CommandError('missing operand', 125)
  const { processes, clock } = run.machine
  const signal = signalNumber(values.get('s') ?? 'TERM') ?? signals.TERM
  let expired = false
  const cancel = clock.after(durationOf(duration), () => {
    expired = true
    processes.interrupt(run.process, signal)
  })
  try {
    const status = await run.spawn(argv)
    if (!expired || flags.has('preserve-status')) return status
    return run.machine.userland === 'debian' ? (signal === signals.KILL ? 137 : 124) : 128 + signal
  } finally {
    cancel()
  }
}

/** `stty`: the size, and whether typing shows. */
const stty: Command = (run) => {
  const { terminal } = run
  if (!terminal || !run.io.in.tty)
    throw new CommandError(
      run.machine.userland === 'debian' ? "'standard input': Inappropriate ioctl for device" : 'standard input: Not a tty',
    )
  if (run.args.length === 0 || run.args[0] === '-a')
    run.io.out.write(`speed 38400 baud; rows ${terminal.rows}; columns ${terminal.columns};\n`)
  for (const word of run.args) {
    if (word === 'size') run.io.out.write(`${terminal.rows} ${terminal.columns}\n`)
    else if (word === 'echo' || word === 'sane') terminal.echo = true
    else if (word === '-echo') terminal.echo = false
    if (word === 'raw' || word === '-icanon' || word === 'cbreak') terminal.immediate = true
    else if (word === '-raw' || word === 'icanon' || word === 'sane') terminal.immediate = false
  }
  return 0
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
  stty,
}

import type { Command, Machine } from '../machine.ts'
import type { Process } from '../processes.ts'
import { signalNumber, signals } from '../processes.ts'
import { parseOptions } from './options.ts'

const ps: Command = (run) => {
  const list = run.machine.processes.list()
  const aux = run.machine.userland === 'debian'
  const wide = run.args.some((arg) => /[afeux]/.test(arg))
  run.io.out.write(
    aux && wide ? 'USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n' : 'PID   USER     TIME  COMMAND\n',
  )
  for (const process of list) {
    const started = new Date(process.startedAt).toISOString().slice(11, 16)
    if (aux && wide)
      run.io.out.write(
        `${process.user.padEnd(8)} ${String(process.pid).padStart(7)}  0.0  0.0   2576  1536 ?        Ss   ${started}   0:00 ${commandLine(process)}\n`,
      )
    else run.io.out.write(`${String(process.pid).padStart(5)} ${process.user.padEnd(8)}  0:00 ${commandLine(process)}\n`)
  }
  return 0
}

const commandLine = (process: Process) => process.argv.join(' ')

function screen(machine: Machine): string {
  const total = Math.round(machine.facts.memoryTotal / 1024)
  const lines = [
    `Mem: ${Math.round(total * 0.58)}K used, ${Math.round(total * 0.42)}K free, 3912K shrd, 118204K buff, 5210844K cached`,
    'CPU:   4% usr   2% sys   0% nic  93% idle   0% io   0% irq   0% sirq',
    `Load average: 0.12 0.18 0.15 1/512 ${machine.processes.list().length}`,
    '\u001b[7m  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\u001b[0m',
  ]
  for (const process of machine.processes.list())
    lines.push(
      `${String(process.pid).padStart(5)} ${String(process.parent?.pid ?? 0).padStart(5)} ${process.user.padEnd(8)} S     4400   0%   0   0% ${commandLine(process)}`,
    )
  return lines.join('\n')
}

const top: Command = async (run) => {
  const { flags, values } = parseOptions(run.args, 'n d')
  const tty = run.io.out.tty === true && !flags.has('b')
  for (let round = 0; round < Number(values.get('n') ?? Infinity); round++) {
    if (round > 0) await run.process.sleep(Number(values.get('d') ?? 5) * 1000)
    run.io.out.write(tty ? `\u001b[H\u001b[J${screen(run.machine)}\n` : `${screen(run.machine).replaceAll(/\u001b\[7m|\u001b\[0m/g, '')}\n`)
  }
  return 0
}

const matching = (machine: Machine, name: string, self: Process) =>
  machine.processes.list().filter((process) => process !== self && (process.argv[0] ?? '').split('/').at(-1)?.includes(name))

const watch: Command = async (run) => {
  const { values, operands } = parseOptions(run.args, 'n d', true)
  const seconds = Number(values.get('n') ?? 2)
  for (;;) {
    run.io.out.write(`\u001b[H\u001b[JEvery ${seconds}.0s: ${operands.join(' ')}\n\n`)
    await run.spawn(['sh', '-c', operands.join(' ')])
    await run.process.sleep(seconds * 1000)
  }
}

export const processCommands: Record<string, Command> = {
  ps,
  top,
  watch,
  pidof: (run) => {
    const found = matching(run.machine, run.args[0] ?? '', run.process)
    if (found.length > 0) run.io.out.write(`${found.map((process) => process.pid).join(' ')}\n`)
    return found.length > 0 ? 0 : 1
  },
  pgrep: (run) => {
    const found = matching(run.machine, run.args.at(-1) ?? '', run.process)
    for (const process of found) run.io.out.write(`${process.pid}\n`)
    return found.length > 0 ? 0 : 1
  },
  pkill: (run) => {
    const found = matching(run.machine, run.args.at(-1) ?? '', run.process)
    for (const process of found) process.signal(signals.TERM)
    return found.length > 0 ? 0 : 1
  },
  kill: (run) => {
    const [first = ''] = run.args
    const signal = first.startsWith('-') ? signalNumber(first.slice(1)) : signals.TERM
    for (const id of first.startsWith('-') ? run.args.slice(1) : run.args)
      run.machine.processes.get(Number(id))?.signal(signal ?? signals.TERM)
    return 0
  },
}

import { CommandError } from '../machine.ts'
import type { Command, Machine, Run } from '../machine.ts'
import type { Process } from '../processes.ts'
import { signalNumber, signals } from '../processes.ts'
import { resized } from '../terminal-device.ts'
import { boundedRegExp } from '../bounded-regexp.ts'
import { human, parseOptions } from './options.ts'

const commandLine = (process: Process) => process.argv.join(' ')
const two = (value: number) => String(value).padStart(2, '0')

/** How long the processor has worked for it, in seconds: what it did here, or nothing to speak of. */
const cpuOf = (process: Process) => process.cpuSteps / 20_000

/** What it holds, in KiB: an estimate that stays the same. */
const residentOf = (machine: Machine, process: Process) =>
  process.pid === 1 ? Math.max(Math.round(machine.facts.memoryBytes() / 1024), 1024) : 1100 + ((process.argv[0]?.length ?? 0) % 7) * 148

const minutes = (seconds: number) => `${Math.floor(seconds / 60)}:${two(Math.floor(seconds % 60))}`

function stateOf(process: Process, self: Process, plus: boolean): string {
  if (process.stopped) return 'T'
  const state = process === self ? 'R' : 'S'
  const leader = process.parent === undefined || process.argv[0]?.endsWith('sh') === true
  return state + (plus && leader ? 's' : '') + (plus && process.terminal && !process.background ? '+' : '')
}

const started = (process: Process, machine: Machine) => {
  const age = machine.clock.now() - process.startedAt
  const text = new Date(process.startedAt).toISOString()
  return age < 86_400_000
    ? text.slice(11, 16)
    : `${'JanFebMarAprMayJunJulAugSepOctNovDec'.slice(Number(text.slice(5, 7)) * 3 - 3, Number(text.slice(5, 7)) * 3)}${text.slice(8, 10)}`
}

/** `-o pid,comm,…` by name. */
const columns: Record<string, readonly [title: string, value: (process: Process, run: Run) => string]> = {
  pid: ['PID', (process) => String(process.pid)],
  ppid: ['PPID', (process) => String(process.parent?.pid ?? 0)],
  user: ['USER', (process) => process.user],
  comm: ['COMMAND', (process) => process.argv[0]?.split('/').at(-1) ?? ''],
  args: ['COMMAND', commandLine],
  cmd: ['CMD', commandLine],
  time: ['TIME', (process) => `00:${minutes(cpuOf(process)).padStart(5, '0')}`],
  etime: ['ELAPSED', (process, run) => minutes((run.machine.clock.now() - process.startedAt) / 1000).padStart(5, '0')],
  stat: ['STAT', (process, run) => stateOf(process, run.process, true)],
  rss: ['RSS', (process, run) => String(residentOf(run.machine, process))],
  vsz: ['VSZ', (process, run) => String(residentOf(run.machine, process) * 2)],
  tty: ['TT', (process) => (process.terminal ? 'pts/0' : '?')],
  '%cpu': ['%CPU', () => '0.0'],
  pcpu: ['%CPU', () => '0.0'],
  '%mem': ['%MEM', (process, run) => memoryShare(run.machine, process)],
  pmem: ['%MEM', (process, run) => memoryShare(run.machine, process)],
}

const memoryShare = (machine: Machine, process: Process) =>
  ((residentOf(machine, process) * 102_400) / machine.facts.memoryTotal).toFixed(1)

const ps: Command = (run) => {
  const { machine } = run
  const list = machine.processes.list()
  const { values } = parseOptions(run.args, 'o p')
  const wanted = values.get('o') ?? (run.args[0] === 'o' ? run.args[1] : undefined)
  const write = (text: string) => run.io.out.write(text)
  if (wanted !== undefined) return customised(run, list, wanted.split(','))
  if (machine.userland !== 'debian') {
    write('PID   USER     TIME  COMMAND\n')
    for (const process of list)
      write(
        `${String(process.pid).padStart(5)} ${process.user.slice(0, 8).padEnd(8)} ${minutes(cpuOf(process)).padStart(5)} ${commandLine(process)}\n`,
      )
    return 0
  }
  const words = run.args.join(' ')
  if (/^[^-]*u|aux/.test(words)) {
    write('USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n')
    for (const process of list) {
      const resident = residentOf(machine, process)
      write(
        `${process.user.padEnd(8)} ${String(process.pid).padStart(7)}  0.0 ${memoryShare(machine, process).padStart(4)} ${String(resident * 2).padStart(6)} ${String(resident).padStart(5)} ${(process.terminal ? 'pts/0' : '?').padEnd(8)} ${stateOf(process, run.process, true).padEnd(4)} ${started(process, machine).padEnd(5)} ${minutes(cpuOf(process)).padStart(6)} ${commandLine(process)}\n`,
      )
    }
    return 0
  }
  if (/-\w*[eA]\w*f|-\w*f/.test(words)) {
    write('UID          PID    PPID  C STIME TTY          TIME CMD\n')
    for (const process of list) {
      if (!/[eA]/.test(words) && process.terminal === undefined) continue
      write(
        `${process.user.padEnd(8)} ${String(process.pid).padStart(7)} ${String(process.parent?.pid ?? 0).padStart(7)}  0 ${started(process, machine)} ${(process.terminal ? 'pts/0' : '?').padEnd(8)} 00:${minutes(cpuOf(process)).padStart(5, '0')} ${commandLine(process)}\n`,
      )
    }
    return 0
  }
  write('    PID TTY          TIME CMD\n')
  for (const process of list) {
    if (!/[eAax]/.test(words) && process.terminal === undefined) continue
    write(
      `${String(process.pid).padStart(7)} ${(process.terminal ? 'pts/0' : '?').padEnd(8)} 00:${minutes(cpuOf(process)).padStart(5, '0')} ${process.argv[0]?.split('/').at(-1) ?? ''}\n`,
    )
  }
  return 0
}

function customised(run: Run, list: readonly Process[], names: readonly string[]): number {
  const fields = names.map((name) => {
    const [key = '', title] = name.split('=')
    const found = columns[key]
    if (!found) throw new CommandError(`bad -o argument '${key}'`)
    return { title: title ?? found[0], value: found[1] }
  })
  const rows = [fields.map((field) => field.title), ...list.map((process) => fields.map((field) => field.value(process, run)))]
  const widths = fields.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  for (const row of rows)
    run.io.out.write(
      `${row.map((cell, index) => (index === row.length - 1 ? cell : /^\d/.test(rows[1]?.[index] ?? '') ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0))).join(' ')}\n`,
    )
  return 0
}

type Order = 'M' | 'P' | 'N' | 'T'

/** One picture of `top`. */
function picture(run: Run, order: Order, before: ReadonlyMap<Process, number>, seconds: number): string[] {
  const { machine } = run
  const total = Math.round(machine.facts.memoryTotal / 1024)
  const list = [...machine.processes.list()]
  const share = (process: Process) => Math.min(((cpuOf(process) - (before.get(process) ?? 0)) / Math.max(seconds, 1)) * 100, 100)
  const key: Record<Order, (process: Process) => number> = {
    M: (each) => residentOf(machine, each),
    P: share,
    N: (each) => -each.pid,
    T: cpuOf,
  }
  list.sort((a, b) => key[order](b) - key[order](a) || a.pid - b.pid)
  const busy = Math.round(list.reduce((sum, each) => sum + share(each), 0))
  const kib = (part: number) => Math.round(total * part)
  if (machine.userland === 'debian') {
    const up = Math.floor((machine.clock.now() - machine.facts.bootedAt) / 60_000)
    const mib = (part: number) => ((total * part) / 1024).toFixed(1).padStart(8)
    return [
      `top - ${new Date(machine.clock.now()).toISOString().slice(11, 19)} up ${Math.floor(up / 60)}:${two(up % 60)},  0 users,  load average: 0.12, 0.18, 0.15`,
      `Tasks: ${String(list.length).padStart(3)} total,   1 running, ${String(list.length - 1).padStart(3)} sleeping,   0 stopped,   0 zombie`,
      `%Cpu(s):  ${(4 + busy).toFixed(1)} us,  2.0 sy,  0.0 ni, ${Math.max(94 - busy, 0).toFixed(1)} id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st`,
      `MiB Mem : ${mib(1)} total, ${mib(0.42)} free, ${mib(0.21)} used, ${mib(0.37)} buff/cache`,
      `MiB Swap:      0.0 total,      0.0 free,      0.0 used. ${mib(0.76)} avail Mem`,
      '',
      '\u001b[7m    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\u001b[0m',
      ...list.map((each) => {
        const resident = residentOf(machine, each)
        return `${String(each.pid).padStart(7)} ${each.user.padEnd(8)}  20   0 ${String(resident * 2).padStart(7)} ${String(resident).padStart(6)} ${String(Math.round(resident * 0.8)).padStart(6)} ${stateOf(each, run.process, false)} ${share(each).toFixed(1).padStart(5)} ${memoryShare(machine, each).padStart(5)} ${`${minutes(cpuOf(each))}.00`.padStart(9)} ${each.argv[0]?.split('/').at(-1) ?? ''}`
      }),
    ]
  }
  return [
    `Mem: ${kib(0.58)}K used, ${kib(0.42)}K free, 3912K shrd, 118204K buff, 5210844K cached`,
    `CPU: ${String(4 + busy).padStart(3)}% usr   2% sys   0% nic ${String(Math.max(94 - busy, 0)).padStart(3)}% idle   0% io   0% irq   0% sirq`,
    `Load average: 0.12 0.18 0.15 1/512 ${list.at(-1)?.pid ?? 1}`,
    '\u001b[7m  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\u001b[0m',
    ...list.map(
      (each) =>
        `${String(each.pid).padStart(5)} ${String(each.parent?.pid ?? 0).padStart(5)} ${each.user.slice(0, 8).padEnd(8)} ${stateOf(each, run.process, false).padEnd(4)} ${size(residentOf(machine, each) * 2).padStart(5)} ${String(Math.round((residentOf(machine, each) * 204_800) / machine.facts.memoryTotal)).padStart(3)}%   0 ${String(Math.round(share(each))).padStart(3)}% ${commandLine(each)}`,
    ),
  ]
}

const size = (kib: number) => (kib > 99_999 ? `${Math.round(kib / 1024)}m` : String(kib))

const top: Command = async (run) => {
  const { flags, values } = parseOptions(run.args, 'n d p')
  const terminal = run.io.out.tty && !flags.has('b') ? run.terminal : undefined
  const rounds = Number(values.get('n') ?? Infinity)
  const millis = Math.max(Number(values.get('d') ?? (run.machine.userland === 'debian' ? 3 : 5)) * 1000, 100)
  let order: Order = 'P'
  let before = new Map<Process, number>()
  if (terminal) terminal.mode('keys')
  try {
    for (let round = 0; round < rounds; round++) {
      const lines = picture(run, order, before, round === 0 ? 1e9 : millis / 1000)
      before = new Map(run.machine.processes.list().map((process) => [process, cpuOf(process)]))
      if (!terminal) {
        run.io.out.write(`${lines.join('\n').replaceAll(/\u001b\[\d*m/g, '')}\n`)
        if (round + 1 < rounds) await run.process.sleep(millis)
        continue
      }
      const fitting = lines.slice(0, terminal.rows).map((line) => (line.startsWith('\u001b') ? line : line.slice(0, terminal.columns)))
      terminal.screen(`\u001b[H\u001b[J${fitting.join('\r\n')}`)
      if (round + 1 >= rounds) break
      const key = await terminal.key(run.process, { millis, sizes: true })
      if (key === undefined || key === 'q' || key === '\u0003') break
      const chosen = (['M', 'P', 'N', 'T'] as const).find((each) => each === key)
      order = chosen ?? order
      if (key === resized || key === ' ' || chosen) round--
    }
    terminal?.screen('\r\n')
  } finally {
    terminal?.mode('cooked')
  }
  return 0
}

const watch: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'n d', true)
  const seconds = Number(values.get('n') ?? values.get('interval') ?? 2)
  const line = operands.join(' ')
  for (;;) {
    const columnsNow = run.terminal?.columns ?? run.columns
    const date = new Date(run.machine.clock.now()).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/, '$1 $3 $2 $5 $4')
    const head = `Every ${seconds.toFixed(1)}s: ${line}`
    const right = `${run.machine.hostname}: ${date}`
    if (!flags.has('t'))
      run.io.out.write(`\u001b[H\u001b[J${head}${right.padStart(Math.max(columnsNow - head.length, right.length + 1))}\n\n`)
    else run.io.out.write('\u001b[H\u001b[J')
    await run.spawn(['sh', '-c', line])
    await run.process.sleep(Math.max(seconds, 0.1) * 1000)
  }
}

/** What pgrep, pkill, killall and pidof look for. */
function matching(run: Run, name: string, whole: boolean, exact: boolean): readonly Process[] {
  const regex = exact ? undefined : boundedRegExp(name)
  return run.machine.processes.list().filter((process) => {
    if (process === run.process) return false
    const base = (process.argv[0] ?? '').split('/').at(-1)?.replace(/:$/, '') ?? ''
    return regex ? regex.test(whole ? commandLine(process) : base) : base === name
  })
}

function signalAll(run: Run, exact: boolean): number {
  const given = run.args.find((arg) => /^-(?!f$|x$|e$|l$|9?f)[A-Z0-9]+$/.test(arg))
  const { flags, operands } = parseOptions(
    run.args.filter((arg) => arg !== given),
    's u',
  )
  const signal = given ? signalNumber(given.slice(1)) : signals.TERM
  if (signal === undefined) throw new CommandError(`bad signal name '${given?.slice(1)}'`)
  const found = operands.flatMap((name) => {
    const processes = matching(run, name, flags.has('f'), exact || flags.has('x'))
    if (processes.length === 0 && exact) run.io.err.write(`killall: ${name}: no process killed\n`)
    return processes
  })
  for (const process of found) if (signal > 0) process.signal(signal)
  return found.length > 0 ? 0 : 1
}

export const processCommands: Record<string, Command> = {
  ps,
  top,
  watch,
  pidof: (run) => {
    const found = matching(run, run.args.find((arg) => !arg.startsWith('-')) ?? '', false, true)
    if (found.length > 0)
      run.io.out.write(
        `${found
          .map((process) => process.pid)
          .toReversed()
          .join(' ')}\n`,
      )
    return found.length > 0 ? 0 : 1
  },
  pgrep: (run) => {
    const { flags, operands } = parseOptions(run.args, 'u P')
    const found = matching(run, operands[0] ?? '', flags.has('f'), flags.has('x'))
    const long = flags.has('a') || flags.has('l')
    if (flags.has('c')) run.io.out.write(`${found.length}\n`)
    else for (const process of found) run.io.out.write(`${process.pid}${long ? ` ${commandLine(process)}` : ''}\n`)
    return found.length > 0 ? 0 : 1
  },
  pkill: (run) => signalAll(run, false),
  killall: (run) => signalAll(run, true),
  kill: (run) => {
    const [first = ''] = run.args
    const signal = first.startsWith('-') ? signalNumber(first.slice(1)) : signals.TERM
    if (signal === undefined) throw new CommandError(`bad signal name '${first.slice(1)}'`)
    let status = 0
    for (const id of first.startsWith('-') ? run.args.slice(1) : run.args) {
      const process = run.machine.processes.get(Number(id))
      if (process && signal > 0) process.signal(signal)
      if (process) continue
      run.io.err.write(`kill: can't kill pid ${id}: No such process\n`)
      status = 1
    }
    return status
  },
  free: (run) => {
    const { flags } = parseOptions(run.args)
    const show = (bytes: number) =>
      (flags.has('h')
        ? human(bytes)
        : String(Math.round(bytes / (flags.has('m') ? 1_048_576 : flags.has('g') ? 1_073_741_824 : flags.has('b') ? 1 : 1024)))
      ).padStart(12)
    const total = run.machine.facts.memoryTotal
    const head = ['total', 'used', 'free', 'shared', 'buff/cache', 'available'].map((name) => name.padStart(12)).join('')
    const row = [total, total * 0.21, total * 0.42, 4_000_000, total * 0.37, total * 0.76].map(show).join('')
    run.io.out.write(`       ${head}\nMem:   ${row}\nSwap:  ${[0, 0, 0].map(show).join('')}\n`)
    return 0
  },
}

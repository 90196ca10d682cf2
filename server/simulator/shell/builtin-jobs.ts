import type { Shell } from './interpreter.ts'
import type { Job } from './jobs.ts'
import { CommandError } from './machine.ts'
import { signalNumber, signals } from './processes.ts'
import { waiting } from './read.ts'
import type { Io } from './streams.ts'

/** What `kill -l` lists, as the shell lays it out. */
function signalList(shell: Shell): string {
  const names = Object.entries(signals)
  if (shell.dialect !== 'bash')
    return names.map(([name, number]) => (shell.dialect === 'dash' ? `${name}\n` : `${String(number).padStart(2)}) ${name}\n`)).join('')
  return names
    .map(
      ([name, number], index) =>
        `${String(number).padStart(2)}) SIG${name.padEnd(9)}${index % 5 === 4 || index === names.length - 1 ? '\n' : '\t'}`,
    )
    .join('')
}

export function kill(shell: Shell, args: readonly string[], io: Io): number {
  const [first = '', ...rest] = args
  if (first === '-l' || first === '-L') {
    const number = Number(rest[0])
    const name = Object.entries(signals).find(([, value]) => value === (number > 128 ? number - 128 : number))?.[0]
    io.out.write(rest.length > 0 ? `${name ?? signalNumber(rest[0] ?? '') ?? ''}\n` : signalList(shell))
    return 0
  }
  const explicit = /^-(s|n)$/.test(first) ? (rest.shift() ?? '') : first.startsWith('-') && first !== '--' ? first.slice(1) : undefined
  const signal = explicit === undefined ? signals.TERM : signalNumber(explicit)
  if (signal === undefined || signal > 64)
    throw new CommandError(
      shell.dialect === 'bash'
        ? `kill: ${explicit}: invalid signal specification`
        : shell.dialect === 'dash'
          ? `kill: Illegal option -${explicit?.charAt(0)}`
          : `kill: bad signal name '${explicit}'`,
      1,
    )
  const ids = explicit === undefined && first !== '--' ? args : rest
  if (ids.length === 0)
    throw new CommandError(
      shell.dialect === 'bash'
        ? 'kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]'
        : 'kill: you need to specify whom to kill',
      shell.dialect === 'bash' ? 2 : 1,
    )
  let status = 0
  for (const id of ids) {
    const problem = send(shell, id, signal)
    if (problem === undefined) continue
    io.err.write(problem)
    status = 1
  }
  return status
}

/** @returns what is wrong */
function send(shell: Shell, id: string, signal: number): string | undefined {
  const { processes } = shell.machine
  if (id.startsWith('%')) {
    const job = shell.jobs.find(id)
    if (!job) return shell.dialect === 'bash' ? `${shell.name}: kill: ${id}: no such job\n` : `${shell.name}: kill: No such job: ${id}\n`
    for (const process of job.processes) {
      if (signal !== 0) process.signal(signal)
      if (signal === signals.CONT) resume(shell, job)
    }
    return undefined
  }
  if (!/^-?\d+$/.test(id))
    return shell.dialect === 'bash'
      ? `${shell.name}: kill: ${id}: arguments must be process or job IDs\n`
      : `${shell.name}: invalid number '${id}'\n`
  if (id === '-1') {
    for (const process of processes.list()) if (process !== shell.process && process.pid !== 1) process.signal(signal)
    return undefined
  }
  const process = processes.get(Math.abs(Number(id)))
  if (process && signal !== 0) process.signal(signal)
  if (process) return undefined
  if (shell.dialect === 'bash') return `${shell.name}: kill: (${id}) - No such process\n`
  return shell.dialect === 'dash'
    ? `${shell.name}: ${shell.line}: kill: No such process\n`
    : `${shell.name}: can't kill pid ${id}: No such process\n`
}

function resume(shell: Shell, job: Job): void {
  for (const process of job.processes) shell.machine.processes.resumeTree(process)
  if (job.state === 'Stopped') job.state = 'Running'
}

function wanted(shell: Shell, spec: string | undefined, builtin: string): Job {
  const job = shell.jobs.find(spec)
  if (job) return job
  const name = spec ?? (shell.dialect === 'bash' ? 'current' : '%+')
  throw new CommandError(
    shell.dialect === 'bash'
      ? `${builtin}: ${name}: no such job`
      : spec === undefined
        ? `${builtin}: no current job`
        : `${builtin}: ${spec}: no such job`,
    shell.dialect === 'bash' ? 1 : 2,
  )
}

export async function foreground(shell: Shell, args: readonly string[], io: Io): Promise<number> {
  const job = wanted(shell, args[0], 'fg')
  io.out.write(`${job.text}\n`)
  for (const process of job.processes) process.background = false
  resume(shell, job)
  shell.jobs.remove(job)
  return shell.foreground(job.text, job.done, io)
}

export function background(shell: Shell, args: readonly string[], io: Io): number {
  const job = wanted(shell, args[0], 'bg')
  resume(shell, job)
  io.out.write(`[${job.id}]${shell.dialect === 'bash' ? '+' : ''} ${job.text}${shell.dialect === 'bash' ? ' &' : ''}\n`)
  return 0
}

export function listJobs(shell: Shell, args: readonly string[], io: Io): number {
  for (const job of shell.jobs.list()) {
    if (args.includes('-p')) io.out.write(`${job.pid}\n`)
    else io.out.write(`${shell.jobs.line(job, shell.dialect, args.includes('-l'))}\n`)
  }
  shell.jobs.takeDone()
  return 0
}

export async function wait(shell: Shell, args: readonly string[]): Promise<number> {
  const next = args.includes('-n')
  const specs = args.filter((arg) => !/^-[nfp]$/.test(arg))
  const jobs = specs.length > 0 ? specs.map((spec) => shell.jobs.find(spec)) : [...shell.jobs.list()]
  let status = 0
  if (next && specs.length === 0) {
    const first = await ended(shell, Promise.race(jobs.flatMap((job) => (job ? [job.done] : []))))
    shell.jobs.takeDone()
    return jobs.length === 0 ? 127 : (first ?? 130)
  }
  for (const job of jobs) {
    if (!job) {
      status = 127
      continue
    }
    const result = await ended(shell, job.done)
    if (result === undefined) return 128 + signals.INT
    status = specs.length > 0 ? result : 0
    shell.jobs.remove(job)
  }
  return status
}

/** Waits for a promise where Ctrl-C and signals end the wait. @returns undefined when they did */
function ended(shell: Shell, work: Promise<number>): Promise<number | undefined> {
  return waiting(shell, async (process) => {
    let result: number | undefined
    let resume: (() => void) | undefined
    void work.then((status) => {
      result = status
      resume?.()
    })
    // A trapped signal ends the wait at once (POSIX 2.11).
    const awaken = shell.onTrap
    await process.wait((wake) => {
      resume = wake
      shell.onTrap = wake
      if (result !== undefined) queueMicrotask(wake)
      return () => {}
    })
    shell.onTrap = awaken
    return result ?? (shell.pending.length > 0 ? 128 + signals.TERM : undefined)
  })
}

export function trap(shell: Shell, args: readonly string[], io: Io): number {
  const rest = args[0] === '--' ? args.slice(1) : args
  if (rest.length === 0 || rest[0] === '-p') {
    for (const [name, command] of shell.traps) {
      const shown = shell.dialect === 'bash' && !['EXIT', 'ERR', 'DEBUG', 'RETURN'].includes(name) ? `SIG${name}` : name
      io.out.write(`trap -- '${command.replaceAll("'", `'\\''`)}' ${shown}\n`)
    }
    return 0
  }
  if (rest[0] === '-l') {
    io.out.write(signalList(shell))
    return 0
  }
  const [command = '', ...conditions] = rest.length === 1 ? ['-', ...rest] : rest
  for (const condition of conditions) {
    const number = signalNumber(condition)
    const known = Object.entries(signals).find(([, value]) => value === number)?.[0]
    const name = condition === '0' ? 'EXIT' : (known ?? condition.toUpperCase().replace(/^SIG/, ''))
    const special = ['EXIT', 'ERR', 'DEBUG', 'RETURN'].includes(name)
    if (!special && known === undefined)
      throw new CommandError(
        shell.dialect === 'dash' ? `trap: ${condition}: bad trap` : `trap: ${condition}: invalid signal specification`,
        1,
      )
    if (command === '-') shell.traps.delete(name)
    else shell.traps.set(name, command)
    if (special || number === undefined) continue
    if (command === '-') shell.process.traps.delete(number)
    else
      shell.process.traps.set(number, () => {
        if (command === '') return
        shell.pending.push(command)
        shell.onTrap?.()
      })
  }
  return 0
}

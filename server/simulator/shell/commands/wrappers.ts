import { durationOf, linesOf, parseOptions } from './options.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'

/** Runs another program as it would run anyway: there are no sessions, priorities or buffers here. @param valued options that take a value */
const passing = (valued: string, otherwise?: (run: Run) => number): Command => {
  return (run) => {
    const { operands } = parseOptions(run.args, valued, true)
    if (operands.length > 0) return run.spawn(operands)
    if (otherwise) return otherwise(run)
    throw new CommandError('missing operand', 125)
  }
}

/** `nohup`: what it starts does not hear a hang-up. */
const nohup: Command = (run) => {
  if (run.args.length === 0) throw new CommandError('missing operand', 125)
  run.process.traps.set(1, () => {})
  if (run.io.out.tty) run.io.err.write("nohup: appending output to 'nohup.out'\n")
  return run.spawn(run.args)
}

/** `shuf`: lines, words (`-e`) or numbers (`-i`) in another order. */
const shuf: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'n i')
  const lines: string[] = []
  const [from, to] = (values.get('i') ?? '').split('-').map(Number)
  if (values.has('i')) for (let at = from ?? 0; at <= (to ?? 0) && lines.length < 1_000_000; at++) lines.push(String(at))
  else if (flags.has('e')) lines.push(...operands)
  else for await (const line of linesOf(run, operands)) lines.push(line)
  for (let at = lines.length - 1; at > 0; at--) {
    const other = Math.floor(run.machine.random() * (at + 1))
    const kept = lines[at] ?? ''
    lines[at] = lines[other] ?? ''
    lines[other] = kept
  }
  for (const line of lines.slice(0, Number(values.get('n') ?? Infinity))) run.io.out.write(`${line}\n`)
  return 0
}

/** `factor`: numbers as products of primes. */
const factor: Command = async (run) => {
  for (const word of run.args) {
    let rest = Number(word)
    if (!Number.isSafeInteger(rest) || rest < 1) throw new CommandError(`invalid number '${word}'`)
    const found: number[] = []
    for (let by = 2; by * by <= rest; by++) {
      if (by % 4096 === 0) await run.process.breathe()
      for (; rest % by === 0; rest /= by) found.push(by)
    }
    if (rest > 1) found.push(rest)
    run.io.out.write(`${word}: ${found.join(' ')}\n`)
  }
  return 0
}

/** `sysctl`: the few that `/proc/sys` has. */
const sysctl: Command = (run) => {
  const { flags, operands } = parseOptions(run.args)
  const files: string[] = []
  const walk = (folder: string): void => {
    for (const name of run.machine.files.list(folder)) {
      const path = `${folder}/${name}`
      if (run.machine.files.stat(path)?.kind === 'directory') walk(path)
      else files.push(path)
    }
  }
  if (flags.has('a')) walk('/proc/sys')
  let status = 0
  for (const path of [...files, ...operands.map((name) => `/proc/sys/${name.split('=')[0]?.replaceAll('.', '/')}`)]) {
    const name = path.slice(10).replaceAll('/', '.')
    if (operands.some((operand) => operand.includes('='))) throw new CommandError(`error setting key '${name}': Read-only file system`)
    if (run.machine.files.stat(path)?.kind === 'file')
      run.io.out.write(`${flags.has('n') ? '' : `${name} = `}${run.machine.files.read(path).trimEnd()}\n`)
    else {
      run.io.err.write(`sysctl: error: '${name}' is an unknown key\n`)
      status = 1
    }
  }
  return status
}

/** `lsof`: what processes have open: their ends of the terminal, and what listens. */
const lsof: Command = (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'p i')
  const { machine } = run
  const full = !machine.files.stat('/bin/busybox')
  const own = machine.processes.own()
  const listening = machine.network.listening()
  const networkOnly = flags.has('i') || values.has('i')
  const port = /:(\d+)/.exec(values.get('i') ?? operands[0] ?? '')?.[1]
  const rows = own.flatMap((process) => {
    const name = (process.argv[0] ?? '').split(/[: ]/)[0]?.split('/').at(-1) ?? ''
    if (values.has('p') && values.get('p') !== String(process.pid)) return []
    const sockets = listening
      .filter((each) => process.argv[0]?.includes(each.program) === true && (port === undefined || String(each.port) === port))
      .map(
        (each, index) =>
          `${name.slice(0, 9).padEnd(9)} ${String(process.pid).padStart(5)} ${process.user.padStart(8)} ${String(6 + index).padStart(4)}u IPv4 ${20_000 + each.port} 0t0 ${each.protocol} *:${each.port}${each.protocol === 'TCP' ? ' (LISTEN)' : ''}\n`,
      )
    if (networkOnly) return sockets
    const files = ['0', '1', '2'].map((descriptor) => {
      const target = machine.files.stat(`/proc/${process.pid}/fd/${descriptor}`, false)
      const path = target?.kind === 'link' ? target.target : '/dev/null'
      if (!full) return `${process.pid}\t${process.argv[0] ?? ''}\t${descriptor}\t${path}\n`
      return `${name.slice(0, 9).padEnd(9)} ${String(process.pid).padStart(5)} ${process.user.padStart(8)} ${descriptor.padStart(4)}u  ${path.startsWith('pipe') ? 'FIFO' : ' CHR'}   ${path}\n`
    })
    return full ? [...files, ...sockets] : files
  })
  if (networkOnly && rows.length === 0) return 1
  if (full || networkOnly) run.io.out.write('COMMAND     PID     USER   FD   TYPE DEVICE SIZE/OFF NODE NAME\n')
  for (const row of rows) run.io.out.write(row)
  return 0
}

/** `pstree`: who has started whom. */
const pstree: Command = (run) => {
  const list = run.machine.processes.list()
  const show = (parent: (typeof list)[number] | undefined, indent: string): void => {
    for (const process of list.filter((each) => each.parent === parent)) {
      const name = (process.argv[0] ?? '').split(/[: ]/)[0]?.split('/').at(-1) ?? ''
      run.io.out.write(`${indent}${indent === '' ? '' : '`-'}${name}${parseOptions(run.args).flags.has('p') ? `(${process.pid})` : ''}\n`)
      show(process, `${indent}   `)
    }
  }
  show(undefined, '')
  return 0
}

export const wrapperCommands: Record<string, Command> = {
  nohup,
  nice: passing('n', (run) => {
    run.io.out.write('0\n')
    return 0
  }),
  ionice: passing('c n p'),
  setsid: passing(''),
  stdbuf: passing('i o e'),
  usleep: async (run) => {
    await run.process.sleep(durationOf(run.args[0] ?? '0') / 1_000_000)
    return 0
  },
  shuf,
  factor,
  sysctl,
  lsof,
  pstree,
}

import { groupName, userName } from './file-facts.ts'
import { CommandError } from '../machine.ts'
import type { Command } from '../machine.ts'
import { strftime, two } from './dates.ts'
import { durationOf, human, linesOf, parseOptions } from './options.ts'

const sleep: Command = async (run) => {
  if (run.args.length === 0) throw new CommandError('missing operand')
  if (run.args[0] === 'infinity' || run.args[0] === 'inf') for (;;) await run.process.sleep(2_000_000_000)
  let left = run.args.reduce((sum, arg) => sum + durationOf(arg), 0)
  // A timer holds no more than 2³¹ milliseconds.
  for (; left > 2_000_000_000; left -= 2_000_000_000) await run.process.sleep(2_000_000_000)
  await run.process.sleep(left)
  return 0
}

const env: Command = (run) => {
  const rest = run.args.filter((arg) => arg !== '-')
  const clean = rest[0] === '-i'
  if (clean) rest.shift()
  const variables: Record<string, string> = clean ? {} : { ...run.env }
  while (rest[0] === '-u') {
    rest.shift()
    delete variables[rest.shift() ?? '']
  }
  while (/^[A-Za-z_]\w*=/.test(rest[0] ?? '')) {
    const [name = '', value = ''] = (rest.shift() ?? '').split(/=(.*)/s)
    variables[name] = value
  }
  if (rest.length > 0) return run.spawn(rest, { env: variables })
  run.io.out.write(
    Object.entries(variables)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  return 0
}

const printenv: Command = (run) => {
  const name = run.args[0]
  if (name === undefined) return env(run)
  const value = run.env[name]
  if (value === undefined) return 1
  run.io.out.write(`${value}\n`)
  return 0
}

const id: Command = (run) => {
  const { flags } = parseOptions(run.args)
  const { name, uid, gid, groups } = run.machine.user
  if (flags.has('u')) run.io.out.write(`${flags.has('n') ? name : uid}\n`)
  else if (flags.has('g')) run.io.out.write(`${flags.has('n') ? name : gid}\n`)
  else {
    const named = (id: number, found: string) => (found === String(id) ? found : `${id}(${found})`)
    // busybox sorts, coreutils begins with the process's own group.
    const listed = run.machine.userland === 'debian' ? groups : groups.toSorted((a, b) => a - b)
    const all = listed.map((group) => named(group, groupName(run.machine, group))).join(',')
    run.io.out.write(`uid=${named(uid, userName(run.machine, uid))} gid=${named(gid, groupName(run.machine, gid))} groups=${all}\n`)
  }
  return 0
}

const uname: Command = (run) => {
  const { flags } = parseOptions(run.args)
  const { kernel } = run.machine.facts
  const fields: readonly (readonly [string, string])[] = [
    ['s', 'Linux'],
    ['n', run.machine.hostname],
    ['r', kernel],
    ['v', '#1 SMP PREEMPT_DYNAMIC'],
    ['m', 'x86_64'],
    ['o', run.machine.userland === 'alpine' ? 'Linux' : 'GNU/Linux'],
  ]
  const shown = fields.filter(([flag]) => flags.has('a') || flags.has(flag)).map(([, text]) => text)
  run.io.out.write(`${shown.join(' ') || 'Linux'}\n`)
  return 0
}

const df: Command = (run) => {
  const { flags } = parseOptions(run.args)
  const size = flags.has('h') ? human : (bytes: number) => String(Math.ceil(bytes / 1024))
  const disk = 264_212_084 * 1024
  const used = 41_312_256 * 1024 + run.machine.files.written
  const row = (name: string, total: number, taken: number, at: string) =>
    `${name.padEnd(20)} ${size(total).padStart(9)} ${size(taken).padStart(9)} ${size(total - taken).padStart(9)} ${String(Math.ceil((taken / Math.max(total, 1)) * 100)).padStart(3)}% ${at}\n`
  run.io.out.write(
    `${'Filesystem'.padEnd(20)} ${(flags.has('h') ? 'Size' : '1K-blocks').padStart(9)} ${'Used'.padStart(9)} ${'Available'.padStart(9)} Use% Mounted on\n`,
  )
  run.io.out.write(row('overlay', disk, used, '/') + row('tmpfs', 64 * 1_048_576, 0, '/dev'))
  for (const mount of run.machine.files.mounts) {
    const memory = mount.volume.kind === 'projected' || mount.volume.medium === 'memory'
    const name = mount.path === '/dev/shm' ? 'shm' : 'tmpfs'
    const total = (mount.volume.kind === 'shared' ? mount.volume.size : undefined) ?? run.machine.facts.memoryTotal
    const held = Math.ceil(run.machine.files.heldBy(mount) / 4096) * 4096
    run.io.out.write(memory ? row(name, total, held, mount.path) : row('/dev/vda1', disk, used, mount.path))
  }
  return 0
}

const mount: Command = (run) => {
  run.io.out.write(
    'overlay on / type overlay (rw,relatime)\nproc on /proc type proc (rw,nosuid,nodev,noexec,relatime)\ntmpfs on /dev type tmpfs (rw,nosuid,size=65536k,mode=755)\n',
  )
  for (const each of run.machine.files.mounts) {
    const memory = each.volume.kind === 'projected' || each.volume.medium === 'memory'
    run.io.out.write(
      `${memory ? 'tmpfs' : '/dev/vda1'} on ${each.path} type ${memory ? 'tmpfs' : 'ext4'} (${each.readOnly ? 'ro' : 'rw'},relatime)\n`,
    )
  }
  return 0
}

const uptime: Command = (run) => {
  const { clock, facts } = run.machine
  const minutes = Math.floor((clock.now() - facts.bootedAt) / 60_000)
  run.io.out.write(
    ` ${strftime('%T', clock.now())} up ${Math.floor(minutes / 60)}:${two(minutes % 60)},  0 users,  load average: 0.12, 0.18, 0.15\n`,
  )
  return 0
}

const xargs: Command = async (run) => {
  const { values, flags, operands } = parseOptions(run.args, 'n I P d', true)
  const command = operands.length > 0 ? operands : ['echo']
  const replaced = values.get('I')
  const words: string[] = []
  for await (const line of linesOf(run, [])) {
    if (replaced !== undefined) words.push(line)
    else
      words.push(
        ...line
          .split(flags.has('0') ? '\0' : /\s+/)
          .filter((word) => word !== '')
          .map((word) => word.replaceAll(/^["']|["']$/g, '')),
      )
  }
  let status = 0
  const execute = async (argv: readonly string[]) => {
    const code = await run.spawn(argv)
    if (code !== 0) status = code === 127 ? 127 : 123
  }
  if (replaced !== undefined) for (const word of words) await execute(command.map((part) => part.replaceAll(replaced, word)))
  else if (words.length > 0 || !flags.has('r')) {
    const size = Number(values.get('n') ?? (words.length || 1))
    for (let at = 0; at < Math.max(words.length, 1); at += size) await execute([...command, ...words.slice(at, at + size)])
  }
  return status
}

const hostname: Command = (run) => {
  const { flags } = parseOptions(run.args)
  run.io.out.write(`${flags.has('i') || flags.has('I') ? run.machine.network.ip : run.machine.hostname}\n`)
  return 0
}

export const systemCommands: Record<string, Command> = {
  sleep,
  env,
  printenv,
  id,
  whoami: (run) => {
    const { uid } = run.machine.user
    const name = userName(run.machine, uid)
    if (name === String(uid))
      throw new CommandError(run.machine.userland === 'debian' ? `cannot find name for user ID ${uid}` : `unknown uid ${uid}`)
    run.io.out.write(`${name}\n`)
    return 0
  },
  hostname,
  uname,
  df,
  mount,
  uptime,
  xargs,
  nproc: (run) => {
    run.io.out.write(`${run.machine.facts.cpus}\n`)
    return 0
  },
  true: () => 0,
  false: () => 1,
  tty: (run) => {
    run.io.out.write(run.io.in.tty ? '/dev/pts/0\n' : 'not a tty\n')
    return run.io.in.tty ? 0 : 1
  },
}

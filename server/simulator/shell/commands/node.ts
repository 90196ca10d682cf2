import { FileError } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Machine, Run } from '../machine.ts'
import type { NodeContainer, NodeView } from '../node-view.ts'
import { executeOn } from '../execute.ts'
import { parseOptions, pathIn } from './options.ts'
import { programsOf } from './table.ts'

/** What a node's own root brings beside a distribution's programs. */
const nodePrograms = 'crictl systemctl journalctl dmesg ps top free ip ss ping chroot uptime hostname'.split(' ')

/** `chroot /host`: a shell on the node, where its root is mounted. */
const chroot: Command = async (run) => {
  const [root, ...argv] = parseOptions(run.args, '', true).operands
  if (root === undefined) throw new CommandError('usage: chroot NEWROOT [PROG ARGS]')
  const path = pathIn(run, root)
  const { machine } = run
  if (machine.user.uid !== 0) throw new CommandError(`can't change root directory to '${root}': Operation not permitted`)
  try {
    const files = machine.files.within(path)
    const view = files.stat('/var/lib/kubelet/config.yaml') ? machine.below() : undefined
    const inside: Machine = {
      ...machine,
      files,
      own: new Map(),
      ...(view
        ? {
            node: view,
            hostname: view.name,
            userland: 'debian' as const,
            programs: new Set([...programsOf('debian'), ...nodePrograms]),
            full: new Set(nodePrograms),
          }
        : {}),
    }
    return await executeOn(inside, argv.length > 0 ? argv : ['sh'], run)
  } catch (error) {
    if (error instanceof FileError) throw new CommandError(`can't change root directory to '${root}': ${error.message}`, 125)
    throw error
  }
}

/** @throws CommandError where no node can be seen */
function nodeOf(run: Run): NodeView {
  if (run.machine.node) return run.machine.node
  throw new CommandError('no node here: try `kubectl debug node/NAME -it --image=busybox -- chroot /host`')
}

const columns = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => `${row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(19))).join(' ')}\n`).join('')

function ago(run: Run, at: number): string {
  const seconds = Math.max(Math.floor((run.machine.clock.now() - at) / 1000), 0)
  const [amount, unit] =
    seconds < 60
      ? [seconds, 'second']
      : seconds < 3600
        ? [Math.floor(seconds / 60), 'minute']
        : seconds < 86_400
          ? [Math.floor(seconds / 3600), 'hour']
          : [Math.floor(seconds / 86_400), 'day']
  return amount === 1 ? `About ${unit === 'hour' ? 'an' : 'a'} ${unit} ago` : `${amount} ${unit}s ago`
}

const short = (id: string): string => id.slice(0, 13)
const sandboxOf = (run: Run, each: NodeContainer): string => run.machine.sha256(`sandbox/${each.podUid}`)

/** `21.5MB`, as go-units writes sizes. */
function megabytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB']
  let [value, unit] = [bytes, 0]
  for (; value >= 1000 && unit < 3; unit++) value /= 1000
  return `${Number(value.toPrecision(4))}${units[unit]}`
}

const crictl: Command = (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'r n name namespace pod tail label state s o')
  const [verb = '', ...ids] = operands
  const node = nodeOf(run)
  const name = values.get('name')
  const all = node.containers().filter((each) => name === undefined || each.name.includes(name))
  const write = (text: string) => run.io.out.write(text)
  const chosen = (id: string | undefined): NodeContainer => {
    if (id === undefined) throw new CommandError('ID cannot be empty')
    const found = all.find((each) => each.id.startsWith(id))
    if (!found) throw new CommandError(`could not find container "${id}"`)
    return found
  }
  switch (verb) {
    case 'ps': {
      const shown = all.filter((each) => flags.has('a') || flags.has('all') || each.state === 'Running')
      if (flags.has('q') || flags.has('quiet')) write(shown.map((each) => `${each.id}\n`).join(''))
      else
        write(
          columns([
            ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'],
            ...shown.map((each) => [
              short(each.id),
              short(run.machine.sha256(each.image)),
              ago(run, each.createdAt),
              each.state,
              each.name,
              String(each.attempt),
              short(sandboxOf(run, each)),
              each.pod,
              each.namespace,
            ]),
          ]),
        )
      return 0
    }
    case 'pods': {
      const pods = [...new Map(all.map((each) => [each.podUid, each])).values()]
      write(
        columns([
          ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'],
          ...pods.map((each) => [
            short(sandboxOf(run, each)),
            ago(run, each.createdAt),
            all.some((one) => one.podUid === each.podUid && one.state === 'Running') ? 'Ready' : 'NotReady',
            each.pod,
            each.namespace,
            '0',
            '(default)',
          ]),
        ]),
      )
      return 0
    }
    case 'stats': {
      const wanted = ids[0] === undefined ? all.filter((each) => each.state === 'Running') : [chosen(ids[0])]
      write(
        columns([
          ['CONTAINER', 'NAME', 'CPU %', 'MEM', 'DISK', 'INODES', 'SWAP'],
          ...wanted.map((each) => [
            short(each.id),
            each.name,
            (each.cpu * 100).toFixed(2),
            megabytes(each.memoryBytes),
            '40.96kB',
            '11',
            '0B',
          ]),
        ]),
      )
      return 0
    }
    case 'logs':
      write(chosen(ids[0]).log(values.has('tail') ? Number(values.get('tail')) : undefined))
      return 0
    case 'images':
      write(
        columns([
          ['IMAGE', 'TAG', 'IMAGE ID'],
          ...[...new Set(all.map((each) => each.image))].map((image) => [
            image.replace(/:[^:/]*$/, ''),
            /:([^:/]*)$/.exec(image)?.[1] ?? 'latest',
            short(run.machine.sha256(image)),
          ]),
        ]),
      )
      return 0
    case 'inspect': {
      const each = chosen(ids[0])
      const labels = {
        'io.kubernetes.container.name': each.name,
        'io.kubernetes.pod.name': each.pod,
        'io.kubernetes.pod.namespace': each.namespace,
        'io.kubernetes.pod.uid': each.podUid,
      }
      write(
        `${JSON.stringify({ status: { id: each.id, metadata: { attempt: each.attempt, name: each.name }, state: `CONTAINER_${each.state.toUpperCase()}`, createdAt: new Date(each.createdAt).toISOString(), image: { image: each.image }, labels } }, undefined, 2)}\n`,
      )
      return 0
    }
    case 'version':
      write('Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v2.1.4\nRuntimeApiVersion:  v1\n')
      return 0
    default:
      throw new CommandError(
        `${verb === '' ? 'a command is missing' : `'${verb}' is not simulated`}: there are ps, pods, stats, logs, images, inspect and version`,
      )
  }
}

const units = new Map([
  ['kubelet', 'kubelet: The Kubernetes Node Agent'],
  ['containerd', 'containerd container runtime'],
])

const systemctl: Command = (run) => {
  const node = nodeOf(run)
  const [verb = '', unit = ''] = run.args.filter((arg) => !arg.startsWith('-'))
  const name = unit.replace(/\.service$/, '')
  const title = units.get(name)
  if (verb === 'is-active') {
    run.io.out.write(title ? 'active\n' : 'inactive\n')
    return title ? 0 : 3
  }
  if (verb !== 'status' && verb !== 'list-units') throw new CommandError(`'${verb}' is not simulated: services can only be looked at`)
  if (verb === 'list-units') {
    run.io.out.write(
      `  UNIT               LOAD   ACTIVE SUB     DESCRIPTION\n${[...units].map(([each, words]) => `  ${`${each}.service`.padEnd(18)} loaded active running ${words}\n`).join('')}`,
    )
    return 0
  }
  if (title === undefined) {
    run.io.err.write(`Unit ${unit.includes('.') ? unit : `${unit}.service`} could not be found.\n`)
    return 4
  }
  const since = new Date(node.startedAt)
  const [day = ''] = since.toUTCString().split(',')
  run.io.out.write(
    `● ${name}.service - ${title}\n     Loaded: loaded (/usr/lib/systemd/system/${name}.service; enabled; preset: enabled)\n     Active: active (running) since ${day} ${since.toISOString().slice(0, 19).replace('T', ' ')} UTC; ${ago(run, node.startedAt)}\n   Main PID: ${name === 'kubelet' ? 812 : 640} (${name})\n     CGroup: /system.slice/${name}.service\n\n${name === 'kubelet' ? journalText(node, 10) : ''}`,
  )
  return 0
}

function journalText(node: NodeView, most: number): string {
  return node
    .journal()
    .slice(-most)
    .map(({ at, text }) => {
      const iso = new Date(at).toISOString()
      const date = new Date(at).toUTCString()
      return `${date.slice(8, 11)} ${iso.slice(8, 10)} ${iso.slice(11, 19)} ${node.name} kubelet[812]: I${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 19)}.${iso.slice(20, 23)}000     812 ${text}\n`
    })
    .join('')
}

const journalctl: Command = (run) => {
  const { values } = parseOptions(run.args, 'u n unit lines since until S U o p')
  const node = nodeOf(run)
  const unit = (values.get('u') ?? values.get('unit') ?? 'kubelet').replace(/\.service$/, '')
  const text = unit === 'kubelet' ? journalText(node, Number(values.get('n') ?? values.get('lines') ?? 1000)) : ''
  run.io.out.write(text === '' ? '-- No entries --\n' : text)
  return 0
}

const dmesg: Command = (run) => {
  const { flags } = parseOptions(run.args, 'n s l f')
  const { node, userland, facts } = run.machine
  if (!node)
    throw new CommandError(
      userland === 'debian' ? 'read kernel buffer failed: Operation not permitted' : 'klogctl: Operation not permitted',
    )
  const stamp = (at: number) =>
    flags.has('T') ? `[${new Date(at).toUTCString().slice(0, 25)}] ` : `[${((at - facts.bootedAt) / 1000).toFixed(6).padStart(12)}] `
  run.io.out.write(
    `${stamp(facts.bootedAt)}Linux version ${facts.kernel} (root@build) #1 SMP PREEMPT_DYNAMIC\n${node
      .kernel()
      .map(({ at, text }) => `${stamp(at)}${text}\n`)
      .join('')}`,
  )
  return 0
}

export const nodeCommands: Record<string, Command> = { chroot, crictl, systemctl, journalctl, dmesg }

import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createServerCertificate } from './clusters/simulated/certificates.ts'
import { createHost } from './clusters/simulated/host.ts'
import { simulatedKubeconfig } from './clusters/simulated/kubeconfig.ts'
import { loadClusterMaker } from './clusters/simulated/load-data.ts'
import { readOwnImages } from './clusters/simulated/own-images.ts'
import { openStateFolder } from './clusters/simulated/state-folder.ts'
import { listenKube } from './http/kube-listener.ts'
import { ClusterId } from './kernel/ids.ts'
import { UserError } from './kernel/user-error.ts'

export const simulateHelp = `Starts one simulated Kubernetes cluster and keeps it until it is interrupted.

  simulate --kubeconfig FILE [--nodes N] [--port PORT] [--state FOLDER]

  --kubeconfig FILE  where to write the cluster's kubeconfig (it is removed at the end)
  --nodes N          how many nodes, workshop-vm-00-00 onwards; 1 to 100, 2 unless told
  --port PORT        the API's port on 127.0.0.1; a free one unless told
  --state FOLDER     where the cluster lives on: everything it acknowledges is written there first, and the next start
                     goes on from it, under the same address and kubeconfig
  --images FOLDER    image descriptions of your own (*.yaml); see manifests/simulator/images.md
  --check            with --images: says whether they are right, line by line, and starts nothing
  --help             this text

Prints "ready" on a line of its own once kubectl can be used:

  simulate --kubeconfig /tmp/kubeconfig &
  kubectl --kubeconfig /tmp/kubeconfig get nodes
`

interface Options {
  readonly images: string | undefined
  readonly kubeconfig: string
  readonly nodes: number
  readonly port: number
  readonly state: string | undefined
}

/** The `simulate` command. Returns when the process is told to end (SIGINT, SIGTERM, SIGHUP). @throws UserError */
export async function simulate(argv: readonly string[]): Promise<void> {
  const options = parseOptions(argv)
  if (!options) {
    process.stdout.write(simulateHelp)
    return
  }
  if ('check' in options) {
    const images = Object.values(await readOwnImages(options.check))
    console.log(
      `${images.length === 1 ? 'One image is' : `${images.length} images are`} in order: ${images.map(({ names }) => names[0]).join(', ')}`,
    )
    return
  }
  const report = (error: unknown) => console.error(error)
  const nodes = Array.from({ length: options.nodes }, (_, node) => `workshop-vm-00-${String(node).padStart(2, '0')}`)
  const state = options.state === undefined ? undefined : await openStateFolder(options.state, nodes, report)
  const host = await createHost({
    certificate: state?.certificate ?? (await createServerCertificate()),
    makeCluster: await loadClusterMaker(report, state, options.images),
    listen: listenKube,
    onPrometheus: () => {},
    report,
  })
  // Whatever goes wrong from here on, nothing is left behind.
  const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')])
  try {
    const port = options.port === 0 ? (state?.port ?? 0) : options.port
    const { opened } = await host.open(ClusterId.parse('workshop-vm-00'), nodes, port).catch((error: unknown) => {
      throw portTaken(error, port)
    })
    state?.setPort(opened.port)
    await writeKubeconfig(options.kubeconfig, simulatedKubeconfig(opened, { host: '127.0.0.1', port: opened.port }))
    try {
      console.log('ready')
      await ended
    } finally {
      rmSync(options.kubeconfig, { force: true })
    }
  } finally {
    await host.closeAll()
    state?.close()
  }
}

function parseOptions(argv: readonly string[]): Options | { readonly check: string } | undefined {
  const { values } = parse(argv)
  if (values.help) return undefined
  const images = values.images === undefined ? undefined : resolve(values.images)
  if (values.check) {
    if (images === undefined) throw new UserError('bad-arguments', '--check needs --images FOLDER: the image descriptions to look at.')
    return { check: images }
  }
  if (!values.kubeconfig)
    throw new UserError('bad-arguments', "simulate needs --kubeconfig FILE: the file to write the cluster's kubeconfig to.")
  return {
    images,
    kubeconfig: resolve(values.kubeconfig),
    nodes: wholeNumber('--nodes', values.nodes ?? '2', 1, 100),
    port: wholeNumber('--port', values.port ?? '0', 0, 65_535),
    state: values.state === undefined ? undefined : resolve(values.state),
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        kubeconfig: { type: 'string' },
        nodes: { type: 'string' },
        port: { type: 'string' },
        state: { type: 'string' },
        images: { type: 'string' },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    const what = cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : ''
    throw new UserError('bad-arguments', `${what}. "simulate --help" lists what there is.`, cause)
  }
}

function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw new UserError('bad-arguments', `${flag} takes a whole number from ${least} to ${most}, not "${text}".`)
}

function portTaken(error: unknown, port: number): unknown {
  if (!(error instanceof Error && 'code' in error)) return error
  if (error.code === 'EADDRINUSE')
    return new UserError('port-in-use', `Port ${port} is taken. Stop what uses it, or choose another with --port.`, error)
  if (error.code === 'EACCES')
    return new UserError('port-in-use', `Port ${port} may not be used by this user. Choose one above 1023 with --port.`, error)
  return error
}

const mark = '# A simulated cluster of Deckhand; this file goes when the cluster does.\n'

/** Only its owner may read it: it holds an administrator's token. Never replaces a kubeconfig that is not ours. */
async function writeKubeconfig(file: string, text: string): Promise<void> {
  try {
    const there = await readFile(file, 'utf8').catch(() => '')
    if (there.trim() !== '' && !there.startsWith(mark)) throw new Error('there is another file already')
    await mkdir(dirname(file), { recursive: true })
    rmSync(file, { force: true })
    await writeFile(file, mark + text, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError(
      'bad-arguments',
      `The kubeconfig cannot be written to ${file}: ${why}. Choose another place with --kubeconfig.`,
      cause,
    )
  }
}

if (import.meta.main) {
  await simulate(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof UserError ? error.say : error)
    process.exitCode = 1
  })
}

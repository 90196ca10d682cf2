import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { parse } from 'yaml'
import { parseImage } from '../images/schema.ts'
import { testCluster } from '../images/test-cluster.ts'
import type { TestCluster } from '../images/test-cluster.ts'
import type { Container, Pod } from '../resources/kinds.ts'
import type { Exit, Mount } from '../kubelet/runtime.ts'

const folder = new URL('../../../manifests/simulator/images/', import.meta.url)
export const clusterImages = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => parseImage(parse(readFileSync(new URL(name, folder), 'utf8')), name))

export interface Ran {
  readonly out: string
  readonly err: string
  readonly code: number
}

export interface Where {
  readonly image?: string
  readonly cluster?: TestCluster
  /** Simulated time it may take. */
  readonly millis?: number
  readonly container?: Partial<Container>
  readonly spec?: Partial<NonNullable<Pod['spec']>>
  readonly mounts?: readonly Mount[]
  readonly stdin?: Uint8Array
  readonly env?: Readonly<Record<string, string>>
  /** The pod's address. */
  readonly ip?: string
}

/** A container that only waits. */
export function waitingContainer(where: Where = {}) {
  const cluster = where.cluster ?? testCluster(clusterImages)
  const image = where.image ?? 'busybox:1.36'
  const made = cluster.runtime.create({
    pod: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default', uid: 'u' },
      spec: { containers: [], ...where.spec },
      status: { podIP: where.ip ?? '10.32.0.9' },
    },
    container: { name: 'c', image, command: ['sleep', '86400'], ...where.container },
    env: { WHO: 'you', ...where.env },
    mounts: where.mounts ?? [],
    restartCount: 0,
    node: 'node-0',
  })
  const exits: Exit[] = []
  made.start((exit) => void exits.push(exit))
  return { cluster, container: made, exits }
}

type Waiting = ReturnType<typeof waitingContainer>

/** Runs a command in a container as `kubectl exec` does, and gives what it printed. */
export async function execIn({ cluster, container }: Waiting, command: readonly string[], where: Where = {}): Promise<Ran> {
  const decoders = { out: new TextDecoder(), err: new TextDecoder() }
  const seen = { out: '', err: '' }
  let status: { readonly details?: { readonly causes?: readonly { readonly message: string }[] }; readonly status?: string } | undefined
  const session = container.exec(
    { command, tty: false, stdin: where.stdin !== undefined },
    {
      stdout: (chunk) => void (seen.out += decoders.out.decode(chunk, { stream: true })),
      stderr: (chunk) => void (seen.err += decoders.err.decode(chunk, { stream: true })),
      exit: (ended) => void (status = ended as typeof status),
    },
  )
  if (where.stdin) session.stdin(where.stdin)
  session.closeStdin()
  const millis = where.millis ?? 5000
  for (let step = 0; step < 50; step++) {
    if (status) break
    await cluster.clock.advance(millis / 50)
  }
  expect(cluster.errors).toEqual([])
  const code = status?.status === 'Success' ? 0 : Number(status?.details?.causes?.[0]?.message ?? -1)
  return { ...seen, code }
}

/** A script in a fresh container, in the shell that `-c` names. */
export function run(script: string, where: Where & { readonly shell?: string } = {}): Promise<Ran> {
  return execIn(waitingContainer(where), [where.shell ?? 'sh', '-c', script], where)
}

/** A person at a terminal in a container. */
export async function sitDown(where: Where & { readonly command?: readonly string[] } = {}) {
  const waiting = waitingContainer(where)
  const { cluster, container } = waiting
  let screen = ''
  let status: unknown
  const decoder = new TextDecoder()
  const session = container.exec(
    { command: where.command ?? ['sh'], tty: true, stdin: true },
    {
      stdout: (chunk) => void (screen += decoder.decode(chunk, { stream: true })),
      stderr: () => undefined,
      exit: (ended) => void (status = ended),
    },
  )
  await cluster.clock.advance(20)
  return {
    cluster,
    container,
    session,
    status: () => status,
    /** Types, waits, and gives what has appeared since, without the marks for terminals. */
    async type(keys: string, millis = 20): Promise<string> {
      screen = ''
      session.stdin(new TextEncoder().encode(keys))
      // In steps: a command takes more turns of the microtask queue than the clock waits for at once.
      for (let step = 0; step < 10; step++) await cluster.clock.advance(millis / 10)
      expect(cluster.errors).toEqual([])
      return screen.replaceAll(/\u001b\]133;[^\u001b]*\u001b\\/g, '')
    },
  }
}

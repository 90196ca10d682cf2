import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'
import type { Figures } from './figures.ts'
import { idleCost, medianOf, rateOf } from './figures.ts'
import { measureLocalShell } from './shell.ts'

interface PeerCluster {
  init(): Promise<void>
  close?(): Promise<void>
  readonly api: {
    readonly corev1: {
      createNamespacedPod(request: { readonly namespace: string; readonly body: object }): Promise<unknown>
      listNamespacedPod(request: { readonly namespace: string }): Promise<{ readonly items: readonly unknown[] }>
    }
  }
}

/**
 * The same of `@ngrok/webernetes`, a Kubernetes for browser pages: no HTTP, so its client is asked for objects. It knows
 * neither tables nor our machine's `kubectl`.
 */
export async function measurePeer(): Promise<Figures> {
  const Cluster = await bundled()
  const make = async (): Promise<PeerCluster> => {
    const cluster = new Cluster({ nodes: 2 })
    await cluster.init()
    return cluster
  }
  const ready = await medianOf(10, async () => (await make()).close?.())
  const idle = await idleCost(50, make)
  for (const cluster of idle.kept.splice(0)) await cluster.close?.()
  const { corev1 } = (await make()).api
  const namespace = 'default'
  const creates = await rateOf(200, async () => {
    for (let index = 0; index < 200; index++) await corev1.createNamespacedPod({ namespace, body: podNamed(`pod-${index}`) })
  })
  return {
    'a new cluster, ready': ready,
    'a forked cluster, ready': ready,
    'memory of an idle cluster (1,000 forks)': idle.memory,
    'memory of one that was written to': idle.memory,
    'processor of an idle cluster': idle.processor,
    'creates (pods)': creates,
    // A shell has another peer: real processes on this machine.
    ...(await measureLocalShell()),
  }
}

const podNamed = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  // No node of that name: it is stored, and never runs.
  spec: { nodeName: 'nowhere', containers: [{ name: 'c', image: 'nginx' }] },
})

/** It is written for bundlers: its modules do not say their files' endings. */
async function bundled(): Promise<new (options: { readonly nodes: number }) => PeerCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'deckhand-bench-'))
  try {
    await build({
      configFile: false,
      logLevel: 'error',
      root: fileURLToPath(new URL('../..', import.meta.url)),
      ssr: { noExternal: true, target: 'webworker' },
      build: {
        ssr: true,
        outDir: folder,
        rollupOptions: { input: fileURLToPath(import.meta.resolve('@ngrok/webernetes')), output: { entryFileNames: 'peer.mjs' } },
      },
    })
    const { Cluster } = (await import(pathToFileURL(join(folder, 'peer.mjs')).href)) as {
      Cluster: new (options: { readonly nodes: number }) => PeerCluster
    }
    return Cluster
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

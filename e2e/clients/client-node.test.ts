import { PassThrough } from 'node:stream'
import { AppsV1Api, CoreV1Api, Exec, KubeConfig, makeInformer, PatchStrategy, setHeaderOptions, Watch } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { askWith } from '../conformance/client.ts'
import { startSimulation } from '../conformance/simulated.ts'
import type { V1ConfigMap, V1Pod, V1Status } from '@kubernetes/client-node'
import type { RunningSimulation } from '../conformance/simulated.ts'

let simulation: RunningSimulation
let config: KubeConfig
let core: CoreV1Api
beforeAll(async () => {
  simulation = await startSimulation()
  config = new KubeConfig()
  config.loadFromFile(simulation.kubeconfig)
  core = config.makeApiClient(CoreV1Api)
})
afterAll(() => simulation.stop())

const namespace = 'default'

describe('@kubernetes/client-node', () => {
  it('lists in pages', async () => {
    for (const name of ['one', 'two', 'three'])
      await core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels: { of: 'pages' } } } })
    const first = await core.listNamespacedConfigMap({ namespace, labelSelector: 'of=pages', limit: 2 })
    expect(first.items.map(({ metadata }) => metadata?.name)).toEqual(['one', 'three'])
    const rest = await core.listNamespacedConfigMap({
      namespace,
      labelSelector: 'of=pages',
      limit: 2,
      ...(first.metadata?._continue && { _continue: first.metadata._continue }),
    })
    expect(rest.items.map(({ metadata }) => metadata?.name)).toEqual(['two'])
  })

  it('watches from a list’s revision', async () => {
    const { metadata } = await core.listNamespacedConfigMap({ namespace })
    const seen: string[] = []
    const controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion: metadata?.resourceVersion ?? '' },
      (type, object: V1ConfigMap) => seen.push(`${type} ${object.metadata?.name}`),
      () => undefined,
    )
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'watched' } } })
    await core.deleteNamespacedConfigMap({ namespace, name: 'watched' })
    await vi.waitFor(() => expect(seen).toEqual(['ADDED watched', 'DELETED watched']), { timeout: 5000 })
    controller.abort()
  })

  it('informs, and goes on with a fresh list when its revision is too old', async () => {
    let lists = 0
    const informer = makeInformer(
      config,
      `/api/v1/namespaces/${namespace}/configmaps`,
      async () => {
        const list = await core.listNamespacedConfigMap({ namespace, labelSelector: 'of=informer' })
        // The first time it begins to watch where nobody can any more.
        if (lists++ === 0 && list.metadata) list.metadata.resourceVersion = '1'
        return list
      },
      'of=informer',
    )
    const added: string[] = []
    informer.on('add', (object) => void added.push(object.metadata?.name ?? ''))
    informer.on('error', () => undefined)
    await informer.start()
    await vi.waitFor(() => expect(lists).toBeGreaterThan(1), { timeout: 5000 })
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'informed', labels: { of: 'informer' } } } })
    await vi.waitFor(() => expect(added).toEqual(['informed']), { timeout: 5000 })
    await informer.stop()
  })

  it.each([
    [PatchStrategy.MergePatch, { data: { merged: 'yes' } }],
    [PatchStrategy.StrategicMergePatch, { data: { merged: 'yes' } }],
    [PatchStrategy.JsonPatch, [{ op: 'add', path: '/data', value: { merged: 'yes' } }]],
    [PatchStrategy.ServerSideApply, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'patched' }, data: { merged: 'yes' } }],
  ])('patches with %s', async (strategy, body) => {
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'patched' } } })
    const manager = strategy === PatchStrategy.ServerSideApply ? { fieldManager: 'me' } : {}
    const patched = await core.patchNamespacedConfigMap(
      { namespace, name: 'patched', body, ...manager },
      setHeaderOptions('Content-Type', strategy),
    )
    expect(patched.data).toEqual({ merged: 'yes' })
    await core.deleteNamespacedConfigMap({ namespace, name: 'patched' })
  })

  it('runs commands in a pod', async () => {
    await config.makeApiClient(AppsV1Api).createNamespacedDeployment({
      namespace,
      body: {
        metadata: { name: 'web' },
        spec: {
          selector: { matchLabels: { app: 'web' } },
          template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:alpine' }] } },
        },
      },
    })
    const pod = await vi.waitFor(async () => running((await core.listNamespacedPod({ namespace, labelSelector: 'app=web' })).items), {
      timeout: 20_000,
      interval: 100,
    })
    const stdout = new PassThrough()
    let said = ''
    stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const status = await new Promise<V1Status>((done, failed) => {
      new Exec(config)
        .exec(namespace, pod, 'web', ['sh', '-c', 'echo hello; exit 3'], stdout, new PassThrough(), null, false, done)
        .catch(failed)
    })
    expect(status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    })
    await vi.waitFor(() => expect(said).toBe('hello\n'), 15_000)
  })

  it('is told what is wrong', async () => {
    const body = { metadata: { name: 'Bad_Name' } }
    await expect(core.createNamespacedConfigMap({ namespace, body })).rejects.toMatchObject({ code: 422 })
    await expect(core.readNamespacedPod({ namespace, name: 'nobody' })).rejects.toMatchObject({ code: 404 })
  })
})

function running(pods: readonly V1Pod[]): string {
  const name = pods.find(({ status }) => status?.phase === 'Running')?.metadata?.name
  if (name === undefined) throw new Error('no pod runs yet')
  return name
}

/** What Prometheus's service discovery does for each of its roles: list everywhere, then watch with bookmarks and no end. */
describe('a reflector, as client-go has it', () => {
  it.each(['/api/v1/nodes', '/api/v1/pods', '/api/v1/services', '/api/v1/endpoints', '/apis/discovery.k8s.io/v1/endpointslices'])(
    'follows %s',
    async (path) => {
      const ask = askWith(simulation.kubeconfig)
      const list = JSON.parse((await ask({ path: `${path}?limit=500&resourceVersion=0` })).text) as {
        items: object[]
        metadata: { resourceVersion: string }
      }
      expect(list.items.length).toBeGreaterThan(0)
      const { status, text } = await ask({
        path: `${path}?allowWatchBookmarks=true&resourceVersion=${list.metadata.resourceVersion}&timeoutSeconds=1&watch=true`,
      })
      const events = text
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { type: string }).type)
      expect([status, events.filter((type) => type === 'ERROR')]).toEqual([200, []])
    },
  )
})

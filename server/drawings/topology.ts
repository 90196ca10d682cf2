import type { TopologyBlock } from '../protocol/blocks.ts'
import type { TopologyItem, TopologyLine, TopologyState } from '../protocol/live-block.ts'
import { nodeStanding, podStanding, volumeStanding, workloadStanding, type Standing } from './health.ts'
import { ownerOf, selectorOf, type ObjectRead } from './objects.ts'

export type Shown = TopologyBlock['show'][number]
/** What is watched for a drawing: what it shows, and what leads from one of these to another. */
export type Watched = Exclude<Shown, 'volumes'> | 'persistentvolumeclaims' | 'persistentvolumes'
export type Objects = ReadonlyMap<Watched, readonly ObjectRead[]>

/** Requests that a pod answers, a second, as measured. */
export interface Traffic {
  readonly namespace: string
  readonly pod: string
  readonly rate: number
  readonly failing: number
}

type Data = Extract<TopologyState, { state: 'data' }>

const WORKLOADS = ['deployments', 'statefulsets', 'daemonsets', 'jobs'] as const
/** More pods than this are drawn in groups of those that are alike. */
const MOST_PODS = 8
/** More of a kind than this would be illegible. */
const MOST_ROWS = 8
const worst = { failed: 0, waiting: 1, unknown: 2, ok: 3 } as const

/** What has to be watched for a drawing of these kinds. */
export function watchedFor(show: readonly Shown[]): readonly Watched[] {
  const wanted = new Set<Watched>()
  for (const kind of show) {
    if (kind === 'volumes') wanted.add('persistentvolumeclaims').add('persistentvolumes')
    else wanted.add(kind)
  }
  // A service is as healthy as its pods, and a pod belongs to its deployment by way of a replica set.
  if (show.some((kind) => kind === 'services' || kind === 'nodes')) wanted.add('pods')
  if (show.includes('deployments')) wanted.add('replicasets')
  return [...wanted]
}

/** Whether an object belongs to the cluster itself rather than to its people. */
export const isSystem = ({ metadata: { namespace, name }, kind }: ObjectRead): boolean =>
  (namespace !== undefined && /^(kube-|local-path-storage$)/.test(namespace)) ||
  (namespace === 'default' && name === 'kubernetes' && kind !== 'Pod')

/** The drawing of a cluster's objects: what stands where is up to the page. Equal objects make equal drawings. */
export function topologyOf(objects: Objects, block: Pick<TopologyBlock, 'show' | 'namespace'>, traffic: readonly Traffic[] = []): Data {
  const of = (kind: Watched): readonly ObjectRead[] => {
    const all = objects.get(kind) ?? []
    return block.namespace === undefined ? all.filter((each) => !isSystem(each)) : all
  }
  const shows = (kind: Shown): boolean => block.show.includes(kind)
  const many = new Set([...objects.values()].flat().flatMap((each) => (isSystem(each) ? [] : (each.metadata.namespace ?? [])))).size > 1
  const spaced = ({ metadata }: ObjectRead): string | undefined => (many && block.namespace === undefined ? metadata.namespace : undefined)
  const items: TopologyItem[] = []
  const lines: TopologyLine[] = []
  const put = (kind: TopologyItem['kind'], object: ObjectRead, { health, word }: Standing, what?: string): void => {
    const detail = [what, spaced(object)].filter((each) => each !== undefined).join(' in ')
    items.push({ id: object.metadata.uid, kind, name: object.metadata.name, health, word, ...(detail === '' ? {} : { detail }) })
  }
  const workloads = WORKLOADS.filter(shows).flatMap((kind) => of(kind).map((each) => ({ ...each, kind: KINDS[kind] })))
  for (const each of workloads) put('workload', each, workloadStanding(each), each.kind)
  const current = of('replicasets').filter(({ spec, status }) => (spec.replicas ?? 0) > 0 || (status.replicas ?? 0) > 0)
  if (shows('replicasets')) {
    for (const each of current) {
      put('replicaset', each, workloadStanding(each), 'ReplicaSet')
      const owner = ownerOf(each)
      if (owner !== undefined) lines.push({ from: owner, to: each.metadata.uid })
    }
  }

  const known = new Set(items.map(({ id }) => id))
  const replicaSets = new Map(of('replicasets').map((each) => [each.metadata.uid, each]))
  /** The drawn object that a pod belongs to. */
  const home = (pod: ObjectRead): string | undefined => {
    const owner = ownerOf(pod)
    const replicaSet = owner === undefined ? undefined : replicaSets.get(owner)
    const above = replicaSet && ownerOf(replicaSet)
    return [owner, above].find((each) => each !== undefined && known.has(each))
  }
  const pods = of('pods')
  const groups = shows('pods') ? groupsOf(pods, home) : []
  for (const { id, members, standing, owner } of groups) {
    const [first] = members
    if (!first) continue
    if (members.length === 1) put('pod', first, standing)
    else {
      const of = items.find((each) => each.id === owner)?.name ?? spaced(first) ?? 'pods'
      items.push({ id, kind: 'pod', name: `${of} × ${members.length}`, health: standing.health, word: standing.word })
    }
    if (owner !== undefined) lines.push({ from: owner, to: idOf(id, members) })
  }
  const groupOf = new Map(groups.flatMap(({ id, members }) => members.map((each) => [each.metadata.uid, idOf(id, members)] as const)))
  const drawnAs = (pod: ObjectRead): string | undefined => home(pod) ?? groupOf.get(pod.metadata.uid)

  if (shows('services')) {
    for (const service of of('services')) {
      const chosen = podsOf(service, pods)
      put('service', service, serviceStanding(service, chosen), service.spec.type === 'ClusterIP' ? undefined : service.spec.type)
      for (const to of new Set(chosen?.map(drawnAs))) {
        if (to === undefined) continue
        lines.push({ from: service.metadata.uid, to, ...flowTo(chosen?.filter((pod) => drawnAs(pod) === to) ?? [], traffic) })
      }
    }
  }
  if (shows('ingresses')) for (const ingress of of('ingresses')) drawIngress(ingress, of('services'), put, lines)
  if (shows('volumes')) drawVolumes(of('persistentvolumeclaims'), of('persistentvolumes'), pods, groupOf, put, lines)
  if (shows('nodes')) {
    for (const node of objects.get('nodes') ?? []) {
      const here = (objects.get('pods') ?? []).filter(({ spec }) => spec.nodeName === node.metadata.name)
      const own = here.filter((pod) => block.namespace !== undefined || !isSystem(pod))
      put('node', node, nodeStanding(node), `${own.length} ${own.length === 1 ? 'pod' : 'pods'}`)
      const drawn = new Set(own.flatMap((pod) => groupOf.get(pod.metadata.uid) ?? []))
      for (const from of drawn) lines.push({ from, to: node.metadata.uid })
    }
  }
  return cut(items, lines)
}

const KINDS = { deployments: 'Deployment', statefulsets: 'StatefulSet', daemonsets: 'DaemonSet', jobs: 'Job' } as const

interface Group {
  readonly id: string
  readonly owner: string | undefined
  readonly standing: Standing
  readonly members: readonly ObjectRead[]
}

const idOf = (id: string, members: readonly ObjectRead[]): string => (members.length === 1 ? (members[0]?.metadata.uid ?? id) : id)

/** Each pod by itself while there are few; then those of one owner in the same state together. */
function groupsOf(pods: readonly ObjectRead[], home: (pod: ObjectRead) => string | undefined): Group[] {
  const single = pods.length <= MOST_PODS
  const groups = new Map<string, { owner: string | undefined; standing: Standing; members: ObjectRead[] }>()
  for (const pod of pods) {
    const owner = home(pod)
    const standing = podStanding(pod)
    const id = single ? pod.metadata.uid : `${owner ?? `${pod.metadata.namespace}/${ownerOf(pod) ?? ''}`}/${standing.word}`
    const group = groups.get(id) ?? { owner, standing, members: [] }
    group.members.push(pod)
    groups.set(id, group)
  }
  return [...groups].map(([id, group]) => ({ id, ...group }))
}

function podsOf(service: ObjectRead, pods: readonly ObjectRead[]): readonly ObjectRead[] | undefined {
  const selector = selectorOf(service)
  return (
    selector &&
    pods.filter(
      ({ metadata }) =>
        metadata.namespace === service.metadata.namespace &&
        Object.entries(selector).every(([label, value]) => metadata.labels[label] === value),
    )
  )
}

function serviceStanding(service: ObjectRead, pods: readonly ObjectRead[] | undefined): Standing {
  if (!pods) return { health: 'unknown', word: service.spec.type === 'ExternalName' ? 'Elsewhere' : 'No selector' }
  if (pods.length === 0) return { health: 'failed', word: 'Selects no pod' }
  const ready = pods.filter((pod) => podStanding(pod).word === 'Running').length
  return ready === 0 ? { health: 'failed', word: 'No pod is ready' } : { health: 'ok', word: `${ready} ready` }
}

function flowTo(pods: readonly ObjectRead[], traffic: readonly Traffic[]): Pick<TopologyLine, 'says' | 'failing'> {
  const names = new Set(pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))
  const flowing = traffic.filter(({ namespace, pod }) => names.has(`${namespace}/${pod}`))
  const rate = flowing.reduce((sum, each) => sum + each.rate, 0)
  if (rate < 0.05) return {}
  const failing = flowing.reduce((sum, each) => sum + each.failing, 0) / rate
  const share = Math.round(failing * 100)
  return { says: `${rate.toFixed(rate < 10 ? 1 : 0)}/s${share > 0 ? `, ${share} % fail` : ''}`, ...(share > 0 ? { failing: true } : {}) }
}

type Put = (kind: TopologyItem['kind'], object: ObjectRead, standing: Standing, what?: string) => void

function drawIngress(ingress: ObjectRead, services: readonly ObjectRead[], put: Put, lines: TopologyLine[]): void {
  const names = new Set(
    (ingress.spec.rules ?? []).flatMap(({ http }) => http?.paths.flatMap(({ backend }) => backend?.service?.name ?? []) ?? []),
  )
  const found = services.filter(({ metadata }) => metadata.namespace === ingress.metadata.namespace && names.has(metadata.name))
  const missing = names.size - found.length
  put('ingress', ingress, missing > 0 ? { health: 'failed', word: `${missing} without a service` } : { health: 'ok', word: 'Routes' })
  for (const service of found) lines.push({ from: ingress.metadata.uid, to: service.metadata.uid })
}

function drawVolumes(
  claims: readonly ObjectRead[],
  volumes: readonly ObjectRead[],
  pods: readonly ObjectRead[],
  groupOf: ReadonlyMap<string, string>,
  put: Put,
  lines: TopologyLine[],
): void {
  for (const claim of claims) {
    put('volume', claim, volumeStanding(claim), 'Claim')
    const users = pods.filter(
      ({ metadata, spec }) =>
        metadata.namespace === claim.metadata.namespace &&
        spec.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim.metadata.name),
    )
    for (const from of new Set(users.flatMap((pod) => groupOf.get(pod.metadata.uid) ?? []))) lines.push({ from, to: claim.metadata.uid })
  }
  // A volume that is bound is told by its claim; one that waits for a claim is what a learner looks for.
  const bound = new Set(claims.map(({ spec }) => spec.volumeName))
  for (const volume of volumes) if (!bound.has(volume.metadata.name)) put('volume', volume, volumeStanding(volume), 'Volume')
}

/** What is ill comes before what is well, and what is too much is counted. */
function cut(items: readonly TopologyItem[], lines: readonly TopologyLine[]): Data {
  const kinds = [...new Set(items.map(({ kind }) => kind))]
  const left: Data['left'] = []
  const kept = kinds.flatMap((kind) => {
    const all = items.filter((each) => each.kind === kind)
    if (all.length > MOST_ROWS) left.push({ kind, count: all.length - MOST_ROWS })
    const chosen = all.length <= MOST_ROWS ? all : all.toSorted((a, b) => worst[a.health] - worst[b.health]).slice(0, MOST_ROWS)
    return chosen.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  })
  const ids = new Set(kept.map(({ id }) => id))
  return { state: 'data', items: kept, lines: lines.filter(({ from, to }) => ids.has(from) && ids.has(to)), left }
}

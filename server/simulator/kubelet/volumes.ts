import { isDeleting, namespaceOf, nameOf, uidOf } from '../controllers/objects.ts'
import type { Api } from '../api/door.ts'
import type { Container, KeyToPath, Node, Pod, ProjectedVolumeSource, Volume as PodVolume } from '../resources/kinds.ts'
import { decodeBase64, expand, fieldOf, resourceOf } from './env.ts'
import { hostPathProblem } from './host-path.ts'
import { bytesIn } from './local-storage.ts'
import type { Mount, Volume } from './runtime.ts'

/** What a pod's volumes are resolved with. */
export interface VolumePlace {
  readonly api: Api
  readonly node: Node | undefined
  readonly podIP: () => string
  readonly hostIP: string
  /** A token for the pod's service account. */
  readonly token: (pod: Pod, audience: string | undefined, seconds: number) => string
}

export type Volumes =
  | { readonly ok: true; readonly volumes: ReadonlyMap<string, Volume> }
  /** `message` is what FailedMount says. */
  | { readonly ok: false; readonly message: string }

class Unmountable extends Error {}

/** Turns a pod's volumes into what the runtime can mount, or says why one cannot be set up. */
export function resolveVolumes(pod: Pod, place: VolumePlace): Volumes {
  const volumes = new Map<string, Volume>()
  for (const volume of pod.spec?.volumes ?? []) {
    try {
      volumes.set(volume.name, resolve(pod, volume, place))
    } catch (error) {
      if (!(error instanceof Unmountable)) throw error
      return { ok: false, message: `MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}` }
    }
  }
  return { ok: true, volumes }
}

/** Where the files of a pod's own volume are. */
export const ownVolume = (pod: Pod, name: string): string => `pod/${uidOf(pod)}/${name}`

function resolve(pod: Pod, volume: PodVolume, place: VolumePlace): Volume {
  const own = ownVolume(pod, volume.name)
  if (volume.configMap) {
    const { name = '', items, optional, defaultMode } = volume.configMap
    return live(() => configFiles(pod, name, items, optional, place), defaultMode)
  }
  if (volume.secret) {
    const { secretName = '', items, optional, defaultMode } = volume.secret
    return live(() => secretFiles(pod, secretName, items, optional, place), defaultMode)
  }
  if (volume.projected) {
    const source = volume.projected
    return live(() => projectedFiles(pod, source, place), source.defaultMode)
  }
  if (volume.downwardAPI) {
    const { items, defaultMode } = volume.downwardAPI
    return live(() => downwardFiles(pod, items, place), defaultMode)
  }
  if (volume.hostPath) {
    const { path, type } = volume.hostPath
    const problem = hostPathProblem(path, type, (plain) => isMade(plain, pod, place))
    if (problem !== undefined) throw new Unmountable(problem)
    return { kind: 'shared', key: `node/${pod.spec?.nodeName ?? ''}${path}`, medium: 'disk' }
  }
  if (volume.persistentVolumeClaim) return claimed(pod, volume.persistentVolumeClaim.claimName, place)
  if (volume.ephemeral) return claimed(pod, `${nameOf(pod)}-${volume.name}`, place)
  if (volume.nfs) return { kind: 'shared', key: `nfs/${volume.nfs.server}${volume.nfs.path}`, medium: 'disk' }
  if (volume.emptyDir?.medium !== 'Memory') return { kind: 'shared', key: own, medium: 'disk' }
  const size = memoryRoom(pod, volume.emptyDir.sizeLimit, place.node)
  return { kind: 'shared', key: own, medium: 'memory', ...(size > 0 && { size }) }
}

/** How much a volume in memory takes: its limit, the pod's and the node's (pkg/volume/emptydir calculateEmptyDirMemorySize). 0 when nothing is said. */
function memoryRoom(pod: Pod, sizeLimit: string | number | undefined, node: Node | undefined): number {
  const limits = (pod.spec?.containers ?? []).map((one) => bytesIn(one.resources?.limits?.['memory']))
  const whole = limits.every((limit) => limit > 0) ? limits.reduce((sum, limit) => sum + limit, 0) : 0
  const told = [bytesIn(node?.status?.allocatable?.['memory']), whole, bytesIn(sizeLimit)].filter((bytes) => bytes > 0)
  return told.length > 0 ? Math.min(...told) : 0
}

/** Whether another pod of the node has had the directory made. */
function isMade(path: string, pod: Pod, { api }: VolumePlace): boolean {
  return api.list('Pod').some((other) => {
    if (uidOf(other) === uidOf(pod) || other.spec?.nodeName !== pod.spec?.nodeName || other.status?.podIP === undefined) return false
    return (other.spec?.volumes ?? []).some(
      ({ hostPath }) => hostPath?.path.replace(/\/+$/, '') === path && /^(DirectoryOrCreate)?$/.test(hostPath.type ?? ''),
    )
  })
}

/** Checks once that the files are there, then reads them anew every time. */
function live(read: () => ReadonlyMap<string, string>, mode?: number): Volume {
  let last = read()
  const files = (): ReadonlyMap<string, string> => {
    try {
      last = read()
    } catch (error) {
      // What has been deleted since stays as it was last mounted.
      if (!(error instanceof Unmountable)) throw error
    }
    return last
  }
  return { kind: 'projected', files, ...(mode === undefined ? {} : { mode }) }
}

function claimed(pod: Pod, name: string, place: VolumePlace): Volume {
  const claim = place.api.get('PersistentVolumeClaim', namespaceOf(pod), name)
  if (!claim) throw new Unmountable(`persistentvolumeclaim "${name}" not found`)
  if (isDeleting(claim)) throw new Unmountable('PVC is being deleted')
  const volume = claim.spec?.volumeName
  if (!volume) throw new Unmountable('PVC is not bound')
  const path = place.api.get('PersistentVolume', undefined, volume)?.spec?.hostPath?.path
  return { kind: 'shared', key: path ? `node/${pod.spec?.nodeName ?? ''}${path}` : `pv/${volume}/`, medium: 'disk' }
}

function pick(
  data: { readonly [key: string]: string },
  items: readonly KeyToPath[] | undefined,
  optional: boolean | undefined,
  kind: string,
): Map<string, string> {
  if (!items) return new Map(Object.entries(data))
  const files = new Map<string, string>()
  for (const item of items) {
    const value = data[item.key]
    if (value !== undefined) files.set(item.path, value)
    else if (!optional) throw new Unmountable(`references non-existent ${kind} key: ${item.key}`)
  }
  return files
}

function configFiles(
  pod: Pod,
  name: string,
  items: readonly KeyToPath[] | undefined,
  optional: boolean | undefined,
  place: VolumePlace,
): Map<string, string> {
  const map = place.api.get('ConfigMap', namespaceOf(pod), name)
  if (!map && !optional) throw new Unmountable(`configmap "${name}" not found`)
  const binary = Object.fromEntries(Object.entries(map?.binaryData ?? {}).map(([key, value]) => [key, decodeBase64(value)]))
  return pick({ ...map?.data, ...binary }, items, optional, 'config')
}

function secretFiles(
  pod: Pod,
  name: string,
  items: readonly KeyToPath[] | undefined,
  optional: boolean | undefined,
  place: VolumePlace,
): Map<string, string> {
  const secret = place.api.get('Secret', namespaceOf(pod), name)
  if (!secret && !optional) throw new Unmountable(`secret "${name}" not found`)
  const data = Object.fromEntries(Object.entries(secret?.data ?? {}).map(([key, value]) => [key, decodeBase64(value)]))
  return pick(data, items, optional, 'secret')
}

function downwardFiles(pod: Pod, items: NonNullable<PodVolume['downwardAPI']>['items'], place: VolumePlace): Map<string, string> {
  // Labels and annotations may have changed since: the mounted files follow.
  const current = place.api.get('Pod', namespaceOf(pod), nameOf(pod)) ?? pod
  const where = { podIP: place.podIP(), hostIP: place.hostIP }
  return new Map(
    (items ?? []).map((item) => [
      item.path,
      item.fieldRef
        ? fieldOf(current, item.fieldRef, where)
        : item.resourceFieldRef
          ? resourceOf(current, undefined, item.resourceFieldRef, place.node)
          : '',
    ]),
  )
}

function projectedFiles(pod: Pod, source: ProjectedVolumeSource, place: VolumePlace): Map<string, string> {
  const files = new Map<string, string>()
  for (const part of source.sources ?? []) {
    const { configMap, secret, downwardAPI, serviceAccountToken: token } = part
    const found = configMap
      ? configFiles(pod, configMap.name ?? '', configMap.items, configMap.optional, place)
      : secret
        ? secretFiles(pod, secret.name ?? '', secret.items, secret.optional, place)
        : downwardAPI
          ? downwardFiles(pod, downwardAPI.items, place)
          : new Map<string, string>()
    for (const [path, content] of found) files.set(path, content)
    if (token) files.set(token.path, place.token(pod, token.audience, token.expirationSeconds ?? 3600))
  }
  return files
}

/** A container's mounts, in the order in which its spec names them. */
export function mountsOf(container: Container, volumes: ReadonlyMap<string, Volume>, env: { readonly [name: string]: string }): Mount[] {
  return (container.volumeMounts ?? []).flatMap((mount) => {
    const volume = volumes.get(mount.name)
    if (!volume) return []
    const subPath = mount.subPathExpr ? expand(mount.subPathExpr, env) : mount.subPath
    return [{ path: mount.mountPath, ...(subPath ? { subPath } : {}), readOnly: mount.readOnly ?? volume.kind === 'projected', volume }]
  })
}

import { nameOf, namespaceOf, uidOf } from '../controllers/objects.ts'
import type { Container, Pod, Service } from '../resources/kinds.ts'
import type { ContainerHost } from './container-worker.ts'
import { resolveEnv } from './env.ts'
import type { PodHost } from './pod-worker.ts'
import { isInitContainer, isSidecar, restartsAfter } from './restart-policy.ts'
import type { Volume } from './runtime.ts'
import { mountsOf } from './volumes.ts'

/** What containers ask of the pod that they are part of. */
export interface PodPart {
  readonly pod: () => Pod
  readonly ip: () => string | undefined
  readonly volumes: () => ReadonlyMap<string, Volume>
  readonly wait: (millis: number, then: () => void) => () => void
  readonly guard: (act: () => void) => void
  /** Something has changed: the pod looks at itself again. */
  readonly touch: () => void
}

/** Puts together what a container needs from its node and from its pod. */
export function containerHost(host: PodHost, part: PodPart): ContainerHost {
  const { platform, images, record } = host
  const { pod, wait } = part
  return {
    pod,
    now: () => platform.clock.now(),
    clock: { now: () => platform.clock.now(), after: (millis, then) => platform.clock.after(millis, () => part.guard(then)) },
    wait,
    instant: host.instant,
    // The control plane's own mirror pods are not asked how they are.
    probing: () => pod().metadata.annotations?.['kubernetes.io/config.mirror'] === undefined,
    quiet: () => namespaceOf(pod()) === 'kube-system',
    initial: (container) => !isSidecar(container) && isInitContainer(pod(), container.name),
    restarts: (container, code) => restartsAfter(pod(), container, code),
    say: (type, reason, message, container) => record(pod(), { type, reason, message, fieldPath: fieldPath(pod(), container) }),
    fetch: (image, policy, pulling, done) => {
      if (host.instant() && !images.has(image)) images.preload(image)
      const asked = host.instant() ? 'IfNotPresent' : policy
      images.fetch(
        image,
        asked,
        () => platform.clock.now(),
        (millis, then) => void wait(millis, then),
        pulling,
        done,
      )
    },
    create: (container, restartCount, past) => create(host, part, container, restartCount, past),
    changed: part.touch,
  }
}

function create(host: PodHost, part: PodPart, container: Container, restartCount: number, past: Parameters<ContainerHost['create']>[2]) {
  const pod = part.pod()
  const resolved = resolveEnv(pod, container, envSources(host, part))
  if (!resolved.ok) return resolved
  const problem = past ? undefined : rootProblem(pod, container, host.images.runsAsRoot(container.image ?? ''))
  if (problem !== undefined) return { ok: false, message: problem } as const
  const made = host.runtime.create({
    pod: { ...pod, status: { ...pod.status, podIP: part.ip(), hostIP: host.hostIP } },
    container,
    env: resolved.env,
    mounts: mountsOf(container, part.volumes(), resolved.env),
    restartCount,
    node: pod.spec?.nodeName ?? '',
    ...(past && { past }),
  })
  return { ok: true, made } as const
}

/** Why a container that must not run as root cannot run. @param root whether its image does, unless told otherwise */
function rootProblem(pod: Pod, container: Container, root: boolean): string | undefined {
  const own = container.securityContext
  const shared = pod.spec?.securityContext
  if (!(own?.runAsNonRoot ?? shared?.runAsNonRoot)) return undefined
  const user = own?.runAsUser ?? shared?.runAsUser
  const which = `(pod: "${nameOf(pod)}_${namespaceOf(pod)}(${uidOf(pod)})", container: ${container.name})`
  if (user !== undefined) return user === 0 ? `container's runAsUser breaks non-root policy ${which}` : undefined
  return root ? `container has runAsNonRoot and image will run as root ${which}` : undefined
}

function fieldPath(pod: Pod, container: Container): string {
  const ephemeral = pod.spec?.ephemeralContainers?.some((one) => one.name === container.name)
  const list = isInitContainer(pod, container.name) ? 'initContainers' : 'containers'
  return `spec.${ephemeral ? 'ephemeralContainers' : list}{${container.name}}`
}

function envSources(host: PodHost, part: PodPart): Parameters<typeof resolveEnv>[2] {
  const { api } = host
  const namespace = namespaceOf(part.pod())
  const master = api.get('Service', 'default', 'kubernetes')
  const own: readonly Service[] = api.list('Service', namespace)
  return {
    configMap: (name) => api.get('ConfigMap', namespace, name),
    secret: (name) => api.get('Secret', namespace, name),
    services: master && namespace !== 'default' ? [master, ...own] : own,
    node: host.node(),
    podIP: part.ip() ?? '',
    hostIP: host.hostIP,
  }
}

import type { Api } from '../api/door.ts'
import type { PrometheusState } from '../cluster-api.ts'
import type { Pod } from '../resources/kinds.ts'

/** Whether an image, by its name, is a Prometheus. */
export const isPrometheus = (image: string | undefined): boolean => /(^|\/)prom(etheus)?\/prometheus(:|@|$)/.test(image ?? '')

/** Pods that run, or want to run, a Prometheus image: those that are ready first, then the newest. */
function prometheusPods(api: Api): Pod[] {
  const pods = api
    .list('Pod')
    .filter((pod) => !pod.metadata.deletionTimestamp && pod.spec?.containers.some((container) => isPrometheus(container.image)))
  return pods.toSorted(
    (a, b) =>
      Number(readySince(b) !== undefined) - Number(readySince(a) !== undefined) ||
      (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''),
  )
}

function readySince(pod: Pod): number | undefined {
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready')
  return ready?.status === 'True' ? Date.parse(ready.lastTransitionTime ?? '') || 0 : undefined
}

/** How the Prometheus that somebody has applied to this cluster is doing, in the cluster's own words. */
export function prometheusState(api: Api): PrometheusState {
  const pod = prometheusPods(api)[0]
  if (!pod) return uncreated(api)
  const where = { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name ?? '' }
  const since = readySince(pod)
  return since === undefined ? { state: 'waiting', ...where, why: whyNot(pod) } : { state: 'ready', ...where, since }
}

/** The uid of the pod that runs the cluster's own Prometheus, once that is ready. */
export function readyPrometheus(api: Api): string | undefined {
  const pod = prometheusPods(api)[0]
  return pod && readySince(pod) !== undefined ? pod.metadata.uid : undefined
}

/** A Deployment or StatefulSet whose pods cannot even be made says why itself. */
function uncreated(api: Api): PrometheusState {
  for (const deployment of api.list('Deployment')) {
    if (!deployment.spec?.template.spec?.containers.some((container) => isPrometheus(container.image))) continue
    const failure = deployment.status?.conditions?.find((condition) => condition.type === 'ReplicaFailure' && condition.status === 'True')
    if (failure?.message)
      return { state: 'waiting', namespace: deployment.metadata.namespace ?? '', pod: deployment.metadata.name ?? '', why: failure.message }
  }
  return { state: 'absent' }
}

function whyNot(pod: Pod): string {
  const { status } = pod
  const scheduled = status?.conditions?.find((condition) => condition.type === 'PodScheduled')
  if (scheduled?.status === 'False') return scheduled.message ?? scheduled.reason ?? 'the pod is not scheduled yet'
  for (const container of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const { waiting, terminated } = container.state ?? {}
    if (waiting?.reason && waiting.reason !== 'PodInitializing')
      return waiting.message ? `${waiting.reason}: ${waiting.message}` : waiting.reason
    if (terminated && terminated.exitCode !== 0)
      return `container ${container.name} ended with exit code ${terminated.exitCode} (${terminated.reason ?? 'Error'})`
  }
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready')
  return ready?.message ?? status?.message ?? status?.phase ?? 'Pending'
}

/** Tells when `prometheusState` may have changed. @returns ends it */
export function watchPrometheus(api: Api, listener: () => void): () => void {
  let last = JSON.stringify(prometheusState(api))
  const look = () => {
    const now = JSON.stringify(prometheusState(api))
    if (now === last) return
    last = now
    listener()
  }
  const stops = [api.watch('Pod', look), api.watch('Deployment', look)]
  return () => {
    for (const stop of stops) stop()
  }
}

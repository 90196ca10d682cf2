import type { EnvVar, Job, Pod } from '../../resources/kinds.ts'
import { normal, warning } from '../change.ts'
import type { Change } from '../change.ts'
import { isDeleting, isPodFinished, nameOf } from '../objects.ts'
import { podFromTemplate } from '../replicas.ts'

/** Holds a Job's pod until it has been counted. https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-tracking-with-finalizers */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
const indexKey = 'batch.kubernetes.io/job-completion-index'
const failuresKey = 'batch.kubernetes.io/job-index-failure-count'
const ignoredKey = 'batch.kubernetes.io/job-index-ignored-failure-count'
/** A generated name has room for this much before its five random characters. */
const longestPrefix = 58

export const isIndexed = (job: Job): boolean => job.spec?.completionMode === 'Indexed'
export const isTracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) ?? false

/** The completion index of a pod; undefined for pods without one. */
export function indexOf(pod: Pod): number | undefined {
  const index = Number(pod.metadata.annotations?.[indexKey] ?? Number.NaN)
  return Number.isInteger(index) && index >= 0 ? index : undefined
}

/** How often the index of this pod had failed before it, by what its annotations say. */
export function earlierFailures(pod: Pod): { readonly counted: number; readonly ignored: number } {
  return { counted: Number(pod.metadata.annotations?.[failuresKey] ?? 0), ignored: Number(pod.metadata.annotations?.[ignoredKey] ?? 0) }
}

/** The pod has been counted: it may go. */
export function release(pod: Pod): Change[] {
  if (!isTracked(pod)) return []
  const finalizers = (pod.metadata.finalizers ?? []).filter((one) => one !== trackingFinalizer)
  const metadata = { ...pod.metadata, resourceVersion: undefined, finalizers: finalizers.length > 0 ? finalizers : undefined }
  return [{ do: 'update', object: { ...pod, metadata } }]
}

/** Deletes a pod that still runs, and says so. */
export function removePod(job: Job, pod: Pod): Change[] {
  if (isDeleting(pod) || isPodFinished(pod)) return []
  return [
    { do: 'delete', kind: 'Pod', namespace: pod.metadata.namespace, name: nameOf(pod) },
    normal(job, 'SuccessfulDelete', `Deleted pod: ${nameOf(pod)}`),
  ]
}

/** @param failures of this index so far, where the Job counts them by index */
export function createPod(
  job: Job,
  index: number | undefined,
  failures: { readonly counted: number; readonly ignored: number } | undefined,
): Change {
  const base = podFromTemplate(job, job.spec?.template)
  const tracked: Pod = { ...base, metadata: { ...base.metadata, finalizers: [...(base.metadata.finalizers ?? []), trackingFinalizer] } }
  return {
    do: 'create',
    object: index === undefined ? tracked : withIndex(tracked, job, index, failures),
    done: (pod) => [normal(job, 'SuccessfulCreate', `Created pod: ${nameOf(pod)}`)],
    refused: (error) => [warning(job, 'FailedCreate', `Error creating: ${error.message}`)],
  }
}

function withIndex(pod: Pod, job: Job, index: number, failures: { readonly counted: number; readonly ignored: number } | undefined): Pod {
  const variable: EnvVar = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${indexKey}']` } },
  }
  const spec = pod.spec ?? { containers: [] }
  const suffix = `-${index}-`
  const counts = failures
    ? { [failuresKey]: String(failures.counted), ...(failures.ignored > 0 ? { [ignoredKey]: String(failures.ignored) } : {}) }
    : {}
  const knows = <T extends { readonly env?: readonly EnvVar[] }>(container: T): T =>
    container.env?.some((one) => one.name === variable.name) ? container : { ...container, env: [...(container.env ?? []), variable] }
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: nameOf(job).slice(0, longestPrefix - suffix.length) + suffix,
      annotations: { ...pod.metadata.annotations, [indexKey]: String(index), ...counts },
      labels: { ...pod.metadata.labels, [indexKey]: String(index) },
    },
    spec: {
      ...spec,
      hostname: spec.hostname ?? `${nameOf(job)}-${index}`,
      ...(spec.initContainers ? { initContainers: spec.initContainers.map(knows) } : {}),
      containers: spec.containers.map(knows),
    },
  }
}

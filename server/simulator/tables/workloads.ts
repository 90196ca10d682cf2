import { ageOf, containerImages, containerNames, formatSelector, humanDuration, orNone, selectorText } from './cells.ts'
import type {
  ControllerRevision,
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  PodTemplate,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../resources/kinds.ts'
import type { Cell } from './table.ts'

/** Rows of what keeps pods running. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/printers/internalversion/printers.go */

type Row = readonly Cell[]

export function deploymentRow({ metadata, spec, status }: Deployment, now: number): Row {
  const pods = spec?.template?.spec
  return [
    metadata.name ?? '',
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    String(status?.updatedReplicas ?? 0),
    String(status?.availableReplicas ?? 0),
    ageOf(metadata.creationTimestamp, now),
    containerNames(pods),
    containerImages(pods),
    formatSelector(spec?.selector),
  ]
}

export function replicaSetRow({ metadata, spec, status }: ReplicaSet, now: number): Row {
  const pods = spec?.template?.spec
  return [
    metadata.name ?? '',
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    ageOf(metadata.creationTimestamp, now),
    containerNames(pods),
    containerImages(pods),
    formatSelector(spec?.selector),
  ]
}

export function replicationControllerRow({ metadata, spec, status }: ReplicationController, now: number): Row {
  const pods = spec?.template?.spec
  return [
    metadata.name ?? '',
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    ageOf(metadata.creationTimestamp, now),
    containerNames(pods),
    containerImages(pods),
    selectorText(spec?.selector),
  ]
}

export function statefulSetRow({ metadata, spec, status }: StatefulSet, now: number): Row {
  const pods = spec?.template?.spec
  return [
    metadata.name ?? '',
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    ageOf(metadata.creationTimestamp, now),
    containerNames(pods),
    containerImages(pods),
  ]
}

export function daemonSetRow({ metadata, spec, status }: DaemonSet, now: number): Row {
  const pods = spec?.template?.spec
  return [
    metadata.name ?? '',
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    selectorText(pods?.nodeSelector),
    ageOf(metadata.creationTimestamp, now),
    containerNames(pods),
    containerImages(pods),
    formatSelector(spec?.selector),
  ]
}

export function jobRow({ metadata, spec, status }: Job, now: number): Row {
  const pods = spec?.template?.spec
  const succeeded = status?.succeeded ?? 0
  const completions =
    spec?.completions !== undefined
      ? `${succeeded}/${spec.completions}`
      : (spec?.parallelism ?? 1) > 1
        ? `${succeeded}/1 of ${spec?.parallelism}`
        : `${succeeded}/1`
  const end = status?.completionTime === undefined ? now : Date.parse(status.completionTime)
  const duration = status?.startTime === undefined ? '' : humanDuration(end - Date.parse(status.startTime))
  return [
    metadata.name ?? '',
    jobStatus({ metadata, spec, status }),
    completions,
    duration,
    ageOf(metadata.creationTimestamp, now),
    containerNames(pods),
    containerImages(pods),
    formatSelector(spec?.selector),
  ]
}

function jobStatus({ metadata, status }: Pick<Job, 'metadata' | 'spec' | 'status'>): string {
  const has = (type: string) => status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
  if (has('Complete')) return 'Complete'
  if (has('Failed')) return 'Failed'
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (has('Suspended')) return 'Suspended'
  if (has('FailureTarget')) return 'FailureTarget'
  if (has('SuccessCriteriaMet')) return 'SuccessCriteriaMet'
  return 'Running'
}

export function cronJobRow({ metadata, spec, status }: CronJob, now: number): Row {
  const pods = spec?.jobTemplate?.spec?.template?.spec
  const last = status?.lastScheduleTime === undefined ? '<none>' : ageOf(status.lastScheduleTime, now)
  return [
    metadata.name ?? '',
    spec?.schedule ?? '',
    orNone(spec?.timeZone),
    spec?.suspend ? 'True' : 'False',
    (status?.active ?? []).length,
    last,
    ageOf(metadata.creationTimestamp, now),
    containerNames(pods),
    containerImages(pods),
    formatSelector(spec?.jobTemplate?.spec?.selector),
  ]
}

export function podTemplateRow({ metadata, template }: PodTemplate): Row {
  return [metadata.name ?? '', containerNames(template?.spec), containerImages(template?.spec), selectorText(template?.metadata?.labels)]
}

export function controllerRevisionRow({ metadata, revision }: ControllerRevision, now: number): Row {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller)
  const group = owner?.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''
  return [
    metadata.name ?? '',
    owner ? `${owner.kind.toLowerCase()}${group}/${owner.name}` : '<none>',
    String(revision ?? 0),
    ageOf(metadata.creationTimestamp, now),
  ]
}
